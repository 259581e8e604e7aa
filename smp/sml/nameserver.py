"""Who answers for the zone where there is no name server?

An authoritative server for one zone on one machine, and for tests; a real installation has BIND,
Knot or PowerDNS. UDP and TCP on one port (RFC 1035, 4.2; RFC 7766); updates one at a time, each on
disk before it is answered.
"""

import asyncio
import logging
import signal
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

import dns.message
import dns.rcode
import dns.update

from eer.domain.errors import Unavailable
from smp.domain.naming import DnsName
from smp.sml import amend, authority, records
from smp.sml.tsig import TsigKey
from smp.sml.zone_file import ZoneFile

_LOG = logging.getLogger(__name__)

_PATIENCE = 30
"""Seconds that a TCP connection may be silent."""

_CONVERSATIONS = 200
"""TCP connections at a time; more are closed at once."""

_ENDINGS = (signal.SIGINT, signal.SIGTERM)
_LARGEST = 65_535
_TRIES = 20


class Authority:
    """One zone and its file: what it answers to the bytes of a message."""

    def __init__(self, zone: DnsName, file: Path, key: TsigKey, ttl: int) -> None:
        """Load the zone from *file* or begin a new one; raises Malformed and Unavailable."""
        self._key = key.key
        self._file = ZoneFile(file)
        self._zone = self._file.load(records.wire_name(zone), ttl)

    def stream(self, wire: bytes) -> Iterator[bytes]:
        """Yield what answers *wire* over TCP: one message, for a transfer many, or silence."""
        query = authority.read(wire, self._key)
        if isinstance(query, bytes):
            yield from filter(None, (query,))
        elif authority.asks_for_transfer(query):
            with self._zone.reader() as zone:
                yield from authority.transfer(query, zone)
        else:
            yield self._answer(query).to_wire(max_size=_LARGEST, prefer_truncation=True)

    def datagram(self, wire: bytes) -> bytes:
        """Return what answers *wire* over UDP; no bytes mean silence."""
        query = authority.read(wire, self._key)
        if isinstance(query, bytes):
            return query
        if authority.asks_for_transfer(query):
            with self._zone.reader() as zone:
                return authority.glance(query, zone).to_wire()
        return authority.datagram(self._answer(query), query)

    def _answer(self, query: dns.message.Message) -> dns.message.Message:
        if isinstance(query, dns.update.UpdateMessage):
            return authority.rejected(query, self._update(query))
        with self._zone.reader() as zone:
            return authority.answer(query, zone)

    def _update(self, update: dns.update.UpdateMessage) -> dns.rcode.Rcode:
        if not update.had_tsig:
            _LOG.warning("refused update rcode=REFUSED: unsigned")
            return dns.rcode.REFUSED
        try:
            with self._zone.writer() as zone:
                rcode = amend.amend(zone, update)
                names = len(amend.touched(zone))
                if rcode != dns.rcode.NOERROR:
                    zone.rollback()
                elif names:
                    self._file.save(zone)
        except Unavailable as fault:
            _LOG.error("refused update rcode=SERVFAIL: not kept, %s", fault.text)
            return dns.rcode.SERVFAIL
        _LOG.info("update rcode=%s names=%d", dns.rcode.to_text(rcode), names)
        return rcode


class Nameserver:
    """The server: `start` and `stop` inside another process, `serve_forever` as one of its own.

    *address* is a host and a port; port 0 takes a free one, told by `address` once it listens.
    """

    def __init__(self, authority: Authority, address: tuple[str, int]) -> None:
        self._authority = authority
        self._wanted = address
        self._ready = Event()
        self._thread: Thread | None = None
        self._conversations: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        host, port = self._tcp.getsockname()[:2]
        return str(host), int(port)

    def start(self) -> None:
        """Answer from a thread of its own; raises Unavailable when the port is taken."""
        self._bind()
        self._ready.clear()
        self._thread = Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """End what `start` began, and free the port."""
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()
            self._thread = None

    def serve_forever(self) -> None:
        """Answer until the process is told to end (SIGINT, SIGTERM); raises as `start`."""
        self._bind()
        asyncio.run(self._serve(_ENDINGS))

    def _bind(self) -> None:
        try:
            self._tcp, self._udp = _bound(*self._wanted)
        except OSError as fault:
            host, port = self._wanted
            raise Unavailable(
                f"name server cannot listen at {host}:{port}: {fault.strerror};"
                " end what listens there, or give it another port"
            ) from None

    async def _serve(self, endings: tuple[signal.Signals, ...] = ()) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        for ending in endings:
            self._loop.add_signal_handler(ending, self._stopping.set)
        self._loop.add_reader(self._udp, self._take_datagram)
        self._loop.add_reader(self._tcp, self._take_connection)
        _LOG.info("listening address=%s:%d", *self.address)
        self._ready.set()
        await self._stopping.wait()
        host, port = self.address
        for listening in (self._udp, self._tcp):
            self._loop.remove_reader(listening)
            listening.close()
        for conversation in self._conversations:
            conversation.cancel()
        await asyncio.gather(*self._conversations, return_exceptions=True)
        _LOG.info("stopped address=%s:%d", host, port)

    def _take_datagram(self) -> None:
        """Answer one datagram; one that cannot be read or sent is lost, as datagrams may be."""
        with suppress(OSError):
            wire, place = self._udp.recvfrom(_LARGEST)
            answer = self._authority.datagram(wire)
            if answer:
                self._udp.sendto(answer, place)

    def _take_connection(self) -> None:
        """Begin a conversation; its connection is closed even if it ends before its first step."""
        with suppress(BlockingIOError, ConnectionError):
            connection, _ = self._tcp.accept()
            if len(self._conversations) == _CONVERSATIONS:
                connection.close()
                return
            connection.settimeout(0)
            conversation = self._loop.create_task(self._converse(connection))
            self._conversations.add(conversation)
            conversation.add_done_callback(self._conversations.discard)
            conversation.add_done_callback(lambda _: connection.close())

    async def _converse(self, connection: socket.socket) -> None:
        """Answer one TCP connection, message by message, until it ends or falls silent."""
        with suppress(TimeoutError, EOFError, ConnectionError):
            while True:
                async with asyncio.timeout(_PATIENCE):
                    size = await self._read(connection, 2)
                    wire = await self._read(connection, int.from_bytes(size, "big"))
                for answer in self._authority.stream(wire):
                    async with asyncio.timeout(_PATIENCE):
                        message = len(answer).to_bytes(2, "big") + answer
                        await self._loop.sock_sendall(connection, message)

    async def _read(self, connection: socket.socket, octets: int) -> bytes:
        found = b""
        while len(found) < octets:
            part = await self._loop.sock_recv(connection, octets - len(found))
            if not part:
                raise EOFError
            found += part
        return found


def _bound(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    """Take *port* for TCP and UDP both; a free one that only TCP gets is given back."""
    for _ in range(_TRIES - 1):
        try:
            return _pair(host, port)
        except OSError:
            if port:
                raise
    return _pair(host, port)


def _pair(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    tcp = socket.create_server(place[:2], family=family)
    udp = socket.socket(family, socket.SOCK_DGRAM)
    try:
        udp.bind((place[0], tcp.getsockname()[1]))
    except OSError:
        tcp.close()
        udp.close()
        raise
    tcp.settimeout(0)
    udp.settimeout(0)
    return tcp, udp
