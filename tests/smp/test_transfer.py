"""A zone is read whole once, and after that what changed in it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.zone
import pytest

from eer.domain.errors import Refused, Unavailable
from eer.domain.plan import Plan
from fakes import servers
from smp.domain.naming import DnsName, Naptr
from smp.sml.copy import Copy
from smp.sml.exchange import Connection, Trust
from smp.sml.nameserver import Authority, Nameserver
from smp.sml.openly import Server
from smp.sml.tsig import TsigKey
from smp.sml.zone import Zone

ZONE = DnsName("sml.example.dk.")
KEY = TsigKey("publisher", "hmac-sha256", bytes(range(32)))
BASE = "https://smp.example.dk"
TRUST = Trust(dns.name.from_text(ZONE), KEY, 5)
MARK = dns.name.from_text(f"mark.{ZONE}")
STARTERS = [
    pytest.param(servers.bind, marks=pytest.mark.debian),
    pytest.param(servers.knot, marks=pytest.mark.debian),
]
Starter = Callable[[Path, DnsName, TsigKey], AbstractContextManager[tuple[str, int]]]


class Telling(Authority):
    """An authority that notes which transfers it is asked for, and may spoil them."""

    def __init__(
        self, file: Path, spoil: Callable[[Iterator[bytes]], Iterator[bytes]] = iter
    ) -> None:
        super().__init__(ZONE, file, KEY, ttl=60)
        self.asked: list[str] = []
        self.spoil = spoil

    def stream(self, wire: bytes) -> Iterator[bytes]:
        query = dns.message.from_wire(wire, keyring=False)
        kind = dns.rdatatype.to_text(query.question[0].rdtype)
        if not kind.endswith("XFR"):
            return super().stream(wire)
        self.asked.append(kind)
        return self.spoil(super().stream(wire))


@contextmanager
def serving(authority: Authority) -> Iterator[tuple[str, int]]:
    server = Nameserver(authority, ("127.0.0.1", 0))
    server.start()
    try:
        yield server.address
    finally:
        server.stop()


def zone_at(address: tuple[str, int]) -> Zone:
    return Zone(ZONE, primary=address, servers=[address], key=KEY, ttl=60)


def copy_of(address: tuple[str, int]) -> Copy:
    return Copy(TRUST.zone, lambda: Connection(Server(*address), TRUST))


def add(address: tuple[str, int], *names: str) -> None:
    zone_at(address).apply(Plan({DnsName(f"{n}.{ZONE}"): Naptr(BASE) for n in names}, {}, {}))


def mark(zone: dns.zone.Zone) -> None:
    """Put something into a copy that no server has: it stays while only changes are read."""
    zone.nodes[MARK] = zone.node_factory()


def labels(zone: dns.zone.Zone) -> set[str]:
    return {name.labels[0].decode() for name in zone.nodes if name not in (TRUST.zone, MARK)}


@pytest.mark.parametrize("starter", STARTERS)
def test_real_servers_tell_what_changed(tmp_path: Path, starter: Starter) -> None:
    """Of a zone so large that this is less than all of it."""
    others = {f"n{number}" for number in range(50)}
    with starter(tmp_path, ZONE, KEY) as address:
        add(address, "one", *others)
        copy = copy_of(address)
        mark(copy.refreshed())

        add(address, "three")
        zone_at(address).apply(Plan({}, {}, {DnsName(f"one.{ZONE}"): Naptr(BASE)}))

        found = copy.refreshed()
        assert labels(found) == {"three", *others}
        assert MARK in found.nodes


@pytest.mark.parametrize("starter", STARTERS)
def test_a_zone_of_many_messages_is_read_whole(tmp_path: Path, starter: Starter) -> None:
    names = {f"{'n' * 50}-{number}" for number in range(2_000)}
    with starter(tmp_path, ZONE, KEY) as address:
        add(address, *names)

        assert labels(copy_of(address).refreshed()) == names


def test_what_is_known_already_is_not_told_again(tmp_path: Path) -> None:
    authority = Telling(tmp_path / "zone")
    with serving(authority) as address:
        add(address, "one")
        copy = copy_of(address)
        mark(copy.refreshed())

        found = copy.refreshed()

    assert authority.asked == ["AXFR", "IXFR"]
    assert (labels(found), MARK in found.nodes) == ({"one"}, True)


def test_a_server_without_history_tells_all(tmp_path: Path) -> None:
    authority = Telling(tmp_path / "zone")
    with serving(authority) as address:
        copy = copy_of(address)
        mark(copy.refreshed())
        add(address, "one")

        found = copy.refreshed()

    assert authority.asked == ["AXFR", "IXFR"]
    assert (labels(found), MARK in found.nodes) == ({"one"}, False)


def test_after_some_times_the_whole_is_read_again(tmp_path: Path) -> None:
    """A zone that was made anew may have come to the serial that is known."""
    authority = Telling(tmp_path / "zone")
    with serving(authority) as address:
        copy = copy_of(address)
        for _ in range(30):
            copy.refreshed()

    assert [each for each, kind in enumerate(authority.asked) if kind == "AXFR"] == [0, 25]


def test_a_zone_that_is_older_than_what_is_known_is_read_whole(tmp_path: Path) -> None:
    with (
        serving(Telling(tmp_path / "before")) as before,
        serving(Telling(tmp_path / "after")) as after,
    ):
        add(before, "one")
        add(before, "two")
        add(after, "other")
        primaries = iter([before, after, after])
        copy = Copy(TRUST.zone, lambda: Connection(Server(*next(primaries)), TRUST))
        copy.refreshed()

        assert labels(copy.refreshed()) == {"other"}


@pytest.mark.parametrize("rcode", [dns.rcode.NOTIMP, dns.rcode.REFUSED, dns.rcode.FORMERR])
def test_a_server_that_tells_no_changes_is_asked_for_all(
    tmp_path: Path, rcode: dns.rcode.Rcode
) -> None:
    class Refusing(Telling):
        def stream(self, wire: bytes) -> Iterator[bytes]:
            query = dns.message.from_wire(wire, keyring=KEY.key)
            if query.question[0].rdtype != dns.rdatatype.IXFR:
                return super().stream(wire)
            response = dns.message.make_response(query)
            response.set_rcode(rcode)
            return iter([response.to_wire()])

    with serving(Refusing(tmp_path / "zone")) as address:
        copy = copy_of(address)
        copy.refreshed()
        add(address, "one")

        assert labels(copy.refreshed()) == {"one"}


def test_a_transfer_that_breaks_off_is_no_zone(tmp_path: Path) -> None:
    def broken(messages: Iterator[bytes]) -> Iterator[bytes]:
        yield next(messages)
        raise ConnectionResetError

    authority = Telling(tmp_path / "zone")
    with serving(authority) as address:
        add(address, *(f"{'n' * 50}-{number}" for number in range(500)))
        copy = copy_of(address)
        known = labels(copy.refreshed())
        add(address, "one")
        authority.spoil = broken

        with pytest.raises(Unavailable, match="it closed the connection"):
            copy.refreshed()

        authority.spoil = iter
        assert labels(copy.refreshed()) == {*known, "one"}


def test_who_may_not_transfer_is_told(tmp_path: Path) -> None:
    stranger = Trust(TRUST.zone, TsigKey("stranger", "hmac-sha256", bytes(32)), 5)
    with serving(Telling(tmp_path / "zone")) as address:
        copy = Copy(TRUST.zone, lambda: Connection(Server(*address), stranger))

        with pytest.raises(Refused, match="does not know the TSIG key stranger"):
            copy.refreshed()
