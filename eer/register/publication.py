"""How far has publication come with a version of an endpoint?

A version touches the participant that it names and the one that the version before it named.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from eer.domain.errors import Absent
from eer.domain.identifiers import Reference
from eer.domain.receipt import Receipt, participant
from eer.domain.wording import say
from eer.register import changes
from eer.register.counter import Counter
from eer.store.receipts import Receipts
from eer.store.records import Records
from eer.store.rows import Version

MOST_RECEIPTS = 100


@dataclass(frozen=True, slots=True)
class Progress:
    """A participant: whether the version is public of it, and the last receipts, oldest first."""

    participant: str
    reached: bool
    receipts: tuple[Receipt, ...]


@dataclass(frozen=True, slots=True)
class Publication:
    """What has become of a version with each participant that it touched."""

    version: Version
    participants: tuple[Progress, ...]

    @property
    def reached(self) -> bool:
        """Whether the version is public as it should be, be it as something or as nothing."""
        return all(each.reached for each in self.participants)


def publication(counter: Counter, reference: Reference, number: int | None) -> Publication:
    """Return how far publication has come with a version, the newest one when *number* is None.

    Raises Absent when there is none such; a deletion is a version like others.
    """
    with counter.store.reading() as connection:
        records, receipts = Records(connection), Receipts(connection)
        version = _version(records, reference, number)
        touched = dict.fromkeys(map(participant, changes.glns(version, records)))
        return Publication(
            version, tuple(_progress(receipts, version.sequence, each) for each in touched)
        )


def behind(counter: Counter, glns: Collection[str], sequence: int) -> frozenset[str]:
    """Return those of *glns* of whom no run has finished that saw the register at *sequence*."""
    with counter.store.looking() as connection:
        receipts = Receipts(connection)
        return frozenset(gln for gln in glns if receipts.finished(participant(gln)) < sequence)


def awaited(
    counter: Counter, glns: Collection[str], sequence: int, patience: Callable[[], bool]
) -> frozenset[str]:
    """Return who is still behind when nobody is, or when *patience* is over.

    *patience* waits a little and returns whether it is worth looking again.
    """
    while (left := behind(counter, glns, sequence)) and patience():
        glns = left
    return left


def _version(records: Records, reference: Reference, number: int | None) -> Version:
    kept = records.kept(reference) or reference
    found = records.current(kept)
    if found is None:
        raise Absent(say("{reference} is not in the register", reference=reference))
    if number is not None and (found := records.version(kept, number)) is None:
        raise Absent(say("{reference} has no version {number}", reference=reference, number=number))
    return found


def _progress(receipts: Receipts, sequence: int, name: str) -> Progress:
    return Progress(name, receipts.finished(name) >= sequence, receipts.latest(name, MOST_RECEIPTS))
