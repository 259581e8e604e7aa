"""How is XML read that anybody may have written?

Without DTD, entities or network, and no deeper or longer than libxml2 takes by itself: a DOCTYPE is
refused, and comments say nothing. Each parser is a new one, which costs less than a microsecond:
threads share none.
"""

from collections.abc import Iterator
from typing import BinaryIO

from lxml import etree

from eer.domain.errors import Malformed


def root(body: bytes) -> etree._Element:
    """Read *body* and return its root; raise Malformed when it may not be read.

    A processing instruction is refused: a signature covers it, so that nobody may take it away
    unseen, and SOAP 1.1 allows none (section 3).
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
    )
    try:
        found = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as fault:
        raise _not_well_formed(fault) from None
    _check_doctype(found)
    if _has_instruction(found):
        raise Malformed("an XML document with a processing instruction: expected none")
    return found


def events(file: BinaryIO) -> Iterator[tuple[str, etree._Element]]:
    """Yield where each element of *file* begins and ends, by "start" and "end"; raise Malformed.

    What was read stays until whoever asks lets go of it.
    """
    parsed = etree.iterparse(
        file,
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    is_first = True
    try:
        for event, element in parsed:
            if is_first:
                _check_doctype(element)
                is_first = False
            yield event, element
    except etree.XMLSyntaxError as fault:
        raise _not_well_formed(fault) from None


def parser() -> etree.XMLParser:
    """Return a parser that takes nothing away: for what was read by root() and is read again."""
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def _has_instruction(root: etree._Element) -> bool:
    """Whether there is one in the document: without comments, nothing else stands beside a root."""
    beside = root.getprevious() is not None or root.getnext() is not None
    return beside or next(root.iter(etree.ProcessingInstruction), None) is not None


def _check_doctype(element: etree._Element) -> None:
    info = element.getroottree().docinfo
    if any(each is not None for each in (info.internalDTD, info.externalDTD)):
        raise Malformed("an XML document with a DOCTYPE: expected none")


def _not_well_formed(fault: etree.XMLSyntaxError) -> Malformed:
    return Malformed(f"not well-formed XML: {fault.msg}")
