"""The clock is set back while publishing: nobody goes, and no time goes back."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from werkzeug.http import http_date

from builders import NOW, endpoint, gln
from eer.domain.errors import Refused
from fakes.publishing import TTL, World, fresh_store, key
from smp.watch import watch

HOUR, YEAR = timedelta(hours=1), timedelta(days=365)
INTERVAL = timedelta(seconds=2)

each_step = pytest.mark.parametrize("back", [HOUR, YEAR], ids=["an hour", "a year"])


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with fresh_store(tmp_path / "smp.sqlite") as store:
        yield World(store, endpoint(1, begin=NOW - timedelta(minutes=1)))


def modified(world: World, number: int = 1) -> datetime:
    found = world.documents.document(f"0088:{gln(number)}", key(number).document.value)
    assert found is not None
    return found.last_modified


@each_step
def test_who_is_published_does_not_go_though_the_clock_says_that_it_is_too_early(
    world: World, back: timedelta
) -> None:
    world.publisher.publish()
    before = world.see()
    world.clock.move(-back)

    world.publisher.publish()

    assert world.see() == before
    world.clock.move(back)
    assert world.publisher.plan().is_empty


@each_step
def test_what_is_written_meanwhile_is_published(world: World, back: timedelta) -> None:
    world.publisher.publish()
    world.clock.move(-back)
    world.register.put(endpoint(2, begin=NOW - timedelta(minutes=1)))

    world.publisher.publish_touched()

    assert world.named(2)
    assert world.body(2)


@each_step
def test_no_time_that_others_see_goes_back(world: World, back: timedelta) -> None:
    """Of who went and comes back, too: a cache would keep for the new document the old one."""
    world.publisher.publish()
    first = modified(world)
    world.register.remove(endpoint(1).reference)
    world.publisher.publish()
    world.clock.move(TTL)
    world.publisher.publish()
    assert world.body(1) is None
    world.clock.move(-back)
    world.register.put(endpoint(1, name="others", begin=NOW - timedelta(minutes=1)))

    world.publisher.publish()

    assert http_date(modified(world)) > http_date(first)
    times = [receipt.at for receipt in world.register.receipts]
    assert times == sorted(times)


@each_step
def test_it_is_told_that_time_stands_still(world: World, back: timedelta) -> None:
    world.publisher.publish()
    world.clock.move(-back)

    report = world.publisher.publish()

    [told] = report.warnings
    assert told == world.publisher.plan().warnings[0]
    assert told.startswith(
        f"the clock says {(NOW - back).isoformat()}, and something was done at {NOW.isoformat()}: "
        "until then no time passes here"
    )
    world.clock.move(back)
    assert world.publisher.publish().warnings == ()


def test_a_clock_that_is_set_by_seconds_is_nothing_to_tell(world: World) -> None:
    world.publisher.publish()
    world.clock.move(-timedelta(seconds=5))

    assert world.publisher.publish().warnings == ()


def test_no_retirement_is_timed_by_a_clock_that_is_behind(world: World) -> None:
    """When the clock is right again it would be over before others have forgotten the name."""
    world.publisher.publish()
    world.clock.move(-HOUR)
    world.register.remove(endpoint(1).reference)
    report = world.publisher.publish()
    amid = [each.due for each in report.retirements]
    world.clock.move(HOUR)

    world.publisher.publish()

    assert amid == [None]
    assert world.body(1) is not None
    world.clock.move(TTL)
    world.publisher.publish()
    assert world.body(1) is None


class Waiting:
    """Moves the clock by each pause and by what a test says, and stops after the last of those."""

    def __init__(self, world: World, *moves: timedelta) -> None:
        self.world = world
        self.moves = list(moves)

    def __call__(self, seconds: float) -> bool:
        self.world.clock.move(timedelta(seconds=seconds))
        if not self.moves:
            return True
        self.world.clock.move(self.moves.pop(0))
        return False


@each_step
def test_a_watch_that_sees_the_clock_go_back_writes_down_what_it_was(
    world: World, back: timedelta
) -> None:
    """The last deed may be long ago: what began since then is public as well."""
    world.register.put(endpoint(2, begin=NOW + timedelta(hours=5)))
    quiet = timedelta(hours=9)

    watch(world.publisher, interval=INTERVAL, wait=Waiting(world, quiet, quiet, -back, timedelta()))

    assert world.named(2)
    assert world.publisher.means.ledger.hour(world.clock()).at >= NOW + 2 * quiet


def test_who_is_over_does_not_come_back_with_a_clock_that_says_that_it_is_not(
    world: World,
) -> None:
    world.register.put(endpoint(2, end=NOW + HOUR))
    world.publisher.publish()
    world.clock.move(2 * HOUR)
    world.publisher.publish()
    world.clock.move(-HOUR - INTERVAL)

    world.publisher.publish()

    assert not world.named(2)


def test_a_watch_looks_at_everybody_at_once_when_the_clock_went_back(world: World) -> None:
    watch(world.publisher, interval=INTERVAL, wait=Waiting(world, -YEAR, timedelta()))

    assert world.register.asked == [None, None]


def test_a_clock_that_was_ahead_is_followed_back_when_somebody_says_so(world: World) -> None:
    """It was a year ahead, and everybody whose period ends before then was over."""
    world.register.put(endpoint(2, end=NOW + HOUR))
    world.publisher.publish()
    world.clock.move(YEAR)
    world.publisher.publish()
    assert not world.named(2)
    world.clock.move(-YEAR)
    [told] = world.publisher.publish().warnings
    assert not world.named(2)

    report = world.publisher.publish(told.rpartition(" ")[2])

    assert report.warnings == ()
    assert world.named(2)
    with pytest.raises(Refused, match="nothing is held now"):
        world.publisher.publish(told.rpartition(" ")[2])


def test_what_retires_by_a_clock_that_was_ahead_does_so_in_time_when_somebody_says_so(
    world: World,
) -> None:
    world.publisher.publish()
    world.clock.move(YEAR)
    world.register.remove(endpoint(1).reference)
    world.publisher.publish()
    world.clock.move(-YEAR)
    world.publisher.publish(world.publisher.plan().warnings[0].rpartition(" ")[2])
    assert world.body(1) is not None

    world.clock.move(TTL)
    world.publisher.publish()

    assert world.body(1) is None
