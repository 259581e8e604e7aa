"""By what is what is seen of each participant measured?

By what should be public and by what is written down, both at one moment.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime

from smp.domain.findings import Books
from smp.domain.identifiers import DocumentId, DocumentKey, ParticipantId
from smp.domain.metadata import ServiceMetadata
from smp.domain.naming import DnsName, Naming, zone_of
from smp.domain.ownership import owners_of
from smp.domain.state import Served


@dataclass(frozen=True, slots=True)
class Wanted:
    """What should be public, and how names are made.

    *others* are participants of whom nothing should be found, besides those who are stored or
    were. Those *changing* are just being published: what differs of them is no drift.
    """

    documents: Mapping[DocumentKey, ServiceMetadata]
    naming: Naming
    others: frozenset[ParticipantId] = frozenset()
    changing: frozenset[ParticipantId] = frozenset()


@dataclass(frozen=True, slots=True)
class Measure:
    """What should be public, and what is written down."""

    wanted: Wanted
    books: Books


@dataclass(frozen=True, slots=True)
class Party:
    """A participant, its documents as they should be, and which of any are stored.

    *served* tells the bytes of those, *withdrawn* which others were public, until when; None is
    the group. *changed* is when any of it last did. Who signed is one of *signers*.
    """

    participant: ParticipantId
    base_url: str
    signers: tuple[str, ...] = ()
    wanted: Mapping[DocumentId, ServiceMetadata] = field(default_factory=dict)
    stored: AbstractSet[DocumentId] = frozenset()
    served: Mapping[str, Served] = field(default_factory=dict)
    withdrawn: Mapping[DocumentId | None, datetime] = field(default_factory=dict)
    changed: datetime | None = None


def parties(measure: Measure) -> dict[ParticipantId, Party]:
    """Return everybody who is to be looked up: not who waits to retire."""
    wanted, books = measure.wanted, measure.books
    documents: dict[ParticipantId, dict[DocumentId, ServiceMetadata]] = {}
    for key, metadata in wanted.documents.items():
        documents.setdefault(key.participant, {})[key.document] = metadata
    stored: dict[ParticipantId, set[DocumentId]] = {}
    for key in books.stored:
        stored.setdefault(key.participant, set()).add(key.document)
    served: dict[ParticipantId, dict[str, Served]] = {}
    for key, each in books.served.items():
        served.setdefault(key.participant, {})[key.document.folded] = each
    gone: dict[ParticipantId, dict[DocumentId | None, datetime]] = {}
    for one in books.withdrawn:
        gone.setdefault(one.participant, {})[one.document] = one.at
    left = (stored.keys() | gone.keys() | wanted.others) - documents.keys() - books.waiting
    found: dict[ParticipantId, Party] = {}
    for who in (*documents, *sorted(left)):
        there = stored.get(who, set())
        bodies, went = served.get(who, {}), gone.get(who, {})
        times = (*(each.changed for each in bodies.values()), *went.values())
        found[who] = Party(
            participant=who,
            base_url=wanted.naming.base_url,
            signers=books.agreed.signers,
            wanted=documents.get(who, {}),
            stored=there,
            served=bodies,
            withdrawn=_absent(went, {*there, *documents.get(who, {})}),
            changed=max(times, default=None),
        )
    return found


def strays(measure: Measure, known: AbstractSet[ParticipantId]) -> tuple[DnsName, ...]:
    """Return the names written down as ours that are of nobody *known*, nor of who waits."""
    naming, books = measure.wanted.naming, measure.books
    owned = owners_of(known | books.waiting, naming).keys()
    ours = books.names - owned - {naming.publisher}
    return tuple(sorted(name for name in ours if zone_of(name, [naming.zone]) is not None))


def _absent(
    went: Mapping[DocumentId | None, datetime], there: Iterable[DocumentId]
) -> dict[DocumentId | None, datetime]:
    """Return what *went* and did not come back; a group is there while any document is."""
    folded = {each.folded for each in there}
    return {
        document: at
        for document, at in went.items()
        if (not folded if document is None else document.folded not in folded)
    }
