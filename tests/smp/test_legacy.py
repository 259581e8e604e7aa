"""What tools write of legacy participants is published beside the register's, by the same rules."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import builders_legacy as legacy
from builders import HOMECARE, NOW, RECEIPT, endpoint, gln
from eer.domain.errors import IssueCode, Malformed
from fakes.publishing import TERMS, TTL, World, fresh_store
from smp.domain.legacy import participant
from smp.domain.stops import Subject
from smp.watch import watch

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The register has the first participant, which is published."""
    with fresh_store(tmp_path / "smp.sqlite") as store:
        world = World(store, endpoint(1))
        world.publisher.publish()
        yield world


def test_a_legacy_document_is_signed_named_and_listed_beside_the_others(world: World) -> None:
    legacy.put(world.store, 2)

    world.publisher.publish_touched()

    body = world.body(2)
    assert body is not None
    assert "<SignedServiceMetadata" in body
    assert "https://legacy.example.dk/as4" in body
    assert body.endswith("<!--first-->")
    assert len(world.named(2)) == 2
    assert "homecareobservation" in (world.group(2) or "")
    assert world.body(1) is not None


def test_it_is_published_as_written_and_under_its_own_scheme_only(world: World) -> None:
    legacy.put(world.store, 2)
    world.publisher.publish_touched()

    documents = [name for who, name, _ in world.see()["documents"] if who.endswith(gln(2))]
    assert documents == [f"dk-medcom-messaging::{HOMECARE}"]


def test_it_is_enough_to_look_at_whom_a_tool_touched(world: World) -> None:
    legacy.put(world.store, 2)

    report = world.publisher.publish_touched()

    assert world.register.asked[-1] == frozenset({gln(2)})
    assert (report.signed, report.is_full) == (1, False)
    again = world.publisher.publish_touched()
    assert world.register.asked[-1] == frozenset()
    assert again.signed == 0


def test_a_full_run_and_a_run_of_the_touched_come_to_the_same(world: World, tmp_path: Path) -> None:
    for number in (2, 3):
        legacy.put(world.store, number)
    legacy.put(world.store, 2, RECEIPT)
    world.publisher.publish_touched()
    legacy.forget(world.store, 3)
    world.publisher.publish_touched()

    with fresh_store(tmp_path / "other.sqlite") as store:
        other = World(store, endpoint(1))
        legacy.put(store, 2)
        legacy.put(store, 2, RECEIPT)
        other.publisher.publish()
        world.clock.move(TTL)
        world.publisher.publish_touched()
        assert other.see() == world.see()

    assert world.publisher.plan().is_empty


def test_what_is_written_anew_takes_the_place_of_what_was(world: World) -> None:
    legacy.put(world.store, 2)
    world.publisher.publish_touched()

    legacy.put(world.store, 2, uri="https://new.example.dk/as4")
    world.publisher.publish_touched()

    assert "https://new.example.dk/as4" in (world.body(2) or "")


def test_who_is_taken_away_loses_the_names_first_and_the_document_after_the_ttl(
    world: World,
) -> None:
    legacy.put(world.store, 2)
    world.publisher.publish_touched()

    legacy.forget(world.store, 2)
    world.publisher.publish_touched()
    assert (world.named(2), world.body(2) is None) == (set(), False)

    world.clock.move(TTL)
    world.publisher.publish_touched()
    assert (world.body(2), world.group(2)) == (None, None)


def test_whom_the_register_has_it_alone_speaks_for_and_that_is_told(world: World) -> None:
    legacy.put(world.store, 1, uri="https://legacy.example.dk/as4")

    report = world.publisher.publish_touched()

    assert "legacy.example.dk" not in (world.body(1) or "")
    [told] = report.warnings
    assert f"legacy documents of {gln(1)} are not published" in told
    assert world.publisher.plan().warnings == report.warnings


def test_who_comes_into_the_register_is_published_as_it_says(world: World) -> None:
    legacy.put(world.store, 2)
    world.publisher.publish_touched()

    world.register.put(endpoint(2))
    world.publisher.publish_touched()

    assert "https://ap.example.dk/as4" in (world.body(2) or "")
    assert len(world.named(2)) == 2


def test_a_stop_takes_legacy_documents_too_and_a_release_brings_them_back(world: World) -> None:
    legacy.put(world.store, 2)
    world.publisher.publish_touched()
    brake = world.brake

    brake.stop(Subject.parse(gln(2)), "the key was stolen")
    assert (world.body(2), world.named(2)) == (None, set())
    world.publisher.publish()
    assert world.body(2) is None

    brake.release(Subject.parse(gln(2)), "over")
    assert world.body(2) is not None


def test_a_stopped_participant_that_a_tool_writes_stays_away(world: World) -> None:
    world.brake.stop(Subject.parse(gln(2)), "why")

    legacy.put(world.store, 2)
    world.publisher.publish_touched()

    assert (world.body(2), world.named(2)) == (None, set())


def test_by_the_clock_alone_a_legacy_document_comes_and_goes(world: World) -> None:
    legacy.put(world.store, 2, begins=NOW + HOUR, ends=NOW + 3 * HOUR)
    world.publisher.publish_touched()
    assert world.body(2) is None

    world.clock.move(HOUR)
    world.publisher.publish_touched()
    assert world.body(2) is not None

    world.clock.move(2 * HOUR)
    world.publisher.publish_touched()
    assert world.named(2) == set()


def test_a_certificate_that_is_revoked_withdraws_and_says_why(world: World) -> None:
    legacy.put(world.store, 2)
    world.publisher.publish_touched()
    against = replace(TERMS, objection=lambda _: "CN=x is revoked")

    report = world.having(terms=against).publish()

    assert (world.named(2), world.named(1) == set()) == (set(), False)
    assert report.warnings == (
        f"the legacy document {legacy.key(2)} is not published: CN=x is revoked",
    )


def test_how_certificates_are_judged_is_no_setting_that_all_hangs_on(world: World) -> None:
    world.having(terms=replace(TERMS, objection=lambda _: "")).publish_touched()

    assert world.register.asked[-1] == frozenset()


def test_the_watch_sees_what_a_tool_writes(world: World) -> None:
    turns = 0

    def wait(_: float) -> bool:
        nonlocal turns
        turns += 1
        if turns == 1:
            legacy.put(world.store, 2)
        return turns == 2

    watch(world.publisher, interval=SECOND, wait=wait, full_every=365 * DAY)

    assert world.body(2) is not None


def test_what_is_written_during_a_run_is_left_to_the_next(world: World) -> None:
    legacy.put(world.store, 2)
    late = 0

    def write(_: int) -> None:
        nonlocal late
        late = late or legacy.put(world.store, 3)

    world.on_step = write
    world.publisher.publish_touched()

    assert legacy.book(world.store).is_pending(late)
    assert not legacy.book(world.store).is_pending(late - 2)
    assert world.body(3) is None
    world.publisher.publish_touched()
    assert world.body(3) is not None


def test_a_change_that_does_not_come_to_its_end_leaves_nothing(world: World) -> None:
    def fail() -> None:
        with legacy.book(world.store).writing("a tool", NOW) as pen:
            pen.put_group(legacy.Group(gln(2), None))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    with legacy.book(world.store).writing("a tool", NOW) as pen:
        assert pen.group(gln(2)) is None


def test_many_participants_are_read_in_portions(world: World) -> None:
    legacy.put(world.store, 2)

    found = legacy.book(world.store).documents([gln(number) for number in range(1, 1000)])

    assert [each.key for each in found] == [legacy.key(2)]


@given(st.sampled_from(["iso6523-actorid-upis", "ISO6523-ActorId-UPIS"]))
def test_a_participant_is_read_in_any_case(scheme: str) -> None:
    assert participant(f"{scheme}::0088:{gln()}") == legacy.who()


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"0088:{gln()}",
        f"iso6523-actorid-upis::0184:{gln()}",
        f"busdox-actorid-upis::0088:{gln()}",
        f"iso6523-actorid-upis::0088:{gln()[:-1]}",
        f"iso6523-actorid-upis::0088:{gln()[:-1]}{(int(gln()[-1]) + 1) % 10}",
        f"iso6523-actorid-upis::0088:{gln()} ",
    ],
)
@pytest.mark.smp(103)
def test_who_is_no_gln_is_refused_in_words(text: str) -> None:
    with pytest.raises(Malformed, match="expected iso6523-actorid-upis::0088:") as fault:
        participant(text)
    assert fault.value.issues[0].code is IssueCode.VALUE
