"""The register was put back from a backup: it is noticed and told, and nothing is passed over."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders import NOW, endpoint
from eer.domain.errors import Unavailable
from eer.domain.receipt import Step
from fakes.publishing import World, fresh_store, key
from smp.domain.progress import Progress
from smp.watch import reach


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Four versions are public; the backup has the first two of them."""
    with fresh_store(tmp_path / "smp.sqlite") as store:
        world = World(store, endpoint(1), endpoint(2))
        world.publisher.publish()
        world.register.put(endpoint(3))
        world.register.put(endpoint(4))
        world.publisher.publish()
        yield world


def put_back(world: World) -> None:
    world.register.put_back(2, endpoint(1), endpoint(2))


def test_a_register_that_went_back_is_told_and_everybody_is_looked_at(world: World) -> None:
    put_back(world)

    report = world.publisher.publish_touched()

    assert report.is_full
    [told] = report.warnings
    assert "sequence 4 of 2026-" in told
    assert "it stands at 2" in told
    assert [bool(world.named(number)) for number in (1, 2, 3, 4)] == [True, True, False, False]


def test_versions_written_in_the_place_of_lost_ones_are_not_passed_over(world: World) -> None:
    put_back(world)
    for number in (5, 6, 7):
        world.register.put(endpoint(number))

    report = world.publisher.publish_touched()

    assert [bool(world.named(number)) for number in (4, 5, 6, 7)] == [False, True, True, True]
    assert "another one stands in its place" in report.warnings[0]


def test_a_plan_tells_it_and_a_run_tells_it_once(world: World) -> None:
    put_back(world)

    planned = world.publisher.plan()
    first, second = world.publisher.publish(), world.publisher.publish_touched()

    assert planned.warnings == first.warnings
    assert len(first.warnings) == 1
    assert (second.warnings, second.is_full) == ((), False)


def test_the_register_is_told_of_everybody_again(world: World) -> None:
    put_back(world)
    world.register.receipts.clear()

    world.publisher.publish()

    finished = {each.participant for each in world.register.receipts if each.step is Step.FINISHED}
    assert {str(key(number).participant) for number in (1, 2)} <= finished


def test_nobody_is_told_for_a_sequence_that_only_the_lost_register_had(world: World) -> None:
    put_back(world)
    world.register.put(endpoint(5))
    world.locator.silent = True

    with pytest.raises(Unavailable, match="sequence 3 is not public: publication is at 0"):
        reach(world.publisher, 3, lambda: False)


def test_a_register_that_was_empty_and_has_something_now_did_not_go_back(tmp_path: Path) -> None:
    with fresh_store(tmp_path / "smp.sqlite") as store:
        world = World(store)
        world.publisher.publish()
        world.register.put(endpoint(1))

        report = world.publisher.publish_touched()

    assert (report.warnings, report.is_full) == ((), False)


def test_what_an_older_release_noted_is_judged_by_its_sequence_alone() -> None:
    noted = Progress(4, "settings", "signer", None)

    assert noted.lost(NOW, 4) == ""
    assert noted.lost(None, 2).startswith("register: sequence 4 is not there; it stands at 2")
