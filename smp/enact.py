"""How is each step of a publication plan carried out?

In the order of the plan, in batches, each of which the register is told of when it is done. What
was signed is proved before anyone can see it.
"""

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta

from eer.domain.errors import Refused
from eer.domain.identifiers import Reference
from eer.domain.plan import Plan
from eer.domain.receipt import Receipt, Step
from smp.domain.identifiers import DocumentKey, ParticipantId
from smp.domain.left import carried_out
from smp.domain.naming import DnsName, Naming, Record
from smp.domain.portions import batches, pieces
from smp.domain.progress import Unproved
from smp.domain.publication import (
    DocumentStep,
    DropDocument,
    KeepDocument,
    LinkGroup,
    PublicationPlan,
    PutDocument,
    Retirement,
    ScheduleRetirement,
    whose,
)
from smp.domain.split import without
from smp.domain.unproved import consequences, sentences
from smp.means import Means, answering
from smp.signing import Made
from smp.store.ledger import Gone
from smp.store.shelf import Change, Signed

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Done:
    """What was done: how many documents, names of participants and of the *publisher* itself.

    *linked* groups were written anew, *scheduled* participants got a time to retire. Some server
    still answers who is *waiting*; *unproved* are those whose documents did not come out as meant.
    Of those, some are *nameless* or *bereft* (see smp/domain/unproved.py). Names *left* alone
    were refused when they were to be written, each with what was said.
    """

    signed: int = 0
    dropped: int = 0
    retired: int = 0
    added: int = 0
    replaced: int = 0
    removed: int = 0
    publisher: int = 0
    linked: int = 0
    scheduled: int = 0
    waiting: list[Retirement] = field(default_factory=list)
    unproved: dict[ParticipantId, Unproved] = field(default_factory=dict)
    nameless: set[ParticipantId] = field(default_factory=set)
    bereft: set[ParticipantId] = field(default_factory=set)
    left: dict[DnsName, str] = field(default_factory=dict)

    @property
    def has_named(self) -> bool:
        """Whether any name was changed."""
        return bool(self.added or self.replaced or self.removed or self.publisher)


@dataclass(frozen=True)
class Run:
    """One plan being carried out, made of the register as it was at *sequence*.

    *stops* is the revision of what operators have stopped: when that has moved, the plan is no
    longer good. *naming* is the one in force, *bases* are all that lead or led to us, *ttl* is the
    longest that others may remember a name.
    Where the clock *is_late* nobody gets a time to retire: it would be over too early.
    """

    means: Means
    plan: PublicationPlan
    sequence: int
    stops: int
    naming: Naming
    ttl: timedelta
    bases: tuple[str, ...] = ()
    done: Done = field(default_factory=Done)
    is_late: bool = False

    def carry_out(self) -> Done:
        """Carry out the steps in their order; raises what a step raises, and stops there.

        A document that does not come out as meant is not stored, and disturbs nobody else; nor
        does a name that the locator leaves alone.
        """
        portions = list(batches(self.plan.documents))
        signed = self.means.signing.made([_puts(portion) for portion in portions])
        with closing(signed):
            for portion, made in zip(portions, signed, strict=True):
                self._store(portion, made)
        for names in (self._left_behind(), *(self._allowed(step.plan) for step in self.plan.names)):
            for change in pieces(names):
                self._name(change)
        for schedule in self.plan.schedules:
            self._schedule(schedule)
        for retires in batches(self.plan.retires):
            keys = tuple(step.key for step in retires)
            self._apply(Change(drop=keys))
            self._tell(Step.RETIRED, {key.participant for key in keys}, self.naming.base_url)
            self.done.retired += len(keys)
        return self.done

    def tell_finished(
        self,
        reached: Collection[ParticipantId],
        stopped: Iterable[tuple[ParticipantId, Reference]],
    ) -> None:
        """Tell the register of whom everything is public that it said but for what is *stopped*.

        That is no step by itself: until it stands in the books, the next run tells it again.
        """
        at = self.means.clock()
        where = self.naming.base_url
        _log.info("reached step=%s participants=%d where=%s", Step.FINISHED, len(reached), where)
        told = [
            *((participant, Step.FINISHED, where) for participant in sorted(reached)),
            *((who, Step.STOPPED, str(what)) for who, what in stopped if who in reached),
        ]
        if told:
            self.means.register.receive(
                [Receipt(str(who), self.sequence, step, at, place) for who, step, place in told]
            )

    def _store(self, batch: Sequence[DocumentStep], made: Sequence[Made]) -> None:
        signed = tuple(self._signed(batch, made))
        postponed = self._postponed(batch, signed)
        change = Change(
            put=signed,
            keep=tuple(step.key for step in batch if isinstance(step, KeepDocument)),
            drop=tuple(
                step.key
                for step in batch
                if isinstance(step, DropDocument) and step.key not in postponed
            ),
            link=tuple(step.participant for step in batch if isinstance(step, LinkGroup)),
        )
        if not change.participants:
            return
        self._apply(change)
        self._tell(Step.STORED, change.participants, self.naming.base_url)
        self.done.signed += len(change.put)
        self.done.dropped += len(change.drop)
        self.done.linked += len(change.link)

    def _signed(self, batch: Sequence[DocumentStep], made: Sequence[Made]) -> Iterator[Signed]:
        unproved: dict[ParticipantId, Unproved] = {}
        puts = _puts(batch)
        for step, body in zip(puts, map(self._leading_away, puts, made), strict=True):
            if isinstance(body, bytes):
                yield Signed(step.key, step.version, body)
                continue
            first = unproved.get(step.key.participant, Unproved(0, body.text))
            unproved[step.key.participant] = replace(first, documents=first.documents + 1)
        for each in sentences(unproved):
            _log.error("unproved participant=%s", each)
        self.done.unproved |= unproved

    def _leading_away(self, step: PutDocument, body: Made) -> Made:
        """Return *body*, or why *step* may not be public although it came out as meant."""
        try:
            step.meant.check_leads_away((self.naming.base_url, *self.bases))
        except Refused as fault:
            return fault
        return body

    def _postponed(
        self, batch: Sequence[DocumentStep], signed: Sequence[Signed]
    ) -> frozenset[DocumentKey]:
        """Return the documents that stay since nothing could be stored in their place."""
        failed = self.done.unproved.keys() & set(map(whose, batch))
        failed -= {each.key.participant for each in signed}
        if not failed:
            return frozenset()
        follows = consequences(batch, failed, self.means.shelf.documents(failed))
        self.done.nameless |= follows.nameless
        self.done.bereft |= follows.bereft
        return follows.postponed

    def _apply(self, change: Change) -> None:
        self.means.shelf.apply(change, self.naming.base_url, self.means.clock(), self.stops)
        self._note(documents={*change.drop, *(each.key for each in change.put)})

    def _note(
        self, *, documents: Iterable[DocumentKey] = (), names: Iterable[DnsName] = ()
    ) -> None:
        """Write down how much went or moved, as far as nobody was asked."""
        measured = self.plan.measured
        went = Gone(
            len(measured.documents.intersection(documents)), len(measured.names.intersection(names))
        )
        if any(went):
            self.means.ledger.note(went, self.means.clock())

    def _left_behind(self) -> Plan[DnsName, Record]:
        """Return that the names go of whom nothing is left: it was stopped, the rest unproved."""
        ours = self.plan.ours.items()
        return Plan({}, {}, {n: record for n, record in ours if self._whose(n) in self.done.bereft})

    def _allowed(self, names: Plan[DnsName, Record]) -> Plan[DnsName, Record]:
        """Return *names* without new ones of the nameless, and without any of the bereft."""
        names = without(names, {n for n in names.add if self._whose(n) in self.done.nameless})
        changed = names.replace.keys() | names.drop.keys()
        return without(names, {n for n in changed if self._whose(n) in self.done.bereft})

    def _whose(self, name: DnsName) -> ParticipantId | None:
        return self.plan.owners.get(name)

    def _name(self, change: Plan[DnsName, Record]) -> None:
        """The books are kept behind the deed: a record that leads to us is known as ours anyway."""
        owners = self.plan.owners
        if change.add or change.replace:
            self.means.stops.check(self.stops)
        change, left = carried_out(
            change, self.means.locator.apply, is_first=not self.done.has_named
        )
        for name, why in left.items():
            _log.warning("left name=%s: %s", name, why)
        self.done.left |= left
        written = (*change.add, *change.replace)
        self.means.ledger.claim(written, self.naming.publisher)
        self.means.ledger.forget(tuple(change.drop))
        self._note(names=(*change.replace, *change.drop))
        for step, names in ((Step.NAMED, written), (Step.UNNAMED, tuple(change.drop))):
            if names:
                self._tell(step, {owners[n] for n in names if n in owners}, self.naming.zone)
        self.done.added += len(owners.keys() & change.add.keys())
        self.done.replaced += len(owners.keys() & change.replace.keys())
        self.done.removed += len(change.drop)
        self.done.publisher += len(frozenset(written) - owners.keys())

    def _schedule(self, step: ScheduleRetirement) -> None:
        """The TTL counts from when the last server has forgotten, not from when the run began."""
        if self.is_late or answering(self.means.locator, step.names):
            self.done.waiting.append(Retirement(step.participant, None))
            return
        self.means.shelf.schedule(step.documents, self.means.clock() + self.ttl)
        self._note(documents=step.documents)
        self._tell(Step.SCHEDULED, {step.participant}, self.naming.base_url)
        self.done.scheduled += 1

    def _tell(self, step: Step, participants: Iterable[ParticipantId], where: str) -> None:
        self._report(step, participants, where)
        self.means.after_step()

    def _report(self, step: Step, participants: Iterable[ParticipantId], where: str) -> None:
        """The register is told of somebody, never of nothing."""
        at = self.means.clock()
        whose = sorted(participants)
        _log.info("reached step=%s participants=%d where=%s", step, len(whose), where)
        if whose:
            self.means.register.receive(
                [Receipt(str(participant), self.sequence, step, at, where) for participant in whose]
            )


def _puts(portion: Iterable[DocumentStep]) -> list[PutDocument]:
    return [step for step in portion if isinstance(step, PutDocument)]
