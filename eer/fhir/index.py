"""Under which values is a resource found, for what stands at a path of it?

FHIR R4 search, section 3.1.1.5: how each datatype is searched by each kind of parameter.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from eer.domain import moment
from eer.domain.errors import Malformed
from eer.domain.identifiers import Reference
from eer.domain.period import Period
from eer.domain.search import (
    Address,
    Amount,
    Indexed,
    Pointer,
    Stretch,
    Text,
    Token,
    Value,
    canonical_system,
)
from eer.fhir import element
from eer.fhir.element import Json
from eer.fhir.path import Found

TEXT, IDENTIFIER, OF_TYPE = ":text", ":identifier", ":of-type"
"""What is appended to a parameter's name for what only one of its modifiers looks at."""

LONGEST = 512
"""A row of a PostgreSQL index holds 2704 bytes, and a character takes four at most."""

Converter = Callable[[str, Found], Iterator[Indexed]]

_TEXTS = ("string", "markdown", "code", "uri", "url", "canonical", "id")
_HUMAN = ("text", "family", "given", "prefix", "suffix")
_POSTAL = ("text", "line", "city", "district", "state", "postalCode", "country")


def tokens(name: str, found: Found) -> Iterator[Indexed]:
    """Yield a token's values: code and system, and the texts that `:text` looks at."""
    value = found.value
    if found.type == "Identifier":
        yield from _identifier(name, value)
    elif found.type == "CodeableConcept":
        for each in element.many(value, "coding"):
            yield from _coding(name, each, found.place)
        yield from _texts(name + TEXT, element.text(value, "text"))
    elif found.type == "Coding":
        yield from _coding(name, value, found.place)
    elif found.type == "ContactPoint":
        code = element.text(value, "value")
        if code is not None:
            yield Indexed(name, Token(element.text(value, "use") or "", code))
    elif isinstance(value, bool):
        yield Indexed(name, Token("", "true" if value else "false"))
    elif isinstance(value, str):
        yield Indexed(name, Token("", value), found.place)


def references(name: str, found: Found) -> Iterator[Indexed]:
    """Yield where a Reference leads, and the identifier it names; or where a canonical does."""
    if found.type == "Reference":
        identifier = element.one(found.value, "identifier")
        if identifier:
            yield from _identifier(name + IDENTIFIER, identifier, is_alone=True)
        written = element.text(found.value, "reference")
        if written:
            yield Indexed(name, pointer(written))
    elif isinstance(found.value, str):
        uri, _, version = found.value.partition("|")
        yield Indexed(name, Pointer("", uri, version))


def strings(name: str, found: Found) -> Iterator[Indexed]:
    """Yield the texts of a string, a HumanName or an Address."""
    if found.type in _TEXTS:
        yield from _texts(name, found.value)
        return
    for part in _HUMAN if found.type == "HumanName" else _POSTAL:
        yield from _texts(name, element.text(found.value, part))
        for each in element.texts(found.value, part):
            yield from _texts(name, each)


def dates(name: str, found: Found) -> Iterator[Indexed]:
    """Yield the stretch of a date, a dateTime, an instant or a Period."""
    try:
        if found.type == "Period":
            start, end = (element.text(found.value, part) for part in ("start", "end"))
            low = None if start is None else moment.stretch(start)[0]
            high = None if end is None else Period.parse(None, end).end
            yield Indexed(name, Stretch(low, high))
        elif isinstance(found.value, str):
            yield Indexed(name, Stretch(*moment.stretch(found.value)))
    except Malformed:
        return  # what is wrong with it is said by the structure


def uris(name: str, found: Found) -> Iterator[Indexed]:
    """Yield an address; a canonical with a version is found by it and without."""
    if isinstance(found.value, str):
        yield Indexed(name, Address(found.value))
        uri, mark, _ = found.value.partition("|")
        if mark and found.type == "canonical":
            yield Indexed(name, Address(uri))


def quantities(name: str, found: Found) -> Iterator[Indexed]:
    """Yield the amount of a Quantity, or the stretch of a Range."""
    if found.type == "Quantity":
        yield from _amount(name, found, found.value, found.value)
    elif found.type == "Range":
        low, high = element.one(found.value, "low"), element.one(found.value, "high")
        yield from _amount(name, found, low or high, high or low)


def pointer(written: str) -> Pointer:
    """Return where the text of a reference leads: to a resource here, or to an address."""
    try:
        local = Reference.parse(written)
    except Malformed:
        return Pointer("", written)
    return Pointer(local.type, local.id)


def length(value: Value) -> int:
    """Return how many characters of *value* its index has to hold."""
    if isinstance(value, Token):
        return len(value.system or "") + len(value.code or "")
    if isinstance(value, Pointer):
        return len(value.id) + len(value.version or "")
    return len(value.uri) if isinstance(value, Address) else 0


def _identifier(name: str, value: Json, *, is_alone: bool = False) -> Iterator[Indexed]:
    code = element.text(value, "value")
    system = canonical_system(element.text(value, "system") or "")
    if code is None:
        return
    yield Indexed(name, Token(system, code))
    if is_alone:
        return
    kind = element.one(value, "type")
    for each in element.many(kind, "coding"):
        of, meant = element.text(each, "system") or "", element.text(each, "code") or ""
        yield Indexed(name + OF_TYPE, Token(f"{of}|{meant}", code))
        yield from _texts(name + TEXT, element.text(each, "display"))
    yield from _texts(name + TEXT, element.text(kind, "text"))


def _coding(name: str, value: Json, place: int) -> Iterator[Indexed]:
    system, code = element.text(value, "system"), element.text(value, "code")
    if system is not None or code is not None:
        yield Indexed(name, Token(canonical_system(system or ""), code or ""), place)
    yield from _texts(name + TEXT, element.text(value, "display"))


def _texts(name: str, text: object) -> Iterator[Indexed]:
    if isinstance(text, str) and text.strip():
        yield Indexed(name, Text(text))


def _amount(name: str, found: Found, low: Json, high: Json) -> Iterator[Indexed]:
    least, most = low.get("value"), high.get("value")
    if not isinstance(least, (int, float)) or not isinstance(most, (int, float)):
        return
    units: tuple[tuple[str | None, Any], ...] = (
        (element.text(low, "system") or "", element.text(low, "code")),
        ("", element.text(low, "unit")),
    )
    said = [(system, code) for system, code in units if code is not None]
    for system, code in said or [("", "")]:
        yield Indexed(name, Amount(float(least), float(most), system, code), found.place)


CONVERTERS: Mapping[str, Converter] = {
    "token": tokens,
    "reference": references,
    "string": strings,
    "date": dates,
    "uri": uris,
    "quantity": quantities,
}
"""By the type of a search parameter, as FHIR calls it."""
