"""How long may the signer sign, who follows it, and what is there to do about it?

From 90 days before its end somebody is told: one expiry would stop every lookup.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

TOLD = timedelta(days=90)
PRESSING = timedelta(days=30)
LAST = timedelta(days=7)


class Urgency(IntEnum):
    """How soon the signer expires."""

    NONE = 0
    TOLD = 1
    PRESSING = 2
    LAST = 3
    OVER = 4


@dataclass(frozen=True, slots=True)
class Successor:
    """Who is installed as the next signer.

    *trouble* is why it cannot sign; *takes_over* is when it does so by itself, if ever.
    """

    fingerprint: str = ""
    is_rehearsed: bool = False
    trouble: str = ""
    takes_over: datetime | None = None


@dataclass(frozen=True, slots=True)
class Expiring:
    """The signer's end, so many whole *days* away, and who is to follow."""

    at: datetime
    days: int
    urgency: Urgency
    successor: Successor

    @property
    def needs_somebody(self) -> bool:
        """Whether a person has to see to it now: the end is near and nobody will take over."""
        return self.urgency >= Urgency.PRESSING and self.successor.takes_over is None

    @property
    def advice(self) -> str:
        """Return what there is to do."""
        successor = self.successor
        if successor.trouble:
            return f"the next one cannot sign: {successor.trouble}"
        if not successor.fingerprint:
            return "nobody follows: smp keys request, and smp keys install what comes back"
        if not successor.is_rehearsed:
            return "the next one is installed and not tried: smp keys rehearse"
        if successor.takes_over is None:
            return "the next one is rehearsed and waits for smp publish --accept"
        when = successor.takes_over.strftime("%Y-%m-%dT%H:%M:%SZ")
        return f"the next one is rehearsed and takes over {when}, or with smp publish --accept"

    def __str__(self) -> str:
        when = self.at.strftime("%Y-%m-%dT%H:%M:%SZ")
        if self.urgency is Urgency.OVER:
            return f"expired {when}, nothing is signed any more; {self.advice}"
        return f"expires {when}, in {self.days} days; {self.advice}"


def expiring(end: datetime | None, at: datetime, successor: Successor) -> Expiring | None:
    """Return what there is to tell at *at* of a signer that may sign until *end*, if anything.

    A successor that cannot sign is told at any time.
    """
    if end is None:
        return None
    left = end - at
    steps = (timedelta(0), LAST, PRESSING, TOLD)
    urgency = next(
        (Urgency.OVER - place for place, step in enumerate(steps) if left < step), Urgency.NONE
    )
    if not urgency and not successor.trouble:
        return None
    return Expiring(end, max(left.days, 0), Urgency(urgency), successor)


def takes_over(end: datetime | None, takeover: timedelta) -> datetime | None:
    """Return when a rehearsed successor takes over from a signer that may sign until *end*.

    *takeover* is how long before that; nothing is never.
    """
    return None if end is None or not takeover else end - takeover
