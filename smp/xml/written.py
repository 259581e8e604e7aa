"""In which form is kept what a tool wrote, and what does it say?

Nothing of it is lost: extensions, signatures asked for, levels and links that we never write
ourselves. Prefixes, spaces between elements and the order of attributes are of no meaning, and go.
"""

from copy import deepcopy
from dataclasses import replace

from lxml import etree

from smp.domain.identifiers import DocumentKey
from smp.domain.metadata import ServiceMetadata
from smp.xml import parse
from smp.xml.render import NAMESPACE

_LOCATION = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"
_OURS = f"{{{NAMESPACE}}}"


def meant(element: etree._Element, key: DocumentKey) -> ServiceMetadata:
    """Return what a ServiceMetadata says, with its text as it is kept.

    A redirect does not say of whom and of what it is: that is *key*. Raises as parse does.
    """
    return _said(element, key, _normal(element))


def read(body: bytes, key: DocumentKey) -> ServiceMetadata:
    """Return what stands in *body*, a ServiceMetadata as it is kept."""
    return _said(parse.document(body), key, body)


def _said(element: etree._Element, key: DocumentKey, written: bytes) -> ServiceMetadata:
    redirect = parse.redirect(element)
    if redirect is not None:
        return ServiceMetadata(key.participant, key.document, (), redirect, written)
    return replace(parse.service_metadata(element), written=written)


def _normal(element: etree._Element) -> bytes:
    """The canonical form, since that is what a signature covers and what is compared behind it."""
    canonical = etree.tostring(_copy(element), method="c14n")
    return etree.tostring(parse.document(canonical), encoding="UTF-8", xml_declaration=False)


def _copy(element: etree._Element) -> etree._Element:
    made = etree.Element(
        element.tag,
        nsmap={None: NAMESPACE},  # type: ignore[dict-item]  # lxml-stubs knows no default one
    )
    for name, value in element.items():
        if name != _LOCATION:
            made.set(name, value)
    for child in element:
        copied = _copy(child) if str(child.tag).startswith(_OURS) else deepcopy(child)
        copied.tail = None
        made.append(copied)
    if not len(element):
        made.text = element.text
    return made
