"""Where in a resource's JSON is an element, and how is it put there, changed or taken away?

FHIR R4 json.html, by the table of r4.py: an element stands under its name, a choice under its
name with its type; id and extensions of a primitive stand beside it in `_name`, and in arrays at
the same place. What changes here changes the JSON itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from typing import Any

from eer.domain.errors import Refused
from eer.domain.wording import say
from eer.fhir import r4
from eer.fhir.codec_json import Json

PRIMITIVE = "Element"
"""The type of what stands in `_name`."""

_MOST_TYPES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Item:
    """A value, or one of an array, and what stands beside it in `_name`."""

    member: r4.Member
    value: Any
    companion: Any = None


@dataclass(frozen=True, slots=True)
class Node:
    """An item where it stands: at *index* of its element in *owner*; what is whole has no owner."""

    item: Item
    type: str
    owner: "Node | None" = None
    index: int = 0

    @property
    def inner_type(self) -> str:
        """The type whose elements may stand in this one."""
        return inner_type(self.type)

    @property
    def inside(self) -> Json:
        """The object that holds the elements of this one; of a primitive, what is in `_name`."""
        held = self.item.companion if r4.is_primitive(self.type) else self.item.value
        return held if isinstance(held, dict) else {}


def whole(value: Json, type_name: str) -> Node:
    """Return the node of an object that stands in nothing else."""
    member = r4.Member(type_name, type_name, r4.Element(type_name, (type_name,)), 0)
    return Node(Item(member, value), type_name)


def inner_type(type_name: str) -> str:
    """Return the type whose elements may stand in a *type_name*."""
    return PRIMITIVE if r4.is_primitive(type_name) else type_name


@cache
def forms(type_name: str) -> Mapping[str, tuple[r4.Member, ...]]:
    """Return the elements of a type, each with its JSON names: several for a choice."""
    found: dict[str, tuple[r4.Member, ...]] = {}
    for member in r4.members(type_name).values():
        found[member.element.name] = (*found.get(member.element.name, ()), member)
    return found


def missing(types: Iterable[str], name: str) -> Refused:
    """Return the refusal of an element that none of *types* has."""
    listed = sorted(types)
    for each in listed:
        member = r4.members(inner_type(each)).get(name)
        if member is not None and member.element.is_choice:
            expected = member.element.name
            return Refused(
                say(
                    "{found} found, expected {expected}, without a type",
                    found=name,
                    expected=expected,
                )
            )
    more = ["…"] if len(listed) > _MOST_TYPES_SHOWN else []
    return Refused(
        say(
            "{type} has no element {found}",
            type=", ".join(listed[:_MOST_TYPES_SHOWN] + more),
            found=name,
        )
    )


def items(node: Node, name: str) -> list[Item]:
    """Return what the element *name* of *node* holds, in its order."""
    inside = node.inside
    for member in forms(node.inner_type).get(name, ()):
        plain, extended = inside.get(member.name), inside.get(f"_{member.name}")
        if plain is None and extended is None:
            continue
        if not member.element.repeats:
            return [Item(member, plain, extended)]
        return [Item(member, *pair) for pair in zip_longest(_array(plain), _array(extended))]
    return []


def children(node: Node, name: str) -> list[Node]:
    """Return the elements *name* of *node*."""
    found = enumerate(items(node, name))
    return [Node(item, _type(item), node, index) for index, item in found]


def standing(node: Node) -> tuple[Node, str]:
    """Return what *node* stands in, and under which name; raise Refused when it is whole."""
    if node.owner is None:
        raise Refused(say("{found} itself found, expected an element of it", found=node.type))
    return node.owner, node.item.member.element.name


def put(node: Node, name: str, wanted: list[Item]) -> None:
    """Let the element *name* of *node* hold *wanted*, and no JSON name be left when that is none.

    It keeps its place among its siblings, or is given that of R4.
    """
    inside = _opened(node)
    members = r4.members(node.inner_type)
    own = {side for each in forms(node.inner_type)[name] for side in (each.name, f"_{each.name}")}
    rank = forms(node.inner_type)[name][0].place

    def is_behind(key: str) -> bool:
        member = members.get(key.removeprefix("_"))
        return key in own or (member is not None and member.place > rank)

    keys = list(inside)
    cut = next((place for place, key in enumerate(keys) if is_behind(key)), len(keys))
    before = {key: inside[key] for key in keys[:cut]}
    after = {key: inside[key] for key in keys[cut:] if key not in own}
    inside.clear()
    inside.update(before | _written(wanted) | after)


def replace(node: Node, item: Item) -> None:
    """Put *item* where *node* is."""
    owner, name = standing(node)
    found = items(owner, name)
    found[node.index] = item
    put(owner, name, found)


def remove(node: Node) -> None:
    """Take *node* away, and whatever held nothing else."""
    owner, name = standing(node)
    found = items(owner, name)
    del found[node.index]
    put(owner, name, found)
    if owner.owner is None or owner.inside:
        return
    if r4.is_primitive(owner.type) and owner.item.value is not None:
        replace(owner, Item(owner.item.member, owner.item.value))
    else:
        remove(owner)


def _opened(node: Node) -> Json:
    """Return the object that holds the elements of *node*; a primitive is given one."""
    if node.inside or not r4.is_primitive(node.type):
        return node.inside
    inside: Json = {}
    replace(node, Item(node.item.member, node.item.value, inside))
    return inside


def _type(item: Item) -> str:
    """Return the type of an item; of a resource its own."""
    if item.member.type != r4.RESOURCE or not isinstance(item.value, dict):
        return item.member.type
    name = item.value.get("resourceType")
    return name if isinstance(name, str) and r4.is_resource(name) else r4.RESOURCE


def _written(wanted: Iterable[Item]) -> Json:
    """Return the members that hold *wanted*, all of the same JSON name."""
    found = list(wanted)
    if not found:
        return {}
    member = found[0].member
    sides = {
        member.name: [each.value for each in found],
        f"_{member.name}": [each.companion for each in found],
    }
    return {
        name: side if member.element.repeats else side[0]
        for name, side in sides.items()
        if any(each is not None for each in side)
    }


def _array(found: Any) -> list[Any]:
    return [] if found is None else found if isinstance(found, list) else [found]
