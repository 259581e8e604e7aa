"""Since when does what differs differ, and what of it is over?

A finding is open from the audit that finds it to the one that looked where it was and does not. An
audit that got no answer has not looked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from smp.domain.findings import Finding, Layer
from smp.domain.identifiers import ParticipantId

_SEEN_OUTSIDE = frozenset({Layer.HTTP, Layer.CONTENT, Layer.TARGET})


@dataclass(frozen=True, slots=True)
class Open:
    """A finding, with the times at which it was *first* and *last* seen."""

    finding: Finding
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom an audit looked at: everybody when *participants* is None, but for those *spared*."""

    participants: frozenset[ParticipantId] | None = None
    spared: frozenset[ParticipantId] = frozenset()

    def covers(self, finding: Finding) -> bool:
        """Whether the audit would have found *finding* again, had it got all answers.

        A sample compares the name servers as such, and does not read the zone.
        """
        if finding.participant in self.spared:
            return False
        if self.participants is None or finding.participant in self.participants:
            return True
        of_the_zone = finding.layer is Layer.DNS and finding.server is None
        return finding.participant is None and not of_the_zone


@dataclass(frozen=True, slots=True)
class Changes:
    """What an audit changes in the open findings."""

    opened: tuple[Open, ...]
    kept: tuple[Open, ...]
    closed: tuple[Open, ...]

    @property
    def first(self) -> Mapping[str, datetime]:
        """When each finding that is open now was first seen, by its key."""
        return {key(each.finding): each.first for each in (*self.opened, *self.kept)}


@dataclass(frozen=True, slots=True)
class Drift:
    """How much has drifted: how many findings are *open*, by layer, and since when the *oldest*.

    *unanswered* are those open in which nobody could say. The last audits are told by their time.
    """

    open: int = 0
    layers: Mapping[Layer, int] = field(default_factory=dict)
    unanswered: int = 0
    oldest: datetime | None = None
    last_full: datetime | None = None
    last_sample: datetime | None = None


def key(finding: Finding) -> str:
    """Return what makes *finding* the same in two audits: its place, not what was found there."""
    place = (
        *(finding.layer, finding.participant, finding.document),
        *(finding.name, finding.server),
    )
    return sha256("\n".join(str(each or "") for each in place).encode()).hexdigest()


def compare(
    before: Iterable[Open], found: Iterable[Finding], scope: Scope, at: datetime
) -> Changes:
    """Return what becomes of the open findings from *before* when this was *found* in *scope*."""
    fresh: dict[str, Finding] = {}
    for each in found:
        fresh.setdefault(key(each), each)
    known = {key(each.finding): each for each in before}
    silent = [each for each in fresh.values() if not each.answered]
    return Changes(
        opened=tuple(Open(each, at, at) for place, each in fresh.items() if place not in known),
        kept=tuple(
            Open(each, known[place].first, at) for place, each in fresh.items() if place in known
        ),
        closed=tuple(
            each
            for place, each in known.items()
            if place not in fresh and scope.covers(each.finding)
            if not any(_hides(one, each.finding) for one in silent)
        ),
    )


def _hides(silent: Finding, finding: Finding) -> bool:
    """Whether *finding* may still be there, behind what did not answer."""
    if silent.participant not in (None, finding.participant):
        return False
    if silent.server != finding.server:
        return False
    return silent.layer is finding.layer or {silent.layer, finding.layer} <= _SEEN_OUTSIDE
