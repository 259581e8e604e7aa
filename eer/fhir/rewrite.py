"""How do the resources of one transaction come to point at each other by their real ids?

FHIR R4 http, section 3.1.0.11.2: what a fullUrl stands for is replaced in references, in every
uri, url, oid and uuid, and in the links of narratives; never in a canonical.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from eer.fhir import r4
from eer.fhir.codec_json import Json

_REPLACED = frozenset({"uri", "url", "oid", "uuid"})
_LINK = re.compile(r"""(\b(?:href|src)\s*=\s*)(["'])(.*?)\2""", re.DOTALL)
_HISTORY = "/_history/"

Renamed = Callable[[str], str]


def rewritten(resource: Json, ids: Mapping[str, str]) -> Json:
    """Return *resource* with what each key of *ids* stands for in its place."""
    if not ids:
        return resource

    def renamed(text: str) -> str:
        base, mark, version = text.partition(_HISTORY)
        found = ids.get(base)
        return text if found is None else f"{found}{mark}{version}"

    return _resource(resource, renamed)


def references(value: Any) -> Iterator[str]:
    """Yield the text of every reference in a resource, however deep."""
    if isinstance(value, list):
        for each in value:
            yield from references(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            if name == "reference" and isinstance(each, str):
                yield each
            else:
                yield from references(each)


def localized(resource: Mapping[str, Any], base_url: str) -> Mapping[str, Any]:
    """Return *resource* with each reference that is a URL of this server as `Type/id`."""
    root = f"{base_url}/"
    own = {found for found in references(resource) if found.startswith(root)}
    found: Mapping[str, Any] = _relative(resource, own, root) if own else resource
    return found


def _relative(value: Any, own: Collection[str], root: str) -> Any:
    if isinstance(value, list):
        return [_relative(each, own, root) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: each.removeprefix(root)
        if name == "reference" and isinstance(each, str) and each in own
        else _relative(each, own, root)
        for name, each in value.items()
    }


def _resource(value: Json, renamed: Renamed) -> Json:
    name = value.get("resourceType")
    known = isinstance(name, str) and r4.is_resource(name)
    return _object(value, str(name), renamed) if known else value


def _object(value: Json, type_name: str, renamed: Renamed) -> Json:
    members = r4.members(type_name)
    return {
        key: _value(each, members.get(key.removeprefix("_")), key, type_name, renamed)
        for key, each in value.items()
    }


def _value(value: Any, member: r4.Member | None, key: str, type_name: str, renamed: Renamed) -> Any:
    if isinstance(value, list):
        return [_value(each, member, key, type_name, renamed) for each in value]
    if member is None:
        return value
    if isinstance(value, dict):
        return _inside(value, "Element" if key.startswith("_") else member.type, renamed)
    if isinstance(value, str) and member.type == r4.XHTML:
        return _LINK.sub(lambda found: f"{found[1]}{found[2]}{renamed(found[3])}{found[2]}", value)
    is_reference = type_name == "Reference" and key == "reference"
    is_name = is_reference or member.type in _REPLACED
    return renamed(value) if is_name and isinstance(value, str) else value


def _inside(value: Json, type_name: str, renamed: Renamed) -> Json:
    if type_name == r4.RESOURCE:
        return _resource(value, renamed)
    return value if r4.is_primitive(type_name) else _object(value, type_name, renamed)
