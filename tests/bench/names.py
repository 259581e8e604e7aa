"""How much of bare dnspython is left when 15,000 names go into BIND by the same messages?"""

import socket
import statistics
import struct
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.IN.NAPTR
import dns.update

from eer.domain.identifiers import Gln, gln_check_digit
from eer.domain.plan import Plan, diff
from fakes import servers
from smp.domain.identifiers import participant_of
from smp.domain.naming import DnsName, Naptr, Record, naptr_name
from smp.domain.portions import pieces
from smp.sml.tsig import TsigKey
from smp.sml.zone import Zone

_NAMES = 15_000
_AT_ONCE = 100
_ROUNDS = 5
_ZONE = DnsName("sml.example.dk.")
_BASE = "https://smp.example.dk"
_KEY = TsigKey("publisher", "hmac-sha256", bytes(range(32)))

Address = tuple[str, int]
Add = Callable[[Address, Mapping[DnsName, Record]], None]


def measure() -> None:
    """Print the rates of both, each into an empty zone of its own, in turn, and their share."""
    names = {
        naptr_name(participant_of(_gln(number)), _ZONE): Naptr(_BASE) for number in range(_NAMES)
    }
    rounds = [(_rate(_bare, names), _rate(_ours, names)) for _ in range(_ROUNDS)]
    bare, ours = (statistics.median(column) for column in zip(*rounds, strict=True))
    print(f"names: {_NAMES:,} into BIND, {_AT_ONCE} a message, bare dnspython {bare:,.0f}/s")
    print(f"  the locator, as a plan         {ours:8,.0f}/s  {ours / bare:.2f} of bare (reach 0.8)")
    print(f"  reading them: {_reading(names)}")


def _reading(names: Mapping[DnsName, Record]) -> str:
    with tempfile.TemporaryDirectory() as folder, servers.bind(Path(folder), _ZONE, _KEY) as bind:
        _ours(bind, names)
        zone = _zone(bind)
        whole = _seconds(zone.names)
        few = dict(list(names.items())[:_AT_ONCE])
        zone.apply(Plan({}, {}, few))
        changes = _seconds(zone.names)
    return (
        f"whole (AXFR) {whole * 1000:,.0f} ms, {_AT_ONCE} changes (IXFR) {changes * 1000:,.0f} ms"
    )


def _rate(add: Add, names: Mapping[DnsName, Record]) -> float:
    with tempfile.TemporaryDirectory() as folder, servers.bind(Path(folder), _ZONE, _KEY) as bind:
        return len(names) / _seconds(lambda: add(bind, names))


def _ours(address: Address, names: Mapping[DnsName, Record]) -> None:
    """As a run of the publisher does it: a plan, in pieces."""
    zone = _zone(address)
    for piece in pieces(diff(wanted=names, found={})):
        zone.apply(piece)


def _bare(address: Address, names: Mapping[DnsName, Record]) -> None:
    """The same messages by dnspython and a socket, and nothing else."""
    origin, key, naptr = dns.name.from_text(_ZONE), _KEY.key, _naptr()
    with socket.create_connection(address) as server, server.makefile("rb") as answers:
        for some in _portions(sorted(names)):
            update = dns.update.UpdateMessage(origin)
            for name in some:
                owner = dns.name.from_text(name)
                update.absent(owner)
                update.add(owner, 60, naptr)
            update.use_tsig(key)
            server.sendall(update.to_wire(prepend_length=True))
            wire = answers.read(*struct.unpack("!H", answers.read(2)))
            answer = dns.message.from_wire(wire, keyring=key, request_mac=update.mac)
            if answer.rcode() != dns.rcode.NOERROR:
                raise SystemExit(f"names: BIND answered {dns.rcode.to_text(answer.rcode())}")


def _naptr() -> dns.rdtypes.IN.NAPTR.NAPTR:
    fields = (100, 10, b"U", b"Meta:SMP", f"!^.*$!{_BASE}!".encode(), dns.name.root)
    return dns.rdtypes.IN.NAPTR.NAPTR(dns.rdataclass.IN, dns.rdatatype.NAPTR, *fields)


def _portions(names: list[DnsName]) -> Iterator[list[DnsName]]:
    for start in range(0, len(names), _AT_ONCE):
        yield names[start : start + _AT_ONCE]


def _zone(address: Address) -> Zone:
    return Zone(_ZONE, primary=address, servers=[address], key=_KEY, ttl=60)


def _gln(number: int) -> Gln:
    twelve = f"5790009{number:05}"
    return Gln.parse(twelve + gln_check_digit(twelve))


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin
