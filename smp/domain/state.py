"""What should be public, what is, and what have people agreed to?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from smp.domain.identifiers import DocumentId, DocumentKey, ParticipantId
from smp.domain.metadata import ServiceMetadata
from smp.domain.naming import DnsName, Naming, OwnRecord, Record

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Version:
    """What a document is compared by: its unsigned bytes, where it leads and who signed it.

    *access_point* is the one of the register, empty where the register has none.
    """

    digest: str
    addresses: tuple[str, ...]
    signer: str
    access_point: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """A document that is served; *retire_after* is set when its participant has left."""

    version: Version
    retire_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """How a document is served: whose signature its bytes bear, and since when they are these.

    *digest* is the beginning of their SHA-256, in hex, as the ETag has it.
    """

    digest: str
    signer: str
    changed: datetime


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What was public until *at*; *document* is None where the participant is there no more."""

    participant: ParticipantId
    document: DocumentId | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Agreed:
    """What people have agreed to: bases, publisher's names and signers, the present one last.

    *marks* are held steps that were let through and are not known to be done yet. *zones* and
    *records*, those of the publisher's own name, have the present one last too. *ttl* is the
    longest that any name in the zone may have been written with.
    """

    bases: tuple[str, ...] = ()
    publishers: tuple[DnsName, ...] = ()
    signers: tuple[str, ...] = ()
    marks: frozenset[str] = frozenset()
    zones: tuple[DnsName, ...] = ()
    records: tuple[OwnRecord, ...] = ()
    ttl: timedelta = timedelta()

    def to(self, *, base: str, signer: str) -> "Agreed":
        """Return this with *base* and *signer* as the present ones."""
        return replace(self, bases=_last(self.bases, base), signers=_last(self.signers, signer))

    def to_all(self, naming: Naming, signer: str) -> "Agreed":
        """Return this with everything of *naming*, and *signer*, as the present ones."""
        return replace(
            self.to(base=naming.base_url, signer=signer),
            zones=_last(self.zones, naming.zone),
            records=_last(self.records, naming.publisher_record),
        )

    def under(self, publisher: DnsName) -> "Agreed":
        """Return this with *publisher* as the publisher's present name: nobody is asked for it."""
        return replace(self, publishers=_last(self.publishers, publisher))

    def naming(self, naming: Naming) -> Naming:
        """Return *naming* with the base, zone and own record in force: the last agreed to.

        Where no zone or record was ever agreed to, that of *naming* is in force.
        """
        return replace(
            naming,
            base_url=self.bases[-1],
            zone=(naming.zone, *self.zones)[-1],
            publisher_record=(naming.publisher_record, *self.records)[-1],
        )

    def former(self, zone: DnsName) -> tuple[DnsName, ...]:
        """Return the zones agreed to but for *zone*, the present one."""
        return tuple(each for each in self.zones if each != zone)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What should be public; *stopped* are documents that must not wait for their turn.

    *halted* are participants that are stopped whatever else the register says of them. Those of
    *renew* are made anew even where they are as they should be. *signer* is in force; the one that
    *follows*, if any, signs nothing until somebody has agreed to it.
    """

    documents: Mapping[DocumentKey, ServiceMetadata]
    versions: Mapping[DocumentKey, Version]
    stopped: frozenset[DocumentKey]
    naming: Naming
    signer: str
    renew: frozenset[ParticipantId] = frozenset()
    halted: frozenset[ParticipantId] = frozenset()
    follows: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What is there now, of the participants looked at.

    *names* is what the primary has, *ledger* and *own* which of those we wrote down as ours
    (participants' names and the publisher's), *answering* which names some server still answers,
    *elsewhere* whose group has links below another base than the one in force. The counts are of
    all participants, or 0 where nobody has counted yet, *documents_gone* and *names_gone* of what
    has gone or moved lately without anybody being asked.
    """

    documents: Mapping[DocumentKey, Stored]
    elsewhere: frozenset[ParticipantId]
    names: Mapping[DnsName, Record]
    ledger: frozenset[DnsName]
    own: frozenset[DnsName]
    answering: frozenset[DnsName]
    agreed: Agreed
    document_count: int = 0
    name_count: int = 0
    documents_gone: int = 0
    names_gone: int = 0


def _last(values: tuple[V, ...], value: V) -> tuple[V, ...]:
    return (*(each for each in values if each != value), value)
