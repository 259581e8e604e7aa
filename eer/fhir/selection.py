"""Which elements of a resource does a path of fhirpath.py lead to?

FHIRPath 2.0, sections 5 and 6.1, with the types of FHIR R4: a name that no element there can
have is refused, whether or not the resource has something at that place.
"""

from collections.abc import Sequence
from typing import Any

from eer.domain.errors import Refused
from eer.domain.wording import say
from eer.fhir import nodes, r4
from eer.fhir.codec_json import Json
from eer.fhir.fhirpath import LAST, Child, Condition, Index, OfType, Path, Step, Where
from eer.fhir.nodes import Node

Types = frozenset[str] | None
"""What may be at a place; None when any resource may be."""


def select(resource: Json, path: Path) -> list[Node]:
    """Return what *path* leads to; raise Refused when R4 has no such path in this resource."""
    start = nodes.whole(resource, str(resource.get("resourceType")))
    if path.root != start.type:
        raise Refused(
            say(
                "{path} found, expected a path that starts with {expected}",
                path=path.text,
                expected=start.type,
            )
        )
    _types(frozenset({path.root}), path.steps)
    return _selected([start], path.steps)


def _selected(found: list[Node], steps: Sequence[Step]) -> list[Node]:
    for step in steps:
        found = _stepped(found, step)
    return found


def _stepped(found: list[Node], step: Step) -> list[Node]:
    match step:
        case Child(name):
            return [child for each in found for child in nodes.children(each, name)]
        case Index(place):
            return found[LAST:] if place == LAST else found[place : place + 1]
        case OfType(name):
            return [each for each in found if each.type == name]
        case Where(conditions):
            return [each for each in found if all(_holds(each, one) for one in conditions)]


def _holds(node: Node, condition: Condition) -> bool:
    """Whether the condition's steps lead to one value, and it is the literal."""
    found = _selected([node], condition.steps)
    return len(found) == 1 and _is_equal(found[0].item.value, condition.literal)


def _is_equal(value: Any, literal: str | float) -> bool:
    is_same_kind = isinstance(value, bool) == isinstance(literal, bool)
    return is_same_kind and bool(value == literal)


def _types(found: Types, steps: Sequence[Step]) -> Types:
    """Return the types that *steps* can lead to from those in *found*."""
    for step in steps:
        match step:
            case Child(name):
                found = _types_of_child(found, name)
            case OfType(name):
                found = _narrowed(found, name)
            case Where(conditions):
                for condition in conditions:
                    _types(found, condition.steps)
            case Index():
                pass
    return found


def _types_of_child(found: Types, name: str) -> Types:
    if found is None:
        return None
    inner = {nodes.inner_type(each) for each in found}
    members = [member for each in inner for member in nodes.forms(each).get(name, ())]
    if not members:
        raise nodes.missing(found, name)
    types = frozenset(member.type for member in members)
    return None if r4.RESOURCE in types else types


def _narrowed(found: Types, name: str) -> Types:
    if name not in (r4.resources() if found is None else found):
        expected = ", ".join(sorted(found or {r4.RESOURCE}))
        raise Refused(
            say("ofType({found}) found, expected one of {expected}", found=name, expected=expected)
        )
    return frozenset({name})
