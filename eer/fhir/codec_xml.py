"""How does a resource in XML become the JSON it equals, and how is it printed as XML?

FHIR R4 xml.html and json.html, by the table of r4.py, nothing lost on the way but comments,
processing instructions and, in a narrative, the spelling of characters. An array of nulls alone
(`"given": [null]` beside `_given`) comes back as `_given` only, which says the same.
"""

from dataclasses import dataclass
from typing import Any

from lxml import etree

from eer.domain.errors import Issue, IssueCode, Malformed, error
from eer.domain.wording import all_of, say
from eer.fhir import markup, primitives, r4, xhtml, xml_elements
from eer.fhir.codec_json import DEPTH, Json, check_depth
from eer.fhir.xml_elements import NAMESPACE, TAG

DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
MOST_ISSUES = 100

_DIV = f"{{{xhtml.NAMESPACE}}}div"
_SCHEMA_LOCATION = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"


def parse(body: bytes) -> Json:
    """Read a resource, with any prefix for FHIR's namespace.

    Raises Malformed with an issue for each fault, and its place: what the table does not know,
    wrong order, what is there twice, stray text, missing values. What JSON can say wrongly too
    (missing elements, codes, patterns) is left to structure.issues.
    """
    root = markup.document(body)
    _check_depth(root)
    name = _local(root)
    if name is None or not r4.is_resource(name):
        raise Malformed(
            say(
                "{found} found, expected a resource in the namespace {namespace}",
                found=root.tag,
                namespace=NAMESPACE,
            )
        )
    found: list[Issue] = []
    resource = _resource(root, _Place(name, found))
    if found:
        first = say("{place}: {fault}", place=found[0].expression, fault=found[0].text)
        raise Malformed(first, found[:MOST_ISSUES])
    check_depth(resource)
    return resource


def printed(resource: Json) -> bytes:
    """Return *resource* as XML, FHIR's namespace being the default one.

    Raises Malformed, with the place, when XML cannot say it; what structure.issues lets pass can
    be printed always.
    """
    root = xml_elements.resource(resource)
    return DECLARATION + etree.tostring(root, encoding="UTF-8", xml_declaration=False)


def pretty(resource: Json) -> bytes:
    """Return *resource* as XML that is spread over lines; raises as printed does."""
    root = xml_elements.resource(resource)
    for div in root.iter(_DIV):
        div.tail = ""  # nothing is added within a narrative
    etree.indent(root)
    return DECLARATION + etree.tostring(root, encoding="UTF-8", xml_declaration=False)


@dataclass(frozen=True, slots=True)
class _Place:
    """The FHIRPath of an XML element, and where faults are collected."""

    path: str
    found: list[Issue]

    def at(self, name: str, index: int | None = None) -> "_Place":
        suffix = "" if index is None else f"[{index}]"
        return _Place(f"{self.path}.{name}{suffix}", self.found)

    def fault(self, text: str) -> None:
        self.found.append(error(IssueCode.STRUCTURE, self.path, text))


def _resource(element: etree._Element, place: _Place) -> Json:
    attributes = _attributes(element)
    attributes.pop(_SCHEMA_LOCATION, None)
    name = str(_local(element))
    return {"resourceType": name} | _object(element, attributes, name, place)


def _object(element: etree._Element, attributes: dict[str, str], name: str, place: _Place) -> Json:
    """Return the members of an element of the type *name*."""
    found: Json = {}
    members = r4.members(name)
    for key, value in attributes.items():
        member = members.get(key)
        if member is None or not member.element.is_attribute:
            place.fault(
                say(
                    "attribute {attribute} found, which {type} does not have",
                    attribute=key,
                    type=name,
                )
            )
        else:
            found[key] = value
    for member, children in _groups(element, name, place).values():
        found |= _member(member, children, place)
    return found


def _groups(
    element: etree._Element, name: str, place: _Place
) -> dict[str, tuple[r4.Member, list[etree._Element]]]:
    """Return the child elements by name, faults of order and number noted."""
    groups: dict[str, tuple[r4.Member, list[etree._Element]]] = {}
    last: r4.Member | None = None
    _note_text(element.text, place)
    for child in element:
        _note_text(child.tail, place)
        member = _known(child, name)
        if member is None:
            place.fault(
                say(
                    "element {element} found, which {type} does not have",
                    element=_shown(child),
                    type=name,
                )
            )
            continue
        alike = groups.setdefault(member.name, (member, []))[1]
        _note_order(last, member, len(alike), place)
        alike.append(child)
        last = member
    return groups


def _known(child: etree._Element, name: str) -> r4.Member | None:
    """Return the member that *child* writes, None when there is none or its namespace is wrong."""
    if child.tag == _DIV:
        member = r4.members(name).get("div")
        return member if member is not None and member.type == r4.XHTML else None
    local = _local(child)
    member = None if local is None else r4.members(name).get(local)
    if member is None or member.element.is_attribute or member.type == r4.XHTML:
        return None
    return member


def _note_order(last: r4.Member | None, new: r4.Member, already: int, place: _Place) -> None:
    element = new.element
    if last is None or new.place > last.place:
        return
    if new.place < last.place:
        place.at(element.name).fault(
            say("found behind {element}, expected before it", element=last.name)
        )
    elif new.name != last.name:
        place.at(element.name).fault(
            say("{elements} found, expected one of them", elements=all_of((last.name, new.name)))
        )
    elif already and not element.repeats:
        place.at(element.name).fault(say("found more than once, expected at most one"))


def _note_text(text: str | None, place: _Place) -> None:
    if text and text.strip():
        place.fault(
            say(
                "the text {found} found, expected elements only",
                found=primitives.shown(text.strip()),
            )
        )


def _member(member: r4.Member, children: list[etree._Element], place: _Place) -> Json:
    """Return the member's value, and its `_name` when a primitive has an id or extensions."""
    name, repeats = member.element.name, member.element.repeats
    places = [place.at(name, index if repeats else None) for index in range(len(children))]
    if not member.is_primitive or member.type == r4.XHTML:
        values = [_value(member, *each) for each in zip(children, places, strict=True)]
        return {member.name: values if repeats else values[0]}
    pairs = [_primitive(member, *each) for each in zip(children, places, strict=True)]
    plain = [value for value, _ in pairs]
    extended = [companion or None for _, companion in pairs]
    both = {member.name: plain, f"_{member.name}": extended}
    return {
        key: values if repeats else values[0]
        for key, values in both.items()
        if any(value is not None for value in values)
    }


def _value(member: r4.Member, child: etree._Element, place: _Place) -> Any:
    """Return the value of what is no primitive: an object, a resource or a narrative."""
    if member.type == r4.XHTML:
        return xhtml.printed(child)
    if member.type != r4.RESOURCE:
        return _object(child, _attributes(child), member.type, place)
    inner = list(child)
    _note_text(child.text, place)
    name = _local(inner[0]) if len(inner) == 1 else None
    if name is None or not r4.is_resource(name) or child.attrib:
        place.fault(say("expected one resource inside, and no attributes"))
        return {}
    _note_text(inner[0].tail, place)
    return _resource(inner[0], place)


def _primitive(member: r4.Member, child: etree._Element, place: _Place) -> tuple[Any, Json]:
    attributes = _attributes(child)
    text = attributes.pop("value", None)
    companion = _object(child, attributes, "Element", place)
    if companion and not member.may_be_extended:
        place.fault(say("an id or extensions found, expected a value only"))
    if text is None:
        if "extension" not in companion:
            place.fault(say("neither a value nor an extension found, expected the attribute value"))
        return None, companion
    try:
        return primitives.from_text(member.type, text), companion
    except Malformed as fault:
        place.fault(fault.text)
        return None, companion


def _attributes(element: etree._Element) -> dict[str, str]:
    return {str(key): str(value) for key, value in element.attrib.items()}


def _local(element: etree._Element) -> str | None:
    """Return the element's name in FHIR's namespace."""
    tag = str(element.tag)
    return tag.removeprefix(TAG) if tag.startswith(TAG) else None


def _shown(element: etree._Element) -> str:
    """Return an element's name, with its namespace only where that is the fault."""
    return f"<{_local(element) or element.tag}>"


def _check_depth(root: etree._Element) -> None:
    """Refuse what would be too deep as JSON; narratives are measured by xhtml."""
    level = [root]
    for _ in range(DEPTH + 2):
        level = [child for each in level for child in each if _local(child) is not None]
    if level:
        raise Malformed(say("XML: elements are nested deeper than {depth} levels", depth=DEPTH))
