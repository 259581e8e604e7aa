"""Whom has nobody looked up since something of it changed, and who is to be looked up next?"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, func, insert, select, update

from smp.domain.identifiers import Identifier, ParticipantId
from smp.store.session import Store, micros, moment
from smp.store.tables import to_verify

_FAR = timedelta(hours=1)
"""Nobody is due so late, unless the clock was set back."""

_SAME = (to_verify.c.participant == bindparam("who")) & (to_verify.c.sequence == bindparam("of"))


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many participants wait to be looked up, and since when the *oldest*."""

    participants: int
    oldest: datetime | None

    def lines(self) -> list[str]:
        """Return that for people."""
        if self.oldest is None:
            return ["verified   all that was changed"]
        since = self.oldest.isoformat(timespec="seconds")
        return [f"unverified {self.participants} participants, the oldest since {since}"]

    def as_json(self) -> dict[str, object]:
        """Return that for machines."""
        since = None if self.oldest is None else self.oldest.isoformat()
        return {"unverified": {"participants": self.participants, "since": since}}


class Verifications:
    """Those to be looked up, each with the register's sequence of its last change."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, participants: Collection[ParticipantId], sequence: int, at: datetime) -> None:
        """Let *participants* be looked up from *at* on, for a change at *sequence*."""
        names = sorted(map(str, participants))
        if not names:
            return
        rows = [
            {"participant": name, "sequence": sequence, "since": micros(at), "due": micros(at)}
            for name in names
        ]
        with self._store.writing() as connection:
            changed = to_verify.c.participant == bindparam("changed")
            connection.execute(delete(to_verify).where(changed), [{"changed": n} for n in names])
            connection.execute(insert(to_verify).values(tries=0), rows)

    def take(
        self, at: datetime, reached: int, count: int, again: Callable[[int], timedelta]
    ) -> Mapping[ParticipantId, int]:
        """Return *count* at most of those who are due at *at*, each with its sequence.

        It is one that publication has *reached*: before that there is nothing to see.

        Each is due *again* so much later, after so many tries: whoever takes them may die.
        """
        early, late = to_verify.c.due <= micros(at), to_verify.c.due > micros(at + _FAR)
        query = select(to_verify).where(early | late, to_verify.c.sequence <= reached)
        with self._store.writing() as connection:
            rows = connection.execute(query.order_by(to_verify.c.due).limit(count)).all()
            for row in rows:
                connection.execute(
                    update(to_verify)
                    .where(to_verify.c.participant == row.participant)
                    .values(tries=row.tries + 1, due=micros(at + again(row.tries)))
                )
        return {ParticipantId(Identifier.parse(row.participant)): row.sequence for row in rows}

    def resolved(self, whose: Collection[ParticipantId]) -> dict[ParticipantId, frozenset[str]]:
        """Return which name servers have followed already, of *whose* names."""
        query = select(to_verify.c.participant, to_verify.c.resolved)
        names = sorted(map(str, whose))
        with self._store.asking() as connection:
            rows = connection.execute(query.where(to_verify.c.participant.in_(names))).all()
        return {
            ParticipantId(Identifier.parse(row.participant)): frozenset(row.resolved.splitlines())
            for row in rows
        }

    def resolve(
        self, servers: Mapping[ParticipantId, Collection[str]], of: Mapping[ParticipantId, int]
    ) -> None:
        """Write down which name servers have followed, of each unless it has changed since *of*."""
        rows = [
            {"who": str(who), "of": of[who], "by": "\n".join(sorted(each))}
            for who, each in servers.items()
        ]
        if not rows:
            return
        change = update(to_verify).where(_SAME).values(resolved=bindparam("by"))
        with self._store.writing() as connection:
            connection.execute(change, rows)

    def done(self, verified: Mapping[ParticipantId, int]) -> None:
        """Forget who was *verified*, unless something has changed behind that sequence."""
        if not verified:
            return
        rows = [{"who": str(who), "of": sequence} for who, sequence in verified.items()]
        with self._store.writing() as connection:
            connection.execute(delete(to_verify).where(_SAME), rows)

    def waiting(self) -> Waiting:
        """Return how many wait, for whoever exports it as metrics."""
        query = select(func.count(), func.min(to_verify.c.since)).select_from(to_verify)
        with self._store.asking() as connection:
            count, oldest = connection.execute(query).one()
        return Waiting(count, None if oldest is None else moment(oldest))
