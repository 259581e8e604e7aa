"""How is a change of what is public written, with the ServiceGroup of everybody it touches?

Within a transaction that somebody else begins and ends.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, insert, select, update

from smp.domain.identifiers import DocumentKey, ParticipantId
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
    key_of,
    place_of,
)
from smp.store.tables import document, service_group

GroupPrinter = Callable[[ServiceGroup], bytes]

_AT_KEY = and_(*(document.c[name] == bindparam(f"at_{name}") for name in DOCUMENT_KEY))


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


def carry_out(connection: Connection, change: Change, stamp: Stamp) -> None:
    """Write the documents of *change*, and note what is gone; their groups are written apart."""
    _delete(connection, change.drop)
    history.withdraw(connection, list(map(document_row, change.drop)), stamp)
    mark(connection, change.keep, None, stamp.generation)
    _put(connection, change.put, stamp)


def mark(connection: Connection, keys: Sequence[DocumentKey], due: int | None, number: int) -> None:
    """Let *keys* retire at *due*, or with None for no retirement any more."""
    if keys:
        marked = update(document).where(_AT_KEY).values(retire_after=due, generation=number)
        connection.execute(marked, _bound(keys))


@dataclass(frozen=True, slots=True)
class Groups:
    """Writes the groups of participants, as *printed*, with links below *base_url*."""

    printed: GroupPrinter
    base_url: str
    stamp: Stamp

    def write(
        self,
        connection: Connection,
        participants: Iterable[ParticipantId],
        link: Iterable[ParticipantId],
    ) -> None:
        """Write whatever group says something else than it said; those of *link* in any case."""
        again = frozenset(map(place_of, link))
        for places in chunks(sorted(map(place_of, participants))):
            self._write(connection, places, again)

    def _write(
        self, connection: Connection, places: Sequence[Place], again: AbstractSet[Place]
    ) -> None:
        listed, present = _listed(connection, places), _present(connection, places)
        rows = {}
        for place, keys in listed.items():
            before = present.get(place)
            body = self._body(keys)
            if before is None or body != before.body or place in again:
                modified = None if before is None else before.last_modified
                rows[place] = self._row(keys[0].participant, body, modified)
        left = {place: row for place, row in present.items() if place not in listed}
        gone = [
            {**group_place(place), "participant": row.participant, "document": ""}
            for place, row in left.items()
        ]
        history.withdraw(connection, gone, self.stamp)
        if left or rows:
            old = at_places(service_group, [*left, *rows])
            connection.execute(delete(service_group).where(old))
        if rows:
            connection.execute(insert(service_group), list(rows.values()))

    def _body(self, keys: Sequence[DocumentKey]) -> bytes:
        documents = tuple(key.document for key in sorted(keys))
        return self.printed(ServiceGroup(keys[0].participant, documents, self.base_url))

    def _row(self, participant: ParticipantId, body: bytes, modified: int | None) -> dict[str, Any]:
        return {
            **place_of(participant).columns,
            "participant": str(participant),
            "base_url": self.base_url,
            "generation": self.stamp.generation,
            **_served(body, self.stamp, modified),
        }


def _listed(connection: Connection, places: Sequence[Place]) -> Mapping[Place, list[DocumentKey]]:
    query = select(document.c.participant, document.c.document)
    found: dict[Place, list[DocumentKey]] = {}
    for row in connection.execute(query.where(at_places(document, places))):
        key = key_of(row.participant, row.document)
        found.setdefault(place_of(key.participant), []).append(key)
    return found


def _present(
    connection: Connection, places: Sequence[Place]
) -> Mapping[Place, Row[*tuple[Any, ...]]]:
    group = service_group.c
    query = select(
        *(group.participant_value, group.participant_scheme, group.participant),
        *(group.body, group.last_modified),
    )
    return {
        Place(row.participant_value, row.participant_scheme): row
        for row in connection.execute(query.where(at_places(service_group, places)))
    }


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
                "generation": stamp.generation,
                **_served(each.body, stamp, modified.get(tuple(document_place(each.key).values()))),
            }
            for each in put
        ],
    )


def _delete(connection: Connection, keys: Sequence[DocumentKey]) -> None:
    if keys:
        connection.execute(delete(document).where(_AT_KEY), _bound(keys))


def _bound(keys: Sequence[DocumentKey]) -> list[dict[str, str]]:
    return [{f"at_{name}": value for name, value in document_place(key).items()} for key in keys]


def _served(body: bytes, stamp: Stamp, before: int | None) -> dict[str, Any]:
    return {
        "body": body,
        "etag": f'"{sha256(body).hexdigest()[:32]}"',
        "last_modified": stamp.seconds if before is None else max(stamp.seconds, before + 1),
    }
