"""Has anything drifted, as far as a few participants can tell?

A sample is audited while nothing else is to be done, so that what went wrong behind the publisher's
back is known before somebody complains. Nothing is changed.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from smp.domain.drift import Changes, Open, Scope
from smp.domain.findings import Findings
from smp.domain.identifiers import ParticipantId
from smp.store.findings import FindingBook

_log = logging.getLogger(__name__)

Choose = Callable[[Sequence[ParticipantId], int], Sequence[ParticipantId]]
"""Takes so many of some, by chance: `random.sample`."""


@dataclass(frozen=True)
class Sampling:
    """Audits *count* participants by chance, and as many of whom something was found before.

    *everybody* are those of whom anything is public, *look* audits some participants.
    """

    book: FindingBook
    everybody: Callable[[], Sequence[ParticipantId]]
    look: Callable[[frozenset[ParticipantId]], Findings]
    choose: Choose
    count: int
    clock: Callable[[], datetime]

    def sample(self) -> Changes:
        """Audit some, keep what is found, and log what is new and what is over.

        Raises Unavailable when a database does not answer.
        """
        everybody = self.everybody()
        chosen = self.choose(everybody, min(self.count, len(everybody)))
        whose = dict.fromkeys(each.finding.participant for each in self.book.open())
        again = [who for who in whose if who is not None][: self.count]
        some = frozenset((*chosen, *again))
        found = self.look(some)
        changes = self.book.note(found.differences, Scope(some, found.changing), self.clock())
        log(changes)
        return changes


def log(changes: Changes) -> None:
    """Log each finding once when it is new, and once when it is over."""
    for each in changes.opened:
        _log.warning("found layer=%s %s", each.finding.layer, _said(each))
    for each in changes.closed:
        since = each.first.isoformat()
        _log.info("over layer=%s first=%s %s", each.finding.layer, since, _said(each))


def _said(opened: Open) -> str:
    finding = opened.finding
    return (
        f"participant={finding.participant or ''} "
        f"document={finding.document or ''} server={finding.server or ''} "
        f"answered={finding.answered}: {finding.evidence}"
    )
