"""Which resources does a file hold, and do they stand or fall together?

FHIR R4 Bundle: a transaction stands or falls as one; a collection, or a resource alone, does not.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eer.domain.errors import IssueCode, Malformed, error
from eer.domain.wording import say
from eer.fhir import codec_json, codec_xml, element
from eer.fhir.element import Json

_METHODS = ("PUT", "POST")


@dataclass(frozen=True, slots=True)
class Item:
    """A resource and the FHIRPath of its place in the file; *id* is the one it asks for, if any.

    *urn* is the fullUrl by which its siblings may point at it before it has an id.
    """

    place: str
    json: Json
    id: str | None
    urn: str | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """The resources of one file; when *is_atomic*, all of them or none are taken."""

    name: str
    is_atomic: bool
    items: tuple[Item, ...]


def parse(body: bytes) -> Json:
    """Read a resource in either form: XML when it begins with `<`, else JSON."""
    start = body[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    return codec_xml.parse(body) if start.startswith(b"<") else codec_json.parse(body)


def unit(name: str, body: bytes) -> Unit:
    """Read a file; raise Malformed, naming it, when it cannot be loaded at all."""
    try:
        json = parse(body)
        if element.text(json, "resourceType") != "Bundle":
            place = element.text(json, "resourceType") or "Resource"
            return Unit(name, is_atomic=False, items=(Item(place, json, _id(json)),))
        return _bundle(name, json)
    except Malformed as fault:
        told = say("{place}: {fault}", place=name, fault=fault.text)
        raise Malformed(told, fault.issues) from None


def resolved(json: Json, ids: Mapping[str, str]) -> Json:
    """Return *json* with each reference to a URN of *ids* made to the `Type/id` it stands for."""
    return {name: _resolved(value, name, ids) for name, value in json.items()}


def _bundle(name: str, json: Json) -> Unit:
    kind = element.text(json, "type")
    if kind not in ("transaction", "collection"):
        text = say("Bundle of type {found!r} found, expected transaction or collection", found=kind)
        raise Malformed(text, (error(IssueCode.VALUE, "Bundle.type", text),))
    entries = _entries(json)
    make = _of_transaction if kind == "transaction" else _of_collection
    items = tuple(make(place, entry) for place, entry in enumerate(entries))
    _check_distinct(items)
    return Unit(name, is_atomic=kind == "transaction", items=items)


def _entries(json: Json) -> tuple[Json, ...]:
    found = json.get("entry", [])
    entries = element.many(json, "entry")
    if not isinstance(found, list) or len(entries) < len(found):
        text = say("an entry that is no object found, expected an array of objects")
        raise Malformed(text, (error(IssueCode.STRUCTURE, "Bundle.entry", text),))
    return entries


def _of_collection(place: int, entry: Json) -> Item:
    resource = element.one(entry, "resource")
    return Item(f"Bundle.entry[{place}].resource", resource, _id(resource), _urn(entry))


def _of_transaction(place: int, entry: Json) -> Item:
    at = f"Bundle.entry[{place}]"
    request, resource = element.one(entry, "request"), element.one(entry, "resource")
    method, url = element.text(request, "method"), element.text(request, "url") or ""
    conditions = [name for name in request if name.startswith("if")]
    if method not in _METHODS or "?" in url or conditions:
        text = say(
            "{method} {url} found, expected PUT Type/id or POST Type without conditions",
            method=method or say("no method"),
            url=" ".join((url, *conditions)),
        )
        raise Malformed(text, (error(IssueCode.NOT_SUPPORTED, f"{at}.request", text),))
    type_name = element.text(resource, "resourceType") or say("without a type")
    own = _id(resource)
    wanted = type_name if method == "POST" else say("{type}/{id}", type=type_name, id=own)
    if url != wanted:
        text = say(
            "{method} {url} found for a resource that is {wanted}: expected the same",
            method=method,
            url=url,
            wanted=wanted,
        )
        raise Malformed(text, (error(IssueCode.VALUE, f"{at}.request.url", text),))
    return Item(f"{at}.resource", resource, own if method == "PUT" else None, _urn(entry))


def _urn(entry: Json) -> str | None:
    full_url = element.text(entry, "fullUrl") or ""
    return full_url if full_url.startswith("urn:") else None


def _check_distinct(items: Sequence[Item]) -> None:
    seen: dict[str, str] = {}
    for item in items:
        name = f"{element.text(item.json, 'resourceType')}/{item.id}"
        if item.id is not None and name in seen:
            text = say(
                "{resource} stands twice, at {place} too: expected once",
                resource=name,
                place=seen[name],
            )
            raise Malformed(text, (error(IssueCode.INVARIANT, item.place, text),))
        seen[name] = item.place


def _resolved(value: Any, name: str, ids: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return resolved(value, ids)
    if isinstance(value, list):
        return [_resolved(each, name, ids) for each in value]
    return ids.get(value, value) if name == "reference" and isinstance(value, str) else value


def _id(json: Json) -> str | None:
    return element.text(json, "id")


def gathered(units: Sequence[Unit]) -> Iterator[Unit]:
    """Yield the units to load; resources that came alone stand together, for they may refer.

    They stand where the first of them came, so that a file may build on the files before it.
    """
    alone = [each for each in units if not each.is_atomic and len(each.items) == 1]
    together = _together(alone) if len(alone) > 1 else None
    for each in units:
        if together is None or each not in alone:
            yield each
        elif each is alone[0]:
            yield together


def _together(alone: Sequence[Unit]) -> Unit:
    items = tuple(
        Item(f"{each.name}: {item.place}", item.json, item.id, item.urn)
        for each in alone
        for item in each.items
    )
    return Unit(f"{len(alone)} files", is_atomic=False, items=items)
