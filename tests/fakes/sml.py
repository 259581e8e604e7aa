"""A central SML: it keeps SMPs and participants, knows callers by certificate, and fails on demand.

Its rules are those of DomiSML as far as anybody has written them down: a participant exists once,
an SMP belongs to the certificate that registered it, lists are all or nothing.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from threading import Event, Lock
from typing import Any

from lxml import etree

from fakes.sml_rules import EXTENSION, IDENTIFIERS, LOCATOR, SOAP
from smp.domain.identifiers import Identifier, ParticipantId

KEY = re.compile(
    r"^(?=.{8,24}$)(?=(.*[@#$%()\[\]{}*^_\-!~|+=]){2,})(?=(.*[A-Z]){2})"
    r"(?=(.*[a-z]){2})(?=(.*[0-9]){2})(?=\S+$).*$"
)
"""What the service in use wants of a migration key."""


class SoapFault(Exception):
    def __init__(self, kind: str, text: str, status: int = 500) -> None:
        super().__init__(text)
        self.kind = kind
        self.text = text
        self.status = status


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    operation: str
    content: etree._Element
    path: str
    action: str
    caller: str
    headers: dict[str, str]

    @property
    def participants(self) -> int:
        return len(list(self.content.iter(f"{{{IDENTIFIERS}}}ParticipantIdentifier")))


@dataclass
class Smp:
    """An SMP as it was registered, and by whose certificate."""

    logical: str
    physical: str
    owner: str


@dataclass
class Trouble:
    """What happens to the next request of one kind, and whether it is done all the same.

    *answer* is a status with a body; half of it is sent where *halved*; None is silence.
    """

    answer: tuple[int, bytes] | None
    is_done: bool = False
    halved: bool = False


@dataclass
class FakeSml:
    """The SML's books, which a test may read and change, and what was asked of it."""

    url: str = ""
    page: int = 100
    largest: int = 100
    today: date = date(2026, 8, 3)
    repeats: bool = False
    """Whether each page tells the last one of the page before again: a list is no snapshot."""
    trusted_proxies: frozenset[str] = frozenset()
    smps: dict[str, Smp] = field(default_factory=dict)
    participants: dict[ParticipantId, str] = field(default_factory=dict)
    keys: dict[ParticipantId, str] = field(default_factory=dict)
    certificates: list[tuple[str, str, str]] = field(default_factory=list)
    """Who announced which PEM for which day."""
    asked: list[Asked] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)
    troubles: dict[str, list[Trouble]] = field(default_factory=dict)
    refuses: dict[ParticipantId, SoapFault] = field(default_factory=dict)
    """Who is refused whenever anybody wants to register them."""
    on_change: Callable[[], None] = lambda: None
    closing: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)

    def fails(self, operation: str, *faults: SoapFault) -> None:
        """Answer the next requests for *operation* with *faults*, doing nothing."""
        for fault in faults:
            self.answers(operation, fault.status, fault_body(fault))

    def answers(self, operation: str, status: int, body: bytes, *, done: bool = False) -> None:
        self.troubles.setdefault(operation, []).append(Trouble((status, body), done))

    def falls_silent(self, operation: str, *, done: bool = False) -> None:
        self.troubles.setdefault(operation, []).append(Trouble(None, done))

    def answers_half(self, operation: str, *, done: bool = False) -> None:
        self.troubles.setdefault(operation, []).append(
            Trouble((200, envelope(None)), done, halved=True)
        )

    def operations(self) -> list[str]:
        return [each.operation for each in self.asked]

    def of(self, smp_id: str) -> list[ParticipantId]:
        return sorted(each for each, owner in self.participants.items() if owner == smp_id)

    def do(self, asked: Asked) -> etree._Element | None:
        """Do what was asked and return what stands in the answer; raises SoapFault."""
        done = _OPERATIONS[asked.operation](self, asked)
        self.on_change()
        return done


def _create_smp(sml: FakeSml, asked: Asked) -> None:
    smp_id = _text(asked.content, "ServiceMetadataPublisherID")
    if smp_id in sml.smps:
        raise SoapFault("BadRequestFault", f"[ERR-106] The SMP '{smp_id}' already exists")
    sml.smps[smp_id] = Smp(*_addresses(asked), asked.caller)


def _read_smp(sml: FakeSml, asked: Asked) -> etree._Element:
    smp_id = _text(asked.content, "ServiceMetadataPublisherID")
    if smp_id not in sml.smps:
        raise SoapFault("NotFoundFault", f"[ERR-100] The SMP '{smp_id}' doesn't exist")
    smp = sml.smps[smp_id]
    answer = etree.Element(f"{{{LOCATOR}}}ServiceMetadataPublisherService")
    endpoint = etree.SubElement(answer, f"{{{LOCATOR}}}PublisherEndpoint")
    etree.SubElement(endpoint, f"{{{LOCATOR}}}LogicalAddress").text = smp.logical
    etree.SubElement(endpoint, f"{{{LOCATOR}}}PhysicalAddress").text = smp.physical
    etree.SubElement(answer, f"{{{LOCATOR}}}ServiceMetadataPublisherID").text = smp_id
    return answer


def _update_smp(sml: FakeSml, asked: Asked) -> None:
    smp_id = _own(sml, asked)
    sml.smps[smp_id] = Smp(*_addresses(asked), asked.caller)


def _delete_smp(sml: FakeSml, asked: Asked) -> None:
    smp_id = _own(sml, asked)
    del sml.smps[smp_id]
    for each in sml.of(smp_id):
        del sml.participants[each]


def _create(sml: FakeSml, asked: Asked) -> None:
    smp_id, several = _own(sml, asked), _participants(sml, asked)
    for each in several:
        if each in sml.refuses:
            raise sml.refuses[each]
        if _known(sml, each) is not None:
            raise SoapFault(
                "BadRequestFault",
                f"[ERR-106] The participant identifier '{each.value}' with scheme:"
                f" '{each.scheme}' already exist",
            )
    sml.participants |= dict.fromkeys(several, smp_id)


def _delete(sml: FakeSml, asked: Asked) -> None:
    smp_id, several = _own(sml, asked), _participants(sml, asked)
    known = [_known(sml, each) for each in several]
    if any(each is None or sml.participants[each] != smp_id for each in known):
        raise SoapFault(
            "BadRequestFault" if len(several) > 1 else "NotFoundFault",
            "[ERR-110] At least one of the participants doesn't exist in the list",
        )
    for each in known:
        assert each is not None
        del sml.participants[each]


def _list(sml: FakeSml, asked: Asked) -> etree._Element:
    smp_id = _own(sml, asked)
    begin = int(_text(asked.content, "NextPageIdentifier") or 0)
    everybody = sml.of(smp_id)
    answer = etree.Element(f"{{{LOCATOR}}}ParticipantIdentifierPage")
    first = max(begin - 1, 0) if sml.repeats else begin
    for each in everybody[first : begin + sml.page]:
        told = etree.SubElement(answer, f"{{{IDENTIFIERS}}}ParticipantIdentifier")
        told.set("scheme", each.scheme)
        told.text = each.value
    etree.SubElement(answer, f"{{{LOCATOR}}}ServiceMetadataPublisherID").text = smp_id
    if begin + sml.page < len(everybody):
        following = etree.SubElement(answer, f"{{{LOCATOR}}}NextPageIdentifier")
        following.text = str(begin + sml.page)
    return answer


def _prepare_migration(sml: FakeSml, asked: Asked) -> None:
    smp_id = _own(sml, asked)
    (participant,) = _participants(sml, asked)
    key = _text(asked.content, "MigrationKey")
    if sml.participants.get(participant) != smp_id:
        raise SoapFault("NotFoundFault", f"The participant {participant} is not of {smp_id}")
    if not KEY.fullmatch(key):
        raise SoapFault("BadRequestFault", "The migration key does not have the required form")
    sml.keys[participant] = key


def _migrate(sml: FakeSml, asked: Asked) -> None:
    smp_id = _own(sml, asked)
    (participant,) = _participants(sml, asked)
    if sml.keys.get(participant) != _text(asked.content, "MigrationKey"):
        raise SoapFault("NotFoundFault", "There is no migration with that key")
    del sml.keys[participant]
    sml.participants[participant] = smp_id


def _prepare_certificate(sml: FakeSml, asked: Asked) -> None:
    pem, on = (
        str(asked.content.findtext(f"{{{EXTENSION}}}{name}"))
        for name in ("newCertificatePublicKey", "migrationDate")
    )
    if not re.fullmatch(
        r"-----BEGIN CERTIFICATE-----\n.+\n-----END CERTIFICATE-----\n*", pem, re.DOTALL
    ):
        raise SoapFault("BadRequestFault", "The certificate is not valid")
    if date.fromisoformat(on) < sml.today:
        raise SoapFault("BadRequestFault", "The migration date can't be in the past")
    sml.certificates.append((asked.caller, pem, on))


_OPERATIONS: dict[str, Callable[[FakeSml, Asked], Any]] = {
    "CreateServiceMetadataPublisherService": _create_smp,
    "ReadServiceMetadataPublisherService": _read_smp,
    "UpdateServiceMetadataPublisherService": _update_smp,
    "ServiceMetadataPublisherID": _delete_smp,
    "CreateParticipantIdentifier": _create,
    "CreateList": _create,
    "DeleteParticipantIdentifier": _delete,
    "DeleteList": _delete,
    "PageRequest": _list,
    "PrepareMigrationRecord": _prepare_migration,
    "CompleteMigrationRecord": _migrate,
    "PrepareChangeCertificate": _prepare_certificate,
}


def _own(sml: FakeSml, asked: Asked) -> str:
    """Return the SMP that is asked for, if the caller registered it."""
    bare = asked.content.text if len(asked.content) == 0 else None
    smp_id = bare or _text(asked.content, "ServiceMetadataPublisherID")
    if smp_id not in sml.smps:
        raise SoapFault("NotFoundFault", f"[ERR-100] The SMP '{smp_id}' doesn't exist")
    if sml.smps[smp_id].owner != asked.caller:
        raise SoapFault(
            "UnauthorizedFault",
            f"[ERR-101] The SMP [{smp_id}] was not created with the certificate [{asked.caller}]",
        )
    return smp_id


def _participants(sml: FakeSml, asked: Asked) -> list[ParticipantId]:
    found = [
        ParticipantId(Identifier(str(each.get("scheme")), str(each.text)))
        for each in asked.content.iter(f"{{{IDENTIFIERS}}}ParticipantIdentifier")
    ]
    if len(found) > sml.largest:
        raise SoapFault("BadRequestFault", f"More than {sml.largest} participants")
    return found


def _known(sml: FakeSml, participant: ParticipantId) -> ParticipantId | None:
    """Return a participant as it is registered, whoever by; case does not matter."""
    for each in sml.participants:
        if each.folded == participant.folded:
            return each
    return None


def _addresses(asked: Asked) -> tuple[str, str]:
    (endpoint,) = asked.content.iterchildren(f"{{{LOCATOR}}}PublisherEndpoint")
    return _text(endpoint, "LogicalAddress"), _text(endpoint, "PhysicalAddress")


def _text(element: etree._Element, name: str) -> str:
    return element.findtext(f"{{{LOCATOR}}}{name}") or ""


def envelope(content: etree._Element | None) -> bytes:
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP})
    body = etree.SubElement(root, f"{{{SOAP}}}Body")
    if content is not None:
        body.append(content)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def fault_body(fault: SoapFault) -> bytes:
    element = etree.Element(f"{{{SOAP}}}Fault")
    etree.SubElement(element, "faultcode").text = "soap:Server"
    etree.SubElement(element, "faultstring").text = "Fault"
    detail = etree.SubElement(element, "detail")
    said = etree.SubElement(detail, f"{{{LOCATOR}}}{fault.kind}")
    etree.SubElement(said, f"{{{LOCATOR}}}FaultMessage").text = fault.text
    return envelope(element)
