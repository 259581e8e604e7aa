"""How does JSON Schema say what a resource looks like, as far as a client needs to find its way?

Of each type the elements are said and what kind of value each has. What they look like inside, and
which have to be there, is FHIR R4's to say and the server's to judge.
"""

from collections.abc import Iterable
from typing import Any

from eer.fhir import r4

Schema = dict[str, Any]

_NUMBERS = {
    "boolean": "boolean",
    "decimal": "number",
    "integer": "integer",
    "positiveInt": "integer",
    "unsignedInt": "integer",
}


def reference(name: str) -> Schema:
    """Return the schema that stands under *name* among the components."""
    return {"$ref": f"#/components/schemas/{name}"}


def resources(types: Iterable[str]) -> Schema:
    """Return the schemas of resource types, and of the elements they consist of, by name."""
    found: Schema = {}
    for type_name in types:
        found[type_name] = {
            "type": "object",
            "required": ["resourceType"],
            "properties": {"resourceType": {"const": type_name}, **_members(type_name)},
        }
        _add_backbones(found, type_name)
    return found


def form(type_name: str) -> str:
    """Return the name under which the form stands that a type is searched by."""
    return f"{type_name}Search"


def search(names: Iterable[str]) -> Schema:
    """Return the schema of a form in which each of *names* may be given again and again."""
    texts = {"type": "array", "items": {"type": "string"}}
    return {"type": "object", "properties": dict.fromkeys(names, texts)}


def primitive(name: str) -> Schema:
    """Return the schema of a primitive type."""
    return {"type": _NUMBERS.get(name, "string")}


def _add_backbones(found: Schema, type_name: str) -> None:
    for member in r4.members(type_name).values():
        if "." in member.type and member.type not in found:
            found[member.type] = {"type": "object", "properties": _members(member.type)}
            _add_backbones(found, member.type)


def _members(type_name: str) -> Schema:
    return {
        name: {"type": "array", "items": _value(member)}
        if member.element.repeats
        else _value(member)
        for name, member in r4.members(type_name).items()
    }


def _value(member: r4.Member) -> Schema:
    if member.is_primitive:
        codes = {"enum": list(member.element.codes)} if member.element.codes else {}
        return {**primitive(member.type), **codes}
    return reference(member.type) if "." in member.type else {"type": "object"}
