"""By the clock alone: what begins appears, what ends goes, and the next look is never lost.

The clock stands still but where a test moves it; nothing is written unless a test says so.
"""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from builders import END, HOMECARE, NOW, RECEIPT, access_point, certificate, endpoint, gln
from eer.domain.eligibility import Reason
from eer.domain.model import AccessPoint, Endpoint
from eer.domain.period import Period
from eer.domain.standing import Standing, Verdict
from fakes.publishing import TERMS, TTL, World, fresh_store
from smp.publish import Publisher
from smp.watch import watch

SECOND, MINUTE, HOUR, DAY = (
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(days=1),
)
LENIENT = replace(TERMS, tolerated=(Reason.CERTIFICATE_EXPIRED,))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with fresh_store(tmp_path / "smp.sqlite") as store:
        yield World(store, endpoint(1))


def passing(world: World, time: timedelta, publisher: Publisher | None = None) -> None:
    """Let *time* pass under a watch that was started now, looking every *time* / 4."""
    ends = world.clock.at + time

    def wait(_: float) -> bool:
        world.clock.move(time / 4)
        return world.clock.at > ends

    watch(publisher or world.publisher, interval=SECOND, wait=wait, full_every=365 * DAY)


def standing(verdict: Verdict, until: datetime | None = None) -> AccessPoint:
    return replace(access_point(), standing=Standing(verdict, "why", until))


def fulls(world: World) -> int:
    """Return how many times everybody was looked at."""
    return world.register.asked.count(None)


# Periods


def test_what_begins_later_is_published_at_its_time_and_not_before(world: World) -> None:
    world.register.put(endpoint(2, begin=NOW + MINUTE))
    passing(world, MINUTE - SECOND)
    before = world.named(2), world.group(2)
    passing(world, SECOND)

    assert before == (set(), None)
    assert world.named(2)
    assert world.group(2)


def test_what_ends_is_withdrawn_at_its_time(world: World) -> None:
    world.register.put(endpoint(2, end=NOW + MINUTE))
    passing(world, MINUTE - SECOND)
    before = world.named(2)
    passing(world, SECOND)
    named = world.named(2)
    passing(world, TTL)

    assert before
    assert named == set()
    assert world.group(2) is None


def test_one_document_of_several_goes_at_once_when_it_ends(world: World) -> None:
    world.register.put(endpoint(2, RECEIPT, id="stays"))
    world.register.put(endpoint(2, HOMECARE, id="goes", end=NOW + MINUTE))
    passing(world, MINUTE - SECOND)
    before = world.body(2, HOMECARE)
    passing(world, SECOND)

    assert before
    assert world.body(2, HOMECARE) is None
    assert world.body(2, RECEIPT)


def test_a_mailbox_moves_to_its_next_supplier_at_the_instant_of_the_change(world: World) -> None:
    change = NOW + MINUTE
    old, new = access_point("https://old.example.dk"), access_point("https://new.example.dk")
    world.register.put(
        endpoint(2, HOMECARE, id="old", end=change, at=old),
        endpoint(2, HOMECARE, id="new", begin=change, at=new),
    )
    passing(world, MINUTE - SECOND)
    before = world.body(2, HOMECARE)
    passing(world, SECOND)
    after = world.body(2, HOMECARE)

    assert before is not None
    assert after is not None
    assert "https://old.example.dk" in before
    assert "https://new.example.dk" in after
    assert world.named(2)


@pytest.mark.parametrize(
    ("day", "first", "behind"),
    [
        ("2026-10-25", (2026, 10, 24, 22), (2026, 10, 25, 23)),
        ("2027-03-28", (2027, 3, 27, 23), (2027, 3, 28, 22)),
    ],
)
def test_a_day_on_which_the_clock_changes_is_served_from_midnight_to_midnight(
    world: World, day: str, first: tuple[int, ...], behind: tuple[int, ...]
) -> None:
    begins, ends = (datetime(*each, tzinfo=UTC) for each in (first, behind))
    world.register.put(replace(endpoint(2), period=Period.parse(day, day)))

    def named_at(at: datetime) -> bool:
        world.clock.at = at
        world.publisher.publish_touched()
        return bool(world.named(2))

    assert not named_at(begins - SECOND)
    assert named_at(begins)
    assert named_at(ends - SECOND)
    assert not named_at(ends)


# The next look


def test_a_plain_run_leaves_the_next_look_to_whoever_comes_then(world: World) -> None:
    world.register.put(endpoint(2, begin=NOW + HOUR))
    world.publisher.publish()
    world.clock.move(HOUR)
    world.publisher.publish_touched()

    assert world.named(2)


def test_a_run_for_a_few_does_not_lose_the_next_look_of_the_others(world: World) -> None:
    world.register.put(endpoint(2, begin=NOW + HOUR), endpoint(3, begin=NOW + 2 * HOUR))
    world.publisher.publish()
    for minutes in range(3):
        world.clock.move(MINUTE)
        world.register.put(endpoint(4, name=f"renamed {minutes}"))
        world.publisher.publish_touched()
    seen = fulls(world)
    world.clock.at = NOW + HOUR
    world.publisher.publish_touched()
    one = world.named(2), world.named(3)
    world.clock.at = NOW + 2 * HOUR
    world.publisher.publish_touched()

    assert seen == 1
    assert (bool(one[0]), bool(one[1])) == (True, False)
    assert world.named(3)


def test_a_run_for_a_few_brings_the_next_look_of_these_few(world: World) -> None:
    world.publisher.publish()
    world.register.put(endpoint(2, begin=NOW + HOUR))
    report = world.publisher.publish_touched()
    world.clock.move(HOUR)
    world.publisher.publish_touched()

    assert report.look_again == NOW + HOUR
    assert world.named(2)


def test_a_run_that_dies_loses_no_look(world: World) -> None:
    class Killed(Exception):
        pass

    def kill(_: int) -> None:
        raise Killed

    world.register.put(endpoint(2, begin=NOW + HOUR))
    world.publisher.publish()
    world.clock.move(HOUR)
    world.on_step = kill
    with pytest.raises(Killed):
        world.publisher.publish_touched()
    world.on_step = lambda _: None
    world.clock.move(MINUTE)
    world.publisher.publish_touched()

    assert world.named(2)


@pytest.mark.parametrize("asleep", [SECOND, HOUR, 365 * DAY])
def test_what_fell_due_while_nobody_watched_is_done_when_somebody_does(
    world: World, asleep: timedelta
) -> None:
    world.register.put(endpoint(2, begin=NOW + SECOND), endpoint(3, end=NOW + SECOND))
    passing(world, SECOND / 2)
    world.clock.at = NOW + asleep
    passing(world, SECOND)

    assert world.named(2)
    assert not world.named(3)


def test_between_two_looks_a_watch_asks_for_nobody(world: World) -> None:
    world.register.put(endpoint(2, begin=NOW + HOUR))
    passing(world, HOUR)

    assert fulls(world) == 1
    assert world.register.asked[1:] == [frozenset({gln(2)})]
    assert world.named(2)


def test_when_its_time_has_come_nobody_else_is_looked_at(world: World) -> None:
    world.register.put(endpoint(2, begin=NOW + HOUR), endpoint(3, end=NOW + HOUR), endpoint(4))
    report = world.publisher.publish()
    world.clock.move(HOUR)

    world.publisher.publish_touched()

    assert report.look_again == NOW + HOUR
    assert world.register.asked[-1] == {gln(2), gln(3)}
    assert (bool(world.named(2)), bool(world.named(3)), bool(world.named(4))) == (True, False, True)


def test_an_alarm_that_is_no_longer_right_is_set_anew(world: World) -> None:
    world.register.put(endpoint(2, begin=NOW + HOUR))
    world.publisher.publish()
    world.register.put(endpoint(2, begin=NOW + 2 * HOUR))

    report = world.publisher.publish_touched()

    assert report.look_again == NOW + 2 * HOUR


def test_two_looks_are_kept_by_a_watch_that_was_started_anew_between_them(world: World) -> None:
    world.register.put(endpoint(2, begin=NOW + HOUR, end=NOW + 2 * HOUR))
    passing(world, HOUR)
    one = world.named(2)
    passing(world, HOUR)

    assert one
    assert not world.named(2)


# The certificate of the access point


def test_a_certificate_that_expires_takes_its_endpoints_with_it(world: World) -> None:
    world.clock.at = END - MINUTE
    passing(world, MINUTE - SECOND)
    before = world.named(1)
    passing(world, SECOND)
    named = world.named(1)
    passing(world, TTL)

    assert before
    assert named == set()
    assert world.group(1) is None


def test_a_certificate_that_begins_later_publishes_itself(world: World) -> None:
    new = access_point(certificate=certificate(not_before=NOW + MINUTE))
    world.register.put(endpoint(2, at=new))
    passing(world, MINUTE)

    assert world.named(2)


def test_by_setting_an_expired_certificate_stays_published_and_somebody_is_told(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    lenient = world.having(terms=LENIENT)
    world.clock.at = END - MINUTE
    lenient.publish()
    before = world.see()
    world.clock.at = END
    with caplog.at_level(logging.WARNING):
        report = lenient.publish_touched()

    [warning] = report.warnings
    assert warning.startswith("Device/ap: the access point's certificate has expired")
    assert lenient.plan().warnings == report.warnings
    assert f"warned sequence={report.sequence}: {warning}" in caplog.messages
    assert report.signed == 0
    assert world.see() == before


def test_a_run_for_a_few_does_not_log_it_again(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    lenient = world.having(terms=LENIENT)
    world.clock.at = END
    lenient.publish()
    world.register.put(endpoint(1, name="renamed"))
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        report = lenient.publish_touched()

    assert report.warnings
    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []


def test_a_change_of_that_setting_is_a_plan_like_any_other(world: World) -> None:
    world.publisher.publish()
    world.clock.at = END
    world.publisher.publish_touched()
    world.having(terms=LENIENT).publish_touched()

    assert world.named(1)


@pytest.mark.parametrize("verdict", [Verdict.UNTRUSTED, Verdict.REVOKED, Verdict.TEST])
def test_a_certificate_that_does_not_stand_well_is_not_published(
    world: World, verdict: Verdict
) -> None:
    world.register.put(endpoint(2, at=standing(verdict)))
    world.publisher.publish()

    assert world.named(1)
    assert not world.named(2)


def test_a_revoked_certificate_is_withdrawn_at_the_next_look_though_nobody_wrote(
    world: World,
) -> None:
    good = endpoint(2, at=standing(Verdict.GOOD, NOW + DAY))
    world.register.put(good)
    world.publisher.publish()
    before = world.named(2)
    _found(world, endpoint(2, at=standing(Verdict.REVOKED, NOW + 2 * DAY)))
    passing(world, DAY)

    assert before
    assert not world.named(2)


def test_what_is_let_go_from_a_list_is_published_again_at_the_next_look(world: World) -> None:
    world.register.put(endpoint(2, at=standing(Verdict.REVOKED, NOW + DAY)))
    world.publisher.publish()
    _found(world, endpoint(2, at=standing(Verdict.GOOD)))
    passing(world, DAY)

    assert world.named(2)


def test_many_that_are_suddenly_revoked_wait_for_a_person(world: World) -> None:
    crowd = [endpoint(number) for number in range(2, 30)]
    world.register.put(*crowd)
    world.publisher.publish()
    revoked = standing(Verdict.REVOKED)
    _found(world, *(replace(each, access_points=(revoked,)) for each in crowd))
    report = world.publisher.publish()

    assert not report.held.is_empty
    assert all(world.named(number) for number in range(2, 30))


def test_what_the_lists_lack_is_told_by_plan_and_run(world: World) -> None:
    world.register.remarks = ("no revocation list of CN=Issuing",)
    world.register.unchecked = ("whether AP certificates are revoked",)
    plan, report = world.publisher.plan(), world.publisher.publish()

    assert plan.warnings == report.warnings == ("no revocation list of CN=Issuing",)
    assert plan.unchecked == ("whether AP certificates are revoked",)


def _found(world: World, *endpoints: Endpoint) -> None:
    """Let the register say so of *endpoints* without a version: a list says it, not a person."""
    for each in endpoints:
        world.register.endpoints[each.reference] = each
