"""Hypothesis strategies: valid FHIR R4 resources of any type, made by the table of r4.py."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from eer.fhir import number, r4
from eer.fhir.codec_json import Json

DEPTH = 4
INSIDE = ("Basic", "Binary", "Endpoint", "Organization", "Parameters")
DIVS = (
    '<div xmlns="http://www.w3.org/1999/xhtml">Lægehuset</div>',
    '<div xmlns="http://www.w3.org/1999/xhtml" lang="da"><p>Åben <b>8-16</b></p>,\n&lt;x&gt;</div>',
    '<div xmlns="http://www.w3.org/1999/xhtml"><img src="#a" alt="plan"/> <a href="x">y</a></div>',
)

_ZONES = st.sampled_from(["Z", "+00:00", "-00:00", "+02:00", "-11:30", "+14:00"])
_FRACTIONS = st.sampled_from(["", ".1", ".000", ".123456", ".123456789"])
_TIMES = st.one_of(st.times().map(lambda time: time.isoformat("seconds")), st.just("23:59:60"))
_DAYS = st.dates().map(str)
_WORDS = st.text("abcæøåÅ-_/|.:7", min_size=1, max_size=12)
_UNSIGNED = st.integers(0, 2**31 - 1)
_SPELLINGS = st.one_of(
    st.from_regex(r"-?(0|[1-9][0-9]{0,3})(\.[0-9]{1,4})?([eE][+-]?[0-9]{1,2})?", fullmatch=True),
    st.sampled_from(["1.10", "1e2", "-0", "0.00", "1e999", "12345678901234567890.123456789012345"]),
)
_STRINGS = st.text(
    st.characters(
        codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"], include_characters="\t\r\n"
    ),
    min_size=1,
    max_size=20,
).filter(str.strip)
_INSTANTS = st.tuples(_DAYS, st.just("T"), _TIMES, _FRACTIONS, _ZONES).map("".join)

PRIMITIVES: Mapping[str, st.SearchStrategy[Any]] = {
    "base64Binary": st.binary(min_size=1, max_size=20).map(lambda raw: b64encode(raw).decode()),
    "boolean": st.booleans(),
    "canonical": _WORDS,
    "code": _WORDS,
    "date": st.one_of(_DAYS, _DAYS.map(lambda day: day[:7]), _DAYS.map(lambda day: day[:4])),
    "dateTime": st.one_of(_INSTANTS, _DAYS, _DAYS.map(lambda day: day[:4])),
    "decimal": _SPELLINGS.map(number.parse),
    "id": st.from_regex(r"[A-Za-z0-9\-.]{1,64}", fullmatch=True),
    "instant": _INSTANTS,
    "integer": st.integers(-(2**31), 2**31 - 1),
    "markdown": _STRINGS,
    "oid": st.from_regex(r"urn:oid:[0-2](\.(0|[1-9][0-9]{0,5})){1,6}", fullmatch=True),
    "positiveInt": _UNSIGNED.map(lambda found: found or 1),
    "string": _STRINGS,
    "time": st.tuples(_TIMES, _FRACTIONS).map("".join),
    "unsignedInt": _UNSIGNED,
    "uri": _WORDS,
    "url": _WORDS,
    "uuid": st.uuids(allow_nil=True).map(lambda found: f"urn:uuid:{found}"),
    "xhtml": st.sampled_from(DIVS),
}


@st.composite
def resources(draw: st.DrawFn, *types: str) -> Json:
    """Draw a valid resource, of one of *types* if there are any."""
    name = draw(st.sampled_from(types or sorted(r4.resources())))
    return {"resourceType": name} | _object(draw, name, DEPTH)


def _object(draw: st.DrawFn, name: str, depth: int) -> Json:
    if name == "Extension":
        return _extension(draw, depth)
    if name == "Period":
        return _period(draw)
    found: Json = {}
    for element in _chosen(draw, name, depth):
        type_name = draw(st.sampled_from(element.types))
        found |= _member(draw, element, type_name, depth - 1)
    return found


def _chosen(draw: st.DrawFn, name: str, depth: int) -> list[r4.Element]:
    """Draw the elements of an object: the required ones, and at least one but its id."""
    elements = r4.elements(name)
    optional = [each for each in elements if not each.min and _fits(each, depth)]
    chosen = [each for each in elements if each.min]
    least = 0 if chosen else 1
    most = max(depth, least)
    picked = draw(st.lists(st.sampled_from(optional), min_size=least, max_size=most, unique=True))
    chosen += picked
    if all(each.name == "id" for each in chosen):
        chosen.append(next(each for each in optional if each.name not in ("id", "contained")))
    return chosen


def _fits(element: r4.Element, depth: int) -> bool:
    """Whether an element may be chosen: what nests ends at depth 0."""
    if depth > 0:
        return element.name != "contained" or depth == DEPTH
    return any(r4.is_primitive(each) for each in element.types) or element.name == "extension"


def _member(draw: st.DrawFn, element: r4.Element, type_name: str, depth: int) -> Json:
    name = element.name
    if element.is_choice:
        name += type_name[0].upper() + type_name[1:]
    member = r4.Member(name, type_name, element, 0)
    count = draw(st.integers(1, 2)) if element.repeats else 1
    values = [_value(draw, member, depth) for _ in range(count)]
    extended: list[Any] = [None] * count
    if member.may_be_extended and depth > 0 and draw(st.integers(0, 5)) == 0:
        extended[0] = {"extension": [_extension(draw, 0)]}
        values[0] = values[0] if draw(st.booleans()) else None
    both = {name: values, f"_{name}": extended}
    return {
        key: found if element.repeats else found[0]
        for key, found in both.items()
        if any(each is not None for each in found)
    }


def _value(draw: st.DrawFn, member: r4.Member, depth: int) -> Any:
    if member.element.codes:
        return draw(st.sampled_from(member.element.codes))
    if member.is_primitive:
        return draw(PRIMITIVES[member.type])
    if member.type == r4.RESOURCE:
        return draw(st.sampled_from(INSIDE).flatmap(lambda name: _inner(name, depth)))
    if member.type == "Reference":
        return _reference(draw, member.element)
    return _object(draw, member.type, depth)


@st.composite
def _inner(draw: st.DrawFn, name: str, depth: int) -> Json:
    return {"resourceType": name} | _object(draw, name, min(depth, DEPTH - 1))


def _reference(draw: st.DrawFn, element: r4.Element) -> Json:
    target = draw(st.sampled_from(element.targets or INSIDE))
    return {"reference": f"{target}/{draw(PRIMITIVES['id'])}", "display": draw(_STRINGS)}


def _extension(draw: st.DrawFn, depth: int) -> Json:
    url = {"url": f"https://example.dk/fhir/{draw(st.integers(1, 9))}"}
    if depth > 1 and draw(st.booleans()):
        return url | {"extension": [_extension(draw, depth - 1)]}
    value = r4.elements("Extension")[-1]
    plain = [each for each in value.types if r4.is_primitive(each)]
    return url | _member(draw, value, draw(st.sampled_from(value.types if depth > 1 else plain)), 0)


def _period(draw: st.DrawFn) -> Json:
    days = sorted([draw(_DAYS), draw(_DAYS)])
    return {"start": days[0], "end": days[1]}
