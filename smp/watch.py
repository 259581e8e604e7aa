"""Publish whenever the register has changed or time alone has, for as long as the process lives.

No failure ends it: it is logged and tried again, later and later. What does not answer comes back
by itself; what was refused goes on when somebody has mended the key, the server or the signer.
"""

import logging
from collections.abc import Callable
from datetime import timedelta

from eer.domain.errors import Conflict, Failure, Refused, Unavailable
from smp.domain.hour import TOLERATED
from smp.domain.progress import Report
from smp.publish import Publisher

LONGEST_PAUSE = timedelta(minutes=5)
FULL_EVERY = timedelta(minutes=15)

_log = logging.getLogger(__name__)


def watch(
    publisher: Publisher,
    *,
    interval: timedelta,
    wait: Callable[[float], bool],
    rest: Callable[[float], bool] | None = None,
    full_every: timedelta = FULL_EVERY,
    seen: Callable[[Report | None], None] = lambda _: None,
) -> None:
    """Publish at once, and then look every *interval* whether there is something to do.

    Everything is looked at in the beginning and *full_every*, so that what somebody else undid is
    mended; in between only those who were touched. *wait* waits for some seconds and returns
    whether to stop: `threading.Event().wait`. So does *rest*, which a change may cut short; it is
    used where nothing has failed. *seen* is given what each run has done, None for one that failed.
    A clock that is set back makes nobody wait: how late it was is written down, and all looked at.
    """
    report: Report | None = None
    full = last = publisher.means.clock()
    failures = 0
    while True:
        try:
            now = publisher.means.clock()
            if has_gone_back := last - now > TOLERATED:
                publisher.means.ledger.pass_by(last)
            last = now
            if report is None or has_gone_back or now >= full:
                report = publisher.publish()
                full = publisher.means.clock() + full_every
                seen(report)
            elif _has_something_to_do(publisher, report):
                report = publisher.publish_touched()
                seen(report)
            elif failures:
                seen(report)  # what failed was only to ask, and now there is an answer
            failures = 0
        except Failure as fault:
            failures += 1
            _log.log(_level(fault), "publishing failed=%d, trying again: %s", failures, fault.text)
            seen(None)
        patiently = wait if failures or rest is None else rest
        if patiently(pause(interval, failures).total_seconds()):
            return


def reach(publisher: Publisher, sequence: int, patience: Callable[[], bool]) -> frozenset[str]:
    """Publish, or see another run publish, until all up to *sequence* is done.

    Returns the GLNs that are looked at again by the next run: held, in conflict, or waiting for a
    server. *patience* waits a little and returns whether it is worth trying again: when it is not,
    Unavailable says how far it has come. Raises Refused for a sequence that the register has not
    reached, and what publish() raises.
    """
    present = publisher.means.register.sequence()
    if sequence > present:
        raise Refused(f"sequence {sequence}: the register is at {present}")
    while True:
        try:
            publisher.publish_touched()
        except (Unavailable, Conflict) as fault:
            _log.info("waiting for sequence=%d: %s", sequence, fault.text)
        progress = None if publisher.means.lost() else publisher.means.ledger.progress()
        if progress is not None and progress.sequence >= sequence:
            return progress.unfinished
        if not patience():
            come = 0 if progress is None else progress.sequence
            raise Unavailable(f"sequence {sequence} is not public: publication is at {come}")


def pause(interval: timedelta, failures: int) -> timedelta:
    """Return how long to wait after so many *failures* in a row: doubled each time, to a limit."""
    longest = max(interval, LONGEST_PAUSE)
    return longest if failures > 16 else min(interval * 2**failures, longest)  # noqa: PLR2004


def _level(fault: Failure) -> int:
    """What comes back by itself is a warning; of all else a person has to know."""
    return logging.WARNING if isinstance(fault, Unavailable | Conflict) else logging.ERROR


def _has_something_to_do(publisher: Publisher, report: Report) -> bool:
    """What is held or in conflict waits for the next change or for a person."""
    if publisher.means.stops.revision() != report.stops.revision:
        return True
    if publisher.means.legacy.revision() != report.written:
        return True
    if publisher.means.register.sequence() != report.sequence:
        return True
    return report.look_again is not None and report.look_again <= publisher.means.clock()
