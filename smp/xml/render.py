"""How is what we publish written as XML, and as which bytes?

OASIS SMP 1.0, sections 2.3 (elements and their order) and 3.3 (UTF-8, with a declaration).
"""

from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256

from lxml import etree

from eer.domain.errors import Malformed
from smp.domain.identifiers import Identifier, document_path
from smp.domain.metadata import Endpoint, Process, Redirect, ServiceGroup, ServiceMetadata
from smp.xml import foreign

NAMESPACE = "http://docs.oasis-open.org/bdxr/ns/SMP/2016/05"

# Double quotes, since there are clients that look for exactly these letters; lxml's has single.
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def printed(root: etree._Element) -> bytes:
    """Return the bytes under which *root* is published: nothing prints them again."""
    return _DECLARATION + etree.tostring(root, encoding="UTF-8", xml_declaration=False)


def unsigned_bytes(meta: ServiceMetadata) -> bytes:
    """Return *meta* as bytes without its signature."""
    return printed(service_metadata(meta))


def digest(meta: ServiceMetadata) -> str:
    """Return the SHA-256 in hex of *meta* without its signature: two that say the same have one."""
    return sha256(unsigned_bytes(meta)).hexdigest()


def service_metadata(meta: ServiceMetadata) -> etree._Element:
    """Return a SignedServiceMetadata that still lacks its signature (section 2.3.4).

    Raises Malformed when a text has a character that XML cannot carry.
    """
    root = _root("SignedServiceMetadata")
    if meta.written:
        root.append(etree.fromstring(meta.written, foreign.parser()))
        return root
    parent = _child(root, "ServiceMetadata")
    try:
        if meta.redirect is None:
            _information(parent, meta)
        else:
            _redirect(parent, meta.redirect)
    except ValueError as fault:
        raise Malformed(f"{meta.participant} {meta.document}: {fault}") from None
    return root


def service_group(group: ServiceGroup) -> bytes:
    """Return a ServiceGroup as it is published, unsigned (section 2.3.3).

    Raises Malformed when a text has a character that XML cannot carry.
    """
    root = _root("ServiceGroup")
    try:
        _identifier(root, "ParticipantIdentifier", group.participant)
        references = _child(root, "ServiceMetadataReferenceCollection")
        for document in group.documents:
            href = group.base_url + document_path(group.participant, document)
            _child(references, "ServiceMetadataReference").set("href", href)
    except ValueError as fault:
        raise Malformed(f"{group.participant}: {fault}") from None
    return printed(root)


def _information(parent: etree._Element, meta: ServiceMetadata) -> None:
    information = _child(parent, "ServiceInformation")
    _identifier(information, "ParticipantIdentifier", meta.participant)
    _identifier(information, "DocumentIdentifier", meta.document)
    processes = _child(information, "ProcessList")
    for process in meta.processes:
        _process(processes, process)


def _redirect(parent: etree._Element, redirect: Redirect) -> None:
    element = _child(parent, "Redirect")
    element.set("href", redirect.href)
    _child(element, "CertificateUID", redirect.certificate_uid)


def _process(parent: etree._Element, process: Process) -> None:
    element = _child(parent, "Process")
    _identifier(element, "ProcessIdentifier", process.id)
    endpoints = _child(element, "ServiceEndpointList")
    for endpoint in process.endpoints:
        _endpoint(endpoints, endpoint)


def _endpoint(parent: etree._Element, endpoint: Endpoint) -> None:
    element = _child(parent, "Endpoint")
    element.set("transportProfile", endpoint.transport_profile)
    _child(element, "EndpointURI", endpoint.uri)
    _child(element, "RequireBusinessLevelSignature", "false")
    if endpoint.activation is not None:
        _child(element, "ServiceActivationDate", _utc(endpoint.activation))
    if endpoint.expiration is not None:
        _child(element, "ServiceExpirationDate", _utc(endpoint.expiration))
    _child(element, "Certificate", b64encode(endpoint.certificate).decode())
    _child(element, "ServiceDescription", endpoint.description)
    _child(element, "TechnicalContactUrl", endpoint.contact_url)


def _identifier(parent: etree._Element, name: str, identifier: Identifier) -> None:
    """Write the scheme only where there is one: an absent one and an empty one differ (1.2)."""
    element = _child(parent, name, identifier.value)
    if identifier.scheme:
        element.set("scheme", identifier.scheme)


def _utc(moment: datetime) -> str:
    """Whole seconds with a `Z`: clients read a time without a zone as their own."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def _root(name: str) -> etree._Element:
    """Without a prefix: there are clients that know the root by its bare name only."""
    return etree.Element(
        f"{{{NAMESPACE}}}{name}",
        nsmap={None: NAMESPACE},  # type: ignore[dict-item]  # lxml-stubs knows no default one
    )


def _child(parent: etree._Element, name: str, text: str = "") -> etree._Element:
    element = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    if text:
        element.text = text
    return element
