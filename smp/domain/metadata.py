"""What does a published document say?

OASIS SMP 1.0, section 2.3: ServiceGroup, ServiceMetadata, Redirect, Process, Endpoint.
"""

from dataclasses import dataclass, field
from datetime import datetime

from eer.domain.errors import Refused
from smp.domain.identifiers import DocumentId, ParticipantId, ProcessId, fold


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one transport of one process is reached, and with which certificate (section 2.3.4.3).

    *certificate* is DER. *activation* and *expiration* are aware; None leaves the element out.
    """

    transport_profile: str
    uri: str
    certificate: bytes
    activation: datetime | None
    expiration: datetime | None
    description: str
    contact_url: str


@dataclass(frozen=True, slots=True)
class Process:
    """A process with its endpoints, each of another transport profile."""

    id: ProcessId
    endpoints: tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where the same document stands at another SMP, and who signs it there (section 2.3.4.1).

    *certificate_uid* is the subject of the certificate that signs there.
    """

    href: str
    certificate_uid: str


@dataclass(frozen=True, slots=True)
class ServiceMetadata:
    """What a participant receives of one document, and where; or which other SMP says it.

    It has processes, or else a *redirect*. *written* is the ServiceMetadata in XML where others
    than the register wrote it: that is published then, and the rest only tells of it. No document
    says which *access_point* of the register it leads to: a stop is of that.
    """

    participant: ParticipantId
    document: DocumentId
    processes: tuple[Process, ...]
    redirect: Redirect | None = None
    written: bytes = b""
    access_point: str = field(default="", compare=False)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The distinct addresses it leads to, sorted: what a reviewer must see change."""
        if self.redirect is not None:
            return (self.redirect.href,)
        return tuple(
            sorted({endpoint.uri for process in self.processes for endpoint in process.endpoints})
        )

    def check_leads_away(self, base_url: str) -> None:
        """Raise Refused for a redirect to the SMP of *base_url*, which is the one that answers it.

        Nobody would ever come to an answer.
        """
        href = "" if self.redirect is None else self.redirect.href
        if fold(href).startswith(fold(f"{base_url}/")):
            raise Refused(
                f"{self.participant} {self.document}: a redirect to {href}, which is this SMP "
                "itself; take the redirect away, or name the other SMP"
            )


@dataclass(frozen=True, slots=True)
class ServiceGroup:
    """All documents of one participant (section 2.3.3), as absolute links below *base_url*."""

    participant: ParticipantId
    documents: tuple[DocumentId, ...]
    base_url: str
