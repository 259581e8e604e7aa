"""What does a published document say?

OASIS SMP 1.0, section 2.3: ServiceGroup, ServiceMetadata, Redirect, Process, Endpoint.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from posixpath import normpath
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from eer.domain.errors import Refused
from smp.domain.identifiers import DocumentId, ParticipantId, ProcessId, fold

_USUAL = (None, 80, 443)
"""Ports that go without saying, by one scheme or the other."""


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

    def check_leads_away(self, bases: Iterable[str]) -> None:
        """Raise Refused for a redirect to the SMP of *bases*, which is the one that answers it.

        Nobody would ever come to an answer.
        """
        href = "" if self.redirect is None else self.redirect.href
        if any(_answers(base, href) for base in bases):
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


class _Place(NamedTuple):
    host: str
    port: int | None
    path: str


def _answers(base_url: str, href: str) -> bool:
    """Whether the SMP of *base_url* answers *href*: there, or below the bare host as well.

    The scheme makes no difference, nor does a port that goes without saying. Another path of the
    same host may be another SMP.
    """
    ours, theirs = _place(base_url), _place(href)
    if ours is None or theirs is None or (ours.host, ours.port) != (theirs.host, theirs.port):
        return False
    who, is_document, _ = theirs.path.partition("/services/")
    above = who.rpartition("/")[0] if is_document else who
    return above == "" or f"{theirs.path}/".startswith(f"{ours.path}/")


def _place(url: str) -> _Place | None:
    """Return where *url* leads, None where that cannot be told."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.hostname is None:
        return None
    path = fold(normpath(f"/{unquote(parts.path)}").lstrip("/"))
    return _Place(
        fold(unquote(parts.hostname)).rstrip("."),
        None if port in _USUAL else port,
        f"/{path}".rstrip("/"),
    )
