"""Which values stand at a path in a resource, and of which type are they?

The small part of FHIRPath that R4's search parameters are written in: elements by name, one of the
extensions by its URL, and a choice held to one of its types. By the table of r4.py.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from eer.fhir import element, r4
from eer.fhir.element import Json

_STEP = re.compile(r"extension\('([^']+)'\)|([A-Za-z]+)")


@dataclass(frozen=True, slots=True)
class Found:
    """A value, its R4 type, and the number of the first repeated element on the way to it."""

    type: str
    value: Any
    place: int


def found(json: Json, type_name: str, path: str) -> Iterator[Found]:
    """Yield what stands at *path*, such as `address.city`, in an object of R4's *type_name*."""
    yield from _found(Found(type_name, json, 0), steps(path), is_first=True)


def elements(type_name: str, path: str) -> Iterator[r4.Element]:
    """Yield the elements that *path* may lead to in R4's *type_name*, extensions left out."""
    types: list[str] = [type_name]
    members: list[r4.Member] = []
    for step in steps(path):
        members = [each for name in types for each in _members(name, step)]
        types = [each.type for each in members]
    yield from (each.element for each in members)


@cache
def steps(path: str) -> tuple[str, ...]:
    """Return the steps of *path*; an extension's is its URL."""
    return tuple(url or name for url, name in _STEP.findall(path))


def _found(here: Found, path: tuple[str, ...], *, is_first: bool) -> Iterator[Found]:
    if not path:
        yield here
        return
    for place, (type_name, value) in enumerate(_inside(here, path[0])):
        # What stands together does so below the first element that repeats.
        number = place if is_first else here.place
        yield from _found(Found(type_name, value, number), path[1:], is_first=False)


def _inside(here: Found, step: str) -> Iterator[tuple[str, Any]]:
    if ":" in step:
        for _, each in element.extensions(here.value, step):
            yield "Extension", each
        return
    for member in _members(here.type, step):
        value = here.value.get(member.name)
        values = value if isinstance(value, list) else [value]
        for each in values:
            if isinstance(each, dict) or (member.is_primitive and each is not None):
                yield member.type, each


@cache
def _members(type_name: str, name: str) -> tuple[r4.Member, ...]:
    """Return the forms of an element: one, or as many as a choice has types."""
    return tuple(member for member in r4.members(type_name).values() if member.element.name == name)
