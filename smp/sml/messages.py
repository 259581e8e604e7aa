"""What is put to a central SML in which words, and what do its answers say?

SML 1.0.1 (BusDox) as its schemas have it, and the European Commission's BDMSL 1.0.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from lxml import etree

from eer.domain.errors import Malformed
from smp.domain.central import Registration
from smp.domain.identifiers import Identifier, ParticipantId
from smp.sml import soap

LOCATOR = "http://busdox.org/serviceMetadata/locator/1.0/"
IDENTIFIERS = "http://busdox.org/transport/identifiers/1.0/"
EXTENSION = "ec:services:wsdl:BDMSL:data:1.0"

_BASE = "http://busdox.org/serviceMetadata/"
_BLANKS = " " * 9
"""A break of lines in the WSDL became blanks in the service; what is sent is what it has."""


@dataclass(frozen=True, slots=True)
class Service:
    """One of an SML's services: the last part of its URL, and how its SOAPActions begin."""

    path: str
    action: str


METADATA = Service("manageservicemetadata", f"{_BASE}ManageServiceMetadataService/1.0/:")
PARTICIPANTS = Service(
    "manageparticipantidentifier", f"{_BASE}ManageBusinessIdentifierService/1.0/{_BLANKS}:"
)
BDMSL = Service("bdmslservice", "ec:services:wsdl:BDMSL:1.0:")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of which service; *doing* says it for people, as in "adding …"."""

    service: Service
    operation: str
    content: etree._Element
    doing: str

    @property
    def action(self) -> str:
        """The SOAPAction, without quotes."""
        return f"{self.service.action}{self.operation}In"


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the list of participants, and what to ask for the next one with, if any."""

    participants: tuple[ParticipantId, ...]
    following: str | None


def create(smp: Registration) -> Request:
    """Ask that *smp* be registered."""
    content = _publisher("CreateServiceMetadataPublisherService", smp)
    return Request(METADATA, "create", content, f"registering the SMP {smp.smp_id}")


def update(smp: Registration) -> Request:
    """Ask that the addresses be those of *smp*."""
    content = _publisher("UpdateServiceMetadataPublisherService", smp)
    return Request(METADATA, "update", content, f"updating the SMP {smp.smp_id}")


def read(smp_id: str) -> Request:
    """Ask what *smp_id* is registered as; the schema wants addresses, which nobody looks at."""
    asked = Registration(smp_id, "", "")
    content = _publisher("ReadServiceMetadataPublisherService", asked)
    return Request(METADATA, "read", content, f"reading the SMP {smp_id}")


def delete(smp_id: str) -> Request:
    """Ask that *smp_id* be removed, and with it all its participants."""
    content = etree.Element(f"{{{LOCATOR}}}ServiceMetadataPublisherID", nsmap={"sml": LOCATOR})
    content.text = smp_id
    return Request(METADATA, "delete", content, f"removing the SMP {smp_id}")


def add(smp_id: str, participants: Iterable[ParticipantId]) -> Request:
    """Ask that *participants* be registered with *smp_id*."""
    return _several("Create", smp_id, tuple(participants), "adding")


def drop(smp_id: str, participants: Iterable[ParticipantId]) -> Request:
    """Ask that *participants* be removed from *smp_id*."""
    return _several("Delete", smp_id, tuple(participants), "removing")


def page(smp_id: str, following: str | None) -> Request:
    """Ask for the participants of *smp_id*, from the first or from where the last page ended."""
    content = _element("PageRequest")
    _add(content, "ServiceMetadataPublisherID", smp_id)
    if following is not None:
        _add(content, "NextPageIdentifier", following)
    return Request(PARTICIPANTS, "list", content, f"listing the participants of {smp_id}")


def prepare_migration(smp_id: str, participant: ParticipantId, key: str) -> Request:
    """Ask that whoever knows *key* may take *participant* over from *smp_id*."""
    content = _migration("PrepareMigrationRecord", smp_id, participant, key)
    return Request(
        PARTICIPANTS, "prepareMigrate", content, f"preparing the migration of {participant}"
    )


def migrate(smp_id: str, participant: ParticipantId, key: str) -> Request:
    """Ask that *participant* be moved to *smp_id*, the new one."""
    content = _migration("CompleteMigrationRecord", smp_id, participant, key)
    return Request(PARTICIPANTS, "migrate", content, f"migrating {participant} to {smp_id}")


def prepare_certificate(pem: str, on: date) -> Request:
    """Ask that from *on* we are known by the certificate *pem*, with its BEGIN and END lines."""
    content = etree.Element(f"{{{EXTENSION}}}PrepareChangeCertificate", nsmap={"bdmsl": EXTENSION})
    _add(content, "newCertificatePublicKey", pem, EXTENSION)
    _add(content, "migrationDate", on.isoformat(), EXTENSION)
    return Request(BDMSL, "prepareChangeCertificate", content, "preparing the new certificate")


def read_registration(answer: etree._Element) -> Registration:
    """Read what an SMP is registered as; raises Malformed when it is anything else."""
    _expect(answer, "ServiceMetadataPublisherService")
    endpoint = answer.find(f"{{{LOCATOR}}}PublisherEndpoint")
    smp_id = soap.text(answer, "ServiceMetadataPublisherID")
    if endpoint is None or not smp_id:
        raise Malformed("ServiceMetadataPublisherService: expected its endpoint and its identifier")
    logical, physical = (
        soap.text(endpoint, name) for name in ("LogicalAddress", "PhysicalAddress")
    )
    return Registration(smp_id, logical.rstrip("/"), physical)


def read_page(answer: etree._Element) -> Page:
    """Read one page of participants; raises Malformed when it is anything else.

    One without a scheme was registered by other software than this, and is none of our business.
    """
    _expect(answer, "ParticipantIdentifierPage")
    found = [
        (each.get("scheme", ""), (each.text or "").strip())
        for each in answer.iterchildren(f"{{{IDENTIFIERS}}}ParticipantIdentifier")
    ]
    participants = tuple(
        ParticipantId(Identifier(scheme, value)) for scheme, value in found if scheme and value
    )
    return Page(participants, soap.text(answer, "NextPageIdentifier") or None)


def _several(
    verb: str, smp_id: str, participants: tuple[ParticipantId, ...], doing: str
) -> Request:
    """One participant has an operation of its own, whose faults are about it alone."""
    if len(participants) == 1:
        content = _element(f"{verb}ParticipantIdentifier")
        _add(content, "ServiceMetadataPublisherID", smp_id)
        _participant(content, participants[0])
        return Request(PARTICIPANTS, verb.lower(), content, f"{doing} {participants[0]}")
    content = _element(f"{verb}List")
    for each in participants:
        _participant(content, each)
    _add(content, "ServiceMetadataPublisherID", smp_id)
    said = f"{doing} {len(participants)} participants"
    return Request(PARTICIPANTS, f"{verb.lower()}List", content, said)


def _publisher(name: str, smp: Registration) -> etree._Element:
    content = _element(name)
    endpoint = _add(content, "PublisherEndpoint")
    _add(endpoint, "LogicalAddress", smp.logical)
    _add(endpoint, "PhysicalAddress", smp.physical)
    _add(content, "ServiceMetadataPublisherID", smp.smp_id)
    return content


def _migration(name: str, smp_id: str, participant: ParticipantId, key: str) -> etree._Element:
    content = _element(name)
    _add(content, "ServiceMetadataPublisherID", smp_id)
    _participant(content, participant)
    _add(content, "MigrationKey", key)
    return content


def _element(name: str) -> etree._Element:
    return etree.Element(f"{{{LOCATOR}}}{name}", nsmap={"sml": LOCATOR, "ids": IDENTIFIERS})


def _participant(parent: etree._Element, participant: ParticipantId) -> None:
    _add(parent, "ParticipantIdentifier", participant.value, IDENTIFIERS).set(
        "scheme", participant.scheme
    )


def _add(
    parent: etree._Element, name: str, said: str | None = None, namespace: str = LOCATOR
) -> etree._Element:
    added = etree.SubElement(parent, f"{{{namespace}}}{name}")
    added.text = said
    return added


def _expect(element: etree._Element, name: str) -> None:
    if element.tag != f"{{{LOCATOR}}}{name}":
        raise Malformed(f"{element.tag!r:.200}: expected {name}")
