"""Which of the signers that are installed is in force, and when does the next one take over?

The one that people agreed to last. The next one offers itself as a held step; with a rehearsal
behind it, it takes over in the last days of the present one (docs/decisions).
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from smp.domain.expiry import LAST, Expiring, Successor, Urgency, expiring, takes_over
from smp.means import Means
from smp.signing import Nobody, Signers, unproved
from smp.store.ledger import Ledger

_log = logging.getLogger(__name__)
_LEVELS = {
    Urgency.NONE: logging.WARNING,
    Urgency.TOLD: logging.WARNING,
    Urgency.PRESSING: logging.ERROR,
    Urgency.LAST: logging.CRITICAL,
    Urgency.OVER: logging.CRITICAL,
}


def armed(means: Means) -> Means:
    """Return *means* with the signer in force and who follows it, as they are installed now."""
    if means.signers is None:
        return means
    signers = in_force(means.signers(), means.ledger)
    return replace(
        means,
        signer=signers.present.signer,
        prove=signers.present.prove,
        many=signers.present.many,
        follows=signers.follows,
        trouble=signers.trouble,
    )


def in_force(signers: Signers, ledger: Ledger) -> Signers:
    """Return *signers* with the next one as the present one if people have agreed to it."""
    if signers.follows is None:
        return signers
    agreed = ledger.agreed().signers[-1:]
    if signers.follows.signer.fingerprint in (*agreed, signers.present.signer.fingerprint):
        return replace(signers, present=signers.follows, follows=None)
    return signers


def succeeded(means: Means, at: datetime) -> Means:
    """Return *means* armed, the next signer having taken over if its time has come at *at*."""
    means = armed(means)
    successor = successor_of(means)
    if successor.takes_over is None or at < successor.takes_over:
        return means
    agreed = means.ledger.agreed()
    if not agreed.bases:
        return means
    means.ledger.agree(agreed.to(base=agreed.bases[-1], signer=successor.fingerprint))
    _log.warning(
        "taking over signer=%s from=%s, which expires soon: it was rehearsed",
        successor.fingerprint,
        means.signer.fingerprint,
    )
    means.after_step()
    return armed(means)


def successor_of(means: Means) -> Successor:
    """Return who is to follow the signer of *means*, which are armed."""
    if means.follows is None:
        return Successor(trouble=means.trouble)
    fingerprint = means.follows.signer.fingerprint
    is_rehearsed = fingerprint in means.ledger.rehearsed()
    return Successor(
        fingerprint,
        is_rehearsed=is_rehearsed,
        takes_over=takes_over(means.signer.not_after, means.takeover) if is_rehearsed else None,
    )


def ending(means: Means, at: datetime) -> Expiring | None:
    """Return what is to be told at *at* of the end of the signer of *means*, which are armed."""
    return expiring(means.signer.not_after, at, successor_of(means))


def able(means: Means, at: datetime) -> Means:
    """Return *means* as they are, or with nobody to sign when the signer has expired at *at*.

    Everything else goes on: what leaves must leave.
    """
    end = means.signer.not_after
    if end is None or at <= end:
        return means
    why = (
        f"the signer's certificate expired {end.isoformat()}; renew it, or accept the one that "
        "follows"
    )
    nobody = Nobody(means.signer.fingerprint, why, end)
    return replace(means, signer=nobody, prove=unproved, many=None)


def reminder() -> Callable[[Expiring], None]:
    """Return what logs an end once a day, and in the last days each time; louder near the end."""
    said: list[tuple[int, str]] = [(-1, "")]

    def remind(end: Expiring) -> None:
        now = (end.days, end.advice)
        if now != said[-1] or end.days < LAST.days:
            said[:] = [now]
            _log.log(_LEVELS[end.urgency], "expiring days=%d: signer %s", end.days, end)

    return remind
