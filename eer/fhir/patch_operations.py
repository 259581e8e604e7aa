"""What do the operations of FHIRPath Patch do to a resource?

FHIR R4 fhirpatch.html. The resource itself is changed, and Refused is raised when an operation
does not apply.
"""

import dataclasses

from eer.domain.errors import Refused
from eer.domain.wording import say
from eer.fhir import nodes, patch_value, r4
from eer.fhir.codec_json import Json
from eer.fhir.fhirpath import Child, Path
from eer.fhir.nodes import Item, Node
from eer.fhir.selection import select

Members = tuple[r4.Member, ...]


def add(path: Path, name: str, part: Json, resource: Json) -> Json:
    """Put a value behind what a list holds, or where nothing is yet."""
    node = _one(path, resource)
    members = _element(node, name)
    found = nodes.items(node, name)
    if found and not members[0].element.repeats:
        raise Refused(
            say("{path} has {name} already: replace it instead", path=path.text, name=name)
        )
    nodes.put(node, name, [*found, patch_value.item(members, part)])
    return resource


def insert(path: Path, index: int, part: Json, resource: Json) -> Json:
    """Put a value into a list, with *index* values before it."""
    node, name, members, found = _list(path, resource)
    _check_range("index", index, len(found))
    found.insert(index, patch_value.item(members, part))
    nodes.put(node, name, found)
    return resource


def delete(path: Path, resource: Json) -> Json:
    """Take an element away, if it is there, and what holds nothing without it."""
    found = select(resource, path)
    if found:
        nodes.remove(_only(path, found))
    return resource


def replace(path: Path, part: Json, resource: Json) -> Json:
    """Put a value in the place of an element, its id and extensions included."""
    node = _one(path, resource)
    owner, name = nodes.standing(node)
    nodes.replace(node, patch_value.item(_element(owner, name), part))
    return resource


def move(path: Path, source: int, destination: int, resource: Json) -> Json:
    """Take a value out of a list and put it in again, with *destination* values before it."""
    node, name, _, found = _list(path, resource)
    if not found:
        raise _nothing(path)
    _check_range("source", source, len(found) - 1)
    _check_range("destination", destination, len(found) - 1)
    found.insert(destination, found.pop(source))
    nodes.put(node, name, found)
    return resource


def _one(path: Path, resource: Json) -> Node:
    found = select(resource, path)
    if not found:
        raise _nothing(path)
    return _only(path, found)


def _only(path: Path, found: list[Node]) -> Node:
    if len(found) > 1:
        raise Refused(
            say("{found} elements found at {path}, expected one", found=len(found), path=path.text)
        )
    return found[0]


def _list(path: Path, resource: Json) -> tuple[Node, str, Members, list[Item]]:
    """Return the list that *path* leads to, which may be empty: its owner, name and items."""
    last = path.steps[-1] if path.steps else None
    if not isinstance(last, Child):
        raise Refused(say("{path} found, expected a path to a whole list", path=path.text))
    outer = dataclasses.replace(
        path, text=path.text.rpartition(".")[0].rstrip(), steps=path.steps[:-1]
    )
    owner = _one(outer, resource)
    members = _element(owner, last.name)
    if not members[0].element.repeats:
        raise Refused(say("{path} found, which is no list, expected one", path=path.text))
    return owner, last.name, members, nodes.items(owner, last.name)


def _element(node: Node, name: str) -> Members:
    """Return the JSON names of an element that *node* may have."""
    if r4.is_primitive(node.type) and not node.item.member.may_be_extended:
        raise nodes.missing({node.type}, name)
    return patch_value.element(node.inner_type, name)


def _nothing(path: Path) -> Refused:
    return Refused(say("nothing found at {path}, expected one element", path=path.text))


def _check_range(name: str, found: int, most: int) -> None:
    if not 0 <= found <= most:
        raise Refused(
            say("{name} {found} found, expected 0 to {most}", name=name, found=found, most=most)
        )
