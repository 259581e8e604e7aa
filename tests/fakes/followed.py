"""A name server that takes no updates: it answers from a file, as that was when it was copied."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import dns.btreezone
import dns.message
import dns.name
import dns.rdataclass
import dns.tokenizer
import dns.zonefile

from smp.domain.naming import DnsName
from smp.sml import authority
from smp.sml.file_zone import FileZone
from smp.sml.nameserver import Nameserver
from smp.sml.openly import Server
from smp.sml.reload import Reload
from smp.sml.tsig import TsigKey

_NOBODY = TsigKey("nobody", "hmac-sha256", b"nobody")


class Following:
    """Answers from the file at *file*, whatever it says at the moment, includes and all."""

    def __init__(self, zone: DnsName, file: Path) -> None:
        self._zone = dns.name.from_text(zone)
        self._file = file

    def stream(self, wire: bytes) -> Iterator[bytes]:
        yield self._answer(self._read(wire)).to_wire(max_size=65_535, prefer_truncation=True)

    def datagram(self, wire: bytes) -> bytes:
        query = self._read(wire)
        return authority.datagram(self._answer(query), query)

    def _read(self, wire: bytes) -> dns.message.Message:
        query = authority.read(wire, _NOBODY.key)
        assert isinstance(query, dns.message.Message)
        return query

    def _answer(self, query: dns.message.Message) -> dns.message.Message:
        zone = dns.btreezone.Zone(self._zone, relativize=False)
        with zone.writer() as open_zone:
            tokens = dns.tokenizer.Tokenizer(self._file.read_text("utf-8"), str(self._file))
            reader = dns.zonefile.Reader(tokens, dns.rdataclass.IN, open_zone, allow_include=True)
            reader.read()
        with zone.reader() as said:
            return authority.answer(query, said)


@contextmanager
def following(zone: DnsName, file: Path) -> Iterator[tuple[str, int]]:
    """Serve *zone* from *file*."""
    server = Nameserver(Following(zone, file), ("127.0.0.1", 0))  # type: ignore[arg-type]  # a whole other authority
    server.start()
    try:
        yield server.address
    finally:
        server.stop()


def file_zone(
    file: Path,
    command: tuple[str, ...],
    *addresses: tuple[str, int],
    seconds: float = 10,
    timeout: float = 2,
) -> FileZone:
    """Return the locator over *file*, for servers at *addresses*, each record for 60 seconds."""
    return FileZone(
        name=DnsName("sml.example.dk."),
        file=file,
        servers=tuple(Server(*address) for address in addresses),
        ttl=60,
        negative_ttl=60,
        reload=Reload(command, time.monotonic, Event().wait, seconds, timeout),
    )
