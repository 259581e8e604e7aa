"""What is in the register, row by row?

Every method works over the connection of one transaction; who opened it decides what it sees.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Table, delete, func, insert, select, update

from eer.domain.identifiers import Reference
from eer.domain.model import Claim, Role
from eer.domain.search import Token
from eer.store import index_rows
from eer.store.bell import CHANNEL
from eer.store.instants import instant, micros
from eer.store.part import Part, among, pairs_among, run
from eer.store.rows import (
    VERSION,
    Entry,
    Row,
    Tip,
    Version,
    claims_of,
    links_of,
    row_of,
    unique,
    version_of,
)
from eer.store.tables import (
    INDEX,
    alias,
    claim,
    link,
    resource,
    version,
)

_CHUNK = 500
_NUL = "\0"  # PostgreSQL cannot be asked for it, and nothing that is written has it

_CURRENT = (
    f"SELECT {VERSION} FROM resource r JOIN version v ON v.sequence = r.sequence "
    "WHERE r.type = ? AND r.id = ?"
)
_TIP = Part(
    "SELECT v.sequence, v.at, (SELECT coalesce(max(a.number), 0) FROM alias a) "
    "FROM version v ORDER BY v.sequence DESC LIMIT 1"
)


class Records:
    """The rows of the register, over one connection."""

    def __init__(self, connection: Connection, known_tip: Tip | None = None) -> None:
        self._connection = connection
        self.known_tip = known_tip
        """The state of the register that is seen here, where that was looked at already."""
        self.is_settled = True
        """Whether nothing was written here, so that others will see what is seen here."""

    @property
    def connection(self) -> Connection:
        """The connection itself, for what else is asked within the same transaction."""
        return self._connection

    def last(self) -> tuple[int, datetime]:
        """Return the highest sequence, and when it was written; 0 and 1970 when empty."""
        query = select(version.c.sequence, version.c.at).order_by(version.c.sequence.desc())
        row = self._connection.execute(query.limit(1)).first()
        return (0, instant(0)) if row is None else (row.sequence, instant(row.at))

    def tip(self) -> Tip:
        """Return what names the state of the register at this moment."""
        rows = run(self._connection, _TIP)
        return Tip(*rows[0]) if rows else Tip()

    def current(self, reference: Reference) -> Version | None:
        """Return the newest version, also when it is a deletion; None when it never existed."""
        rows = run(self._connection, Part(_CURRENT, (reference.type, reference.id)))
        return version_of(rows[0]) if rows else None

    def version(self, reference: Reference, number: int) -> Version | None:
        """Return one version by its number, or None."""
        sql = f"SELECT {VERSION} FROM version v WHERE v.type = ? AND v.id = ? AND v.number = ?"
        rows = run(self._connection, Part(sql, (reference.type, reference.id, number)))
        return version_of(rows[0]) if rows else None

    def as_of(self, reference: Reference, sequence: int) -> Version | None:
        """Return the version that was the newest at *sequence*, or None."""
        query = (
            select(version)
            .where(version.c.type == reference.type, version.c.id == reference.id)
            .where(version.c.sequence <= sequence)
            .order_by(version.c.number.desc())
        )
        row = self._connection.execute(query.limit(1)).first()
        return None if row is None else version_of(row)

    def since(self, sequence: int) -> Iterator[Version]:
        """Yield the versions behind *sequence*, in order."""
        query = select(version).where(version.c.sequence > sequence).order_by(version.c.sequence)
        for row in self._connection.execute(query):
            yield version_of(row)

    def written_behind(self, sequence: int) -> datetime | None:
        """Return when the first version behind *sequence* was written, None when there is none."""
        sql = "SELECT v.at FROM version v WHERE v.sequence > ? ORDER BY v.sequence LIMIT 1"
        rows = run(self._connection, Part(sql, (sequence,)))
        return instant(rows[0][0]) if rows else None

    def written_at(self, sequence: int) -> datetime | None:
        """Return when the version of that number was written, None when there is none."""
        rows = run(
            self._connection, Part("SELECT v.at FROM version v WHERE v.sequence = ?", (sequence,))
        )
        return instant(rows[0][0]) if rows else None

    def mentioning(self, type_name: str, text: str) -> Iterator[Version]:
        """Yield the versions of a type that have *text* in them, newest first: all are read."""
        is_sqlite = self._connection.dialect.name == "sqlite"
        found = "instr(v.body, ?)" if is_sqlite else "position(? IN v.body)"
        sql = f"SELECT {VERSION} FROM version v WHERE v.type = ? AND {found} > 0 "
        part = Part(f"{sql} ORDER BY v.sequence DESC", (type_name, text.encode()))
        yield from (version_of(row) for row in run(self._connection, part))

    def all_of(self, type_name: str) -> Iterator[Version]:
        """Yield the present state of every resource of a type."""
        query = current_versions().where(
            resource.c.type == type_name, resource.c.deleted.is_(False)
        )
        for row in self._connection.execute(query.order_by(resource.c.id)):
            yield version_of(row)

    def newest_of(self, types: Sequence[str]) -> int:
        """Return the sequence of the newest version of any resource of *types*, 0 for none."""
        part = Part("SELECT max(r.sequence) FROM resource r WHERE ") + among("r.type", types)
        return run(self._connection, part)[0][0] or 0

    def behind(self, type_name: str, resource_id: str, count: int) -> list[Version]:
        """Return the present state of the next resources of a type, by their ids."""
        query = current_versions().where(resource.c.type == type_name, resource.c.id > resource_id)
        query = query.where(resource.c.deleted.is_(False)).order_by(resource.c.id).limit(count)
        return [version_of(row) for row in self._connection.execute(query)]

    def count(self, type_name: str) -> int:
        """Return how many resources of a type there are."""
        query = select(func.count()).where(
            resource.c.type == type_name, resource.c.deleted.is_(False)
        )
        return self._connection.execute(query).scalar_one()

    def with_token(self, type_name: str, parameter: str, wanted: Token) -> tuple[Reference, ...]:
        """Return the resources of a type that have a code under a search parameter."""
        if _NUL in f"{wanted.system}{wanted.code}":
            return ()
        part = Part(
            "SELECT DISTINCT r.id FROM token t JOIN resource r ON r.key = t.key "
            "WHERE t.parameter = ? AND t.code = ?",
            (f"{type_name}.{parameter}", wanted.code),
        )
        if wanted.system is not None:
            part += Part(" AND t.system = ?", (wanted.system,))
        rows = run(self._connection, part + Part(" ORDER BY r.id"))
        return tuple(Reference(type_name, row[0]) for row in rows)

    def pointing(
        self, target: Reference, type_name: str | None = None, roles: Collection[Role] = ()
    ) -> tuple[Reference, ...]:
        """Return the resources that have a link to *target*: of a type, and in some roles."""
        # In no order: for that SQLite would read all links of the type.
        sql = "SELECT l.type, l.id FROM link l WHERE l.target_type = ? AND l.target_id = ?"
        part = Part(sql, (target.type, target.id))
        if type_name is not None:
            part += Part(" AND l.type = ?", (type_name,))
        if roles:
            part += Part(" AND ") + among("l.role", [each.name for each in roles])
        rows = run(self._connection, part)
        return tuple(Reference(*row) for row in sorted({tuple(row) for row in rows}))

    def holder(self, wanted: Claim) -> Reference | None:
        """Return who holds what may be held once."""
        if _NUL in wanted.value:
            return None
        sql = "SELECT c.type, c.id FROM claim c WHERE c.kind = ? AND c.value = ?"
        rows = run(self._connection, Part(sql, (wanted.kind, wanted.value)))
        return Reference(*rows[0]) if rows else None

    def kept(self, reference: Reference) -> Reference | None:
        """Return the resource that *reference* is another id of, or None."""
        sql = "SELECT a.kept FROM alias a WHERE a.type = ? AND a.id = ?"
        rows = run(self._connection, Part(sql, (reference.type, reference.id)))
        return Reference(reference.type, rows[0][0]) if rows else None

    def all_kept(self, references: Collection[Reference]) -> Mapping[Reference, Reference]:
        """Return those of *references* that are other ids, each with the one that is kept."""
        if not references:
            return {}
        part = Part("SELECT a.type, a.id, a.kept FROM alias a WHERE ")
        part += pairs_among("a.id", "a.type", [(each.id, each.type) for each in references])
        rows = run(self._connection, part)
        return {Reference(of, other): Reference(of, kept) for of, other, kept in rows}

    def put_alias(self, other: Reference, kept: Reference) -> None:
        """Note that *other* is another id of *kept*."""
        if self.kept(other) is None:
            number = select(func.coalesce(func.max(alias.c.number), 0) + 1).scalar_subquery()
            values = {"type": other.type, "id": other.id, "kept": kept.id, "number": number}
            self._connection.execute(insert(alias).values(values))

    def put(self, entries: Sequence[Entry]) -> None:
        """Write versions and make them current, with all they are found by.

        What the resources held before is let go first, so that two may swap what they hold.
        """
        self.is_settled = False
        references = [entry.version.reference for entry in entries]
        for table in (link, claim):
            self._clear(table, references)
        self._insert(version, (row_of(entry.version) for entry in entries))
        keys = self._point([entry.version for entry in entries])
        self.index((keys[entry.version.reference], entry) for entry in entries)
        self.link(entries)
        if entries and self._connection.dialect.name != "sqlite":
            self._connection.exec_driver_sql(f"NOTIFY {CHANNEL}")
        self._insert(claim, unique(row for entry in entries for row in claims_of(entry)))

    def index(self, entries: Iterable[tuple[int, Entry]]) -> None:
        """Let each resource, by its key, be found under the values of its entry and no others."""
        rows: dict[Table, list[Row]] = {table: [] for table in INDEX}
        known: list[int] = []
        for key, entry in entries:
            if entry.version.number > 1:
                known.append(key)
            found = index_rows.rows(key, entry.version.reference.type, entry.indexed)
            for table, made in found.items():
                rows[table] += made
        for table, made in rows.items():
            for start in range(0, len(known), _CHUNK):
                chunk = known[start : start + _CHUNK]
                self._connection.execute(delete(table).where(table.c.key.in_(chunk)))
            self._insert(table, made)

    def link(self, entries: Iterable[Entry]) -> None:
        """Let each resource point where the links of its entry lead, besides where it does."""
        self._insert(link, unique(row for entry in entries for row in links_of(entry)))

    def key(self, reference: Reference) -> int | None:
        """Return the key of a resource in the index tables, None when it never was here."""
        sql = "SELECT r.key FROM resource r WHERE r.type = ? AND r.id = ?"
        rows = run(self._connection, Part(sql, (reference.type, reference.id)))
        return rows[0][0] if rows else None

    def _clear(self, table: Table, references: Sequence[Reference]) -> None:
        by_type: dict[str, list[str]] = {}
        for reference in references:
            by_type.setdefault(reference.type, []).append(reference.id)
        for type_name, ids in by_type.items():
            for start in range(0, len(ids), _CHUNK):
                chunk = ids[start : start + _CHUNK]
                self._connection.execute(
                    delete(table).where(table.c.type == type_name, table.c.id.in_(chunk))
                )

    def _point(self, versions: Iterable[Version]) -> dict[Reference, int]:
        """Make each version the current one of its resource; return the resources' keys."""
        new: list[Row] = []
        keys: dict[Reference, int] = {}
        for each in versions:
            row = {
                "sequence": each.sequence,
                "at": micros(each.at),
                "deleted": each.body is None,
            }
            name = {"type": each.reference.type, "id": each.reference.id}
            if each.number == 1:
                keys[each.reference] = each.sequence
                new.append({"key": each.sequence, **name, **row})
            else:
                statement = update(resource).where(
                    resource.c.type == each.reference.type, resource.c.id == each.reference.id
                )
                self._connection.execute(statement.values(row))
                found = self.key(each.reference)
                keys[each.reference] = each.sequence if found is None else found
        self._insert(resource, new)
        return keys

    def _insert(self, table: Table, rows: Iterable[Row]) -> None:
        values = list(rows)
        if values:
            self._connection.execute(insert(table), values)


def current_versions() -> Select[Any]:
    """Return the query of the present versions of resources."""
    return select(version).join(resource, resource.c.sequence == version.c.sequence)
