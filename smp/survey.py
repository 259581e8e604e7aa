"""What should be public, what is, and what follows from that, at the beginning of a run?

Everything is read that a plan is made of, and nothing but the books of a signer's turn is written.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from eer.domain.plan import Limits
from smp import succession
from smp.domain import steps
from smp.domain.hour import Hour
from smp.domain.identifiers import ParticipantId, gln_of, participants_of
from smp.domain.legacy import Written
from smp.domain.mapping import Terms
from smp.domain.naming import DnsName, Naming, participant_names
from smp.domain.progress import settings_digest
from smp.domain.publication import PublicationPlan
from smp.domain.state import Agreed, Found, Wanted
from smp.domain.stops import Stops
from smp.means import Means, answering
from smp.signing import version
from smp.wanted import Intent, Sources, intent


@dataclass(frozen=True, slots=True)
class Beginning:
    """When a run began, at which sequence, and whom it looks at: everybody when *glns* is None.

    *hour* is what time it is. *means* have the signer in force, and a clock that is never before
    that; *stops* is what operators have stopped, *written* how much tools have written. *renew* are
    made anew whatever the books say. It *is_timed* when somebody's time has come. The register's
    version of that sequence is *dated*; *lost* tells what it had before and has no longer, if it
    was put back from a backup.
    """

    means: Means
    hour: Hour
    stops: Stops
    written: Written
    sequence: int
    glns: frozenset[str] | None = None
    renew: frozenset[ParticipantId] = frozenset()
    is_timed: bool = False
    dated: datetime | None = None
    lost: str = ""

    @property
    def at(self) -> datetime:
        """The time that decisions are made by."""
        return self.hour.at

    @property
    def is_full(self) -> bool:
        """Whether everybody is looked at."""
        return self.glns is None


@dataclass(frozen=True, slots=True)
class Survey:
    """What a run has seen."""

    begun: Beginning
    intent: Intent
    wanted: Wanted
    found: Found

    def plan(self, limits: Limits) -> PublicationPlan:
        """Return what makes what was found into what is wanted.

        What is within the limits by its number alone need not be held against all there is: that
        is counted only where something would be held.
        """
        plan = steps.plan(self.wanted, self.found, limits, self.begun.at)
        if plan.held.is_empty:
            return plan
        means, agreed = self.begun.means, self.found.agreed
        counted = replace(
            self.found,
            document_count=means.shelf.count(),
            name_count=means.ledger.name_count(agreed.zones[-1]),
        )
        return steps.plan(self.wanted, counted, limits, self.begun.at)

    def warnings(self) -> tuple[str, ...]:
        """Return what is for somebody to see to."""
        lost = (self.begun.lost,) if self.begun.lost else ()
        return (*self.begun.hour.warnings, *lost, *self.intent.warnings())

    def former(self) -> Mapping[DnsName, int]:
        """Return the zones that were left, with how many of our names still stand there."""
        agreed = self.found.agreed
        return self.begun.means.ledger.former(agreed.former(agreed.zones[-1]))


@dataclass(frozen=True)
class Surveyor:
    """Looks at everybody or at a few, with one reading of the clock a run."""

    means: Means
    terms: Terms
    naming: Naming
    limits: Limits

    def looking(self) -> Beginning:
        """Begin to look, and to do no more."""
        return _beginning(succession.armed(self.means), self._hour())

    def begun(self) -> Beginning:
        """Begin a run.

        What one before left undone is settled, and the signer whose time has come takes over.
        """
        self.means.locator.settle()
        hour = self._hour()
        means = succession.able(succession.succeeded(self.means, hour.at), hour.at)
        return _beginning(means, hour)

    def narrowed(self, begun: Beginning) -> Beginning:
        """Return *begun* with the GLNs that it is enough to look at, if that is enough."""
        progress = self.means.ledger.progress()
        if progress is None or begun.lost:
            return begun
        if not progress.covers(
            settings=settings_digest(self.terms, self.naming),
            signer=begun.means.signer.fingerprint,
            at=begun.at,
        ):
            return begun
        due = {gln_of(participant) for participant in self.means.shelf.due(begun.at)}
        timed = self.means.ledger.alarms.due(begun.at)
        glns = self.means.register.touched(progress.sequence) | progress.unfinished | due | timed
        pending = begun.stops.pending | begun.written.pending
        return replace(begun, glns=glns | pending, is_timed=bool(timed))

    def survey(self, begun: Beginning) -> Survey:
        """Look at whom *begun* says."""
        sources = Sources(self.means.register, self.means.legacy, self.terms)
        meant = intent(sources, begun.stops, begun.at, begun.glns)
        wanted = self._wanted(begun, meant)
        found = self._found(begun)
        if asked := steps.unnamed(wanted, found):
            found = replace(found, answering=answering(self.means.locator, asked))
        return Survey(begun, meant, wanted, found)

    def _hour(self) -> Hour:
        return self.means.ledger.hour(self.means.clock())

    def _wanted(self, begun: Beginning, meant: Intent) -> Wanted:
        documents, signer = meant.documents(), begun.means.signer.fingerprint
        follows = begun.means.follows
        return Wanted(
            documents=documents,
            versions={key: version(each, signer) for key, each in documents.items()},
            stopped=meant.stopped(),
            halted=begun.stops.participants,
            naming=self.naming,
            signer=signer,
            renew=begun.renew,
            follows="" if follows is None else follows.signer.fingerprint,
        )

    def _found(self, begun: Beginning) -> Found:
        if begun.glns is None:
            participants, looked, names = None, None, self.means.locator.names()
        else:
            participants = frozenset(participants_of(begun.glns))
            looked = self._names_of(participants)
            names = self.means.locator.names_at(looked)
        agreed, ours = self._agreed(begun), self.means.ledger.names(looked)
        gone, documents = self.means.ledger.gone(begun.at), self.means.shelf.documents(participants)
        return Found(
            documents=documents,
            elsewhere=self.means.shelf.elsewhere(agreed.bases[-1], participants),
            names=names,
            ledger=ours.participants,
            own=ours.publisher,
            answering=frozenset(),
            agreed=agreed,
            documents_gone=gone.documents,
            names_gone=gone.names,
        )

    def _names_of(self, participants: Iterable[ParticipantId]) -> frozenset[DnsName]:
        """Return which names are looked at: theirs, of both kinds, and the publisher's own."""
        both = (participant_names(each, self.naming.zone) for each in participants)
        return frozenset((self.naming.publisher, *(name for two in both for name in two)))

    def _agreed(self, begun: Beginning) -> Agreed:
        """Where nothing is public yet, nobody need be asked, and no name has a longer TTL.

        What is only stopped comes back: for that people are asked.
        A record in the zone keeps the TTL that it was written with, however short it is now.
        """
        agreed = self.means.ledger.agreed().under(self.naming.publisher)
        is_new = self.means.shelf.is_empty() and not begun.stops.standing
        if not agreed.bases or is_new:
            to = agreed.to_all(self.naming, begun.means.signer.fingerprint)
            return replace(to, ttl=self.means.ttl)
        return replace(
            agreed,
            zones=agreed.zones or (self.naming.zone,),
            records=agreed.records or (self.naming.publisher_record,),
            ttl=max(agreed.ttl, self.means.ttl),
        )


def _beginning(means: Means, hour: Hour) -> Beginning:
    """The sequence is read before what hangs on it: what is written meanwhile is seen again."""
    means = replace(means, clock=partial(_not_before, hour.at, means.clock))
    stops, written = means.stops.stops(), means.legacy.written()
    sequence = means.register.sequence()
    dated = means.register.written(sequence)
    return Beginning(means, hour, stops, written, sequence, dated=dated, lost=means.lost())


def _not_before(at: datetime, clock: Callable[[], datetime]) -> datetime:
    return max(clock(), at)
