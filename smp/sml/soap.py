"""What does a message to a central SML look like on the wire, and what is in its answer?

SOAP 1.1, section 4: one element in the body. It is read as foreign XML is.
"""

from lxml import etree

from eer.domain.errors import Malformed
from smp.domain.sml_fault import Fault, Kind
from smp.xml import foreign

_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_ENVELOPE, _BODY, _FAULT = (f"{{{_SOAP}}}{name}" for name in ("Envelope", "Body", "Fault"))

_LONGEST = 1_000
"""How many characters of what a fault says are told."""

_KINDS = {kind.value: kind for kind in Kind}


def envelope(content: etree._Element) -> bytes:
    """Return the message with *content* in its body."""
    root = etree.Element(_ENVELOPE, nsmap={"soapenv": _SOAP})
    etree.SubElement(root, _BODY).append(content)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def content(message: bytes) -> etree._Element | Fault | None:
    """Return the element in the body of *message*, or the fault, or None where it is empty.

    Raises Malformed when it is no whole message of SOAP 1.1, or has more in its body than that.
    """
    root = foreign.root(message)
    body = root.find(_BODY)
    if root.tag != _ENVELOPE or body is None:
        raise Malformed(f"{root.tag!r:.200}: expected an Envelope of SOAP 1.1 with its Body")
    found = _only(body)
    return _fault(found) if found is not None and found.tag == _FAULT else found


def text(element: etree._Element, name: str) -> str:
    """Return the text of the first *name* below *element*, whatever its namespace, or ""."""
    found = next(element.iterchildren(f"{{*}}{name}"), None)
    return "" if found is None else (found.text or "").strip()


def _only(body: etree._Element) -> etree._Element | None:
    """Return what is in *body*; raise Malformed when there is more than one element in it."""
    said = [body.text, *(each.tail for each in body.iterchildren())]
    others = body.itersiblings(_BODY)
    if next(others, None) is not None or len(body) > 1 or any(map(_is_said, said)):
        raise Malformed("a Body with more in it than SML 1.0.1 has: expected one element or none")
    return next(body.iterchildren(etree.Element), None)


def _is_said(text: str | None) -> bool:
    return text is not None and not text.isspace()


def _fault(element: etree._Element) -> Fault:
    """Read a fault (4.4) by local names: those of faults are not always qualified as they should.

    One without a detail of the four kinds is an error of the server's own.
    """
    for detail in element.iterchildren("{*}detail"):
        for found in detail.iterchildren(etree.Element):
            kind = _KINDS.get(etree.QName(found).localname)
            if kind is not None:
                said = text(found, "FaultMessage") or text(element, "faultstring")
                return Fault(kind, _one_line(said))
    blames_us = text(element, "faultcode").endswith("Client")
    unnamed = Kind.BAD_REQUEST if blames_us else Kind.INTERNAL_ERROR
    return Fault(unnamed, _one_line(text(element, "faultstring")))


def _one_line(said: str) -> str:
    """It is told at a terminal, where it must move nothing and fill no more than a screen."""
    said = said[:_LONGEST]
    return "".join(each if each.isprintable() else " " for each in " ".join(said.split()))
