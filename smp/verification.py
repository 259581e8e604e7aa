"""Does an access point find what was changed, at every server, and does the register know?

Whom a run changes is written down first, and looked up behind it until everything agrees: later
and later, some at a time. The register is then told, with where it was seen.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from eer.domain.receipt import Receipt, Step
from smp.domain.findings import Finding, Findings
from smp.domain.identifiers import ParticipantId
from smp.store.verifications import Verifications

AT_ONCE = 20
"""How many participants are looked up in one round."""

_FIRST, _LONGEST = timedelta(seconds=2), timedelta(minutes=5)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Verified:
    """What a round came to: who was verified, and of whom something differs still."""

    done: frozenset[ParticipantId]
    left: frozenset[ParticipantId]


@dataclass(frozen=True)
class Verification:
    """Looks up who was changed, and tells the register.

    *look* audits some participants, at every one of the name *servers* and at the public URL;
    *where* says which those are. *tell* reports to the register. *reached* is how far publication
    has come.
    """

    book: Verifications
    look: Callable[[frozenset[ParticipantId]], Findings]
    tell: Callable[[Sequence[Receipt]], None]
    where: str
    servers: Callable[[], Sequence[str]]
    reached: Callable[[], int]
    clock: Callable[[], datetime]

    def round(self) -> Verified:
        """Look up some of those who are due; raises Unavailable when a database does not answer.

        What nobody can say for certain counts as not verified, for all whom it may concern.
        """
        due = self.book.take(self.clock(), self.reached(), AT_ONCE, pause)
        if not due:
            return Verified(frozenset(), frozenset())
        differences = self.look(frozenset(due)).differences
        differing = {each.participant for each in differences}
        left = frozenset(due) if None in differing else frozenset(due.keys() & differing)
        done = {who: sequence for who, sequence in due.items() if who not in left}
        at = self.clock()
        self._tell_resolved(due, differences, at)
        if done:
            self.tell(
                [
                    Receipt(str(who), done[who], Step.VERIFIED, at, self.where)
                    for who in sorted(done)
                ]
            )
            self.book.done(done)
            _log.info(
                "reached step=%s participants=%d where=%s", Step.VERIFIED, len(done), self.where
            )
        if left:
            first = next(e for e in differences if e.participant is None or e.participant in left)
            _log.warning("unverified participants=%d, trying again: %s", len(left), first.evidence)
        return Verified(frozenset(done), left)

    def _tell_resolved(
        self, due: Mapping[ParticipantId, int], differences: Sequence[Finding], at: datetime
    ) -> None:
        """Each name server is told once, when it is first seen to answer as it should."""
        before, servers = self.book.resolved(due), frozenset(self.servers())
        new = {who: servers - _wrong(differences, who) - before.get(who, servers) for who in due}
        told = [
            Receipt(str(who), due[who], Step.RESOLVED, at, server)
            for who in sorted(new)
            for server in sorted(new[who])
        ]
        if told:
            self.tell(told)
            self.book.resolve({who: before[who] | new[who] for who in due if new[who]}, due)


def _wrong(differences: Sequence[Finding], who: ParticipantId) -> frozenset[str]:
    """Return the name servers that do not answer, or not as they should of *who*."""
    return frozenset(
        each.server
        for each in differences
        if each.server is not None and each.participant in (None, who)
    )


def pause(tries: int) -> timedelta:
    """Return how long to wait after so many *tries*: doubled each time, to a limit."""
    return _LONGEST if tries > 8 else min(_FIRST * 2**tries, _LONGEST)  # noqa: PLR2004
