"""Which documents are stored, as the publisher sees them, and which of them wait for what?

Each change is one transaction, so that the public never sees half of it (smp/store/shelving.py).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select, update

from smp.domain.identifiers import DocumentKey, ParticipantId
from smp.domain.state import Stored, Version
from smp.store import history, shelving
from smp.store.places import conditions, key_of, participant_of
from smp.store.session import Store, micros, moment
from smp.store.shelving import Change, GroupPrinter
from smp.store.stops import check
from smp.store.tables import document, generation, service_group


class Shelf:
    """The stored documents and groups, as the publisher sees them."""

    def __init__(self, store: Store, print_group: GroupPrinter) -> None:
        self._store = store
        self._print_group = print_group

    def documents(
        self, participants: Iterable[ParticipantId] | None = None
    ) -> dict[DocumentKey, Stored]:
        """Return what is stored for *participants*, or for all."""
        columns = (
            *(document.c.participant, document.c.document, document.c.digest),
            *(document.c.addresses, document.c.signer, document.c.retire_after),
        )
        found: dict[DocumentKey, Stored] = {}
        with self._store.asking() as connection:
            for condition in conditions(document, participants):
                for row in connection.execute(select(*columns).where(condition)):
                    version = Version(row.digest, tuple(row.addresses.splitlines()), row.signer)
                    due = None if row.retire_after is None else moment(row.retire_after)
                    found[key_of(row.participant, row.document)] = Stored(version, due)
        return found

    def elsewhere(
        self, base_url: str, participants: Iterable[ParticipantId] | None = None
    ) -> frozenset[ParticipantId]:
        """Return those of *participants*, or of all, whose group links to another base."""
        query = select(service_group.c.participant).where(service_group.c.base_url != base_url)
        with self._store.asking() as connection:
            return frozenset(
                participant_of(text)
                for condition in conditions(service_group, participants)
                for text in connection.execute(query.where(condition)).scalars()
            )

    def count(self) -> int:
        """Return how many documents are public and not waiting to retire."""
        query = select(func.count()).where(document.c.retire_after.is_(None))
        with self._store.asking() as connection:
            number: int = connection.execute(query.select_from(document)).scalar_one()
        return number

    def everybody(self) -> tuple[ParticipantId, ...]:
        """Return of whom anything is public."""
        query = select(service_group.c.participant).order_by(service_group.c.participant)
        with self._store.asking() as connection:
            return tuple(map(participant_of, connection.execute(query).scalars()))

    def is_empty(self) -> bool:
        """Whether nothing is public at all."""
        with self._store.asking() as connection:
            return connection.execute(select(document.c.participant).limit(1)).first() is None

    def somebody(self) -> ParticipantId | None:
        """Return a participant that is public and not waiting to retire, whichever it is."""
        query = select(document.c.participant).where(document.c.retire_after.is_(None)).limit(1)
        with self._store.asking() as connection:
            found = connection.execute(query).scalar()
        return None if found is None else participant_of(found)

    def due(self, at: datetime) -> frozenset[ParticipantId]:
        """Return whose documents may retire at *at*."""
        query = (
            select(document.c.participant).where(document.c.retire_after <= micros(at)).distinct()
        )
        with self._store.asking() as connection:
            return frozenset(map(participant_of, connection.execute(query).scalars()))

    def retirements(self) -> dict[ParticipantId, datetime]:
        """Return whose documents wait to retire, and until when."""
        # Few wait: they are found by the index, which a grouping would not be made by.
        query = select(document.c.participant, document.c.retire_after)
        query = query.where(document.c.retire_after > 0).order_by(document.c.retire_after)
        with self._store.asking() as connection:
            latest = {row.participant: row.retire_after for row in connection.execute(query)}
        return {participant_of(text): moment(latest[text]) for text in sorted(latest)}

    def apply(self, change: Change, base_url: str, at: datetime, stops: int | None = None) -> None:
        """Make *change* public, with the groups it touches, as one transaction.

        What is put or kept waits for no retirement any more. Last-Modified is *at* in whole
        seconds, or one more than it was. *stops* is the revision of the stops that it was planned
        by: raises Conflict when anything was stopped or released since.
        """
        with self._store.writing() as connection:
            if stops is not None:
                check(connection, stops)
            stamp = history.advance(connection, at)
            shelving.carry_out(connection, change, stamp)
            groups = shelving.Groups(self._print_group, base_url, stamp)
            groups.write(connection, change.participants, change.link)

    def schedule(self, keys: Sequence[DocumentKey], due: datetime) -> None:
        """Let the documents *keys* retire at *due*; they are served until then."""
        with self._store.writing() as connection:
            connection.execute(update(generation).values(number=generation.c.number + 1))
            number = connection.execute(select(generation.c.number)).scalar_one()
            shelving.mark(connection, keys, micros(due), number)
