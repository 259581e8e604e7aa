"""How are the stored documents changed so that the public never sees half of it?

Each change is one transaction, with the ServiceGroup of everybody it touches.
"""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from smp.domain.identifiers import (
    DocumentKey,
    ParticipantId,
)
from smp.domain.metadata import ServiceGroup
from smp.domain.state import Version
from smp.store import history
from smp.store.history import Stamp
from smp.store.places import (
    DOCUMENT_KEY,
    Place,
    at_places,
    chunks,
    document_place,
    document_row,
    group_place,
    place_of,
)
from smp.store.session import Store, micros
from smp.store.shelved import Shelved, key_of
from smp.store.stops import check
from smp.store.tables import document, generation, service_group

GroupPrinter = Callable[[ServiceGroup], bytes]


@dataclass(frozen=True, slots=True)
class Signed:
    """A document as it is to be served, with what it is compared by."""

    key: DocumentKey
    version: Version
    body: bytes


@dataclass(frozen=True, slots=True)
class Change:
    """What happens in one transaction; *link* are participants whose group is written anew."""

    put: tuple[Signed, ...] = ()
    keep: tuple[DocumentKey, ...] = ()
    drop: tuple[DocumentKey, ...] = ()
    link: tuple[ParticipantId, ...] = ()

    @property
    def participants(self) -> frozenset[ParticipantId]:
        """Whose groups it touches."""
        keys = (*(each.key for each in self.put), *self.keep, *self.drop)
        return frozenset((*(key.participant for key in keys), *self.link))


class Shelf(Shelved):
    """The stored documents and groups, as the publisher sees and changes them."""

    def __init__(self, store: Store, print_group: GroupPrinter) -> None:
        super().__init__(store)
        self._print_group = print_group

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
            _drop(connection, change.drop, stamp)
            _mark(connection, change.keep, None, stamp.generation)
            _put(connection, change.put, stamp)
            again = frozenset(map(place_of, change.link))
            for some in chunks(sorted(map(place_of, change.participants))):
                self._write_groups(connection, some, again, base_url, stamp)

    def schedule(self, keys: Sequence[DocumentKey], due: datetime) -> None:
        """Let the documents *keys* retire at *due*; they are served until then."""
        with self._store.writing() as connection:
            connection.execute(update(generation).values(number=generation.c.number + 1))
            number = connection.execute(select(generation.c.number)).scalar_one()
            _mark(connection, keys, micros(due), number)

    def _write_groups(
        self,
        connection: Connection,
        places: Sequence[Place],
        again: AbstractSet[Place],
        base_url: str,
        stamp: Stamp,
    ) -> None:
        """A group that says what it said is left alone, unless it is to be written *again*."""
        condition = at_places(document, places)
        listed: dict[Place, list[DocumentKey]] = {}
        query = select(document.c.participant, document.c.document)
        for row in connection.execute(query.where(condition)):
            key = key_of(row.participant, row.document)
            listed.setdefault(place_of(key.participant), []).append(key)
        group = service_group.c
        present = {
            Place(row.participant_value, row.participant_scheme): row
            for row in connection.execute(
                select(
                    *(group.participant_value, group.participant_scheme, group.participant),
                    *(group.body, group.last_modified),
                ).where(at_places(service_group, places))
            )
        }
        rows = []
        for place, keys in listed.items():
            participant = keys[0].participant
            documents = tuple(key.document for key in sorted(keys))
            body = self._print_group(ServiceGroup(participant, documents, base_url))
            before = present.pop(place, None)
            if before is None or body != before.body or place in again:
                rows.append(
                    {
                        "participant_value": place.value,
                        "participant_scheme": place.scheme,
                        "participant": str(participant),
                        "base_url": base_url,
                        "generation": stamp.generation,
                        **_served(body, stamp, before and before.last_modified),
                    }
                )
        history.withdraw(
            connection,
            [
                {**group_place(place), "participant": row.participant, "document": ""}
                for place, row in present.items()
            ],
            stamp,
        )
        gone = [*present, *(Place(r["participant_value"], r["participant_scheme"]) for r in rows)]
        if gone:
            connection.execute(delete(service_group).where(at_places(service_group, gone)))
        if rows:
            connection.execute(insert(service_group), rows)


def _put(connection: Connection, put: Sequence[Signed], stamp: Stamp) -> None:
    if not put:
        return
    modified: dict[tuple[str, ...], int] = {}
    columns = [document.c[name] for name in DOCUMENT_KEY]
    for some in chunks(sorted({place_of(each.key.participant) for each in put})):
        query = select(*columns, document.c.last_modified).where(at_places(document, some))
        modified |= {tuple(row[:-1]): row[-1] for row in connection.execute(query)}
    _delete(connection, [each.key for each in put])
    connection.execute(
        insert(document),
        [
            {
                **document_row(each.key),
                "digest": each.version.digest,
                "addresses": "\n".join(each.version.addresses),
                "signer": each.version.signer,
                "access_point": each.version.access_point,
                "generation": stamp.generation,
                **_served(each.body, stamp, modified.get(tuple(document_place(each.key).values()))),
            }
            for each in put
        ],
    )


_AT_KEY = and_(*(document.c[name] == bindparam(f"at_{name}") for name in DOCUMENT_KEY))


def _delete(connection: Connection, keys: Sequence[DocumentKey]) -> None:
    if keys:
        connection.execute(delete(document).where(_AT_KEY), _bound(keys))


def _drop(connection: Connection, keys: Sequence[DocumentKey], stamp: Stamp) -> None:
    _delete(connection, keys)
    history.withdraw(connection, list(map(document_row, keys)), stamp)


def _mark(
    connection: Connection, keys: Sequence[DocumentKey], due: int | None, number: int
) -> None:
    if keys:
        marked = update(document).where(_AT_KEY).values(retire_after=due, generation=number)
        connection.execute(marked, _bound(keys))


def _bound(keys: Sequence[DocumentKey]) -> list[dict[str, str]]:
    return [{f"at_{name}": value for name, value in document_place(key).items()} for key in keys]


def _served(body: bytes, stamp: Stamp, before: int | None) -> dict[str, Any]:
    return {
        "body": body,
        "etag": f'"{sha256(body).hexdigest()[:32]}"',
        "last_modified": stamp.seconds if before is None else max(stamp.seconds, before + 1),
    }
