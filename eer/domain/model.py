"""What does the register say, in values that the rest of the house can reason about?

These are readings of stored resources, not the resources. spec: EER 3.0.0 profiles.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from eer.domain.identifiers import Cvr, Reference, SorId
from eer.domain.period import Period
from eer.domain.standing import Standing

EDELIVERY = frozenset({"EerMessagingEdelivery", "EerMessagingEdeliveryFhir"})
ACCESS_POINT = "AP"


class EndpointStatus(StrEnum):
    """The status of an Endpoint (FHIR R4 value set endpoint-status)."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    ERROR = "error"
    OFF = "off"
    ENTERED_IN_ERROR = "entered-in-error"
    TEST = "test"


_IN_USE = frozenset({EndpointStatus.ACTIVE, EndpointStatus.SUSPENDED, EndpointStatus.ERROR})


@dataclass(frozen=True, slots=True)
class Certificate:
    """An X.509 certificate: DER, and what the register reads from it; *cvr* as it stands there."""

    der: bytes
    subject: str
    not_before: datetime
    not_after: datetime
    cvr: str | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What stands where a certificate or a redirect should, and why it cannot be read."""

    why: str


@dataclass(frozen=True, slots=True)
class Redirect:
    """Another SMP that answers for an endpoint: its base URL, and who signs what it answers.

    *signer* is the certificate of who signs there, or only its subject, as that SMP tells it.
    """

    base_url: str
    signer: Certificate | str


class Role(StrEnum):
    """What a resource can stand for where another one points at it."""

    ORGANIZATION = "an Organization"
    MESSAGING_ORGANIZATION = "an Organization with a SOR id"
    SOR_ORGANIZATION = "an Organization of profile Eer.SOR.Organization"
    INSTITUTION_OWNER = "an Organization of type IE or IO"
    AP_OWNER = "an Organization with a CVR and without a SOR id"
    ENDPOINT = "an Endpoint"
    SOR_ENDPOINT = "an Endpoint of profile eer.dk.sor.endpoint"
    DEVICE = "a Device"
    AP = "a Device of type AP"
    MSH = "a Device of type MSH"
    EUA = "a Device of type EUA"
    MESSAGE_DEFINITION = "a MessageDefinition"
    ANY = "a resource of this register"


@dataclass(frozen=True, slots=True)
class Link:
    """A reference: the FHIRPath it stands at, where it leads, and what it must lead to."""

    expression: str
    target: Reference
    role: Role


@dataclass(frozen=True, slots=True)
class Claim:
    """Something only one resource may hold: what kind of thing, and which."""

    kind: str
    value: str
    expression: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a resource says, as far as other resources are concerned.

    *roles* is what it can stand for, *links* where it points, *claims* what it holds alone, and
    *says* its content where the register reasons about it.
    """

    reference: Reference
    roles: frozenset[Role]
    links: tuple[Link, ...]
    claims: tuple[Claim, ...]
    says: "Organization | Device | Mailbox | Message | None"


@dataclass(frozen=True, slots=True)
class Organization:
    """A unit that manages endpoints, or the owner of an access point (which has no SOR id)."""

    reference: Reference
    name: str
    active: bool
    sor: SorId | None = None
    cvr: Cvr | None = None
    part_of: Reference | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """A registered system, as its own resource says: the owner is still a reference.

    *certified_for* are the message definitions it may receive, none where that is not told;
    *tested* is when an access point passed the EU's conformance test.
    """

    types: tuple[str, ...]
    active: bool
    url: str | None
    certificate: Certificate | Unreadable | None
    contact_url: str | None
    owner: Reference | None
    transport_profiles: tuple[str, ...] = ()
    certified_for: tuple[Reference, ...] = ()
    tested: datetime | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """The definition of a message; endpoints offer it by its *codes*.

    *replaces* are the canonicals of the definitions whose place it takes, with a version or
    without.
    """

    codes: tuple[str, ...]
    status: str
    date: datetime | None
    url: str | None
    version: str | None
    replaces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An endpoint as its own resource says: what it hangs on is still references."""

    gln: str
    status: EndpointStatus
    period: Period
    connection_type: str
    documents: tuple[str, ...]
    name: str
    access_points: tuple[Reference, ...]
    organization: Reference | None
    redirect: Redirect | Unreadable | None = None

    @property
    def is_in_use(self) -> bool:
        """Whether it is registered to receive, now or again; not switched off, a test or a slip."""
        return self.status in _IN_USE

    def offers_at(self, at: datetime) -> bool:
        """Whether it is there for senders, at *at* or from a later day on."""
        return self.status is EndpointStatus.ACTIVE and not self.period.is_over(at)

    def delivers_at(self, at: datetime) -> bool:
        """Whether it offers its documents in eDelivery, at *at* or from a later day on."""
        return self.offers_at(at) and self.connection_type in EDELIVERY


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """A Device as an endpoint's AP: where the AS4 messages go, and with which certificate.

    *standing* is that of its certificate; None where nobody looked.
    """

    reference: Reference
    types: tuple[str, ...]
    active: bool
    url: str | None
    certificate: Certificate | Unreadable | None
    contact_url: str | None
    owner: Organization | None
    transport_profiles: tuple[str, ...] = ()
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A mailbox: a GLN as written, the documents it receives, and the APs they are brought to.

    *access_points* holds one entry for each ap-system extension; None where the reference leads
    nowhere. With a *redirect* another SMP answers, and nothing is brought to them from here.
    """

    reference: Reference
    gln: str
    status: EndpointStatus
    period: Period
    connection_type: str
    documents: tuple[str, ...]
    name: str
    access_points: tuple[AccessPoint | None, ...]
    organization: Organization | None
    redirect: Redirect | Unreadable | None = None

    @property
    def is_active_edelivery(self) -> bool:
        """Whether it claims the documents of its GLN in eDelivery while its period lasts."""
        return self.status is EndpointStatus.ACTIVE and self.connection_type in EDELIVERY


@dataclass(frozen=True, slots=True)
class Directory:
    """A frozen view of endpoints with all that hangs on them, at the register's *sequence*.

    *glns* names the participants it was asked for, also those that have no endpoint left; None
    means that the whole register was asked. *remarks* are what somebody should know of how
    certificates were checked, *unchecked* what was not asked of them at all.
    """

    sequence: int
    endpoints: tuple[Endpoint, ...]
    glns: frozenset[str] | None = None
    stopped: Mapping[Reference, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()
