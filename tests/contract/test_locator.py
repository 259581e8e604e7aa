"""What any locator promises: the fake, and the zone at the embedded server, at BIND, at Knot."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from eer.domain.errors import Conflict
from eer.domain.plan import Plan, diff
from fakes import servers
from fakes.locator import FakeLocator
from smp.domain.naming import Address, Cname, DnsName, Foreign, Naptr, Record
from smp.sml.nameserver import Authority, Nameserver
from smp.sml.tsig import TsigKey
from smp.sml.zone import Zone

ZONE = DnsName("sml.example.dk.")
KEY = TsigKey("publisher", "hmac-sha256", bytes(range(32)))
BASE = "https://smp.example.dk"
ONE = DnsName(f"nnr5v5dc3wr7iblhem6cqslczh4qagdrjvbpiiapz7ffmeyqpq5a.iso6523-actorid-upis.{ZONE}")
TWO = DnsName(f"iwni3slbocrnsa7qyew4k6xbnlajjwwpb2dop6xeglb37uwjbx6q.iso6523-actorid-upis.{ZONE}")
OLD = DnsName(f"b-c872728caf5cfc50df155735c9bfa000.iso6523-actorid-upis.{ZONE}")
PUBLISHER = DnsName(f"smp.publisher.{ZONE}")
EVERY_KIND: dict[DnsName, Record] = {
    ONE: Naptr(BASE),
    OLD: Cname(PUBLISHER),
    PUBLISHER: Address("192.0.2.7"),
    DnsName(f"six.{ZONE}"): Address("2001:db8::7"),
    DnsName(f"mail.{ZONE}"): Foreign("MX 10 mail.example.dk."),
    DnsName(f"two.{ZONE}"): Foreign("A 192.0.2.1\nA 192.0.2.2"),
    DnsName(f"both.{ZONE}"): Foreign('A 192.0.2.1\nTXT "v=1; x" "y"'),
    DnsName(f"other.{ZONE}"): Foreign('NAPTR 100 10 "U" "Meta:SMP" "!.*!https://x.example.dk!" .'),
}


@contextmanager
def embedded(directory: Path, zone: DnsName, key: TsigKey) -> Iterator[tuple[str, int]]:
    server = Nameserver(Authority(zone, directory / "zone", key, ttl=60), ("127.0.0.1", 0))
    server.start()
    try:
        yield server.address
    finally:
        server.stop()


STARTERS = {"embedded": embedded, "bind": servers.bind, "knot": servers.knot}


@pytest.fixture(
    params=[
        "fake",
        "embedded",
        pytest.param("bind", marks=pytest.mark.debian),
        pytest.param("knot", marks=pytest.mark.debian),
    ],
    scope="module",
)
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FakeLocator | Zone]:
    if request.param == "fake":
        yield FakeLocator()
        return
    directory = tmp_path_factory.mktemp(request.param)
    with STARTERS[request.param](directory, ZONE, KEY) as address:
        yield Zone(ZONE, primary=address, servers=[address], key=KEY, ttl=60)


@pytest.fixture
def locator(running: FakeLocator | Zone) -> FakeLocator | Zone:
    """Return the locator with nothing in it: servers are slow to start and quick to empty."""
    running.apply(diff(wanted={}, found=running.names()))
    return running


def plan(**parts: Any) -> Plan[DnsName, Record]:
    return Plan(**({"add": {}, "replace": {}, "drop": {}} | parts))


def test_a_new_zone_holds_no_names(locator: FakeLocator | Zone) -> None:
    assert locator.names() == {}


def test_what_was_added_is_found(locator: FakeLocator | Zone) -> None:
    locator.apply(plan(add=EVERY_KIND))

    assert locator.names() == EVERY_KIND
    assert locator.names_at(EVERY_KIND) == EVERY_KIND


def test_only_the_names_asked_for_are_told(locator: FakeLocator | Zone) -> None:
    locator.apply(plan(add=EVERY_KIND))

    assert locator.names_at([ONE, TWO]) == {ONE: Naptr(BASE)}


def test_one_plan_adds_replaces_and_drops(locator: FakeLocator | Zone) -> None:
    locator.apply(plan(add={ONE: Naptr(BASE), OLD: Cname(PUBLISHER)}))

    locator.apply(
        plan(
            add={TWO: Naptr(BASE)},
            replace={ONE: (Naptr(BASE), Naptr("https://new.example.dk"))},
            drop={OLD: Cname(PUBLISHER)},
        )
    )

    assert locator.names() == {ONE: Naptr("https://new.example.dk"), TWO: Naptr(BASE)}


def test_a_name_may_change_its_kind(locator: FakeLocator | Zone) -> None:
    locator.apply(plan(add={ONE: Cname(PUBLISHER), PUBLISHER: Address("192.0.2.7")}))

    locator.apply(
        plan(
            replace={
                ONE: (Cname(PUBLISHER), Naptr(BASE)),
                PUBLISHER: (Address("192.0.2.7"), Cname(DnsName("smp.example.dk."))),
            }
        )
    )

    assert locator.names() == {ONE: Naptr(BASE), PUBLISHER: Cname(DnsName("smp.example.dk."))}


@pytest.mark.smp(87)
def test_applying_a_plan_twice_changes_nothing(locator: FakeLocator | Zone) -> None:
    locator.apply(plan(add={ONE: Naptr(BASE), OLD: Cname(PUBLISHER)}))
    change = plan(
        add={TWO: Naptr(BASE)},
        replace={ONE: (Naptr(BASE), Naptr("https://new.example.dk"))},
        drop={OLD: Cname(PUBLISHER)},
    )
    locator.apply(change)
    once = locator.names()

    locator.apply(change)

    assert locator.names() == once


def test_an_empty_plan_changes_nothing(locator: FakeLocator | Zone) -> None:
    locator.apply(plan())

    assert locator.names() == {}


def test_a_plan_cut_short_is_finished_by_applying_it_again(locator: FakeLocator | Zone) -> None:
    locator.apply(plan(add={ONE: Naptr(BASE)}))

    locator.apply(plan(add={ONE: Naptr(BASE), TWO: Naptr(BASE)}))

    assert locator.names() == {ONE: Naptr(BASE), TWO: Naptr(BASE)}


@pytest.mark.parametrize(
    "there",
    [
        Naptr("https://other.example.dk"),
        Cname(DnsName("other.example.dk.")),
        Foreign('TXT "taken"'),
        Foreign("A 192.0.2.1\nA 192.0.2.2"),
    ],
)
def test_what_is_taken_is_not_overwritten(there: Record, locator: FakeLocator | Zone) -> None:
    locator.apply(plan(add={ONE: there, OLD: there}))
    gone = DnsName(f"gone.{ZONE}")

    with pytest.raises(Conflict) as raised:
        locator.apply(
            plan(
                add={ONE: Naptr(BASE), TWO: Naptr(BASE)},
                replace={OLD: (Cname(PUBLISHER), Naptr(BASE))},
                drop={gone: Naptr(BASE)},
            )
        )

    assert locator.names() == {ONE: there, OLD: there, TWO: Naptr(BASE)}
    assert ONE in raised.value.text
    assert OLD in raised.value.text
    assert TWO not in raised.value.text
    assert gone not in raised.value.text


def test_what_is_not_as_found_is_not_dropped(locator: FakeLocator | Zone) -> None:
    locator.apply(plan(add={ONE: Naptr("https://other.example.dk"), TWO: Naptr(BASE)}))

    with pytest.raises(Conflict, match=ONE):
        locator.apply(plan(drop={ONE: Naptr(BASE), TWO: Naptr(BASE)}))

    assert locator.names() == {ONE: Naptr("https://other.example.dk")}


def test_a_replacement_of_what_is_gone_is_a_conflict(locator: FakeLocator | Zone) -> None:
    with pytest.raises(Conflict, match=ONE):
        locator.apply(plan(replace={ONE: (Cname(PUBLISHER), Naptr(BASE))}))

    assert locator.names() == {}


def test_a_name_with_anything_at_all_is_answering(locator: FakeLocator | Zone) -> None:
    locator.apply(plan(add=EVERY_KIND))

    assert locator.answering([*EVERY_KIND, TWO]) == frozenset(EVERY_KIND)


def test_a_dropped_name_is_not_answering(locator: FakeLocator | Zone) -> None:
    locator.apply(plan(add={ONE: Naptr(BASE), OLD: Cname(PUBLISHER)}))

    locator.apply(plan(drop={ONE: Naptr(BASE), OLD: Cname(PUBLISHER)}))

    assert locator.answering([ONE, OLD]) == frozenset()


def test_hundreds_of_names_go_in_and_out(locator: FakeLocator | Zone) -> None:
    long = "https://smp.example.dk/" + "x" * 225
    many: dict[DnsName, Record] = {
        DnsName(f"{'n' * 40}-{number}.iso6523-actorid-upis.{ZONE}"): Naptr(long)
        for number in range(350)
    }
    locator.apply(plan(add=many))
    moved: dict[DnsName, Record] = {name: Naptr(BASE) for name in many}

    locator.apply(diff(wanted=moved, found=many))

    assert locator.names() == moved

    locator.apply(diff(wanted={}, found=moved))

    assert locator.names() == {}
