"""A host of several addresses may be several machines: each of them is asked by itself."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from eer.domain.errors import Unavailable
from eer.domain.plan import Plan
from fakes.followed import file_zone
from smp.domain.naming import DnsName, Naptr
from smp.sml import openly
from smp.sml.nameserver import Authority, Nameserver
from smp.sml.openly import Server
from smp.sml.tsig import TsigKey
from smp.sml.zone import Zone

ZONE = DnsName("sml.example.dk.")
KEY = TsigKey("publisher", "hmac-sha256", bytes(range(32)))
NAME = DnsName(f"one.{ZONE}")
FIRST, SECOND = "127.0.0.1", "127.0.0.2"
HOST = "ns.example.dk"


@contextmanager
def serving(file: Path, address: tuple[str, int]) -> Iterator[Zone]:
    server = Nameserver(Authority(ZONE, file, KEY, ttl=60), address)
    server.start()
    try:
        yield Zone(
            ZONE, primary=server.address, servers=[(HOST, server.address[1])], key=KEY, ttl=60
        )
    finally:
        server.stop()


@pytest.fixture
def zones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Zone, Zone, int]]:
    """Give two servers at two addresses of the same host, and their port."""
    resolve = socket.getaddrinfo

    def resolved(host: Any, *given: Any, **more: Any) -> Any:
        if host != HOST:
            return resolve(host, *given, **more)
        return [(socket.AF_INET, socket.SOCK_DGRAM, 17, "", (each, 0)) for each in (FIRST, SECOND)]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    with serving(tmp_path / "first", (FIRST, 0)) as first:
        port = first._primary.port
        with serving(tmp_path / "second", (SECOND, port)) as second:
            yield first, second, port


def test_a_name_is_answering_until_the_last_address_has_dropped_it(
    zones: tuple[Zone, Zone, int],
) -> None:
    first, second, _ = zones
    second.apply(Plan({NAME: Naptr("https://smp.example.dk")}, {}, {}))

    assert first.answering([NAME]) == {NAME}


def test_each_address_has_a_name_of_its_own(zones: tuple[Zone, Zone, int]) -> None:
    port = zones[2]

    found = openly.everywhere([Server(HOST, port), Server(FIRST, port)])

    assert [str(each) for each in found] == [
        f"{HOST}:{port} ({FIRST})",
        f"{HOST}:{port} ({SECOND})",
        f"{FIRST}:{port}",
    ]
    assert openly.everywhere(found) == found


def test_a_host_without_an_address_stays_as_it_is_and_is_silent() -> None:
    nobody = Server("ns.invalid", 53)

    assert openly.everywhere([nobody]) == (nobody,)
    with pytest.raises(Unavailable, match=r"ns\.invalid:53 does not answer"):
        openly.apex(nobody, ZONE, 1)


def test_a_written_zone_is_waited_for_at_each_address(
    zones: tuple[Zone, Zone, int], tmp_path: Path
) -> None:
    first, second, port = zones
    first.apply(Plan({NAME: Naptr("https://smp.example.dk")}, {}, {}))
    server = Server(HOST, port)
    reload = file_zone(tmp_path / "zone", ("true",), server, seconds=0).reload
    newest = reload.newest([server], ZONE, 0)

    behind = reload.late([server], ZONE, newest)
    second.apply(Plan({NAME: Naptr("https://smp.example.dk")}, {}, {}))

    assert newest == 2
    assert behind == {server: f"name server {HOST}:{port} ({SECOND}) answers the serial 1"}
    assert reload.late([server], ZONE, newest) == {}


def test_the_name_servers_of_a_zone_are_those_it_says(zones: tuple[Zone, Zone, int]) -> None:
    assert openly.nameservers(Server(FIRST, zones[2]), ZONE, 2) == {"localhost."}
