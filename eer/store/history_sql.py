"""Which versions does a history hold, newest first?"""

from dataclasses import dataclass

from sqlalchemy import Connection

from eer.domain.search import Stretch
from eer.store.part import Part, joined, run
from eer.store.rows import VERSION, Version, version_of
from eer.store.value_sql import span_of


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose versions: of all, of a type, or of one id; since and as of when; behind which.

    *since* and *before* are sequences; *at* is a stretch during which a version was the present
    one.
    """

    type: str | None = None
    id: str | None = None
    since: int | None = None
    at: Stretch | None = None
    before: int | None = None


def page(connection: Connection, asked: Asked, count: int) -> list[Version]:
    """Return up to *count* versions, newest first."""
    part = Part(f"SELECT {VERSION} FROM version v WHERE ") + _matching(asked)
    if asked.before is not None:
        part += Part(" AND v.sequence < ?", (asked.before,))
    part += Part(" ORDER BY v.sequence DESC LIMIT ?", (count,))
    return [version_of(row) for row in run(connection, part)]


def total(connection: Connection, asked: Asked) -> int:
    """Return how many versions there are, on whatever page."""
    found: int = run(connection, Part("SELECT count(*) FROM version v WHERE ") + _matching(asked))[
        0
    ][0]
    return found


def sequence_at(connection: Connection, micros: int) -> int | None:
    """Return the sequence of the first version written at or after an instant, None if none is."""
    head = "SELECT v.sequence FROM version v WHERE v.at >= ? ORDER BY v.at LIMIT 1"
    rows = run(connection, Part(head, (micros,)))
    return rows[0][0] if rows else None


def _matching(asked: Asked) -> Part:
    parts = [Part("1 = 1")]
    if asked.type is not None:
        parts.append(Part("v.type = ?", (asked.type,)))
    if asked.id is not None:
        parts.append(Part("v.id = ?", (asked.id,)))
    if asked.since is not None:
        parts.append(Part("v.sequence >= ?", (asked.since,)))
    if asked.at is not None:
        low, high = span_of(asked.at)
        parts.append(Part("v.at < ?", (high,)))
        parts.append(
            Part(
                "NOT EXISTS (SELECT 1 FROM version n WHERE n.type = v.type AND n.id = v.id "
                "AND n.number = v.number + 1 AND n.at <= ?)",
                (low,),
            )
        )
    return joined(" AND ", parts)
