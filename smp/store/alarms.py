"""Of whom does time alone change what is wanted, and when does it next?"""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from smp.store.session import Store, micros, moment
from smp.store.tables import alarm

_AT_ONCE = 400


class Alarms:
    """One instant for each GLN that has any."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def due(self, at: datetime) -> frozenset[str]:
        """Return whose time has come at *at*."""
        query = select(alarm.c.gln).where(alarm.c.at <= micros(at))
        with self._store.asking() as connection:
            return frozenset(connection.execute(query).scalars())

    def first(self) -> datetime | None:
        """Return when the first of them is due, None where nothing waits for a time."""
        with self._store.asking() as connection:
            found = connection.execute(select(func.min(alarm.c.at))).scalar()
        return None if found is None else moment(found)

    def of(self, glns: Collection[str] | None) -> dict[str, datetime]:
        """Return what is set for *glns*, or for all."""
        with self._store.asking() as connection:
            return _of(connection, glns)


def reset(
    connection: Connection, to: Mapping[str, datetime], among: Collection[str] | None
) -> None:
    """Let *to* be all that is set for those *among*, or for all."""
    before = _of(connection, among)
    gone = [gln for gln, at in before.items() if to.get(gln) != at]
    for some in _portions(gone):
        connection.execute(delete(alarm).where(alarm.c.gln.in_(some)))
    rows = [{"gln": gln, "at": micros(at)} for gln, at in to.items() if before.get(gln) != at]
    if rows:
        connection.execute(insert(alarm), rows)


def _of(connection: Connection, glns: Collection[str] | None) -> dict[str, datetime]:
    query = select(alarm.c.gln, alarm.c.at)
    queries = (
        [query]
        if glns is None
        else [query.where(alarm.c.gln.in_(some)) for some in _portions(sorted(glns))]
    )
    return {row.gln: moment(row.at) for each in queries for row in connection.execute(each)}


def _portions(glns: list[str]) -> list[list[str]]:
    return [glns[start : start + _AT_ONCE] for start in range(0, len(glns), _AT_ONCE)]
