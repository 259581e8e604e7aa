"""Which elements, primitives and codes has FHIR R4 (4.0.1)?

Read from r4.json, which tools/generate_r4.py makes of HL7's definitions.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import orjson

from eer.domain.errors import Malformed
from eer.domain.wording import say

RESOURCE = "Resource"
XHTML = "xhtml"


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a type; *max* None is no limit, no *targets* or *codes* is no restriction.

    *types* are type names, or the path of a backbone element such as `Bundle.entry`. *targets*
    are the resource types that a Reference may lead to. *system* is the code system that a code
    is of without saying so, empty where there is none or several.
    """

    name: str
    types: tuple[str, ...]
    min: int = 0
    max: int | None = None
    is_choice: bool = False
    is_attribute: bool = False
    is_modifier: bool = False
    is_summary: bool = False
    targets: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    system: str = ""

    @property
    def repeats(self) -> bool:
        """Whether JSON has an array here."""
        return self.max is None  # R4 has no other limit than one


@dataclass(frozen=True, slots=True)
class Member:
    """One name by which an element may be written; *place* is the element's place in its type."""

    name: str
    type: str
    element: Element
    place: int

    @property
    def is_primitive(self) -> bool:
        """Whether it has a value, not members."""
        return is_primitive(self.type)

    @property
    def may_be_extended(self) -> bool:
        """Whether JSON may write `_name` beside it: for id and extensions of a primitive.

        Ids, of resources too, and the url of an extension are plain strings (R4 fhir.schema.json).
        """
        is_plain = self.element.is_attribute or self.name == "id" or self.type == XHTML
        return self.is_primitive and not is_plain


@cache
def resources() -> frozenset[str]:
    """Return the names of all resource types that can stand alone."""
    return frozenset(_table()["resources"])


def is_resource(name: str) -> bool:
    """Whether *name* is a resource type that can stand alone."""
    return name in resources()


def is_primitive(name: str) -> bool:
    """Whether *name* is a primitive type, xhtml included."""
    return name in _table()["primitives"]


@cache
def primitive(name: str) -> re.Pattern[str]:
    """Return the pattern that R4 gives for the values of a primitive type, for `fullmatch`.

    ASCII, as HL7's own validator reads it: a no-break space is no blank and may stand in a string.
    """
    return re.compile(_table()["primitives"][name], re.ASCII)


@cache
def elements(type_name: str) -> tuple[Element, ...]:
    """Return the elements of a resource, a data type or a backbone element, in their order.

    Raises Malformed when R4 has no such type.
    """
    table = _table()
    if type_name not in table["types"]:
        raise Malformed(say("{found!r} found, expected a type of FHIR R4", found=type_name))
    return tuple(
        _element(row, table["codes"], table["systems"]) for row in table["types"][type_name]
    )


@cache
def members(type_name: str) -> Mapping[str, Member]:
    """Return the elements of a type by name, a choice once for each of its types."""
    return {
        name: Member(name, each, element, place)
        for place, element in enumerate(elements(type_name))
        for each in element.types
        for name in [
            element.name + each[0].upper() + each[1:] if element.is_choice else element.name
        ]
    }


def _element(row: list[Any], codes: Mapping[str, list[str]], systems: Mapping[str, str]) -> Element:
    """Read a row; tools/generate_r4.py says its form."""
    name, types, low, high, flags, targets, value_set = row + ["", "", 0, 0, "", "", ""][len(row) :]
    return Element(
        name=name.removesuffix("[x]"),
        types=tuple(types.split("|")),
        min=low,
        max=high or None,
        is_choice=name.endswith("[x]"),
        is_attribute="a" in flags,
        is_modifier="m" in flags,
        is_summary="s" in flags,
        targets=tuple(filter(None, targets.split("|"))),
        codes=tuple(codes.get(value_set, ())),
        system=systems.get(value_set, ""),
    )


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = orjson.loads(files("eer.fhir").joinpath("r4.json").read_bytes())
    return table
