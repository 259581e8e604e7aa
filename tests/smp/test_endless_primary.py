"""A primary that never comes to an end is not waited for, and what it sends is not kept."""

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count, repeat
from threading import Event, Thread

import dns.message
import dns.name
import dns.rrset
import pytest

from eer.domain.errors import Unavailable
from smp.domain.naming import Address, DnsName
from smp.sml import exchange
from smp.sml.copy import Copy
from smp.sml.exchange import Connection, Trust
from smp.sml.openly import Server
from smp.sml.tsig import TsigKey
from smp.sml.zone import Zone

ZONE = DnsName("sml.example.dk.")
KEY = TsigKey("publisher", "hmac-sha256", bytes(range(32)))
SOA = f"{ZONE} 60 IN SOA ns.example.dk. host.example.dk. 7 3600 600 604800 60"
NAME = DnsName(f"one.{ZONE}")
Sends = Callable[[dns.message.Message], Iterator[bytes]]


@contextmanager
def sending(sends: Sends, address: tuple[str, int] = ("127.0.0.1", 0)) -> Iterator[tuple[str, int]]:
    """Run a server that sends, whatever it is asked, what *sends* makes of the question."""
    with socket.create_server(address) as listening:
        thread = Thread(target=_serve, args=(listening, sends), daemon=True)
        thread.start()
        yield listening.getsockname()[:2]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def _serve(listening: socket.socket, sends: Sends) -> None:
    with suppress(OSError):
        while True:
            client, _ = listening.accept()
            with client, client.makefile("rb") as asked, suppress(OSError):
                size = struct.unpack("!H", asked.read(2))[0]
                query = dns.message.from_wire(asked.read(size), keyring=KEY.key)
                for some in sends(query):
                    client.sendall(some)


def zone_at(primary: tuple[str, int], timeout: float = 5) -> Zone:
    return Zone(ZONE, primary=primary, servers=[primary], key=KEY, ttl=60, timeout=timeout)


def messages(query: dns.message.Message, parts: Iterator[list[str]]) -> Iterator[bytes]:
    """Sign one message after the other, each with the records in a part."""
    context = None
    for part in parts:
        response = dns.message.make_response(query)
        for line in part:
            name, ttl, kind, rdtype, data = line.split(None, 4)
            response.answer.append(dns.rrset.from_text(name, int(ttl), kind, rdtype, data))
        yield response.to_wire(multi=True, tsig_ctx=context, prepend_length=True)
        context = response.tsig_ctx


def endless() -> Iterator[list[str]]:
    yield [SOA]
    for number in count():
        yield [f"n{number}-{each}.{ZONE} 60 IN A 192.0.2.1" for each in range(50)]


@pytest.mark.parametrize("ask", [lambda zone: zone.names(), lambda zone: zone.names_at([NAME])])
def test_an_answer_that_trickles_is_not_waited_for(ask: Callable[[Zone], object]) -> None:
    over = Event()

    def trickle(query: dns.message.Message) -> Iterator[bytes]:
        assert query.had_tsig
        yield b"\xff\xff"
        for _ in range(200):
            over.wait(0.05)
            yield b"\0"

    with sending(trickle) as address:
        with pytest.raises(Unavailable, match=r"does not answer within 0\.3 s"):
            ask(zone_at(address, timeout=0.3))
        over.set()


def test_a_transfer_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MOST_RECORDS", 1_000)

    with (
        sending(lambda query: messages(query, endless())) as address,
        pytest.raises(Unavailable, match=r"sends more than 1000 records .* sml\.example\.dk\."),
    ):
        zone_at(address).names()


def test_a_transfer_of_nothing_that_does_not_end_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exchange, "MOST_OCTETS", 10_000)

    with (
        sending(lambda query: messages(query, iter([[SOA], *repeat([], 1_000)]))) as address,
        pytest.raises(Unavailable, match="sends more than 10000 octets"),
    ):
        zone_at(address).names()


def test_a_transfer_that_is_slower_than_any_line_is_given_up() -> None:
    """Each message comes in time, and all of them together never would."""
    ticks = count(0, 0.5)
    trust = Trust(dns.name.from_text(ZONE), KEY, 5, lambda: next(ticks))

    with (
        sending(lambda query: messages(query, endless())) as address,
        pytest.raises(Unavailable, match=r"is still sending the zone .* after \d+ s"),
    ):
        Copy(trust.zone, lambda: Connection(Server(*address), trust)).refreshed()


def test_what_is_of_another_class_is_unavailable() -> None:
    part = [SOA, f"{NAME} 60 CH TXT x", SOA]

    with (
        sending(lambda query: messages(query, iter([part]))) as address,
        pytest.raises(Unavailable, match=r"something unreadable: .*RdataClass"),
    ):
        zone_at(address).names()


def test_what_is_not_in_the_zone_is_left_out_and_told(caplog: pytest.LogCaptureFixture) -> None:
    theirs = ["a.other.example.dk. 60 IN A 192.0.2.1", "b.example.dk. 60 IN A 192.0.2.1"]
    part = [SOA, *theirs, f"{NAME} 60 IN A 192.0.2.7", SOA]

    with sending(lambda query: messages(query, iter([part]))) as address:
        found = zone_at(address).names()

    assert found == {NAME: Address("192.0.2.7")}
    (said,) = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert "records=2" in said
    assert "a.other.example.dk." in said
