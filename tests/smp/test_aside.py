import logging
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta

import pytest

from eer.domain.errors import Unavailable
from smp.aside import Aside, Job


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Elsewhere:
    """Does what is submitted at once, or when it is told to."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Callable[[], object], Future[object]]] = []
        self.is_slow = False

    def submit(self, what: Callable[[], object]) -> "Future[object]":
        future: Future[object] = Future()
        self.waiting.append((what, future))
        if not self.is_slow:
            self.finish()
        return future

    def finish(self) -> None:
        for what, future in self.waiting:
            future.set_result(what())
        self.waiting.clear()


def beside(*jobs: Job) -> tuple[Aside, Clock, Elsewhere]:
    clock, elsewhere = Clock(), Elsewhere()
    return Aside(jobs, elsewhere.submit, clock), clock, elsewhere


def job(name: str, seconds: float, done: list[str]) -> Job:
    return Job(name, lambda: done.append(name), timedelta(seconds=seconds))


def called(aside: Aside, clock: Clock, times: int, *, is_busy: bool = False) -> None:
    """Let so many seconds pass, a pause each."""
    pause = aside.before(lambda seconds: seconds == 1)
    for _ in range(times):
        clock.seconds += 1
        if is_busy:
            aside.busy()
        assert pause(1)


def test_each_job_is_done_every_so_often() -> None:
    done: list[str] = []
    aside, clock, _ = beside(job("often", 2, done), job("seldom", 5, done))

    called(aside, clock, 12)

    assert (done.count("often"), done.count("seldom")) == (6, 2)


def test_a_job_waits_for_publishing_but_not_for_ever() -> None:
    done: list[str] = []
    aside, clock, _ = beside(job("verification", 2, done))

    called(aside, clock, 31, is_busy=True)
    busy = list(done)
    called(aside, clock, 1, is_busy=True)

    assert (busy, done) == ([], ["verification"])


def test_nothing_is_begun_while_something_is_at_work() -> None:
    done: list[str] = []
    aside, clock, elsewhere = beside(job("slow", 1, done), job("other", 1, done))
    elsewhere.is_slow = True

    called(aside, clock, 5)

    assert (len(elsewhere.waiting), done) == (1, [])

    elsewhere.finish()
    called(aside, clock, 1)

    assert len(elsewhere.waiting) == 1


@pytest.mark.parametrize("fault", [Unavailable("the register does not answer"), KeyError("x")])
def test_a_job_that_fails_is_logged_and_comes_again(
    fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[int] = []

    def fail() -> None:
        tries.append(1)
        raise fault

    aside, clock, _ = beside(Job("verification", fail, timedelta(seconds=1)))

    with caplog.at_level(logging.WARNING):
        called(aside, clock, 2)

    assert len(tries) == 2
    assert [each.getMessage()[:23] for each in caplog.records] == ["failed job=verification"] * 2
