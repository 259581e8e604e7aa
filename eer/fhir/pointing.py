"""Where does a resource point, wherever in it that stands: in extensions, and in what it contains?

FHIR R4 references. What is kept here has to be there; what another server keeps is named by its
URL, and is that server's to keep.
"""

import re
from collections.abc import Container, Iterable, Iterator
from typing import Any

from eer.domain.errors import Issue, IssueCode, error
from eer.domain.model import Link, Role
from eer.domain.wording import say
from eer.fhir import element, r4
from eer.fhir.element import Json

_OF_A_BUNDLE = ("urn:uuid:", "urn:oid:")
_CRITERIA = re.compile(r"[A-Za-z]+\?")


def references(value: Json, type_name: str, path: str) -> Iterator[tuple[str, Json]]:
    """Yield each Reference in an object of R4's *type_name*, with the FHIRPath of its place."""
    members = r4.members(type_name)
    for key, found in value.items():
        member = members.get(key.removeprefix("_"))
        if member is None or not isinstance(found, dict | list):
            continue
        at = f"{path}.{member.element.name}"
        inner = "Element" if key.startswith("_") else member.type
        if isinstance(found, dict):
            yield from _inside(found, inner, at)
            continue
        for place, each in enumerate(found):
            if isinstance(each, dict):
                yield from _inside(each, inner, f"{at}[{place}]")


def links(json: Json, type_name: str, kept: Container[str]) -> Iterator[Link]:
    """Yield every reference to a `Type/id` of the types that are *kept* here."""
    for at, each in references(json, type_name, type_name):
        target = element.reference(each)
        if target is not None and target.type in kept:
            yield Link(at, target, Role.ANY)


def issues(json: Json, type_name: str, kept: Iterable[str]) -> Iterator[Issue]:
    """Yield an issue for each reference that can lead nowhere, whatever is in the register."""
    known = tuple(kept)
    for at, each in references(json, type_name, type_name):
        written = element.text(each, "reference") or ""
        target = element.reference(each)
        if target is not None and target.type not in known:
            text = say(
                "{target} found, but {type} is not kept here: expected a URL where it is, or one "
                "of {types}",
                target=target,
                type=target.type,
                types=", ".join(known),
            )
            yield error(IssueCode.NOT_SUPPORTED, f"{at}.reference", text)
        elif written.startswith(_OF_A_BUNDLE) or _CRITERIA.match(written):
            text = say(
                "{found!r} found, expected Type/id: it leads to nothing outside a bundle",
                found=written,
            )
            yield error(IssueCode.VALUE, f"{at}.reference", text)


def _inside(value: dict[str, Any], type_name: str, path: str) -> Iterator[tuple[str, Json]]:
    if type_name == "Reference":
        yield path, value
    if type_name == r4.RESOURCE:
        own = element.text(value, "resourceType") or ""
        if r4.is_resource(own):
            yield from references(value, own, path)
    elif not r4.is_primitive(type_name):
        yield from references(value, type_name, path)
