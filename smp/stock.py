"""Take an export of another SMP as the starting stock of legacy participants.

All of it, or nothing: every fault is told at once. What is written is published by the next run,
as a tool's writes are.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Protocol

from eer.domain.errors import Failure, Refused
from eer.domain.identifiers import Cvr
from eer.domain.model import Directory
from smp.domain.identifiers import DocumentKey, ParticipantId, fold, gln_of
from smp.domain.legacy import Group, Legacy, participant
from smp.store.legacy import LegacyBook
from smp.xml import phoss, received

_MOST_TOLD = 1000


class Register(Protocol):
    """The register, as far as it is asked whom it has."""

    def directory(self, glns: frozenset[str] | None) -> Directory:
        """Return the endpoints of *glns*, or all."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Whose the participants will be, and whether those of the register are left out."""

    owner: Cvr | None = None
    leaves_out_registered: bool = False


@dataclass(slots=True)
class Stock:
    """What an export has: documents by participant, what is *left* out, and its faults."""

    found: dict[ParticipantId, list[Legacy]] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def documents(self) -> int:
        """How many documents there are."""
        return sum(map(len, self.found.values()))


@dataclass(frozen=True)
class Warehouse:
    """Where a stock is looked through and put down, in the name of *by*."""

    book: LegacyBook
    register: Register
    judge: received.Judge
    clock: Callable[[], datetime]
    by: str

    def look(self, file: BinaryIO, terms: Terms) -> Stock:
        """Return what is in *file*; raises Malformed when it is no export, Refused for faults."""
        stock, at = Stock(), self.clock()
        for group in phoss.groups(file):
            self._look(group, stock, at)
        self._look_for_registered(stock, terms)
        if stock.faults:
            said = stock.faults[:_MOST_TOLD]
            text = "\n".join([f"nothing is taken, for {len(stock.faults)} faults:", *said])
            raise Refused(text)
        return stock

    def take(self, stock: Stock, terms: Terms) -> None:
        """Write *stock* down; a participant that is written already keeps its owner."""
        with self.book.writing(self.by, self.clock()) as pen:
            for who, documents in stock.found.items():
                if pen.group(gln_of(who)) is None:
                    pen.put_group(Group(gln_of(who), terms.owner))
                for each in documents:
                    pen.put(each)

    def _look(self, group: phoss.ExportedGroup, stock: Stock, at: datetime) -> None:
        stock.faults += group.faults
        try:
            who = participant(group.participant)
        except Failure as fault:
            stock.faults.append(f"{group.participant}: {fault.text}")
            return
        if who in stock.found:
            stock.faults.append(f"{who}: found twice, expected once")
        documents = stock.found.setdefault(who, [])
        seen = {fold(str(each.key)) for each in documents}
        for each in group.documents:
            key = DocumentKey(who, each.document)
            if each.is_empty:
                stock.left.append(f"{key}: has no endpoint, and was not public there either")
            elif fold(str(key)) in seen:
                stock.faults.append(f"{key}: found twice, expected once")
            else:
                seen.add(fold(str(key)))
                documents.extend(self._read(each, key, stock, at))

    def _read(
        self, exported: phoss.Exported, key: DocumentKey, stock: Stock, at: datetime
    ) -> Iterator[Legacy]:
        try:
            yield received.read(exported.root, key, self.judge, at)
        except Failure as fault:
            stock.faults += [f"{key}: {issue.text}" for issue in fault.issues]

    def _look_for_registered(self, stock: Stock, terms: Terms) -> None:
        if not stock.found:
            return
        glns = frozenset(gln_of(who) for who in stock.found)
        owned = {each.gln for each in self.register.directory(glns).endpoints}
        for who in [each for each in stock.found if gln_of(each) in owned]:
            text = f"{who}: is in the register, which alone says what is published of it"
            if terms.leaves_out_registered:
                stock.left.append(text)
                del stock.found[who]
            else:
                stock.faults.append(f"{text}; --without-registered leaves it out")
