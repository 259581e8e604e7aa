"""What have operators stopped and released, and which of it has no run finished yet?"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, exists, func, insert, select, update

from eer.domain.errors import Conflict
from smp.domain.stops import Deed, Stop, Stops, Subject, standing
from smp.store.session import Store, micros, moment
from smp.store.tables import stop


class StopBook:
    """The log of stops; nothing in it is ever changed or removed."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def stops(self) -> Stops:
        """Return what stands stopped."""
        later = stop.alias()
        released = exists().where(
            later.c.subject == stop.c.subject,
            later.c.deed == Deed.RELEASED,
            later.c.number >= stop.c.number,
        )
        query = select(stop).where(stop.c.pending | ~released).order_by(stop.c.number)
        with self._store.asking() as connection:
            rows = connection.execute(query).all()
            number = revision(connection)
        deeds = [
            Stop(
                number=row.number,
                deed=Deed(row.deed),
                subject=Subject.parse(row.subject),
                reason=row.reason,
                by=row.author,
                at=moment(row.at),
                glns=frozenset(row.glns.splitlines()),
            )
            for row in rows
        ]
        pending = (each.glns for each, row in zip(deeds, rows, strict=True) if row.pending)
        return Stops(
            revision=number,
            standing=standing(deeds),
            pending=frozenset().union(*pending),
        )

    def revision(self) -> int:
        """Return the number of the last deed, 0 before the first."""
        with self._store.asking() as connection:
            return revision(connection)

    def lately(self, since: datetime) -> frozenset[str]:
        """Return the GLNs that deeds behind *since* concern which no run has finished yet."""
        query = select(stop.c.glns).where(stop.c.pending, stop.c.at > micros(since))
        with self._store.asking() as connection:
            rows = connection.execute(query).scalars()
            return frozenset().union(*(row.splitlines() for row in rows))

    def check(self, planned: int) -> None:
        """Raise Conflict when anything was stopped or released since *planned* was the revision."""
        with self._store.asking() as connection:
            check(connection, planned)

    def put(self, said: Stop) -> Stop:
        """Write down what was done; return it with the number that it got."""
        with self._store.writing() as connection:
            number = revision(connection) + 1
            row = {
                "number": number,
                "deed": said.deed,
                "subject": str(said.subject),
                "reason": said.reason,
                "author": said.by,
                "at": micros(said.at),
                "glns": "\n".join(sorted(said.glns)),
                "pending": True,
            }
            connection.execute(insert(stop).values(row))
        return replace(said, number=number)


def revision(connection: Connection) -> int:
    """Return the number of the last deed, as *connection* sees it."""
    found: int | None = connection.execute(select(func.max(stop.c.number))).scalar()
    return found or 0


def check(connection: Connection, planned: int) -> None:
    """Raise Conflict when anything was stopped or released since *planned* was the revision.

    Under the one writer's lock nothing can be stopped behind it before what follows is written.
    """
    if revision(connection) != planned:
        raise Conflict(
            "something was stopped or released after this run began: what was planned is not "
            "done; publish again"
        )


def finished(connection: Connection, upto: int) -> None:
    """Write down that a run has finished what deeds up to a number concern."""
    connection.execute(
        update(stop).where(stop.c.number <= upto, stop.c.pending).values(pending=False)
    )
