"""Does a value of a resource agree with one that is searched for? FHIR R4 search, read plainly."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from builders_fhir import BASE, Json

Span = tuple[datetime, datetime]

GLN = ("https://www.gs1.org/gln", "http://www.gs1.org/gln")
LEVELS = ({"IO", "IE"}, {"HI", "SI"}, {"OU", "OE"})
HIERARCHY = "http://medcomehmi.dk/ig/terminology/CodeSystem/eer-sor-organization-type"

_BEGINNING = datetime.min.replace(tzinfo=UTC)
_END = datetime.max.replace(tzinfo=UTC)
_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:\d\d)?)?)?)?"
)
_DANISH = {"æ": "ae", "ø": "oe", "å": "aa"}
_POSTAL = ("text", "line", "city", "district", "state", "postalCode", "country")


@dataclass(frozen=True)
class Parameter:
    """A search parameter: what its elements are, and where they stand."""

    kind: str
    paths: tuple[str, ...]
    targets: tuple[str, ...] = ()


def at(value: Any, path: str) -> Iterator[Any]:
    """Yield what stands at *path*, through arrays."""
    if isinstance(value, list):
        for each in value:
            yield from at(each, path)
    elif not path:
        yield value
    elif isinstance(value, dict):
        name, _, rest = path.partition(".")
        if name in value:
            yield from at(value[name], rest)


def counts(parameter: Parameter, element: Any) -> bool:
    """Whether an element is one of those that a parameter is about."""
    if parameter.kind == "email":
        return bool(element.get("system") == "email")
    if parameter.kind == "context:amount":
        return "valueQuantity" in element or "valueRange" in element
    return parameter.kind != "context:concept" or "valueCodeableConcept" in element


def agrees(parameter: Parameter, modifier: str, element: Any, value: Any) -> bool:
    """Whether an element of a parameter agrees with a value, as a modifier has it."""
    if parameter.kind == "reference":
        return _reference_agrees(parameter, modifier, element, value)
    return _AGREES.get(parameter.kind, partial(_token_agrees, parameter.kind))(
        modifier, element, value
    )


def folded(text: str) -> str:
    """Return *text* without case and accents, as Danes write it without their letters."""
    composed = unicodedata.normalize("NFC", text).lower()
    danish = "".join(_DANISH.get(each, each) for each in composed)
    bare = unicodedata.normalize("NFD", danish)
    return " ".join("".join(c for c in bare if unicodedata.category(c) != "Mn").split())


def _text_agrees(modifier: str, text: str, value: str) -> bool:
    if modifier == "exact":
        return text == value
    if not folded(value):
        return False
    if modifier == "contains":
        return folded(value) in folded(text)
    return folded(text).startswith(folded(value))


def _address_agrees(modifier: str, element: Json, value: str) -> bool:
    parts = [text for name in _POSTAL for text in at(element, name)]
    return any(_text_agrees(modifier, each, value) for each in parts)


def _token_agrees(kind: str, modifier: str, element: Any, value: Any) -> bool:
    if modifier == "text":
        return any(_text_agrees("contains", each, value) for each in _texts_of(kind, element))
    if modifier == "of-type":
        system, code, text = value
        types = [(each.get("system"), each.get("code")) for each in at(element, "type.coding")]
        return (system, code) in types and element.get("value") == text
    system, code = value
    for its_system, its_code in _tokens_of(kind, element):
        is_level = its_system == HIERARCHY and {its_code, code} in LEVELS
        same_code = code is None or its_code == code or is_level
        if same_code and (system is None or _system(system) == _system(its_system)):
            return True
    return False


def _system(system: str) -> str:
    return GLN[0] if system in GLN else system


def _tokens_of(kind: str, element: Any) -> Iterator[tuple[str, str]]:
    if kind == "concept":
        for each in element.get("coding", []):
            yield each.get("system", ""), each.get("code", "")
    elif kind == "coding":
        yield element.get("system", ""), element.get("code", "")
    elif kind == "identifier":
        yield element.get("system", ""), element["value"]
    elif kind in ("contact", "email"):
        yield element.get("use", ""), element["value"]
    else:
        yield "", {True: "true", False: "false"}.get(element, element)


def _texts_of(kind: str, element: Any) -> Iterator[str]:
    if kind == "identifier":
        yield from _texts_of("concept", element.get("type", {}))
    elif kind == "concept":
        yield from at(element, "text")
        yield from at(element, "coding.display")
    elif kind == "coding":
        yield from at(element, "display")


def _reference_agrees(parameter: Parameter, modifier: str, element: Json, value: Any) -> bool:
    if modifier == "identifier":
        inside = element.get("identifier")
        return inside is not None and _token_agrees("identifier", "", inside, value)
    written = element.get("reference", "").partition("/_history/")[0]
    wanted = value.removeprefix(f"{BASE}/").partition("/_history/")[0]
    if "/" in wanted:
        return bool(written == wanted)
    return written in [f"{each}/{wanted}" for each in parameter.targets]


def _uri_agrees(modifier: str, written: str, value: str) -> bool:
    """A canonical is meant with its version and without."""
    for uri in {written, written.partition("|")[0]}:
        is_above = modifier == "above" and value.startswith(f"{uri}/")
        is_below = modifier == "below" and uri.startswith(f"{value}/")
        if value == uri or is_above or is_below:
            return True
    return False


def _span(element: Any) -> Span:
    """Return the time of a date or a Period: from its first instant until before its last."""
    if isinstance(element, str):
        return _stretch(element)
    start, end = element.get("start"), element.get("end")
    low = _stretch(start)[0] if start else _BEGINNING
    # A period that ends at an instant ends there: docs say so, in eer/domain/period.py.
    high = _END if not end else _stretch(end)[0 if "T" in end else 1]
    return low, high


def _stretch(text: str) -> Span:
    found = _DATE.fullmatch(text)
    assert found is not None, text
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    zoned = ZoneInfo("Europe/Copenhagen")
    if hour is None:
        low = datetime(int(year), int(month or 1), int(day or 1), tzinfo=zoned)
        if day:
            high = low + timedelta(days=1)
        elif month:
            high = low.replace(year=low.year + low.month // 12, month=low.month % 12 + 1)
        else:
            high = low.replace(year=low.year + 1)
        return low.astimezone(UTC), high.astimezone(UTC)
    digits = f"{fraction or ''}"
    written = f"{year}-{month}-{day}T{hour}:{minute}:{second or '00'}.{digits:0<6}{zone or ''}"
    low = datetime.fromisoformat(written)
    low = (low if zone else low.replace(tzinfo=zoned)).astimezone(UTC)
    width = timedelta(minutes=1) if second is None else timedelta(seconds=1)
    return low, low + (timedelta(microseconds=10 ** (6 - len(digits))) if digits else width)


def _compares(prefix: str, its: Span, asked: Span) -> bool:
    """FHIR R4 search, section 3.1.1.4.5: how two stretches compare."""
    (low, high), (least, most) = its, asked
    return {
        "eq": least <= low and high <= most,
        "ne": not (least <= low and high <= most),
        "gt": high > most,
        "lt": low < least,
        "ge": high > most or (least <= low and high <= most),
        "le": low < least or (least <= low and high <= most),
        "sa": low >= most,
        "eb": high <= least,
        "ap": low < most and least < high,
    }[prefix or "eq"]


def _canonical_agrees(_: str, element: str, value: str) -> bool:
    return value in (element, element.partition("|")[0])


def _date_agrees(_: str, element: Any, value: tuple[str, str]) -> bool:
    return _compares(value[0], _span(element), _stretch(value[1]))


def _amount_agrees(_: str, element: Json, value: Any) -> bool:
    prefix, number, system, code = value
    ends = [element.get("low"), element.get("high")] if "value" not in element else [element]
    ends = [each for each in ends if each is not None]
    units = {(ends[0].get("system", ""), ends[0].get("code")), ("", ends[0].get("unit"))}
    if code is not None and not any(
        code == its and (not system or system == its_system) for its_system, its in units
    ):
        return False
    low, high = Decimal(str(ends[0]["value"])), Decimal(str(ends[-1]["value"]))
    exact = Decimal(number)
    half = Decimal(5).scaleb(int(exact.as_tuple().exponent) - 1)
    near = max(abs(exact) / 10, half)
    is_equal = exact - half <= low and high < exact + half
    return {
        "eq": is_equal,
        "ne": not is_equal,
        "gt": high > exact,
        "lt": low < exact,
        "ge": high >= exact,
        "le": low <= exact,
        "sa": low > exact,
        "eb": high < exact,
        "ap": low <= exact + near and exact - near <= high,
    }[prefix or "eq"]


def _context_agrees(kind: str, _: str, element: Json, value: Any) -> bool:
    of_type, other = value
    if not _token_agrees("coding", "", element["code"], of_type):
        return False
    if kind == "concept":
        return _token_agrees("concept", "", element["valueCodeableConcept"], other)
    return _amount_agrees("", element.get("valueQuantity") or element["valueRange"], other)


_AGREES: Mapping[str, Callable[[str, Any, Any], bool]] = {
    "string": _text_agrees,
    "address": _address_agrees,
    "date": _date_agrees,
    "uri": _uri_agrees,
    "canonical": _canonical_agrees,
    "amount": _amount_agrees,
    "context:amount": partial(_context_agrees, "amount"),
    "context:concept": partial(_context_agrees, "concept"),
}


def keys(kind: str, element: Any, *, is_descending: bool) -> Iterator[Any]:
    """Yield what a resource may be sorted by, for one element of a parameter."""
    if kind == "date":
        yield _span(element)[is_descending]
    elif kind == "string":
        yield folded(element)[:128]
    elif kind == "address":
        yield from (folded(text)[:128] for name in _POSTAL for text in at(element, name))
    elif kind == "reference":
        if "reference" in element:
            yield element["reference"].partition("/_history/")[0].partition("/")[2]
    elif kind in ("uri", "canonical"):
        yield element
        yield from [element.partition("|")[0]] if kind == "uri" else []
    else:
        yield from (code for _, code in _tokens_of(kind, element))
