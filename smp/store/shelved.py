"""Which documents are stored, as the publisher sees them?"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from smp.domain.identifiers import DocumentId, DocumentKey, Identifier, ParticipantId
from smp.domain.state import Stored, Version
from smp.store.places import conditions
from smp.store.session import Store, micros, moment
from smp.store.tables import document, service_group


class Shelved:
    """The stored documents and groups, to be asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def documents(
        self, participants: Iterable[ParticipantId] | None = None
    ) -> dict[DocumentKey, Stored]:
        """Return what is stored for *participants*, or for all."""
        columns = (
            *(document.c.participant, document.c.document, document.c.digest),
            *(document.c.addresses, document.c.signer, document.c.access_point),
            document.c.retire_after,
        )
        found: dict[DocumentKey, Stored] = {}
        with self._store.asking() as connection:
            for condition in conditions(document, participants):
                for row in connection.execute(select(*columns).where(condition)):
                    version = _version(row)
                    due = None if row.retire_after is None else moment(row.retire_after)
                    found[key_of(row.participant, row.document)] = Stored(version, due)
        return found

    def leading_to(self, access_point: str) -> frozenset[DocumentKey]:
        """Return the documents that lead to an access point of the register, as `Device/ID`."""
        query = select(document.c.participant, document.c.document)
        with self._store.asking() as connection:
            rows = connection.execute(query.where(document.c.access_point == access_point))
            return frozenset(key_of(row.participant, row.document) for row in rows)

    def elsewhere(
        self, base_url: str, participants: Iterable[ParticipantId] | None = None
    ) -> frozenset[ParticipantId]:
        """Return those of *participants*, or of all, whose group links to another base."""
        query = select(service_group.c.participant).where(service_group.c.base_url != base_url)
        with self._store.asking() as connection:
            return frozenset(
                _participant(text)
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
            return tuple(map(_participant, connection.execute(query).scalars()))

    def is_empty(self) -> bool:
        """Whether nothing is public at all."""
        with self._store.asking() as connection:
            return connection.execute(select(document.c.participant).limit(1)).first() is None

    def somebody(self) -> ParticipantId | None:
        """Return a participant that is public and not waiting to retire, whichever it is."""
        query = select(document.c.participant).where(document.c.retire_after.is_(None)).limit(1)
        with self._store.asking() as connection:
            found = connection.execute(query).scalar()
        return None if found is None else _participant(found)

    def due(self, at: datetime) -> frozenset[ParticipantId]:
        """Return whose documents may retire at *at*."""
        query = (
            select(document.c.participant).where(document.c.retire_after <= micros(at)).distinct()
        )
        with self._store.asking() as connection:
            return frozenset(map(_participant, connection.execute(query).scalars()))

    def retirements(self) -> dict[ParticipantId, datetime]:
        """Return whose documents wait to retire, and until when."""
        # Few wait: they are found by the index, which a grouping would not be made by.
        query = select(document.c.participant, document.c.retire_after)
        query = query.where(document.c.retire_after > 0).order_by(document.c.retire_after)
        with self._store.asking() as connection:
            latest = {row.participant: row.retire_after for row in connection.execute(query)}
        return {_participant(text): moment(latest[text]) for text in sorted(latest)}


def _version(row: Any) -> Version:
    return Version(row.digest, tuple(row.addresses.splitlines()), row.signer, row.access_point)


def key_of(participant: str, name: str) -> DocumentKey:
    """Return the key of a document by the two columns that have it as it is registered."""
    return DocumentKey(_participant(participant), DocumentId(Identifier.parse(name)))


def _participant(text: str) -> ParticipantId:
    return ParticipantId(Identifier.parse(text))
