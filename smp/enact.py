"""How is each step of a publication plan carried out?

In the order of the plan, in batches, each of which the register is told of when it is done. What
was signed is proved before anyone can see it.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Protocol, TypeVar

from eer.domain.errors import Malformed, Refused, Unavailable
from eer.domain.model import Directory
from eer.domain.plan import Plan
from eer.domain.receipt import Receipt
from smp.domain.identifiers import ParticipantId
from smp.domain.metadata import ServiceMetadata
from smp.domain.naming import DnsName, Naming, Record
from smp.domain.publication import (
    DocumentStep,
    DropDocument,
    KeepDocument,
    LinkGroup,
    PublicationPlan,
    PutDocument,
    RetireDocument,
    Retirement,
    ScheduleRetirement,
    whose,
)
from smp.store.ledger import Ledger
from smp.store.shelf import Change, Shelf, Signed
from smp.xml import render

_DOCUMENTS_AT_ONCE = 100
_NAMES_AT_ONCE = 500

_log = logging.getLogger(__name__)

S = TypeVar("S", DocumentStep, RetireDocument)


class Register(Protocol):
    """The register, as far as publication asks it."""

    def sequence(self) -> int:
        """Return the number of the last version."""

    def touched(self, since: int) -> frozenset[str]:
        """Return the GLNs that versions behind *since* concern, as they were or as they are."""

    def directory(self, glns: frozenset[str] | None) -> Directory:
        """Return the endpoints of *glns*, or all."""

    def receive(self, receipts: Sequence[Receipt]) -> None:
        """Take note of what was done."""


class Locator(Protocol):
    """Where the names stand."""

    def names(self) -> Mapping[DnsName, Record]:
        """Return all names of the zone but its apex."""

    def names_at(self, names: Iterable[DnsName]) -> Mapping[DnsName, Record]:
        """Return what the primary has at *names*."""

    def apply(self, plan: Plan[DnsName, Record]) -> None:
        """Carry *plan* out; raises Conflict when a name is not as it was found."""

    def answering(self, names: Iterable[DnsName]) -> frozenset[DnsName]:
        """Return those of *names* that some authoritative server still answers."""


class Signer(Protocol):
    """A key with its certificate."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, in hex."""

    def sign(self, root: Any) -> bytes:
        """Return *root*, an element as smp.xml.render makes it, signed, as it is to be served."""


@dataclass(frozen=True)
class Means:
    """What steps are carried out with.

    *prove* compares signed bytes with what was meant and raises when they may not be shown. *ttl*
    is how long others may remember a name. *clock* is read when a deed is done.
    """

    register: Register
    shelf: Shelf
    ledger: Ledger
    locator: Locator
    signer: Signer
    prove: Callable[[ServiceMetadata, bytes], None]
    ttl: timedelta
    clock: Callable[[], datetime]


@dataclass(slots=True)
class Done:
    """What was done: how many documents, names of participants and of the *publisher* itself.

    Some server still answers who is *waiting*; *unproved* are those whose documents did not come
    out as meant, and why.
    """

    signed: int = 0
    dropped: int = 0
    retired: int = 0
    added: int = 0
    replaced: int = 0
    removed: int = 0
    publisher: int = 0
    waiting: list[Retirement] = field(default_factory=list)
    unproved: dict[ParticipantId, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """One plan being carried out, made of the register as it was at *sequence*.

    *naming* has the base in force.
    """

    means: Means
    plan: PublicationPlan
    sequence: int
    naming: Naming
    done: Done = field(default_factory=Done)

    def carry_out(self) -> Done:
        """Carry out the steps in their order; raises what a step raises, and stops there.

        A document that does not come out as meant stops its participant and nobody else.
        """
        for documents in _batches(self.plan.documents):
            self._store(documents)
        for step in self.plan.names:
            for change in _pieces(step.plan):
                self._name(change)
        for schedule in self.plan.schedules:
            self._schedule(schedule)
        for retires in _batches(self.plan.retires):
            keys = tuple(step.key for step in retires)
            self._apply(Change(drop=keys))
            self._tell("retired", {key.participant for key in keys}, self.naming.base_url)
            self.done.retired += len(keys)
        return self.done

    def tell_finished(self) -> None:
        """Tell the register that everybody touched by the plan is done with."""
        self._tell("finished", self.plan.participants, self.naming.base_url)

    def _store(self, batch: Sequence[DocumentStep]) -> None:
        signed = tuple(self._signed(batch))
        proved = [step for step in batch if whose(step) not in self.done.unproved]
        change = Change(
            put=tuple(each for each in signed if each.key.participant not in self.done.unproved),
            keep=tuple(step.key for step in proved if isinstance(step, KeepDocument)),
            drop=tuple(step.key for step in proved if isinstance(step, DropDocument)),
            link=tuple(step.participant for step in proved if isinstance(step, LinkGroup)),
        )
        if not proved:
            return
        self._apply(change)
        self._tell("stored", change.participants, self.naming.base_url)
        self.done.signed += len(change.put)
        self.done.dropped += len(change.drop)

    def _signed(self, batch: Sequence[DocumentStep]) -> Iterator[Signed]:
        for step in batch:
            if not isinstance(step, PutDocument):
                continue
            try:
                body = self.means.signer.sign(render.service_metadata(step.meant))
                self.means.prove(step.meant, body)
                yield Signed(step.key, step.version, body)
            except (Malformed, Refused) as fault:
                _log.error("unproved key=%s: %s", step.key, fault.text)
                self.done.unproved[step.key.participant] = fault.text

    def _apply(self, change: Change) -> None:
        self.means.shelf.apply(change, self.naming.base_url, self.means.clock())

    def _name(self, change: Plan[DnsName, Record]) -> None:
        """The books are kept behind the deed: a record that leads to us is known as ours anyway.

        Who could not be proved keeps the names that are there and gets no new ones.
        """
        owners = self.plan.owners
        unproved = {name for name in change.add if owners.get(name) in self.done.unproved}
        change = Plan(
            {name: record for name, record in change.add.items() if name not in unproved},
            change.replace,
            change.drop,
        )
        if change.is_empty:
            return
        self.means.locator.apply(change)
        written = (*change.add, *change.replace)
        self.means.ledger.claim(written, self.naming.publisher)
        self.means.ledger.forget(tuple(change.drop))
        for step, names in (("named", written), ("unnamed", tuple(change.drop))):
            if names:
                self._tell(step, {owners[n] for n in names if n in owners}, self.naming.zone)
        self.done.added += len(owners.keys() & change.add.keys())
        self.done.replaced += len(owners.keys() & change.replace.keys())
        self.done.removed += len(change.drop)
        self.done.publisher += len(frozenset(written) - owners.keys())

    def _schedule(self, step: ScheduleRetirement) -> None:
        """The TTL counts from when the last server has forgotten, not from when the run began."""
        if answering(self.means.locator, step.names):
            self.done.waiting.append(Retirement(step.participant, None))
            return
        self.means.shelf.schedule(step.documents, self.means.clock() + self.means.ttl)
        self._tell("scheduled", {step.participant}, self.naming.base_url)

    def _tell(self, step: str, participants: Iterable[ParticipantId], where: str) -> None:
        at = self.means.clock()
        whose = sorted(participants)
        _log.info("step=%s participants=%d where=%s", step, len(whose), where)
        self.means.register.receive(
            [Receipt(str(participant), self.sequence, step, at, where) for participant in whose]
        )


def answering(locator: Locator, names: Iterable[DnsName]) -> frozenset[DnsName]:
    """Return those of *names* that some server answers, or may: all of them if one is silent.

    A silent secondary holds up those who leave, and nobody else.
    """
    asked = frozenset(names)
    try:
        return locator.answering(asked)
    except Unavailable as fault:
        _log.warning("names=%d taken as still answered: %s", len(asked), fault.text)
        return asked


def _batches(steps: Sequence[S]) -> Iterator[list[S]]:
    """All steps of a participant stay together, so that they are one transaction."""
    batch: list[S] = []
    for _, some in groupby(steps, key=whose):
        batch += some
        if len(batch) >= _DOCUMENTS_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _pieces(plan: Plan[DnsName, Record]) -> Iterator[Plan[DnsName, Record]]:
    """Additions and drops never stand in one plan, so that it does not matter which is first."""
    names = sorted((*plan.add, *plan.replace, *plan.drop))
    for start in range(0, len(names), _NAMES_AT_ONCE):
        some = names[start : start + _NAMES_AT_ONCE]
        yield Plan(
            {name: plan.add[name] for name in some if name in plan.add},
            {name: plan.replace[name] for name in some if name in plan.replace},
            {name: plan.drop[name] for name in some if name in plan.drop},
        )
