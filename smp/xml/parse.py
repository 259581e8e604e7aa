"""What does a published document say, if it is one that may be read at all?

OASIS SMP 1.0, section 2.3. It is read as foreign XML is, and never beyond its size.
"""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator
from datetime import datetime

from lxml import etree

from eer.domain.errors import Malformed, Refused
from smp.domain.identifiers import (
    DocumentId,
    Identifier,
    ParticipantId,
    ProcessId,
    fold,
    group_path,
    split_path,
)
from smp.domain.metadata import Endpoint, Process, Redirect, ServiceGroup, ServiceMetadata
from smp.xml import foreign
from smp.xml.render import NAMESPACE

LARGEST = 1024 * 1024
"""The most bytes of one document that are read."""

_SERVICES = "/services/"


def document(body: bytes) -> etree._Element:
    """Read *body* as XML and return its root.

    Raises Malformed when it is too large, not well-formed, not UTF-8, or has a DOCTYPE or a
    processing instruction: a signature covers those, so that nobody may take them away unseen.
    """
    if len(body) > LARGEST:
        raise Malformed(f"a document of {len(body)} bytes: expected at most {LARGEST}")
    if b"\0" in body:  # a parser goes by a byte order mark, and does not tell of it
        raise Malformed("an XML document with a NUL, as UTF-16 has: expected UTF-8 (SMP 1.0, 3.3)")
    root = foreign.root(body)
    encoding = root.getroottree().docinfo.encoding or "UTF-8"
    if encoding.upper() != "UTF-8":
        raise Malformed(f"an XML document in {encoding}: expected UTF-8 (SMP 1.0, 3.3)")
    return root


def service_metadata(element: etree._Element) -> ServiceMetadata:
    """Read a SignedServiceMetadata, or the ServiceMetadata inside it.

    Raises Malformed when it is anything else, Refused when it leads to another publisher.
    """
    leads_to = redirect(element)
    if leads_to is not None:
        raise Refused(f"a redirect to {leads_to.href}: expected the document itself")
    information = _only(_metadata(element), "ServiceInformation")
    return ServiceMetadata(
        ParticipantId(_identifier(information, "ParticipantIdentifier")),
        DocumentId(_identifier(information, "DocumentIdentifier")),
        tuple(_process(process) for process in _all(information, "ProcessList", "Process")),
    )


def redirect(element: etree._Element) -> Redirect | None:
    """Return where *element* leads (section 2.3.4.1), or None when it is the document itself."""
    found = _metadata(element).find(_tag("Redirect"))
    if found is None:
        return None
    return Redirect(_attribute(found, "href").strip(), _text(found, "CertificateUID"))


def service_group(element: etree._Element) -> ServiceGroup:
    """Read a ServiceGroup; raise Malformed when it is anything else, or its links disagree.

    All links must be those of its participant below one base URL, which is empty without links.
    """
    _expect(element, "ServiceGroup")
    participant = ParticipantId(_identifier(element, "ParticipantIdentifier"))
    hrefs = [
        _attribute(reference, "href")
        for reference in _all(
            element, "ServiceMetadataReferenceCollection", "ServiceMetadataReference"
        )
    ]
    links = [_link(href, participant) for href in hrefs]
    bases = sorted({base for base, _ in links})
    if len(bases) > 1:
        raise Malformed(f"ServiceGroup of {participant}: one base URL expected, found {bases}")
    return ServiceGroup(participant, tuple(document for _, document in links), "".join(bases))


def _link(href: str, participant: ParticipantId) -> tuple[str, DocumentId]:
    """Take *href* apart: the base URL and the document."""
    group, mark, name = href.strip().rpartition(_SERVICES)
    base, _, who = group.rpartition("/")
    named, document_name = split_path(f"/{who}{mark}{name}")
    if fold(named) != fold(str(participant)) or document_name is None:
        wanted = f"{group_path(participant)}{_SERVICES}…"
        raise Malformed(f"ServiceGroup of {participant}: {href!r} found, {wanted} expected")
    return base, DocumentId(Identifier.parse(document_name))


def _process(element: etree._Element) -> Process:
    endpoints = _all(element, "ServiceEndpointList", "Endpoint")
    return Process(
        ProcessId(_identifier(element, "ProcessIdentifier")),
        tuple(_endpoint(endpoint) for endpoint in endpoints),
    )


def _endpoint(element: etree._Element) -> Endpoint:
    return Endpoint(
        transport_profile=_attribute(element, "transportProfile"),
        uri=_text(element, "EndpointURI").strip(),
        certificate=_certificate(_text(element, "Certificate")),
        activation=_date(element, "ServiceActivationDate"),
        expiration=_date(element, "ServiceExpirationDate"),
        description=_text(element, "ServiceDescription"),
        contact_url=_text(element, "TechnicalContactUrl").strip(),
    )


def _certificate(text: str) -> bytes:
    """Base64 of DER, with whatever line breaks; the armour of PEM is not part of it."""
    try:
        return b64decode("".join(text.split()), validate=True)
    except (NotBase64, ValueError) as fault:
        raise Malformed(f"Certificate: base64 of DER expected, {fault}") from None


def _date(element: etree._Element, name: str) -> datetime | None:
    if element.find(_tag(name)) is None:
        return None
    text = _text(element, name).strip()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Malformed(f"{name} {text!r}: expected a date and time (xs:dateTime)") from None
    if moment.tzinfo is None:
        raise Malformed(f"{name} {text!r}: expected a time zone")
    return moment


def _metadata(element: etree._Element) -> etree._Element:
    if element.tag == _tag("ServiceMetadata"):
        return element
    _expect(element, "SignedServiceMetadata")
    return _only(element, "ServiceMetadata")


def _expect(element: etree._Element, name: str) -> None:
    if element.tag != _tag(name):
        found = etree.QName(element)
        raise Malformed(
            f"expected {name} in namespace {NAMESPACE}, "
            f"found {found.localname} in {found.namespace or 'no namespace'}"
        )


def _identifier(parent: etree._Element, name: str) -> Identifier:
    element = _only(parent, name)
    return Identifier(element.get("scheme", ""), element.text or "")


def _text(parent: etree._Element, name: str) -> str:
    return _only(parent, name).text or ""


def _attribute(element: etree._Element, name: str) -> str:
    value = element.get(name)
    if value is None:
        raise Malformed(f"{etree.QName(element).localname}: expected the attribute {name}")
    return value


def _only(parent: etree._Element, name: str) -> etree._Element:
    found = parent.findall(_tag(name))
    if len(found) != 1:
        place = etree.QName(parent).localname
        raise Malformed(f"{place}: expected one {name}, found {len(found)}")
    return found[0]


def _all(parent: etree._Element, listing: str, name: str) -> Iterator[etree._Element]:
    return iter(_only(parent, listing).findall(_tag(name)))


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
