"""What is done beside publishing, without ever keeping it waiting?

One job at a time, each every so often, away from the thread that publishes. A job that fails is
logged and comes again; it must never end the publisher.
"""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta

from eer.domain.errors import Failure

_LONGEST = 30
"""Seconds that a job waits for a pause in which nothing was published."""

_log = logging.getLogger(__name__)

Submit = Callable[[Callable[[], object]], "Future[object]"]
"""Lets something be done elsewhere: an executor's `submit`."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done *every* so often."""

    name: str
    do: Callable[[], object]
    every: timedelta


class Aside:
    """Begins *jobs* when they are due, in the publisher's pauses.

    While it is *busy* they wait: they would take the processor from it. But not for ever.
    """

    def __init__(self, jobs: Sequence[Job], submit: Submit, clock: Callable[[], float]) -> None:
        """Take a *clock* in seconds that never goes back."""
        self._submit = submit
        self._clock = clock
        self._due = {job: clock() + job.every.total_seconds() for job in jobs}
        self._at_work: Future[object] | None = None
        self._is_idle = True

    def busy(self) -> None:
        """Note that something was published just now."""
        self._is_idle = False

    def before(self, wait: Callable[[float], bool]) -> Callable[[float], bool]:
        """Return *wait* as one that first begins what is due."""

        def pause(seconds: float) -> bool:
            self._begin(is_idle=self._is_idle)
            self._is_idle = True
            return wait(seconds)

        return pause

    def _begin(self, *, is_idle: bool) -> None:
        """Begin the job that is due the longest, unless one is still at work."""
        if self._at_work is not None and not self._at_work.done():
            return
        at = self._clock()
        patience = 0 if is_idle else _LONGEST
        due = [job for job, when in self._due.items() if when + patience <= at]
        if not due:
            return
        job = min(due, key=self._due.__getitem__)
        self._due[job] = at + job.every.total_seconds()
        self._at_work = self._submit(lambda: _done(job))


def _done(job: Job) -> None:
    """Whatever goes wrong here, publishing goes on."""
    try:
        job.do()
    except Failure as fault:
        _log.warning("failed job=%s, it comes again: %s", job.name, fault.text)
    except Exception:  # noqa: BLE001 - the top of a thread, and publishing must go on
        _log.exception("failed job=%s, it comes again", job.name)
