"""How is it written down what changed when, so that somebody can be told only that?

A row says in which generation it last changed; what went leaves a row in `withdrawn`. Those are
kept for a while, and the horizon says since which generation nothing is missing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from smp.store.session import micros, moment
from smp.store.tables import document, generation, milestone, withdrawn

KEPT = timedelta(days=30)
"""How long it is known what went."""

_AT = ("participant_value", "document_value", "participant_scheme", "document_scheme")


class Stamp(NamedTuple):
    """A change of what is public: which generation it makes, and when it was made."""

    generation: int
    at: datetime

    @property
    def seconds(self) -> int:
        """When, in whole seconds since 1970."""
        return int(self.at.timestamp())


def advance(connection: Connection, at: datetime) -> Stamp:
    """Begin the next generation, with a change of documents; its time is never an earlier one."""
    pass_by(connection, at)
    connection.execute(update(generation).values(number=generation.c.number + 1))
    number = connection.execute(select(generation.c.number)).scalar_one()
    return Stamp(number, last(connection))


def last(connection: Connection) -> datetime:
    """Return when something was done last."""
    return moment(connection.execute(select(generation.c.changed)).scalar() or 0)


def pass_by(connection: Connection, at: datetime) -> None:
    """Let it be *at*, unless it was later already."""
    earlier = generation.c.changed < micros(at)
    connection.execute(update(generation).where(earlier).values(changed=micros(at)))


def go_back(connection: Connection, at: datetime, due: datetime) -> None:
    """Let it be *at*, and whoever was to retire after *due* retire then."""
    number = generation.c.number + 1
    connection.execute(update(generation).values(changed=micros(at), number=number))
    present = connection.execute(select(generation.c.number)).scalar_one()
    late = document.c.retire_after > micros(due)
    again = update(document).where(late).values(retire_after=micros(due), generation=present)
    connection.execute(again)


def withdraw(connection: Connection, rows: Sequence[dict[str, Any]], stamp: Stamp) -> None:
    """Write down that *rows* are public no longer: their keys, as folded and as registered."""
    if not rows:
        return
    key = [withdrawn.c[name] == bindparam(f"at_{name}") for name in _AT]
    keys = [{f"at_{name}": row[name] for name in _AT} for row in rows]
    connection.execute(delete(withdrawn).where(*key), keys)
    when = {"generation": stamp.generation, "at": micros(stamp.at)}
    connection.execute(insert(withdrawn), [{**row, **when} for row in rows])
    _forget(connection, stamp.at - KEPT)


def reach(connection: Connection, sequence: int) -> None:
    """Write down that publication has come to *sequence* in the present generation.

    The first sequence that came to a generation is enough: none before it says the same.
    """
    number, changed = connection.execute(select(generation.c.number, generation.c.changed)).one()
    known = select(milestone.c.generation).where(milestone.c.generation == number)
    if connection.execute(known).first() is None:
        row = {"generation": number, "sequence": sequence, "at": changed}
        connection.execute(insert(milestone), row)
        old = milestone.c.at < changed - KEPT // timedelta(microseconds=1)
        connection.execute(delete(milestone).where(old))


def _forget(connection: Connection, before: datetime) -> None:
    old = withdrawn.c.at < micros(before)
    last = connection.execute(select(func.max(withdrawn.c.generation)).where(old)).scalar()
    if last is not None:
        connection.execute(delete(withdrawn).where(old))
        behind = generation.c.horizon < last
        connection.execute(update(generation).where(behind).values(horizon=last))
