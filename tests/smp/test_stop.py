"""An emergency stop: gone at once, whoever else is at work, and back when it is released."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from builders import NOW, RECEIPT, access_point, endpoint, gln
from eer.domain.errors import Absent, Conflict, Malformed, Refused
from eer.domain.identifiers import Reference
from eer.domain.model import EndpointStatus
from eer.domain.receipt import Step
from fakes.publishing import TTL, FakeSigner, World, brake, fresh_store
from smp.domain.stops import Deed, Stop, Subject, standing
from smp.signing import Nobody
from smp.stop import Done, as_json, lines

OTHER_AP = access_point("https://other.example.dk/as4", name="other")
WHY = "the key was stolen"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two participants at one access point, a third at another, all published."""
    with fresh_store(tmp_path / "smp.sqlite") as store:
        world = World(store, endpoint(1), endpoint(2), endpoint(3, at=OTHER_AP))
        world.publisher.publish()
        yield world


def participant(number: int = 1) -> Subject:
    return Subject.parse(gln(number))


AP = Subject(Reference("Device", "ap"))


def stopped_receipts(world: World) -> list[tuple[str, str]]:
    told = world.register.receipts
    return [(each.participant, each.where) for each in told if each.step == Step.STOPPED]


@pytest.mark.parametrize(
    "written",
    [gln(), f"0088:{gln()}", f"iso6523-actorid-upis::0088:{gln()}"],
)
def test_a_participant_is_named_in_each_way_it_is_written(written: str) -> None:
    assert str(Subject.parse(written)) == f"iso6523-actorid-upis::0088:{gln()}"


def test_an_access_point_is_named_by_its_device() -> None:
    assert Subject.parse("Device/ap") == AP


@pytest.mark.parametrize(
    "written",
    [
        "",
        "Device/",
        "Endpoint/e1",
        "0088:123",
        f"{gln()}x",
        f"x::0088:{gln()}",
        f"0184:{gln()}",
    ],
)
def test_what_is_neither_is_refused_in_words(written: str) -> None:
    with pytest.raises(Malformed, match="expected"):
        Subject.parse(written)


def test_who_lost_documents_is_looked_up(world: World) -> None:
    world.verifications.done(world.verifications.take(NOW, 3, 9, lambda _: TTL))

    world.brake.stop(participant(), WHY)

    assert [str(who) for who in world.verifications.take(NOW, 3, 9, lambda _: TTL)] == [
        f"iso6523-actorid-upis::0088:{gln()}"
    ]


def test_a_participant_is_gone_with_its_names_and_nobody_else(world: World) -> None:
    done = world.brake.stop(participant(), WHY)

    assert (world.body(1), world.group(1), world.named(1)) == (None, None, set())
    assert world.body(2) is not None
    assert done.documents == 4
    assert done.report is not None
    assert done.report.removed == 2


def test_an_access_point_takes_everybody_behind_it_along(world: World) -> None:
    world.brake.stop(AP, WHY)

    assert [world.body(number) is None for number in (1, 2, 3)] == [True, True, False]
    assert world.named(1) | world.named(2) == set()
    assert world.named(3)


def test_of_a_participant_at_two_access_points_only_one_half_goes(world: World) -> None:
    other = endpoint(1, RECEIPT, id="second", at=OTHER_AP)
    world.register.put(other, endpoint(1, "urn:x::a##b::1"))
    world.publisher.publish()

    world.brake.stop(AP, WHY)

    assert world.body(1, "urn:x::a##b::1") is None
    assert world.body(1, RECEIPT) is not None
    assert world.named(1)


def test_no_limit_holds_a_stop(tmp_path: Path) -> None:
    with fresh_store(tmp_path / "many.sqlite") as store:
        world = World(store, *(endpoint(number) for number in range(1, 40)))
        world.publisher.publish()

        done = world.brake.stop(AP, WHY)

        assert world.locator.found.keys() == {world.publisher.naming.publisher}
        assert done.report is not None
        assert done.report.held.is_empty


def test_documents_go_though_the_name_server_is_silent(world: World) -> None:
    world.locator.silent = True

    done = world.brake.stop(participant(), WHY)

    assert world.body(1) is None
    assert done.report is None
    assert "name server" in done.waits
    world.locator.silent = False
    world.publisher.publish_touched()
    assert world.named(1) == set()


def test_documents_go_though_the_register_is_silent(world: World) -> None:
    world.register.silent = True

    done = world.brake.stop(participant(), WHY)

    assert world.body(1) is None
    assert "register" in done.waits


def test_documents_go_though_another_run_is_publishing(world: World) -> None:
    with world.publisher.means.ledger.run():
        done = world.brake.stop(participant(), WHY)

    assert world.body(1) is None
    assert "another run" in done.waits


def test_documents_and_names_go_though_nothing_can_be_signed_any_more(world: World) -> None:
    """Another participant's change wants a signature: that waits, and the stop is done."""
    expired = FakeSigner(world.signer.fingerprint, not_after=NOW - timedelta(days=1))
    world.register.put(endpoint(2, name="Nyt navn"))

    done = brake(world.having(signer=expired)).stop(participant(), WHY)

    assert (world.body(1), world.named(1)) == (None, set())
    assert done.is_over
    assert done.report is not None
    assert "expired" in next(iter(done.report.unproved.values())).reason


def test_what_is_public_counts_when_the_register_is_ahead(world: World) -> None:
    """Everybody has left the access point in the register, and nothing of it is published yet."""
    world.register.put(endpoint(1, at=OTHER_AP))
    world.register.remove(endpoint(2).reference)

    done = world.brake.stop(AP, WHY)

    assert done.documents == 8
    assert world.body(2) is None
    assert str(OTHER_AP.url) in (world.body(1) or "")


def test_an_access_point_is_stopped_though_the_register_is_silent(world: World) -> None:
    world.register.silent = True

    done = world.brake.stop(AP, WHY)

    assert [world.body(number) is None for number in (1, 2, 3)] == [True, True, False]
    assert "register" in done.waits
    assert done.names == world.named(1) | world.named(2)


def test_an_access_point_is_released_though_the_register_is_silent(world: World) -> None:
    world.brake.stop(AP, WHY)
    world.register.silent = True

    done = world.brake.release(AP, "over")

    assert world.brake.standing() == ()
    assert "register" in done.waits
    world.register.silent = False
    world.publisher.publish_touched()
    assert world.body(1) is not None


def test_what_is_published_while_a_stop_begins_goes_with_its_names(world: World) -> None:
    asked = world.register.hanging_on

    def overtaken(reference: Reference) -> frozenset[str]:
        found = asked(reference)
        world.register.put(endpoint(8))
        world.publisher.publish_touched()
        return found

    world.register.hanging_on = overtaken  # type: ignore[method-assign]  # a run in between

    done = world.brake.stop(AP, WHY)

    assert (world.body(8), world.named(8)) == (None, set())
    assert done.is_over


def test_an_access_point_that_the_register_no_longer_has_is_stopped_by_what_is_public(
    world: World,
) -> None:
    world.register.remove(endpoint(1).reference, endpoint(2).reference)

    assert world.brake.stop(AP, WHY).documents == 8


def test_a_stop_that_ended_half_way_is_done_by_stopping_once_more(world: World) -> None:
    def end(_: int) -> None:
        raise KeyboardInterrupt

    world.on_step = end
    with pytest.raises(KeyboardInterrupt):
        world.brake.stop(participant(), WHY)
    assert world.body(1) is not None
    world.on_step = lambda _: None
    world.clock.move(timedelta(minutes=1))

    done = world.brake.stop(participant(), "once more")

    assert (world.body(1), world.named(1)) == (None, set())
    assert done.is_over
    [standing] = world.brake.standing()
    assert (standing.reason, standing.at) == (WHY, NOW)


def test_a_stop_is_not_over_while_a_name_is_left(world: World) -> None:
    kept = min(world.named(1))
    world.locator.kept = {kept}

    done = world.brake.stop(participant(), WHY)

    assert (world.body(1), done.names, done.is_over) == (None, {kept}, False)
    assert f"name       {kept} is still there: " in "\n".join(lines(done))
    assert as_json(done)["names"] == [kept]
    world.locator.kept = set()
    assert world.brake.stop(participant(), "once more").is_over


def test_a_stop_that_leaves_nothing_public_agrees_to_no_other_base(world: World) -> None:
    for number in (1, 2, 3):
        world.brake.stop(participant(number), WHY)

    elsewhere = world.based("https://other.example.dk")

    assert [each.setting for each in elsewhere.plan().held.switches] == ["base_url"]


def test_names_go_though_nobody_can_sign(world: World) -> None:
    """What somebody else wants signed waits, and is told of."""
    nobody = Nobody(world.signer.fingerprint, "the key file is gone")
    world.register.put(endpoint(2, name="Nyt navn"))

    done = brake(world.having(signer=nobody)).stop(participant(), WHY)

    assert (world.body(1), world.named(1)) == (None, set())
    assert world.body(2) is not None
    assert done.report is not None
    assert [why.reason for why in done.report.unproved.values()] == [
        "nothing is signed now: the key file is gone"
    ]
    world.publisher.publish_touched()
    assert "Nyt navn" in (world.body(2) or "")


def test_only_the_last_deed_of_each_counts_and_what_no_run_has_finished(world: World) -> None:
    book = world.publisher.means.stops
    for number in range(1, 4):
        world.brake.stop(participant(1), f"the {number}. time")
        world.brake.release(participant(1), "over")
    world.locator.silent = True
    world.brake.stop(participant(2), WHY)

    stops = book.stops()

    assert [str(each.subject) for each in stops.standing] == [str(participant(2))]
    assert (stops.revision, stops.pending) == (7, {gln(2)})


def test_a_run_that_had_planned_otherwise_gives_up(world: World) -> None:
    world.register.put(endpoint(5), endpoint(6))

    def stop_the_last(_: int) -> None:
        if world.publisher.means.stops.revision() == 0:
            world.brake.stop(participant(6), WHY)

    world.on_step = stop_the_last

    with pytest.raises(Conflict, match="publish again"):
        world.publisher.publish()

    assert (world.body(6), world.named(6)) == (None, set())
    world.publisher.publish_touched()
    assert (world.body(6), world.named(6)) == (None, set())
    assert (world.body(5) is None, len(world.named(5))) == (False, 2)


def test_what_was_signed_before_a_stop_is_not_stored_behind_it(world: World) -> None:
    signer = world.signer
    world.register.put(endpoint(1, name="Nyt navn"))

    class Stopping:
        fingerprint, not_after = signer.fingerprint, None

        def sign(self, root: Any) -> bytes:
            if world.publisher.means.stops.revision() == 0:
                world.brake.stop(participant(), WHY)
            return signer.sign(root)

    with pytest.raises(Conflict, match="publish again"):
        world.having(signer=Stopping()).publish()

    assert world.body(1) is None


def test_a_stop_stands_over_every_run_until_it_is_released(world: World) -> None:
    world.brake.stop(participant(), WHY)
    world.register.put(endpoint(1, name="Nyt navn"))
    world.publisher.publish_touched()
    world.publisher.publish()
    assert world.body(1) is None

    done = world.brake.release(participant(), "a new key is there")

    assert world.body(1) is not None
    assert len(world.named(1)) == 2
    assert done.stop.deed is Deed.RELEASED


def test_what_comes_to_a_stopped_access_point_is_not_published(world: World) -> None:
    world.brake.stop(AP, WHY)

    world.register.put(endpoint(4))
    world.publisher.publish_touched()

    assert world.body(4) is None


def test_an_access_point_that_has_left_the_register_can_be_released(world: World) -> None:
    world.brake.stop(AP, WHY)
    world.register.put(endpoint(1, at=OTHER_AP), endpoint(2, at=OTHER_AP))

    world.brake.release(AP, "gone")

    assert world.publisher.means.stops.stops().standing == ()
    assert world.body(1) is not None


def test_the_register_is_told_what_is_stopped_at_once_and_with_every_end(world: World) -> None:
    brake(world.having()).stop(participant(), WHY)

    told = stopped_receipts(world)
    assert told[0] == (f"iso6523-actorid-upis::0088:{gln(1)}", "Endpoint/e1")
    assert told.count(told[0]) == 2
    steps = [each.step for each in world.register.receipts if each.participant.endswith(gln(1))]
    assert steps[-2:] == [Step.FINISHED, Step.STOPPED]


def test_what_is_released_is_told_as_finished_and_as_nothing_else(world: World) -> None:
    world.brake.stop(participant(), WHY)
    world.brake.release(participant(), "over")

    steps = [each.step for each in world.register.receipts if each.participant.endswith(gln(1))]
    assert steps[-1] == Step.FINISHED


def test_releasing_what_is_not_stopped_is_refused(world: World) -> None:
    with pytest.raises(Refused, match="is not stopped"):
        world.brake.release(participant(), WHY)


def test_an_access_point_that_is_not_there_is_said_so_and_nothing_written(world: World) -> None:
    with pytest.raises(Absent, match="Device/nowhere"):
        world.brake.stop(Subject(Reference("Device", "nowhere")), WHY)

    assert world.publisher.means.stops.revision() == 0


def test_a_participant_that_is_nowhere_is_stopped_before_it_comes(world: World) -> None:
    done = world.brake.stop(participant(7), WHY)
    world.register.put(endpoint(7))
    world.publisher.publish_touched()

    assert done.documents == 0
    assert world.body(7) is None


def test_what_is_stopped_and_then_switched_off_stays_away(world: World) -> None:
    world.brake.stop(participant(), WHY)
    world.register.put(endpoint(1, status=EndpointStatus.OFF))

    report = world.publisher.publish()

    assert world.named(1) == set()
    assert report.held.is_empty


def test_the_plan_and_the_report_say_what_stands(world: World) -> None:
    done = world.brake.stop(participant(), WHY)

    assert [each.reason for each in world.publisher.plan().stops] == [WHY]
    said = "\n".join(lines(done))
    assert f"stopped    {participant()} since 2026-08-03T12:00:00Z by vagt: {WHY}" in said
    assert "4 documents are gone" in said
    assert as_json(done)["by"] == "vagt"


def test_what_waits_is_said() -> None:
    stop = Stop(Deed.STOPPED, AP, WHY, "vagt", NOW)

    done = Done(stop, 3, None, waits="the name server does not answer")

    assert lines(done)[1] == "names      wait for the next run: the name server does not answer"
    assert as_json(done)["report"] is None


def test_the_last_deed_counts() -> None:
    one = Stop(Deed.STOPPED, AP, WHY, "vagt", NOW, number=1)
    other = Stop(Deed.RELEASED, AP, WHY, "vagt", NOW, number=2)

    assert standing([one]) == (one,)
    assert standing([one, other]) == ()
