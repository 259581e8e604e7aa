"""Which receipts of publication are kept?"""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from eer.domain.receipt import Receipt, Step
from eer.store.instants import instant, micros
from eer.store.part import Part, run
from eer.store.tables import receipt


class Receipts:
    """The receipts, over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, receipts: Sequence[Receipt]) -> None:
        """Add *receipts* to those that are there."""
        rows = [
            {
                "participant": each.participant,
                "sequence": each.sequence,
                "step": each.step,
                "at": micros(each.at),
                "place": each.where,
            }
            for each in receipts
        ]
        if rows:
            self._connection.execute(insert(receipt), rows)

    def of_participant(self, participant: str) -> Iterator[Receipt]:
        """Yield what was reported of a participant, oldest first."""
        query = select(receipt).where(receipt.c.participant == participant)
        for row in self._connection.execute(query.order_by(receipt.c.number)):
            yield _receipt(row)

    def newest(self, participant: str) -> Iterator[Receipt]:
        """Yield the newest receipt of each step of a participant, oldest first."""
        numbers = (
            select(func.max(receipt.c.number))
            .where(receipt.c.participant == participant)
            .group_by(receipt.c.step)
        )
        query = select(receipt).where(receipt.c.number.in_(numbers)).order_by(receipt.c.number)
        for row in self._connection.execute(query):
            yield _receipt(row)

    def finished(self, participant: str) -> int:
        """Return the sequence up to which publication was last finished of a participant, or 0."""
        part = Part(
            "SELECT r.sequence FROM receipt r WHERE r.participant = ? AND r.step = ? "
            "ORDER BY r.number DESC LIMIT 1",
            (participant, Step.FINISHED.value),
        )
        rows = run(self._connection, part)
        return rows[0][0] if rows else 0

    def stopped(self, participant: str) -> frozenset[str]:
        """Return the places of what was stopped of a participant since a run was finished."""
        finished = (
            select(func.coalesce(func.max(receipt.c.number), 0))
            .where(receipt.c.participant == participant, receipt.c.step == Step.FINISHED)
            .scalar_subquery()
        )
        query = select(receipt.c.place).where(
            receipt.c.participant == participant,
            receipt.c.step == Step.STOPPED,
            receipt.c.number > finished,
        )
        return frozenset(self._connection.execute(query).scalars())

    def latest(self, participant: str, count: int) -> tuple[Receipt, ...]:
        """Return the last *count* receipts of a participant, oldest first."""
        query = select(receipt).where(receipt.c.participant == participant)
        rows = self._connection.execute(query.order_by(receipt.c.number.desc()).limit(count))
        return tuple(_receipt(row) for row in rows)[::-1]


def _receipt(row: Row[Any]) -> Receipt:
    return Receipt(row.participant, row.sequence, row.step, instant(row.at), row.place)
