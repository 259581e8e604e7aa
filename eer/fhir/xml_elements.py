"""Which XML elements does a resource in JSON become?

FHIR R4 xml.html, by the table of r4.py: elements in the order of their definition, ids and the
url of an extension as attributes, a narrative as XHTML.
"""

from collections.abc import Iterator
from typing import Any

from lxml import etree

from eer.domain.errors import IssueCode, Malformed, error
from eer.domain.wording import say
from eer.fhir import primitives, r4, xhtml
from eer.fhir.codec_json import Json, check_depth, kind

NAMESPACE = "http://hl7.org/fhir"
TAG = f"{{{NAMESPACE}}}"


def resource(value: Json) -> etree._Element:
    """Return the root element for a resource.

    Raises Malformed, with the place, when XML cannot say it: unknown members, empty arrays,
    nulls that stand for nothing, characters that XML has not.
    """
    check_depth(value)
    name = _type_of(value, r4.RESOURCE)
    root = etree.Element(f"{TAG}{name}", nsmap={None: NAMESPACE})  # type: ignore[dict-item]  # None is the default namespace
    _fill(root, value, name, name)
    return root


def _type_of(value: object, path: str) -> str:
    name = value.get("resourceType") if isinstance(value, dict) else None
    if not isinstance(name, str) or not r4.is_resource(name):
        raise _unprintable(
            path,
            say("resourceType {found} found, expected one of R4", found=primitives.shown(name)),
        )
    return name


def _fill(node: etree._Element, value: Json, type_name: str, path: str) -> None:
    """Write the members of *value*, an object of *type_name*, into *node*."""
    last = None
    for member in _members_in_order(value, type_name, path):
        here = f"{path}.{member.element.name}"
        if member.place == last:
            raise _unprintable(
                here,
                say("{element} and another form found, expected one of them", element=member.name),
            )
        last = member.place
        if member.element.is_attribute:
            node.set(member.name, _text(member, value[member.name], here))
            continue
        single = not member.element.repeats
        for index, item in enumerate(_items(member, value, here)):
            _append(node, member, item, here if single else f"{here}[{index}]")


def _members_in_order(value: Json, type_name: str, path: str) -> list[r4.Member]:
    members = r4.members(type_name)
    found: dict[str, r4.Member] = {}
    for key in value:
        name = key.removeprefix("_")
        member = members.get(name)
        if member is not None and (name == key or member.may_be_extended):
            found[name] = member
        elif key != "resourceType" or not r4.is_resource(type_name):
            raise _unprintable(
                path,
                say(
                    "{found} found, which {type} has not",
                    found=primitives.shown(key),
                    type=type_name,
                ),
            )
    return sorted(found.values(), key=lambda member: member.place)


def _items(member: r4.Member, value: Json, path: str) -> Iterator[tuple[Any, Any]]:
    """Yield (value, companion) for each XML element that *member* becomes."""
    plain, extended = value.get(member.name), value.get(f"_{member.name}")
    if not member.element.repeats:
        yield plain, extended
        return
    lists = [each for each in (plain, extended) if each is not None]
    if not all(isinstance(each, list) and each for each in lists) or not lists:
        raise _unprintable(path, say("expected an array that is not empty"))
    if len({len(each) for each in lists}) > 1:
        raise _unprintable(
            path,
            say(
                "{values} values beside {extensions} extensions found",
                values=len(lists[0]),
                extensions=len(lists[1]),
            ),
        )
    nothing = [None] * len(lists[0])
    yield from zip(plain or nothing, extended or nothing, strict=True)


def _append(node: etree._Element, member: r4.Member, item: tuple[Any, Any], path: str) -> None:
    value, companion = item
    if value is None and companion is None:
        raise _unprintable(path, say("null found, expected a value"))
    if member.type == r4.XHTML:
        node.append(_div(value, path))
        return
    child = etree.SubElement(node, f"{TAG}{member.name}")
    if member.type == r4.RESOURCE:
        name = _type_of(value, path)
        _fill(etree.SubElement(child, f"{TAG}{name}"), value, name, path)
    elif not member.is_primitive:
        _fill(child, _checked(value, path), member.type, path)
    else:
        if companion is not None:
            _fill(child, _checked(companion, path), "Element", path)
        if value is not None:
            child.set("value", _text(member, value, path))


def _checked(value: object, path: str) -> Json:
    if not isinstance(value, dict):
        raise _unprintable(path, say("{found} found, expected an object", found=kind(value)))
    return value


def _div(value: object, path: str) -> etree._Element:
    if not isinstance(value, str):
        raise _unprintable(path, say("{found} found, expected a string", found=kind(value)))
    try:
        return xhtml.plain(xhtml.parse(value))
    except Malformed as fault:
        raise _unprintable(path, fault.text) from None


def _text(member: r4.Member, value: object, path: str) -> str:
    try:
        return primitives.to_text(member.type, value)
    except Malformed as fault:
        raise _unprintable(path, fault.text) from None


def _unprintable(path: str, text: str) -> Malformed:
    told = say("{place}: {fault}", place=path, fault=text)
    return Malformed(told, [error(IssueCode.STRUCTURE, path, text)])
