"""One signer follows the other: held until somebody agrees, or until its time has come."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import builders_legacy as legacy
from builders import NOW, endpoint, gln
from eer.domain.errors import Absent, Refused
from fakes.publishing import FakeSigner, World, fresh_store, key
from smp import rehearse, succession
from smp.domain import told
from smp.domain.expiry import Successor, expiring
from smp.domain.publication import PutDocument, Switch
from smp.domain.stops import Subject
from smp.publish import Publisher
from smp.signing import Signers, Signing
from smp.watch import watch

DAY = timedelta(days=1)
WEEKS = 14 * DAY


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Somebody is public, signed by the first, which may sign for a hundred days."""
    with fresh_store(tmp_path / "smp.sqlite") as store:
        made = World(store, endpoint(1))
        made.signer.not_after = NOW + 100 * DAY
        made.publisher.publish()
        yield made


def signing(world: World, fingerprint: str, days: int = 500) -> Signing:
    signer = world.signer if fingerprint == "first" else FakeSigner(fingerprint)
    signer.not_after = signer.not_after or NOW + days * DAY
    return Signing(signer, lambda _, body: world.proved.append(body))


def followed(world: World, *, takeover: timedelta = WEEKS) -> Publisher:
    signers = Signers(signing(world, "first"), signing(world, "second"))
    return world.having(signers=lambda: signers, takeover=takeover)


def promoted(world: World) -> Publisher:
    signers = Signers(signing(world, "second"))
    return world.having(signers=lambda: signers)


def signed_by(world: World) -> set[str]:
    return {body.split(b"<!--")[-1][:-3].decode() for _, _, body in world.see()["documents"]}


def test_one_who_follows_is_held_and_keeps_nobody_back(world: World) -> None:
    world.register.put(endpoint(2))

    report = followed(world).publish()

    assert report.held.switches == (Switch("signer", "first", "second", 4),)
    assert (report.signed, report.held.waiting) == (4, ())
    assert world.named(2)
    assert signed_by(world) == {"first"}


def test_once_accepted_it_signs_everything_anew(world: World) -> None:
    publisher = followed(world)

    report = publisher.publish(accept=publisher.plan().held.digest)

    assert (report.signed, report.held.is_empty) == (4, True)
    assert signed_by(world) == {"second"}
    assert publisher.plan().is_empty
    assert publisher.plan().held.is_empty


def test_whoever_publishes_next_signs_with_the_accepted_one(world: World) -> None:
    followed(world).publish(accept=followed(world).plan().held.digest)
    world.register.put(endpoint(2))

    report = followed(world).publish_touched()

    assert report.signed == 4
    assert signed_by(world) == {"second"}


def test_after_its_promotion_there_is_nothing_to_do(world: World) -> None:
    followed(world).publish(accept=followed(world).plan().held.digest)

    assert promoted(world).plan().is_empty
    assert promoted(world).plan().held.is_empty


class Killed(BaseException):
    """As if the power had failed."""


def test_killed_amid_signing_anew_the_next_run_goes_on(world: World) -> None:
    world.register.put(*(endpoint(number) for number in range(2, 80)))
    world.publisher.publish()
    publisher = followed(world)
    accepted = publisher.plan().held.digest

    def fall(step: int) -> None:
        if step > first:
            raise Killed

    first = world.steps + 2
    world.on_step = fall
    with pytest.raises(Killed):
        publisher.publish(accept=accepted)

    assert signed_by(world) == {"first", "second"}

    world.on_step = lambda _: None
    left = len([step for step in publisher.plan().documents if isinstance(step, PutDocument)])
    report = publisher.publish_touched()

    assert report.signed == left < len(world.see()["documents"])
    assert signed_by(world) == {"second"}


# Rehearsal


def test_a_rehearsal_signs_and_proves_everything_and_publishes_nothing(world: World) -> None:
    world.register.put(endpoint(2))
    before, proved = world.see(), len(world.proved)

    made = rehearse.rehearse(followed(world))

    assert (made.documents, made.participants, made.unproved) == (8, 2, {})
    assert len(world.proved) == proved + 8
    assert world.see() == before
    assert rehearse.lines(made) == [
        (
            "rehearsed  8 documents of 2 participants signed by second, all proved; nothing was "
            "published"
        ),
        (
            "signer     takes over 2026-10-28T12:00:00Z by itself, or at once with the digest that "
            "smp plan shows: smp publish --accept DIGEST"
        ),
    ]


def test_a_rehearsal_signs_what_is_to_be_public_and_nothing_else(world: World) -> None:
    """What tools wrote is signed too, and what is stopped is not."""
    world.register.put(endpoint(2))
    stopped = Subject.parse(gln(2))
    world.brake.stop(stopped, "its key was stolen")
    legacy.put(world.store, 3)

    made = rehearse.rehearse(followed(world))

    world.publisher.publish()
    assert (made.documents, made.participants) == (len(world.see()["documents"]), 2) == (5, 2)


def test_a_rehearsal_tells_whose_documents_do_not_come_out_and_is_none(world: World) -> None:
    def refuse(step: PutDocument, _: bytes) -> None:
        if step.key == key(1):
            raise Refused("the signature is not right")

    wrong = replace(signing(world, "second"), prove=refuse)
    signers = Signers(signing(world, "first"), wrong)
    publisher = world.having(signers=lambda: signers, takeover=WEEKS)

    made = rehearse.rehearse(publisher)

    assert not made.has_come_out
    assert rehearse.lines(made)[1] == (
        f"unproved   {key(1).participant}: 1 documents, the first because the signature is not "
        "right"
    )
    assert rehearse.as_json(made)["takes_over"] is None
    assert world.publisher.means.ledger.rehearsed() == set()


def test_without_a_next_signer_there_is_nothing_to_rehearse(world: World) -> None:
    with pytest.raises(Absent, match="nobody is to follow"):
        rehearse.rehearse(world.publisher)


def test_one_that_cannot_sign_is_not_rehearsed_but_told(world: World) -> None:
    signers = Signers(signing(world, "first"), trouble="it expired")
    publisher = world.having(signers=lambda: signers)

    with pytest.raises(Refused, match="it expired"):
        rehearse.rehearse(publisher)

    assert told.plan_lines(publisher.plan())[-1] == (
        "signer     expires 2026-11-11T12:00:00Z, in 100 days; the next one cannot sign: it expired"
    )


# The end of the present one


def test_in_the_last_days_a_rehearsed_one_takes_over_by_itself(world: World) -> None:
    rehearse.rehearse(followed(world))
    world.clock.move(86 * DAY)

    report = followed(world).publish_touched()

    assert (report.signed, report.held.is_empty) == (4, True)
    assert signed_by(world) == {"second"}


def test_it_takes_over_before_the_time_only_when_accepted(world: World) -> None:
    rehearse.rehearse(followed(world))
    world.clock.move(86 * DAY - timedelta(seconds=1))

    assert followed(world).publish().held.switches
    assert signed_by(world) == {"first"}


def test_looking_lets_nobody_take_over(world: World) -> None:
    rehearse.rehearse(followed(world))
    world.clock.move(90 * DAY)

    plan = followed(world).plan()

    assert plan.held.switches
    assert plan.documents == ()


@pytest.mark.parametrize("takeover", [WEEKS, timedelta()])
def test_one_that_was_not_rehearsed_or_may_not_does_not_take_over(
    world: World, takeover: timedelta
) -> None:
    if not takeover:
        rehearse.rehearse(followed(world))
    world.clock.move(99 * DAY)

    report = followed(world, takeover=takeover).publish()

    assert report.held.switches
    assert signed_by(world) == {"first"}
    assert told.needs_somebody(report)


def test_the_watch_signs_anew_before_the_end_without_anybody(world: World) -> None:
    publisher = followed(world)
    rehearse.rehearse(publisher)
    pauses = iter([86 * DAY])

    def wait(_: float) -> bool:
        passes = next(pauses, None)
        if passes is not None:
            world.clock.move(passes)
        return passes is None

    watch(publisher, interval=timedelta(seconds=1), wait=wait)

    assert world.clock() < NOW + 100 * DAY
    assert signed_by(world) == {"second"}


def test_an_expired_signer_gives_way_to_the_rehearsed_one(world: World) -> None:
    rehearse.rehearse(followed(world))
    world.clock.move(200 * DAY)

    followed(world).publish()

    assert signed_by(world) == {"second"}


def test_while_nothing_is_public_nobody_takes_over(tmp_path: Path) -> None:
    with fresh_store(tmp_path / "empty.sqlite") as store:
        world = World(store)
        world.signer.not_after = NOW + DAY
        rehearse.rehearse(followed(world))

        followed(world).publish()
        world.register.put(endpoint(1))
        world.clock.move(timedelta(seconds=1))
        followed(world).publish()

        assert signed_by(world) == {"second"}


def test_the_end_is_told_from_ninety_days_on_by_plan_and_report(world: World) -> None:
    world.clock.move(11 * DAY)

    plan, report = world.publisher.plan(), world.publisher.publish()

    said = (
        "signer     expires 2026-11-11T12:00:00Z, in 89 days; nobody follows: smp keys request, "
        "and smp keys install what comes back"
    )
    assert said in told.plan_lines(plan)
    assert said in told.report_lines(report)
    assert told.report_json(report)["signer"] == {
        "expires": "2026-11-11T12:00:00Z",
        "days": 89,
        "urgency": "told",
        "next": None,
        "rehearsed": False,
        "takes_over": None,
        "advice": "nobody follows: smp keys request, and smp keys install what comes back",
    }
    assert not told.needs_somebody(report)


def test_the_log_tells_the_end_once_a_day_and_louder_near_it(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    publisher = world.having(remind=succession.reminder())

    def levels(after: timedelta) -> list[int]:
        caplog.clear()
        world.clock.move(after)
        with caplog.at_level(logging.WARNING):
            publisher.publish()
        return [each.levelno for each in caplog.records]

    assert levels(timedelta()) == []
    assert levels(20 * DAY + timedelta(hours=1)) == [logging.WARNING]
    assert levels(timedelta(hours=1)) == []
    assert levels(DAY) == [logging.WARNING]
    assert levels(60 * DAY) == [logging.ERROR]
    assert levels(14 * DAY) == [logging.CRITICAL]
    assert levels(timedelta(minutes=15)) == [logging.CRITICAL]


def test_a_reminder_says_at_once_what_has_changed(caplog: pytest.LogCaptureFixture) -> None:
    remind = succession.reminder()
    for successor in (Successor(), Successor("second")):
        told_now = expiring(NOW + 50 * DAY, NOW, successor)
        assert told_now is not None
        remind(told_now)

    assert len(caplog.records) == 2
