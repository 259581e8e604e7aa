"""How is XML from outside read without harm?

No DOCTYPE, so no entities; no network, no huge trees; comments and processing instructions are
dropped. FHIR R4 xml.html and narrative.html ask for nothing else.
"""

from lxml import etree

from eer.domain.errors import Malformed
from eer.domain.wording import Sentence, say

DOCTYPE = say("XML: a DOCTYPE found, expected none: entities and DTDs are not read here")


def document(body: bytes) -> etree._Element:
    """Read *body*, UTF-8 with or without a byte order mark, and return its root.

    Raises Malformed, which names line and column where it is not well-formed.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as fault:
        if b"<!DOCTYPE" in body:
            raise Malformed(DOCTYPE) from None
        raise Malformed(_sentence(fault)) from None
    found = root.getroottree().docinfo
    if found.internalDTD is not None:
        raise Malformed(DOCTYPE)
    if found.encoding and found.encoding.upper() not in ("UTF-8", "US-ASCII"):
        raise Malformed(
            say("XML: encoding {found} found, expected UTF-8", found=str(found.encoding))
        )
    return root


def _sentence(fault: etree.XMLSyntaxError) -> Sentence:
    line, column = fault.position
    what = fault.msg.partition(", line ")[0]
    if "XML_PARSE_HUGE" in fault.msg:
        what = say("nested deeper, or longer in one piece, than is read here")
    return say("XML, line {line}, column {column}: {fault}", line=line, column=column, fault=what)
