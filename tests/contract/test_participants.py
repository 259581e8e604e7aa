"""What any locator promises of participants: in a zone of our own, or at a central SML.

A central SML is told participants and makes their names, so it has one name and one address for
each; what a zone can do beyond that is said in test_locator.py.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from builders import gln
from eer.domain.errors import Conflict
from eer.domain.identifiers import Gln
from eer.domain.plan import Plan, diff
from fakes import servers, sml_server, sml_zone
from fakes.locator import FakeLocator
from fakes.sml_certificates import Authority
from smls import OURS, THEIRS, THEM, US
from smp.domain.central import publisher_name
from smp.domain.identifiers import ParticipantId, participant_of
from smp.domain.naming import Address, DnsName, Naming, Naptr, Record, names, naptr_name
from smp.domain.state import Agreed
from smp.enact import Locator
from smp.sml import post
from smp.sml.bdmsl import Sml
from smp.sml.central import Central
from smp.sml.nameserver import Authority as Answers
from smp.sml.nameserver import Nameserver
from smp.sml.tsig import TsigKey
from smp.sml.zone import Zone

ZONE = DnsName("sml.example.dk.")
KEY = TsigKey("publisher", "hmac-sha256", bytes(range(32)))
BASE, NEW, OTHER = OURS.logical, "https://new.example.dk", THEIRS.logical
ONE, TWO, THREE = (participant_of(Gln.parse(gln(number))) for number in (1, 2, 3))
MANY = [participant_of(Gln.parse(gln(number))) for number in range(1, 351)]
NOTHING: Plan[DnsName, Record] = Plan({}, {}, {})


@dataclass(frozen=True)
class Place:
    """A locator, and how somebody else comes by a participant there."""

    locator: Locator
    take: Callable[[ParticipantId], None]


def named(*participants: ParticipantId, base: str = BASE) -> Mapping[DnsName, Record]:
    address = Address(OURS.physical)
    return names(participants, Naming(ZONE, base, publisher_name(US, ZONE), address, cname=False))


def in_zone(locator: Locator) -> Place:
    def take(participant: ParticipantId) -> None:
        locator.apply(Plan({naptr_name(participant, ZONE): Naptr(OTHER)}, {}, {}))

    return Place(locator, take)


def embedded(folder: Path) -> Iterator[Place]:
    server = Nameserver(Answers(ZONE, folder / "zone", KEY, ttl=60), ("127.0.0.1", 0))
    server.start()
    try:
        yield in_zone(at(server.address))
    finally:
        server.stop()


def at(address: tuple[str, int]) -> Zone:
    return Zone(ZONE, primary=address, servers=[address], key=KEY, ttl=60)


def bind(folder: Path) -> Iterator[Place]:
    with servers.bind(folder, ZONE, KEY) as address:
        yield in_zone(at(address))


def knot(folder: Path) -> Iterator[Place]:
    with servers.knot(folder, ZONE, KEY) as address:
        yield in_zone(at(address))


def fake(_: Path) -> Iterator[Place]:
    yield in_zone(FakeLocator())


def central(folder: Path) -> Iterator[Place]:
    authority = Authority(folder)
    ours, theirs = authority.pair(US), authority.pair(THEM)
    server = Nameserver(Answers(ZONE, folder / "zone", KEY, ttl=60), ("127.0.0.1", 0))
    with ExitStack() as stack:
        server.start()
        stack.callback(server.stop)
        sml = stack.enter_context(sml_server.running(authority))
        sml_zone.keep(sml, at(server.address), ZONE)
        us, them = (
            partial(Sml, post.Place(sml.url, post.tls(*pair, authority.file)), smp_id)
            for pair, smp_id in ((ours, US), (theirs, THEM))
        )
        for speak, addresses in ((us, OURS), (them, THEIRS)):
            with speak() as conversation:
                conversation.register(addresses)

        def take(participant: ParticipantId) -> None:
            with them() as conversation:
                conversation.add([participant])

        agreed = Agreed(bases=(BASE, NEW), publishers=(publisher_name(US, ZONE),))
        yield Place(Central(us, zone=ZONE, servers=[server.address], agreed=lambda: agreed), take)


STARTERS = {each.__name__: each for each in (fake, embedded, bind, knot, central)}


@pytest.fixture(
    params=[
        *("fake", "embedded", "central"),
        *(pytest.param(name, marks=pytest.mark.debian) for name in ("bind", "knot")),
    ]
)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    yield from STARTERS[request.param](tmp_path)


@pytest.fixture
def locator(place: Place) -> Locator:
    return place.locator


def add(*participants: ParticipantId) -> Plan[DnsName, Record]:
    return Plan(named(*participants), {}, {})


def drop(*participants: ParticipantId) -> Plan[DnsName, Record]:
    return Plan({}, {}, named(*participants))


def test_at_first_nobody_has_a_name(locator: Locator) -> None:
    assert locator.names() == {}


def test_nothing_is_changed_by_an_empty_plan(locator: Locator) -> None:
    locator.apply(NOTHING)

    assert locator.names() == {}


def test_whoever_was_added_is_found_and_answered(locator: Locator) -> None:
    locator.apply(add(ONE, TWO))

    assert locator.names() == named(ONE, TWO)
    assert locator.answering(named(ONE, TWO, THREE)) == named(ONE, TWO).keys()


def test_only_those_asked_for_are_told(locator: Locator) -> None:
    locator.apply(add(ONE, TWO))

    assert locator.names_at(named(ONE, THREE)) == named(ONE)


def test_whoever_was_dropped_is_neither_found_nor_answered(locator: Locator) -> None:
    locator.apply(add(ONE, TWO))

    locator.apply(drop(ONE))

    assert locator.names() == named(TWO)
    assert locator.answering(named(ONE)) == frozenset()


@pytest.mark.parametrize("twice", [add(ONE, TWO), drop(ONE, TWO)])
def test_a_plan_applied_twice_changes_nothing(
    twice: Plan[DnsName, Record], locator: Locator
) -> None:
    locator.apply(add(ONE))
    locator.apply(twice)
    once = locator.names()

    locator.apply(twice)

    assert locator.names() == once


def test_a_plan_that_was_cut_short_is_finished_by_applying_it_again(locator: Locator) -> None:
    locator.apply(add(TWO))

    locator.apply(add(ONE, TWO, THREE))

    assert locator.names() == named(ONE, TWO, THREE)


def test_all_move_to_a_new_address_together(locator: Locator) -> None:
    locator.apply(add(ONE, TWO))
    moving = diff(wanted=named(ONE, TWO, THREE, base=NEW), found=locator.names())

    locator.apply(moving)
    locator.apply(moving)

    assert locator.names() == named(ONE, TWO, THREE, base=NEW)


def test_whoever_is_somebody_elses_is_left_alone_and_named(place: Place) -> None:
    place.take(TWO)
    (taken,) = named(TWO)

    with pytest.raises(Conflict) as raised:
        place.locator.apply(add(ONE, TWO, THREE))

    assert taken in raised.value.text or str(TWO) in raised.value.text
    found = place.locator.names()
    assert {name: found[name] for name in named(ONE, THREE)} == named(ONE, THREE)
    assert found.get(taken) in (None, Naptr(OTHER))


def test_hundreds_come_and_go(locator: Locator) -> None:
    locator.apply(add(*MANY))

    assert locator.names() == named(*MANY)

    locator.apply(diff(wanted={}, found=locator.names()))

    assert locator.names() == {}
