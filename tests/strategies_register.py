"""Hypothesis strategies: small registers, of resources of several types that lead to each other."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

import builders_fhir as build
import builders_plain as plain
from builders_fhir import Json
from scan_values import GLN, HIERARCHY

A, B = "https://codes.example.dk/a", "https://codes.example.dk/b"
SET = "https://codes.example.dk/ValueSet/some"
LONG = "Sundhedshuset med det meget lange navn, " * 4

NAMES = [
    *(
        "Lægehuset på Ærøvej",
        "LAEGEHUSET",
        "Åhuset",
        "Aahuset",
        "Ahuset",
        "A\u030ahuset",
        "Øst 100%",
    ),
    *(
        "Oest 100_",
        "a_b",
        "a%b",
        "aXb",
        "a,b|c$d\\e",
        "René",
        "Rene\u0301e",
        "to  blanke",
        "!a",
        "Z",
    ),
    *(f"{LONG}1", f"{LONG}2", "'; DROP TABLE text; --", "<&>", "東京", "🦴"),
]
CODES = ["1", "2", "a,b", "a|b", "x$y", "\\", "100%", "Æ"]
DATES = [
    *("2025", "2025-12", "2026-01", "2026-01-01", "2026-03-29", "2026-05-05", "2024-02-29"),
    *("2025-12-31T23:30:00+01:00", "2026-01-01T12:30:15Z", "2026-01-01T12:30:15.5Z"),
    *("2026-03-29T02:30:00+01:00", "2026-05-05T12:00:00Z"),
]
URIS = [
    *("https://x.example.dk", "https://x.example.dk/a", "https://x.example.dk/a/b"),
    *("https://x.example.dk/ab", "urn:oid:1.2.3", "https://x.example.dk/a/b/c%_"),
]
VERSIONED = [f"{URIS[1]}|1.0", f"{URIS[1]}|2.0"]
codes = st.sampled_from(CODES)
systems = st.sampled_from([None, A, B])


def _fits(**elements: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    """Draw some of *elements*."""
    return st.fixed_dictionaries({}, optional=elements)


def _given(**elements: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    """Draw *elements*; None takes one away."""
    return st.fixed_dictionaries(elements).map(
        lambda found: {name: value for name, value in found.items() if value is not None}
    )


def _some(each: st.SearchStrategy[Any], most: int = 2) -> st.SearchStrategy[list[Any]]:
    return st.lists(each, min_size=1, max_size=most)


codings = _given(system=systems, code=codes, display=st.none() | st.sampled_from(NAMES))
concepts = _given(coding=_some(codings)) | _given(text=st.sampled_from(NAMES))
identifiers = _given(
    system=st.sampled_from([None, A, B, "urn:x"]),
    value=codes,
    type=st.none() | _given(coding=_some(codings, 1), text=st.none() | st.sampled_from(NAMES)),
)
metas = _fits(
    profile=_some(st.sampled_from([*URIS, *VERSIONED])),
    tag=_some(codings),
    source=st.sampled_from(URIS),
).map(lambda found: found or None)
addresses = _given(
    line=_some(st.sampled_from(NAMES)),
    city=st.none() | st.sampled_from(NAMES),
    use=st.sampled_from([None, "work", "billing"]),
)
_AMOUNT = st.sampled_from([5, 5.4, 5.5, 4.5, 100, 100.5, 0.1, -3])
amounts = _given(
    value=_AMOUNT,
    system=st.none() | st.just(A),
    code=st.none() | codes,
    unit=st.none() | st.sampled_from(["mg", "1"]),
).filter(lambda found: "code" not in found or "system" in found)
ranges = st.tuples(_AMOUNT, _AMOUNT).map(
    lambda ends: {"low": {"value": min(ends)}, "high": {"value": max(ends)}}
)
contexts = st.tuples(
    _given(system=systems, code=codes),
    _given(valueCodeableConcept=concepts)
    | _given(valueQuantity=amounts)
    | _given(valueRange=ranges),
).map(lambda found: {"code": found[0], **found[1]})
periods = (
    st.lists(st.sampled_from(DATES[:7]), min_size=2, max_size=2)
    .map(sorted)
    .map(lambda ends: {"start": ends[0], "end": ends[1]})
    | _given(start=st.sampled_from(DATES))
    | _given(end=st.sampled_from(DATES))
)
telecoms = _some(
    _given(
        system=st.sampled_from(["email", "phone"]),
        value=codes,
        use=st.sampled_from([None, "work", "home"]),
    )
)


@st.composite
def registers(draw: st.DrawFn) -> list[Json]:
    """Draw resources of several types that lead to each other; those of one type in a row."""
    units = draw(st.integers(1, 3))
    endpoints = draw(st.integers(0, 3))
    places = draw(st.integers(0, 3))
    to_endpoint = [f"Endpoint/endpoint-{number}" for number in range(1, endpoints + 1)]
    to_unit = [f"Organization/unit-{number}" for number in range(1, units + 1)]
    to_place = [f"Location/location-{number}" for number in range(1, places + 1)]
    return [
        *(_unit(draw, number, to_endpoint) for number in range(1, units + 1)),
        *(_endpoint(draw, number, to_unit) for number in range(1, endpoints + 1)),
        *(_location(draw, number, to_unit, to_endpoint) for number in range(1, places + 1)),
        *(
            _affiliation(draw, number, to_unit, to_place)
            for number in range(1, draw(st.integers(0, 2)) + 1)
        ),
        *(_code_system(draw, number) for number in range(1, draw(st.integers(0, 2)) + 1)),
        plain.value_set(
            url=SET,
            compose={"include": [{"system": A, "concept": [{"code": c} for c in CODES[:2]]}]},
        ),
    ]


def _unit(draw: st.DrawFn, number: int, endpoints: Sequence[str]) -> Json:
    above = [f"Organization/unit-{each}" for each in range(1, number)]
    level = build.concept(HIERARCHY, draw(st.sampled_from(["SI", "HI", "IO", "IE", "OU"])))
    said = draw(
        _given(
            meta=metas,
            name=st.sampled_from(NAMES),
            alias=st.none() | _some(st.sampled_from(NAMES)),
            active=st.booleans(),
            address=st.none() | _some(addresses),
            partOf=_led(above),
            endpoint=st.none() | _many(endpoints),
        )
    )
    more = draw(st.lists(concepts, max_size=1))
    return _marked(build.organization(number, type=[level, *more]), said)


def _endpoint(draw: st.DrawFn, number: int, units: Sequence[str]) -> Json:
    said = draw(
        _given(
            meta=metas,
            name=st.none() | st.sampled_from(NAMES),
            status=st.sampled_from(["active", "suspended", "off"]),
            managingOrganization=st.sampled_from(units).map(_to),
            payloadType=st.lists(
                st.sampled_from([build.HCO_1_1, build.HCO_1_2, build.ACK_2_0]),
                min_size=1,
                max_size=2,
                unique=True,
            ).map(lambda names: build.payloads(*names)),
        )
    )
    system = draw(st.sampled_from(GLN))
    own = [{"system": system, "value": build.gln(number)}]
    return _marked(build.endpoint(number, name=None, identifier=own), said)


def _location(draw: st.DrawFn, number: int, units: Sequence[str], endpoints: Sequence[str]) -> Json:
    above = [f"Location/location-{each}" for each in range(1, number)]
    said = _given(
        meta=metas,
        name=st.none() | st.sampled_from(NAMES),
        alias=st.none() | _some(st.sampled_from(NAMES)),
        identifier=st.none() | _some(identifiers),
        status=st.sampled_from([None, "active", "inactive"]),
        operationalStatus=st.none() | codings,
        type=st.none() | _some(concepts),
        address=st.none() | addresses,
        managingOrganization=_references(units),
        partOf=_references(above),
        endpoint=st.none() | _many(endpoints),
    )
    return {"resourceType": "Location", "id": f"location-{number}", **draw(said)}


def _affiliation(draw: st.DrawFn, number: int, units: Sequence[str], places: Sequence[str]) -> Json:
    said = _given(
        meta=metas,
        identifier=st.none() | _some(identifiers),
        active=st.none() | st.booleans(),
        period=st.none() | periods,
        organization=_references(units),
        participatingOrganization=_references(units),
        location=st.none() | _many(places),
        code=st.none() | _some(concepts),
        telecom=st.none() | telecoms,
    )
    name = f"affiliation-{number}"
    return {"resourceType": "OrganizationAffiliation", "id": name, **draw(said)}


def _code_system(draw: st.DrawFn, number: int) -> Json:
    said = _given(
        meta=metas,
        url=st.just(URIS[number]),
        identifier=st.none() | _some(identifiers),
        name=st.none() | st.sampled_from(["Colours", "colours", "Farver"]),
        status=st.sampled_from(["active", "draft"]),
        date=st.none() | st.sampled_from(DATES),
        version=st.none() | codes,
        supplements=st.none() | st.sampled_from([*URIS, *VERSIONED]),
        useContext=st.none() | _some(contexts, 3),
        concept=st.none() | _some(codes).map(lambda found: [{"code": c} for c in sorted({*found})]),
        content=st.just("complete"),
    )
    return {"resourceType": "CodeSystem", "id": f"system-{number}", **draw(said)}


def _marked(resource: Json, said: Json) -> Json:
    """Return a resource with what is drawn, whose profiles stay those of its builder."""
    meta = dict(said.get("meta") or {})
    meta["profile"] = [*resource["meta"]["profile"], *meta.get("profile", [])]
    return resource | said | {"meta": meta}


def _to(name: str) -> Json:
    return {"reference": name}


def _references(names: Sequence[str]) -> st.SearchStrategy[Json | None]:
    """Draw a reference, one by an identifier alone, or none."""
    return _led(names) | _given(identifier=identifiers)


def _led(names: Sequence[str]) -> st.SearchStrategy[Json | None]:
    """Draw a reference that leads to one of *names*, or none."""
    if not names:
        return st.none()
    to = st.tuples(st.sampled_from(names), st.sampled_from(["", "/_history/1"])).map("".join)
    return st.none() | _given(reference=to, identifier=st.none() | identifiers)


def _many(names: Sequence[str]) -> st.SearchStrategy[list[Json] | None]:
    if not names:
        return st.none()
    return st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True).map(
        lambda found: [_to(each) for each in found]
    )
