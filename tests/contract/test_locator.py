"""What any locator promises.

The fake; the zone at the embedded server, at BIND, Knot and PowerDNS; and the zone in a file that
a server of the tests, BIND and Knot read.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from eer.domain.errors import Conflict
from eer.domain.plan import Plan, diff
from fakes import followed, servers
from fakes.followed import file_zone
from fakes.locator import FakeLocator
from smp.domain.naming import Address, Cname, DnsName, Foreign, Naptr, Record
from smp.sml.file_zone import FileZone
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


Locator = FakeLocator | Zone | FileZone
Start = Callable[[Path], AbstractContextManager[Locator]]


@contextmanager
def embedded(directory: Path, zone: DnsName, key: TsigKey) -> Iterator[tuple[str, int]]:
    server = Nameserver(Authority(zone, directory / "zone", key, ttl=60), ("127.0.0.1", 0))
    server.start()
    try:
        yield server.address
    finally:
        server.stop()


def updated(
    starter: Callable[[Path, DnsName, TsigKey], AbstractContextManager[tuple[str, int]]],
) -> Start:
    @contextmanager
    def start(directory: Path) -> Iterator[Locator]:
        with starter(directory, ZONE, KEY) as address:
            yield Zone(ZONE, primary=address, servers=[address], key=KEY, ttl=60)

    return start


def written(
    starter: Callable[[Path, DnsName], AbstractContextManager[servers.Reading]],
) -> Start:
    @contextmanager
    def start(directory: Path) -> Iterator[Locator]:
        with starter(directory, ZONE) as (address, command):
            yield file_zone(directory / "zone", command, address)

    return start


@contextmanager
def copied(directory: Path, zone: DnsName) -> Iterator[servers.Reading]:
    """A server of the tests: the command copies the file to where it looks."""
    loaded = directory / "loaded"
    loaded.write_text(servers.empty(zone))
    with followed.following(zone, loaded) as address:
        yield address, ("cp", str(directory / "zone"), str(loaded))


@contextmanager
def fake(_: Path) -> Iterator[Locator]:
    yield FakeLocator()


STARTERS: dict[str, Start] = {
    "fake": fake,
    "embedded": updated(embedded),
    "file": written(copied),
    "bind": updated(servers.bind),
    "knot": updated(servers.knot),
    "powerdns": updated(servers.powerdns),
    "bind-file": written(servers.bind_reading),
    "knot-file": written(servers.knot_reading),
}


@pytest.fixture(
    params=[
        *("fake", "embedded", "file"),
        *(
            pytest.param(name, marks=pytest.mark.debian)
            for name in ("bind", "knot", "powerdns", "bind-file", "knot-file")
        ),
    ],
    scope="module",
)
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Locator]:
    with STARTERS[request.param](tmp_path_factory.mktemp(request.param)) as locator:
        yield locator


@pytest.fixture
def locator(running: Locator) -> Locator:
    """Return the locator with nothing in it: servers are slow to start and quick to empty."""
    running.apply(diff(wanted={}, found=running.names()))
    return running


def plan(**parts: Any) -> Plan[DnsName, Record]:
    return Plan(**({"add": {}, "replace": {}, "drop": {}} | parts))


def test_a_new_zone_holds_no_names(locator: Locator) -> None:
    assert locator.names() == {}


def test_what_was_added_is_found(locator: Locator) -> None:
    locator.apply(plan(add=EVERY_KIND))

    assert locator.names() == EVERY_KIND
    assert locator.names_at(EVERY_KIND) == EVERY_KIND


def test_only_the_names_asked_for_are_told(locator: Locator) -> None:
    locator.apply(plan(add=EVERY_KIND))

    assert locator.names_at([ONE, TWO]) == {ONE: Naptr(BASE)}


def test_one_plan_adds_replaces_and_drops(locator: Locator) -> None:
    locator.apply(plan(add={ONE: Naptr(BASE), OLD: Cname(PUBLISHER)}))

    locator.apply(
        plan(
            add={TWO: Naptr(BASE)},
            replace={ONE: (Naptr(BASE), Naptr("https://new.example.dk"))},
            drop={OLD: Cname(PUBLISHER)},
        )
    )

    assert locator.names() == {ONE: Naptr("https://new.example.dk"), TWO: Naptr(BASE)}


def test_a_name_may_change_its_kind(locator: Locator) -> None:
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
def test_applying_a_plan_twice_changes_nothing(locator: Locator) -> None:
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


def test_an_empty_plan_changes_nothing(locator: Locator) -> None:
    locator.apply(plan())

    assert locator.names() == {}


def test_a_plan_cut_short_is_finished_by_applying_it_again(locator: Locator) -> None:
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
def test_what_is_taken_is_not_overwritten(there: Record, locator: Locator) -> None:
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


def test_what_is_not_as_found_is_not_dropped(locator: Locator) -> None:
    locator.apply(plan(add={ONE: Naptr("https://other.example.dk"), TWO: Naptr(BASE)}))

    with pytest.raises(Conflict, match=ONE):
        locator.apply(plan(drop={ONE: Naptr(BASE), TWO: Naptr(BASE)}))

    assert locator.names() == {ONE: Naptr("https://other.example.dk")}


def test_a_replacement_of_what_is_gone_is_a_conflict(locator: Locator) -> None:
    with pytest.raises(Conflict, match=ONE):
        locator.apply(plan(replace={ONE: (Cname(PUBLISHER), Naptr(BASE))}))

    assert locator.names() == {}


def test_a_name_with_anything_at_all_is_answering(locator: Locator) -> None:
    locator.apply(plan(add=EVERY_KIND))

    assert locator.answering([*EVERY_KIND, TWO]) == frozenset(EVERY_KIND)


def test_a_dropped_name_is_not_answering(locator: Locator) -> None:
    locator.apply(plan(add={ONE: Naptr(BASE), OLD: Cname(PUBLISHER)}))

    locator.apply(plan(drop={ONE: Naptr(BASE), OLD: Cname(PUBLISHER)}))

    assert locator.answering([ONE, OLD]) == frozenset()


def test_hundreds_of_names_go_in_and_out(locator: Locator) -> None:
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


def test_who_left_what_alone_is_told_by_name(locator: Locator) -> None:
    locator.apply(plan(add={OLD: Foreign('TXT "taken"')}))

    with pytest.raises(Conflict) as raised:
        locator.apply(plan(add={OLD: Cname(PUBLISHER), ONE: Naptr(BASE)}))

    assert [issue.expression for issue in raised.value.issues] == [OLD]
    assert locator.names() == {OLD: Foreign('TXT "taken"'), ONE: Naptr(BASE)}


def test_what_changed_since_is_read(locator: Locator) -> None:
    """Each change is read by itself: a primary may tell no more than what is new."""
    found = []
    for number in range(5):
        locator.apply(plan(add={DnsName(f"n{number}.{ZONE}"): Naptr(BASE)}))
        found.append(len(locator.names()))
    locator.apply(plan(drop={DnsName(f"n0.{ZONE}"): Naptr(BASE)}))

    assert found == [1, 2, 3, 4, 5]
    assert locator.names() == {DnsName(f"n{number}.{ZONE}"): Naptr(BASE) for number in range(1, 5)}


def test_what_is_not_in_the_plan_is_not_touched(locator: Locator) -> None:
    """Aliases of aliases, mail, addresses, and NAPTRs of others."""
    chain: dict[DnsName, Record] = {
        DnsName(f"first.{ZONE}"): Cname(DnsName(f"second.{ZONE}")),
        DnsName(f"second.{ZONE}"): Cname(ONE),
    }
    theirs = {name: record for name, record in EVERY_KIND.items() if name != ONE} | chain
    locator.apply(plan(add=theirs))

    locator.apply(plan(add={ONE: Naptr(BASE), TWO: Naptr(BASE)}))
    locator.apply(plan(replace={ONE: (Naptr(BASE), Cname(PUBLISHER))}, drop={TWO: Naptr(BASE)}))
    locator.apply(plan(drop={ONE: Cname(PUBLISHER)}))

    assert locator.names() == theirs
