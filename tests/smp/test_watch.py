"""Watching: publishing on change and by the clock, and going on when something does not answer."""

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from builders import NOW, endpoint, gln
from eer.domain.errors import Conflict, Refused, Unavailable
from fakes.publishing import TTL, World, fresh_store
from smp.watch import FULL_EVERY, LONGEST_PAUSE, pause, reach, watch

INTERVAL = timedelta(seconds=2)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with fresh_store(tmp_path / "smp.sqlite") as store:
        yield World(store, endpoint(1))


class Waiting:
    """Does one thing in each pause, moves the clock by it, and stops after the last one."""

    def __init__(self, world: World, *deeds: Callable[[], object]) -> None:
        self.world = world
        self.deeds = list(deeds)
        self.pauses: list[float] = []

    def __call__(self, seconds: float) -> bool:
        self.pauses.append(seconds)
        self.world.clock.move(timedelta(seconds=seconds))
        if not self.deeds:
            return True
        self.deeds.pop(0)()
        return False


def nothing() -> None:
    pass


def runs(world: World) -> int:
    """Return how many times the register was asked for endpoints."""
    return len(world.register.asked)


def test_it_publishes_at_once(world: World) -> None:
    watch(world.publisher, interval=INTERVAL, wait=Waiting(world))

    assert world.named(1)


def test_without_a_change_it_only_asks_for_the_sequence(world: World) -> None:
    wait = Waiting(world, nothing, nothing, nothing)

    watch(world.publisher, interval=INTERVAL, wait=wait)

    assert runs(world) == 1
    assert wait.pauses == [2, 2, 2, 2]


@pytest.mark.smp(109)
def test_a_change_is_published_after_the_next_interval(world: World) -> None:
    wait = Waiting(world, lambda: world.register.put(endpoint(2)))

    watch(world.publisher, interval=INTERVAL, wait=wait)

    assert runs(world) == 2
    assert world.named(2)


def test_a_change_may_cut_a_rest_short_but_no_wait_behind_a_failure(world: World) -> None:
    def silence() -> None:
        world.register.silent = True

    rests, waits = Waiting(world, nothing, silence), Waiting(world)

    watch(world.publisher, interval=INTERVAL, wait=waits, rest=rests)

    assert rests.pauses == [2, 2]
    assert waits.pauses == [4]


def test_a_period_that_begins_is_published_in_time(world: World) -> None:
    world.register.put(endpoint(2, begin=NOW + INTERVAL))

    watch(world.publisher, interval=INTERVAL, wait=Waiting(world, nothing))

    assert world.named(2)


def test_a_retirement_is_carried_out_when_it_is_due(world: World) -> None:
    def leave() -> None:
        world.register.remove(endpoint(1).reference)

    wait = Waiting(world, leave, lambda: world.clock.move(TTL))

    watch(world.publisher, interval=INTERVAL, wait=wait)

    assert world.group(1) is None


def test_what_does_not_answer_is_tried_again_later_and_later(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.locator.silent = True

    def answer() -> None:
        world.locator.silent = False

    wait = Waiting(world, nothing, nothing, answer, nothing)

    with caplog.at_level(logging.WARNING):
        watch(world.publisher, interval=INTERVAL, wait=wait)

    assert wait.pauses == [4, 8, 16, 2, 2]
    assert [record.getMessage() for record in caplog.records] == [
        f"publishing failed={number}, trying again: name server 192.0.2.1:53 does not answer"
        for number in (1, 2, 3)
    ]
    assert world.named(1)


@pytest.mark.smp(108)
def test_a_register_that_falls_silent_between_runs_does_not_end_it(world: World) -> None:
    def silence() -> None:
        world.register.silent = True

    def answer() -> None:
        world.register.silent = False
        world.register.put(endpoint(2))

    watch(world.publisher, interval=INTERVAL, wait=Waiting(world, silence, answer))

    assert world.named(2)


def test_a_conflict_is_tried_again(world: World) -> None:
    apply = world.locator.apply

    def clash(_: object) -> None:
        world.locator.apply = apply  # type: ignore[method-assign]  # once only
        raise Conflict("somebody was faster")

    world.locator.apply = clash  # type: ignore[method-assign]  # a name taken in between

    watch(world.publisher, interval=INTERVAL, wait=Waiting(world, nothing))

    assert world.named(1)


def test_what_is_refused_is_told_louder_and_goes_on_when_somebody_has_mended_it(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """A wrong key at the name server, for one: the watch outlives the mistake."""
    apply = world.locator.apply

    def refuse(_: object) -> None:
        raise Refused("the server refuses the key: expected another")

    def mend() -> None:
        world.locator.apply = apply  # type: ignore[method-assign]  # as it was

    world.locator.apply = refuse  # type: ignore[method-assign]  # a wrong key

    with caplog.at_level(logging.ERROR):
        watch(world.publisher, interval=INTERVAL, wait=Waiting(world, nothing, mend))

    assert [record.getMessage() for record in caplog.records] == [
        f"publishing failed={number}, trying again: the server refuses the key: expected another"
        for number in (1, 2)
    ]
    assert world.named(1)


def test_the_pause_has_a_limit() -> None:
    pauses = [pause(INTERVAL, failures) for failures in (0, 1, 7, 8, 10_000)]

    assert pauses == [INTERVAL, 2 * INTERVAL, 128 * INTERVAL, LONGEST_PAUSE, LONGEST_PAUSE]


def test_an_interval_beyond_the_limit_is_kept() -> None:
    assert pause(2 * LONGEST_PAUSE, 3) == 2 * LONGEST_PAUSE


def test_what_somebody_else_undid_is_mended_without_any_change_here(world: World) -> None:
    def undo() -> None:
        world.locator.found.clear()
        world.clock.move(FULL_EVERY)

    watch(world.publisher, interval=INTERVAL, wait=Waiting(world, undo))

    assert world.named(1)


def test_reaching_a_sequence_publishes_it(world: World) -> None:
    world.register.put(endpoint(2))

    assert reach(world.publisher, 2, never) == frozenset()
    assert world.named(2)


def test_reaching_what_is_public_asks_for_nobody(world: World) -> None:
    world.publisher.publish()
    before = runs(world)

    assert reach(world.publisher, 1, never) == frozenset()
    assert world.register.asked[before:] == [frozenset()]


def test_a_sequence_that_is_not_there_is_refused(world: World) -> None:
    with pytest.raises(Refused, match="sequence 2: the register is at 1"):
        reach(world.publisher, 2, never)


def test_reaching_waits_for_another_run_and_says_how_far_that_came(world: World) -> None:
    tries: list[int] = []

    def twice() -> bool:
        tries.append(1)
        return len(tries) < 2

    with (
        world.publisher.means.ledger.run(),
        pytest.raises(Unavailable, match="sequence 1 is not public: publication is at 0"),
    ):
        reach(world.publisher, 1, twice)

    assert len(tries) == 2


def test_who_waits_for_a_person_is_told_when_a_sequence_is_reached(world: World) -> None:
    world.publisher.publish()
    world.locator.remembered |= world.named(1)
    world.register.remove(endpoint(1).reference)

    assert reach(world.publisher, 2, never) == frozenset({gln(1)})


def never() -> bool:
    return False


def test_a_register_that_answers_again_is_seen_though_there_is_nothing_to_do(world: World) -> None:
    seen: list[bool] = []

    def speak(*, silent: bool) -> Callable[[], None]:
        return lambda: setattr(world.register, "silent", silent)

    watch(
        world.publisher,
        interval=INTERVAL,
        wait=Waiting(world, speak(silent=True), speak(silent=False), nothing),
        seen=lambda report: seen.append(report is not None),
    )

    assert seen == [True, False, True]
