"""By what an audit measures: who has left, which bytes are stored, who is just being published."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import builders_legacy as legacy
from builders import NOW, RECEIPT, access_point, endpoint, gln
from fakes.publishing import TERMS, World, fresh_store, key
from smp.domain.identifiers import ParticipantId, participants_of
from smp.domain.state import Withdrawn
from smp.domain.stops import Deed, Stop, Subject
from smp.settings.publishing import Publishing
from smp.store.public import Public
from smp.wiring.beside import everybody
from smp.wiring.measure import PROMPT, Measuring
from smp.wiring.sight import Sights

ONE, TWO, THREE = participants_of([gln(1), gln(2), gln(3)])
SECOND = timedelta(seconds=1)


class Town:
    """A publisher's world, and what measures it."""

    def __init__(self, world: World) -> None:
        self.world = world
        settings = Publishing(
            database_url=f"sqlite:///{world.store.engine.url.database}",
            base_url="https://smp.example.dk",
        )
        sights = Sights(settings, world.store, None)
        self.measuring = Measuring(sights, world.register, TERMS, clock=world.clock)

    def changing(self, *whom: ParticipantId) -> set[ParticipantId]:
        return set(self.measuring.take(frozenset(whom)).wanted.changing)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with fresh_store(tmp_path / "smp.sqlite") as store:
        world = World(store, endpoint(1), endpoint(2))
        world.publisher.publish()
        world.register.since = world.clock()
        yield Town(world)


def test_how_what_is_stored_is_served_is_told(town: Town) -> None:
    served = town.measuring.take(None).books.served

    assert served.keys() == town.measuring.take(None).wanted.documents.keys()
    assert town.world.publisher.means.shelf.documents().keys() == served.keys()
    assert served[key(1)].signer == "first"
    assert town.measuring.take(frozenset({TWO})).books.served.keys() == {
        each for each in served if each.participant == TWO
    }


def test_what_was_withdrawn_is_told_of_all_or_of_some_and_the_newest_of_all(town: Town) -> None:
    world = town.world
    world.brake.stop(Subject.parse(gln(1)), "why")
    world.clock.move(SECOND)
    world.brake.stop(Subject.parse(gln(2)), "why")

    everything = Public(world.store).withdrawn()
    of_one = Public(world.store).withdrawn([ONE])
    newest = Public(world.store, most=3).withdrawn()

    assert {each.participant for each in everything} == {ONE, TWO}
    assert Withdrawn(ONE, None, NOW) in of_one
    assert Withdrawn(ONE, key(1).document, NOW) in of_one
    assert {each.participant for each in newest} == {TWO}


def test_who_is_stopped_and_who_was_withdrawn_is_looked_for_and_sampled(town: Town) -> None:
    book = town.world.publisher.means.stops
    deed = Stop(Deed.STOPPED, Subject.parse("Device/x"), "why", "vagt", NOW, frozenset({gln(3)}))
    book.put(deed)
    town.world.brake.stop(Subject.parse(gln(1)), "why")

    assert {ONE, THREE} <= town.measuring.take(None).wanted.others
    assert set(everybody(town.world.store)) == {ONE, TWO, THREE}


def test_of_who_was_just_written_nothing_is_known_yet_and_after_a_minute_it_is(town: Town) -> None:
    town.world.register.put(endpoint(1, at=access_point("https://new.example.dk/as4")))

    assert town.changing(ONE, TWO) == {ONE}

    town.world.clock.move(PROMPT)

    assert town.changing(ONE, TWO) == set()


def test_who_was_published_is_not_just_being_published(town: Town) -> None:
    town.world.register.put(endpoint(1, at=access_point("https://new.example.dk/as4")))
    town.world.publisher.publish()

    assert town.changing(ONE, TWO) == set()


def test_before_anything_was_published_nobody_is_just_being_published(tmp_path: Path) -> None:
    with fresh_store(tmp_path / "other.sqlite") as store:
        assert Town(World(store, endpoint(1))).changing(ONE) == set()


def test_of_whom_a_tool_just_wrote_nothing_is_known_yet(town: Town) -> None:
    legacy.put(town.world.store, 3)

    assert town.changing(THREE) == {THREE}

    town.world.clock.move(PROMPT)

    assert town.changing(THREE) == set()


def test_of_who_was_just_stopped_nothing_is_known_until_a_run_or_a_minute_is_over(
    town: Town,
) -> None:
    means = town.world.publisher.means
    means.stops.put(
        Stop(Deed.STOPPED, Subject.parse(gln(1)), "why", "vagt", NOW, frozenset({gln(1)}))
    )

    assert town.changing(ONE, TWO) == {ONE}

    town.world.clock.move(PROMPT)

    assert town.changing(ONE, TWO) == set()


def test_who_begins_or_ends_by_the_clock_has_a_minute_too(town: Town) -> None:
    begins = NOW + timedelta(hours=1)
    town.world.register.put(endpoint(3, RECEIPT, begin=begins))
    town.world.publisher.publish()
    town.world.clock.at = begins + SECOND

    assert town.changing(ONE, THREE) == {THREE}

    town.world.clock.move(PROMPT)

    assert town.changing(ONE, THREE) == set()


def test_verification_spares_nobody(town: Town) -> None:
    town.world.register.put(endpoint(1, at=access_point("https://new.example.dk/as4")))
    measuring = Measuring(
        *(town.measuring.sights, town.world.register, TERMS, frozenset({ONE})),
        is_patient=False,
        is_whole=False,
        clock=town.world.clock,
    )

    measure = measuring.take(None)

    assert {each.participant for each in measure.wanted.documents} == {ONE}
    assert measuring.take(frozenset({ONE})).wanted.changing == frozenset()
    assert measure.books.names == frozenset()
    assert town.measuring.take(None).books.names != frozenset()
