"""What is public at one moment, all of it, and what of it has changed since another moment?

Read in small pieces, in the order of the files of an archive, whatever is written meanwhile.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Table, select, union

from eer.domain.errors import Refused
from smp.domain.archived import file_of, folder_of
from smp.domain.identifiers import DocumentId, Identifier, ParticipantId
from smp.domain.manifest import Since
from smp.store.ledger import BASE
from smp.store.places import Place, at_places
from smp.store.session import Store, moment
from smp.store.tables import (
    agreed,
    document,
    document_scheme,
    generation,
    milestone,
    progress,
    service_group,
    withdrawn,
)

_PARTICIPANTS_AT_ONCE = 50
_UNKNOWN = "what has changed since is not known any more; export a full archive"


class Head(NamedTuple):
    """Which state it is, as smp/domain/manifest.py has it; changes are known since *horizon*."""

    base_url: str
    sequence: int
    generation: int
    time: datetime
    document_schemes: tuple[str, ...]
    horizon: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A document or group that is public, or was: then *body* is empty and it is *gone*.

    A group goes when all of its documents do. *changed* is whether it has since what was asked.
    """

    participant: ParticipantId
    document: DocumentId | None
    body: bytes
    last_modified: datetime
    retire_after: datetime | None
    changed: bool
    gone: bool = False

    @property
    def file(self) -> str:
        """The name of its file in an archive."""
        return file_of(self.participant, self.document)


class Snapshot:
    """One state of what is public."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def head(self) -> Head:
        """Return which state it is; raise Refused before anything was published."""
        reached = self._connection.execute(select(progress.c.sequence)).scalar()
        bases = select(agreed.c.value).where(agreed.c.kind == BASE).order_by(agreed.c.number.desc())
        base_url = self._connection.execute(bases).scalar()
        if reached is None or base_url is None:
            raise Refused("nothing has been published yet: run smp publish first")
        columns = (generation.c.number, generation.c.changed, generation.c.horizon)
        number, changed, horizon = self._connection.execute(select(*columns)).one()
        schemes = select(document_scheme.c.scheme).order_by(document_scheme.c.position)
        return Head(
            base_url=base_url,
            sequence=reached,
            generation=number,
            time=moment(changed),
            document_schemes=tuple(self._connection.execute(schemes).scalars()),
            horizon=horizon,
        )

    def since(self, sequence: int) -> Since:
        """Return what was public when publication had come to *sequence*, or a little before.

        Raises Refused when that is not known any more.
        """
        query = (
            select(milestone.c.generation)
            .where(milestone.c.sequence <= sequence)
            .order_by(milestone.c.sequence.desc(), milestone.c.generation)
            .limit(1)
        )
        number = self._connection.execute(query).scalar()
        if number is None:
            raise Refused(f"sequence {sequence}: {_UNKNOWN}")
        return Since(sequence, number)

    def check(self, since: Since, head: Head) -> None:
        """Raise Refused when it is not known what has changed *since*."""
        if since.sequence > head.sequence or since.generation > head.generation:
            raise Refused(
                f"sequence {since.sequence}, generation {since.generation}: not reached yet, "
                f"published is sequence {head.sequence}, generation {head.generation}"
            )
        if since.generation < head.horizon:
            raise Refused(f"sequence {since.sequence}: {_UNKNOWN}")

    def shown(self, since: Since | None) -> Iterator[Shown]:
        """Return all that is public, and what has gone *since*, in the order of their files."""
        places = sorted(self._places(since), key=_folder)
        for start in range(0, len(places), _PARTICIPANTS_AT_ONCE):
            some = places[start : start + _PARTICIPANTS_AT_ONCE]
            yield from sorted(self._at(some, since), key=lambda each: each.file)

    def _places(self, since: Since | None) -> Iterator[Place]:
        tables = [document, service_group]
        queries = [select(t.c.participant_value, t.c.participant_scheme) for t in tables]
        if since is not None:
            gone = withdrawn.c
            queries.append(
                select(gone.participant_value, gone.participant_scheme).where(
                    gone.generation > since.generation
                )
            )
        return (Place(*row) for row in self._connection.execute(union(*queries)))

    def _at(self, places: Sequence[Place], since: Since | None) -> Iterator[Shown]:
        below = None if since is None else since.generation
        families: dict[Place, list[Shown]] = {place: [] for place in places}
        for row in self._rows(document, places):
            families[_place(row)].append(_document(row, below))
        for row in self._rows(service_group, places):
            family = families[_place(row)]
            family.append(_group(row, family, below))
        for family in families.values():
            yield from family
        if below is not None:
            there = {each.file for family in families.values() for each in family}
            yield from (gone for gone in self._gone(places, below) if gone.file not in there)

    def _rows(self, table: Table, places: Sequence[Place]) -> Iterator[Row[Any]]:
        yield from self._connection.execute(select(table).where(at_places(table, places)))

    def _gone(self, places: Sequence[Place], below: int) -> Iterator[Shown]:
        query = select(withdrawn).where(at_places(withdrawn, places))
        for row in self._connection.execute(query.where(withdrawn.c.generation > below)):
            yield Shown(
                ParticipantId(Identifier.parse(row.participant)),
                DocumentId(Identifier.parse(row.document)) if row.document else None,
                b"",
                moment(row.at),
                None,
                changed=True,
                gone=True,
            )


def _document(row: Row[Any], below: int | None) -> Shown:
    return Shown(
        ParticipantId(Identifier.parse(row.participant)),
        DocumentId(Identifier.parse(row.document)),
        bytes(row.body),
        _modified(row),
        None if row.retire_after is None else moment(row.retire_after),
        _has_changed(row, below),
    )


def _group(row: Row[Any], documents: Sequence[Shown], below: int | None) -> Shown:
    """It retires when all of its *documents* do, and is told again with any of them."""
    times = [each.retire_after for each in documents if each.retire_after is not None]
    return Shown(
        ParticipantId(Identifier.parse(row.participant)),
        None,
        bytes(row.body),
        _modified(row),
        max(times) if times and len(times) == len(documents) else None,
        _has_changed(row, below) or any(each.changed for each in documents),
    )


def _has_changed(row: Row[Any], below: int | None) -> bool:
    """What nobody knows the generation of is told again: an older release wrote it."""
    return below is None or row.generation is None or row.generation > below


def _modified(row: Row[Any]) -> datetime:
    return datetime.fromtimestamp(row.last_modified, UTC)


def _place(row: Row[Any]) -> Place:
    return Place(row.participant_value, row.participant_scheme)


def _folder(place: Place) -> str:
    return folder_of(Identifier(place.scheme, place.value))


@contextmanager
def snapshot(store: Store) -> Iterator[Snapshot]:
    """Give one state of what is public in *store*, for as long as it is wanted."""
    with store.snapshot() as connection:
        yield Snapshot(connection)
