"""What does a published document say?

OASIS SMP 1.0, section 2.3: ServiceGroup, ServiceMetadata, Process, Endpoint.
"""

from dataclasses import dataclass
from datetime import datetime

from smp.domain.identifiers import DocumentId, ParticipantId, ProcessId


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
class ServiceMetadata:
    """What a participant receives of one document, and where."""

    participant: ParticipantId
    document: DocumentId
    processes: tuple[Process, ...]

    @property
    def addresses(self) -> tuple[str, ...]:
        """The distinct addresses it leads to, sorted: what a reviewer must see change."""
        return tuple(
            sorted({endpoint.uri for process in self.processes for endpoint in process.endpoints})
        )


@dataclass(frozen=True, slots=True)
class ServiceGroup:
    """All documents of one participant (section 2.3.3), as absolute links below *base_url*."""

    participant: ParticipantId
    documents: tuple[DocumentId, ...]
    base_url: str
