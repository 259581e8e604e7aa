"""What did audits find that no later one saw mended, and when was the last one?"""

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from smp.domain.drift import Changes, Drift, Open, Scope, compare, key
from smp.domain.findings import Finding, Layer
from smp.domain.identifiers import DocumentId, Identifier, ParticipantId
from smp.domain.naming import DnsName
from smp.store.session import Store, micros, moment
from smp.store.tables import audited, open_finding

MOST = 10_000
"""How many open findings are kept: with more than that it is not their age that matters."""

_FULL, _SAMPLE = "full", "sample"
_log = logging.getLogger(__name__)


class FindingBook:
    """The open findings, and when was audited."""

    def __init__(self, store: Store, most: int = MOST) -> None:
        self._store = store
        self._most = most

    def open(self) -> tuple[Open, ...]:
        """Return the open findings, the one that was longest not seen first."""
        with self._store.asking() as connection:
            return _open(connection)

    def note(self, found: Sequence[Finding], scope: Scope, at: datetime) -> Changes:
        """Keep what an audit of *scope* found at *at*, and return what that changes."""
        with self._store.writing() as connection:
            before = _open(connection)
            changes = compare(before, found, scope, at)
            _close(connection, changes.closed)
            _see(connection, changes.kept)
            room = max(self._most - len(before) + len(changes.closed), 0)
            _add(connection, changes.opened[:room])
            kind = _FULL if scope.participants is None else _SAMPLE
            connection.execute(delete(audited).where(audited.c.kind == kind))
            connection.execute(insert(audited).values(kind=kind, at=micros(at)))
        if len(changes.opened) > room:
            _log.warning("dropped findings=%d open=%d", len(changes.opened) - room, self._most)
        return changes

    def drift(self) -> Drift:
        """Return how much has drifted, for whoever exports it as metrics."""
        seen = open_finding.c
        with self._store.asking() as connection:
            rows = connection.execute(select(seen.layer, seen.answered, seen.first_seen)).all()
            last = {row.kind: moment(row.at) for row in connection.execute(select(audited))}
        layers = Counter(row.layer for row in rows)
        oldest = min((row.first_seen for row in rows), default=None)
        return Drift(
            open=len(rows),
            layers={layer: layers[layer.value] for layer in Layer},
            unanswered=sum(not row.answered for row in rows),
            oldest=None if oldest is None else moment(oldest),
            last_full=last.get(_FULL),
            last_sample=last.get(_SAMPLE),
        )


def _open(connection: Connection) -> tuple[Open, ...]:
    query = select(open_finding).order_by(open_finding.c.last_seen, open_finding.c.key)
    return tuple(map(_read, connection.execute(query)))


def _read(row: Row[Any]) -> Open:
    finding = Finding(
        participant=row.participant and ParticipantId(Identifier.parse(row.participant)),
        document=row.document and DocumentId(Identifier.parse(row.document)),
        layer=Layer(row.layer),
        evidence=row.evidence,
        answered=row.answered,
        name=row.name and DnsName(row.name),
        server=row.server,
    )
    return Open(finding, moment(row.first_seen), moment(row.last_seen))


def _close(connection: Connection, some: Sequence[Open]) -> None:
    if some:
        rows = [{"gone": key(each.finding)} for each in some]
        connection.execute(
            delete(open_finding).where(open_finding.c.key == bindparam("gone")), rows
        )


def _see(connection: Connection, some: Sequence[Open]) -> None:
    if some:
        rows = [
            {
                "again": key(each.finding),
                "said": each.finding.evidence,
                "is_said": each.finding.answered,
                "at": micros(each.last),
            }
            for each in some
        ]
        query = update(open_finding).where(open_finding.c.key == bindparam("again"))
        seen = {"evidence": "said", "answered": "is_said", "last_seen": "at"}
        values: dict[str, Any] = {column: bindparam(name) for column, name in seen.items()}
        connection.execute(query.values(values), rows)


def _add(connection: Connection, some: Sequence[Open]) -> None:
    if some:
        connection.execute(insert(open_finding), list(map(_row, some)))


def _row(opened: Open) -> dict[str, object]:
    finding = opened.finding
    return {
        "key": key(finding),
        "layer": finding.layer,
        "participant": None if finding.participant is None else str(finding.participant),
        "document": None if finding.document is None else str(finding.document),
        "name": finding.name,
        "server": finding.server,
        "evidence": finding.evidence,
        "answered": finding.answered,
        "first_seen": micros(opened.first),
        "last_seen": micros(opened.last),
    }
