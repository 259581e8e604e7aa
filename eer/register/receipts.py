"""What has the publisher reported of what it did with the register's versions?

Receipts take neither the writer's lock nor a sequence: they tell of versions and are none.
"""

from collections.abc import Sequence

from eer.domain.receipt import Receipt
from eer.register.counter import Counter
from eer.store.receipts import Receipts


def receive(counter: Counter, receipts: Sequence[Receipt]) -> None:
    """Keep *receipts*."""
    with counter.store.noting() as connection:
        Receipts(connection).put(receipts)


def of_participant(counter: Counter, participant: str) -> tuple[Receipt, ...]:
    """Return what was reported of a participant, `scheme::value`, oldest first."""
    with counter.store.reading() as connection:
        return tuple(Receipts(connection).of_participant(participant))
