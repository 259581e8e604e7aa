"""What have other tools than the register written, and which of it has no run finished yet?"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, true, update

from eer.domain.identifiers import Cvr, Gln
from smp.domain.identifiers import DocumentId, DocumentKey, Identifier, fold, gln_of, participant_of
from smp.domain.legacy import Group, Legacy, Written
from smp.domain.metadata import ServiceMetadata
from smp.store.session import Store, micros, moment
from smp.store.tables import legacy_document, legacy_group, legacy_write

_AT_ONCE = 400
_PUT, _DELETED = "put", "deleted"

Reading = Callable[[bytes, DocumentKey], ServiceMetadata]


@dataclass
class Pen:
    """Writes within one transaction, in the name of *by*, and logs each write.

    *number* is that of the last one.
    """

    connection: Connection
    by: str
    at: datetime
    number: int = field(default=0)

    def group(self, gln: str) -> Group | None:
        """Return whose a participant is, None where nobody wrote its group."""
        found = legacy_group.c
        row = self.connection.execute(select(found.owner).where(found.gln == gln)).first()
        return None if row is None else Group(gln, Cvr(row.owner) if row.owner else None)

    def put_group(self, group: Group) -> None:
        """Write a group that is not there yet."""
        owner = None if group.owner is None else str(group.owner)
        row = {"gln": group.gln, "owner": owner, "client": self.by, "at": micros(self.at)}
        self.connection.execute(insert(legacy_group).values(row))
        self._log(group.gln, _PUT)

    def give(self, group: Group) -> None:
        """Write that a participant is another's now."""
        owner = None if group.owner is None else str(group.owner)
        same = legacy_group.c.gln == group.gln
        self.connection.execute(update(legacy_group).where(same).values(owner=owner))
        self._log(group.gln, _PUT)

    def put(self, document: Legacy) -> bool:
        """Write a document in the place of the one before; return whether there was none."""
        key, ends = document.key, document.ends
        begins = None if document.begins is None else micros(document.begins)
        was_there = self._delete(key)
        row = {
            **_place(key),
            "document": str(key.document),
            "body": document.meant.written,
            "begins": begins,
            "ends": None if ends is None else micros(ends),
        }
        self.connection.execute(insert(legacy_document).values(row))
        self._log(gln_of(key.participant), _PUT, str(key.document))
        return not was_there

    def delete(self, key: DocumentKey) -> bool:
        """Take a document away; return whether it was there."""
        was_there = self._delete(key)
        if was_there:
            self._log(gln_of(key.participant), _DELETED, str(key.document))
        return was_there

    def empty(self, gln: str) -> int:
        """Take all documents of a participant away; return how many there were."""
        gone = self.connection.execute(
            delete(legacy_document).where(legacy_document.c.gln == gln)
        ).rowcount
        self._log(gln, _DELETED)
        return gone

    def delete_group(self, gln: str) -> int:
        """Take a participant away with all its documents; return how many there were."""
        gone = self.empty(gln)
        self.connection.execute(delete(legacy_group).where(legacy_group.c.gln == gln))
        return gone

    def _delete(self, key: DocumentKey) -> bool:
        place = _place(key).items()
        same = [legacy_document.c[name] == value for name, value in place]
        return self.connection.execute(delete(legacy_document).where(*same)).rowcount > 0

    def _log(self, gln: str, deed: str, document: str = "") -> None:
        self.number = revision(self.connection) + 1
        row = {
            "number": self.number,
            "gln": gln,
            "deed": deed,
            "document": document,
            "client": self.by,
            "at": micros(self.at),
            "pending": True,
        }
        self.connection.execute(insert(legacy_write).values(row))


class LegacyBook:
    """What tools want published of legacy participants; *read* makes a value of stored bytes."""

    def __init__(self, store: Store, read: Reading) -> None:
        self._store = store
        self._read = read

    def written(self) -> Written:
        """Return how much has been written, and of whom no run has finished it."""
        pending = select(legacy_write.c.gln).where(legacy_write.c.pending == true()).distinct()
        with self._store.asking() as connection:
            number = revision(connection)  # before what hangs on it: more may be written meanwhile
            return Written(number, frozenset(connection.execute(pending).scalars()))

    def lately(self, since: datetime) -> frozenset[str]:
        """Return of whom something was written behind *since* that no run has finished yet."""
        pending = legacy_write.c.pending == true()
        query = select(legacy_write.c.gln).where(pending, legacy_write.c.at > micros(since))
        with self._store.asking() as connection:
            return frozenset(connection.execute(query).scalars())

    def revision(self) -> int:
        """Return the number of the last write, 0 before the first."""
        with self._store.asking() as connection:
            return revision(connection)

    def is_pending(self, number: int) -> bool:
        """Whether no run has finished the write of that *number*."""
        query = select(legacy_write.c.pending).where(legacy_write.c.number == number)
        with self._store.asking() as connection:
            return bool(connection.execute(query).scalar())

    def documents(self, glns: Collection[str] | None = None) -> tuple[Legacy, ...]:
        """Return the documents of *glns*, or all."""
        query = select(legacy_document).order_by(*legacy_document.primary_key.columns)
        with self._store.asking() as connection:
            if glns is None:
                rows = list(connection.execute(query))
            else:
                rows = []
                ordered = sorted(glns)
                for start in range(0, len(ordered), _AT_ONCE):
                    some = legacy_document.c.gln.in_(ordered[start : start + _AT_ONCE])
                    rows += connection.execute(query.where(some))
        keys = [_key(row.gln, row.document) for row in rows]
        return tuple(
            Legacy(
                key,
                self._read(bytes(row.body), key),
                None if row.begins is None else moment(row.begins),
                None if row.ends is None else moment(row.ends),
            )
            for key, row in zip(keys, rows, strict=True)
        )

    @contextmanager
    def writing(self, by: str, at: datetime) -> Iterator[Pen]:
        """Give a pen; what it wrote stands when this ends, or nothing of it."""
        with self._store.writing() as connection:
            yield Pen(connection, by, at)


def revision(connection: Connection) -> int:
    """Return the number of the last write, as *connection* sees it."""
    found: int | None = connection.execute(select(func.max(legacy_write.c.number))).scalar()
    return found or 0


def finished(connection: Connection, upto: int) -> None:
    """Write down that a run has finished the writes up to a number."""
    done = legacy_write.c.number <= upto
    connection.execute(
        update(legacy_write).where(done, legacy_write.c.pending == true()).values(pending=False)
    )


def _key(gln: str, document: str) -> DocumentKey:
    return DocumentKey(participant_of(Gln(gln)), DocumentId(Identifier.parse(document)))


def _place(key: DocumentKey) -> dict[str, str]:
    return {
        "gln": gln_of(key.participant),
        "document_value": fold(key.document.value),
        "document_scheme": fold(key.document.scheme),
    }
