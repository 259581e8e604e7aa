"""Hypothesis strategies: searches that some of what strategies_register.py draws may meet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

import builders_fhir as build
from eer.fhir import canonicals
from scan import PARAMETERS, Ask, Chain, Condition, Has, Include, Sort
from scan_values import GLN, HIERARCHY
from strategies_register import DATES, NAMES, SET, URIS, VERSIONED, A, B, codes

ASKED_DATES = [*DATES, "2026-01-01T12:30", "2026-01-01T12:30Z", "2026-05-05T14:00", "2026"]
PREFIXES = ["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"]
NUMBERS = ["5", "5.0", "5.4", "5.5", "4.5", "100", "1e2", "0.1", "-3"]
COMMON = ("_id", "_lastUpdated", "_profile", "_source", "_tag")
SORTED = {
    "Organization": ("name", "active", "address", "type", "partof", "_id", "_lastUpdated"),
    "Endpoint": ("name", "status", "organization", "identifier", "_lastUpdated"),
    "Location": ("name", "status", "address-city", "_profile", "organization", "_id"),
    "OrganizationAffiliation": ("date", "active", "role", "_lastUpdated", "location"),
    "CodeSystem": ("date", "url", "name", "status", "version", "_tag"),
}
REFERENCES = [
    (source, name)
    for source, parameters in PARAMETERS.items()
    for name, parameter in parameters.items()
    if parameter.kind == "reference"
]

tokens = st.tuples(st.sampled_from([None, "", A, B]), codes) | st.tuples(
    st.sampled_from([A, B]), st.none()
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Draw a name, a part of one, or another way to write it."""
    name = draw(st.sampled_from(NAMES))
    start = draw(st.integers(0, min(len(name) - 1, 4)))
    end = draw(st.sampled_from([len(name), start + 1, start + 3]))
    change = draw(st.sampled_from([str, str.upper, str.lower]))
    return change(name[start:end])


_MODIFIERS = {
    "string": ("", "contains", "exact", "missing"),
    "address": ("", "contains", "exact", "missing"),
    "code": ("", "not", "missing"),
    "coding": ("", "not", "missing", "text", "in", "not-in"),
    "concept": ("", "not", "missing", "text", "in", "not-in"),
    "identifier": ("", "not", "missing", "text", "of-type"),
    "contact": ("", "not", "missing"),
    "email": ("", "not", "missing"),
    "date": ("", "missing"),
    "uri": ("", "above", "below", "missing"),
    "reference": ("", "missing", "identifier", "type"),
    "canonical": ("", "missing"),
    "amount": ("", "missing"),
    "context:amount": ("", "missing"),
    "context:concept": ("", "missing"),
}
_LEVELS = st.tuples(st.sampled_from([None, HIERARCHY]), st.sampled_from(["SI", "HI", "IO", "IE"]))
_AMOUNTS = st.tuples(
    st.sampled_from(PREFIXES),
    st.sampled_from(NUMBERS),
    st.none() | st.just(A),
    st.none() | codes | st.just("mg"),
).map(lambda found: found if found[3] is not None else (*found[:2], None, None))
_SPECIAL = {
    "_id": st.tuples(
        st.none(),
        st.sampled_from(["unit-1", "unit-2", "endpoint-1", "location-1", "system-1", "UNIT-1"]),
    ),
    "_lastUpdated": st.tuples(
        st.sampled_from(PREFIXES),
        st.sampled_from(
            [
                "2026",
                "2026-05-05",
                "2026-05-05T12:00:00Z",
                "2026-05-05T12:01Z",
                "2026-05-05T14:00:30",
            ]
        ),
    ),
    "active": st.tuples(st.sampled_from([None, ""]), st.sampled_from(["true", "false"])),
    "status": st.tuples(
        st.none(), st.sampled_from(["active", "suspended", "off", "inactive", "draft"])
    ),
    "address-use": st.tuples(st.none(), st.sampled_from(["work", "billing"])),
    "connection-type": st.tuples(st.none(), st.sampled_from(["EerMessagingEdelivery", "1"])),
    "type": tokens | _LEVELS,
    "telecom": st.tuples(st.sampled_from([None, "", "work", "home"]), codes),
    "email": st.tuples(st.sampled_from([None, "", "work", "home"]), codes),
    "payload-type": st.tuples(
        st.sampled_from([None, canonicals.PAYLOADS]),
        st.sampled_from([build.HCO_1_1, build.HCO_1_2, build.ACK_2_0]),
    ),
}
_SPECIAL["messageType"] = _SPECIAL["payload-type"]
_GLNS = st.tuples(st.sampled_from([None, *GLN]), st.integers(1, 3).map(build.gln))

_OF_MODIFIER = {
    "text": texts(),
    "of-type": st.tuples(st.sampled_from([A, B]), codes, codes),
    "identifier": tokens,
}
_OF_KIND = {
    "string": texts(),
    "address": texts(),
    "identifier": tokens | _GLNS,
    "date": st.tuples(st.sampled_from(PREFIXES), st.sampled_from(ASKED_DATES)),
    "uri": st.sampled_from([*URIS, *VERSIONED]),
    "canonical": st.sampled_from([*URIS, *VERSIONED]),
    "amount": _AMOUNTS,
    "context:amount": st.tuples(tokens, _AMOUNTS),
    "context:concept": st.tuples(tokens, tokens),
}


@st.composite
def asks(draw: st.DrawFn, type_name: str, names: Sequence[str] | None = None) -> Ask:
    """Draw a parameter of a type, with what it is asked for."""
    name = draw(st.sampled_from(sorted(names or PARAMETERS[type_name])))
    parameter = PARAMETERS[type_name][name]
    modifiers = ("", "not", "missing") if name == "messageType" else _MODIFIERS[parameter.kind]
    modifier = draw(st.sampled_from(modifiers))
    if modifier == "missing" or (name, modifier) == ("_id", "missing"):
        return Ask(name, modifier, (draw(st.sampled_from(["true", "false"])),))
    if modifier == "type":
        modifier = parameter.targets[0]
    if modifier in ("in", "not-in"):
        return Ask(name, modifier, (SET,))
    one = _values(type_name, name, parameter.kind, modifier)
    return Ask(name, modifier, tuple(draw(st.lists(one, min_size=1, max_size=3))))


def _values(type_name: str, name: str, kind: str, modifier: str) -> st.SearchStrategy[Any]:
    if modifier in _OF_MODIFIER:
        return _OF_MODIFIER[modifier]
    if kind == "reference":
        return _targets(PARAMETERS[type_name][name].targets)
    return _SPECIAL.get(name, _OF_KIND.get(kind, tokens))


def _targets(types: Sequence[str]) -> st.SearchStrategy[str]:
    stems = {"Organization": "unit", "Endpoint": "endpoint", "Location": "location"}
    ids = st.sampled_from([f"{stems[each]}-{n}" for each in types for n in (1, 2, 3)])
    whole = st.tuples(
        st.sampled_from(["", f"{build.BASE}/"]),
        st.sampled_from([f"{each}/" for each in types]),
        ids,
        st.sampled_from(["", "/_history/1"]),
    ).map("".join)
    return ids | whole


@st.composite
def conditions(draw: st.DrawFn, type_name: str, depth: int = 2) -> Condition:
    """Draw a condition: a parameter, or one of what is led to, or of what leads here."""
    ways = ["ask", "ask", "ask", "chain", "has"] if depth else ["ask"]
    way = draw(st.sampled_from(ways))
    if way == "chain":
        names = [name for source, name in REFERENCES if source == type_name]
        if names:
            name = draw(st.sampled_from(names))
            (target,) = PARAMETERS[type_name][name].targets
            inner = draw(conditions(target, depth - 1))
            return Chain(name, draw(st.sampled_from([None, target])), inner)
    if way == "has":
        leading = [
            (other, name)
            for other, name in REFERENCES
            if type_name in PARAMETERS[other][name].targets
        ]
        if leading:
            other, name = draw(st.sampled_from(leading))
            return Has(other, name, draw(conditions(other, depth - 1)))
    return draw(asks(type_name))


@dataclass(frozen=True)
class Search:
    """A search: of which types, what for, in which order, by pages of which size, what beside."""

    types: tuple[str, ...]
    conditions: tuple[Condition, ...]
    sort: Sort
    includes: tuple[Include, ...]
    count: int
    by_post: bool


@st.composite
def searches(draw: st.DrawFn) -> Search:
    """Draw a search of one type, or of several for what all have in common."""
    if draw(st.integers(0, 5)):
        types: tuple[str, ...] = (draw(st.sampled_from(sorted(PARAMETERS))),)
        found, keys = conditions(types[0]), SORTED[types[0]]
    else:
        many = st.lists(st.sampled_from(sorted(PARAMETERS)), min_size=2, unique=True)
        types = tuple(draw(many))
        found, keys = asks(types[0], COMMON), ("_id", "_lastUpdated", "_profile", "_tag")
    names = draw(st.lists(st.sampled_from(keys), max_size=2, unique=True))
    return Search(
        types,
        tuple(draw(st.lists(found, max_size=2))),
        tuple((name, draw(st.booleans())) for name in names),
        tuple(draw(st.lists(_includes(types), max_size=2, unique=True))),
        draw(st.integers(1, 5)),
        draw(st.booleans()),
    )


@st.composite
def _includes(draw: st.DrawFn, types: Sequence[str]) -> Include:
    """Draw what comes along; what does not begin at a type that is searched has to iterate."""
    source, name = draw(st.sampled_from(REFERENCES))
    targets = PARAMETERS[source][name].targets
    is_reverse = draw(st.booleans())
    begins = set(types) & set(targets if is_reverse else [source])
    iterate = draw(st.booleans()) or not begins
    return Include(source, name, draw(st.sampled_from([None, *targets])), is_reverse, iterate)
