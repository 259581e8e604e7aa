"""How does a record of ours look as DNS data, and what does DNS data say in our terms?

RFC 3403 section 4 (NAPTR) and RFC 1035. Only what this project writes is read as Naptr, Cname or
Address; everything else is Foreign, letter by letter, with the SMP that it may lead to.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from ipaddress import ip_address
from typing import TypeVar

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
from dns.rdtypes.ANY.CNAME import CNAME
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA
from dns.rdtypes.IN.NAPTR import NAPTR

from eer.domain.errors import Malformed
from smp.domain import naming
from smp.domain.naming import Address, Cname, DnsName, Foreign, Naptr, Record

R = TypeVar("R", bound=dns.rdata.Rdata)

_ORDER, _PREFERENCE, _FLAGS, _SERVICE = 100, 10, b"U", naming.NAPTR_SERVICE.encode()
_REGEXP = re.compile(rb"!\^\.\*\$!([\x20-\x7e]+)!")
_PARTS = 4
_REMEMBERED = 1_000
"""Records whose data are not made again: most of a zone says the same two things."""

_SIGNING = frozenset(
    {
        dns.rdatatype.RRSIG,
        dns.rdatatype.NSEC,
        dns.rdatatype.NSEC3,
        dns.rdatatype.NSEC3PARAM,
    }
)
"""What a server that signs its zone adds by itself: no record of anybody's."""


def wire_name(name: DnsName) -> dns.name.Name:
    """Return *name* as dnspython has it; raises Malformed when it is none."""
    try:
        return dns.name.from_text(name)
    except dns.exception.DNSException as fault:
        raise Malformed(f"{name!r} is not a DNS name: {fault}") from None


def read_name(name: dns.name.Name) -> DnsName:
    """Return *name* as the domain has it: lower case, with its final dot."""
    return naming.dns_name(name.to_text())


@lru_cache(maxsize=_REMEMBERED)
def rdatas(record: Record) -> tuple[dns.rdata.Rdata, ...]:
    """Return the data that *record* stands for; more than one only for what is Foreign.

    Raises Malformed when the record cannot be written as DNS data.
    """
    match record:
        case Naptr():
            return (_naptr(record),)
        case Cname(target):
            return (_made(CNAME, dns.rdatatype.CNAME, wire_name(target)),)
        case Address(ip):
            return (_address(ip),)
        case Foreign(text):
            return tuple(_foreign(line) for line in text.splitlines())


@lru_cache(maxsize=_REMEMBERED)
def octets(record: Record) -> tuple[int, ...]:
    """Return how many octets each of the data of *record* takes, names uncompressed."""
    return tuple(len(rdata.to_wire() or b"") for rdata in rdatas(record))


def record(rdatasets: Iterable[dns.rdataset.Rdataset]) -> Record | None:
    """Return what stands at a name, all of it; None when nothing does but a server's signing.

    How long it may be cached (the TTL) is no part of it.
    """
    found = [
        rdata for rdataset in rdatasets if rdataset.rdtype not in _SIGNING for rdata in rdataset
    ]
    if not found:
        return None
    ours = _ours(found[0]) if len(found) == 1 else None
    return ours or _read_foreign(found)


def _read_foreign(found: Sequence[dns.rdata.Rdata]) -> Foreign:
    bases = {_leads_to(rdata) for rdata in found}
    text = "\n".join(sorted(_line(rdata) for rdata in found))
    return Foreign(text, leads_to=bases.pop() if len(bases) == 1 else None)


def _ours(rdata: dns.rdata.Rdata) -> Record | None:
    match rdata:
        case NAPTR():
            return _read_naptr(rdata)
        case CNAME():
            return Cname(read_name(rdata.target))
        case A() | AAAA():
            return Address(str(ip_address(rdata.address)))
    return None


def _made(kind: Callable[..., R], rdtype: dns.rdatatype.RdataType, *fields: object) -> R:
    """Make data of one kind; dnspython says nothing of the types its kinds are made of."""
    return kind(dns.rdataclass.IN, rdtype, *fields)


def _naptr(record: Naptr) -> NAPTR:
    if not naming.fits(record.base_url):
        raise Malformed(f"base URL {record.base_url!r} cannot stand in a NAPTR")
    return _made(
        NAPTR,
        dns.rdatatype.NAPTR,
        _ORDER,
        _PREFERENCE,
        _FLAGS,
        _SERVICE,
        record.regexp.encode(),
        dns.name.root,
    )


def _read_naptr(rdata: NAPTR) -> Naptr | None:
    """Read a NAPTR exactly as `_naptr` writes it; one that differs in anything is not ours."""
    rest = (rdata.order, rdata.preference, rdata.flags, rdata.service, rdata.replacement)
    regexp = _REGEXP.fullmatch(rdata.regexp)
    if regexp is None or rest != (_ORDER, _PREFERENCE, _FLAGS, _SERVICE, dns.name.root):
        return None
    base_url = regexp[1].decode("ascii")
    return Naptr(base_url) if naming.fits(base_url) and not base_url.endswith("/") else None


def _leads_to(rdata: dns.rdata.Rdata) -> str | None:
    """Return the base URL of any U-NAPTR for SMP (RFC 4848), however it is spelled."""
    if not isinstance(rdata, NAPTR):
        return None
    if (rdata.flags.upper(), rdata.service.lower()) != (_FLAGS, _SERVICE.lower()):
        return None
    delimiter = rdata.regexp[:1]
    parts = rdata.regexp.split(delimiter) if delimiter else []
    if len(parts) != _PARTS:
        return None
    return parts[2].decode("utf-8", "replace").rstrip("/")


def _address(ip: str) -> A | AAAA:
    try:
        address = ip_address(ip)
    except ValueError:
        raise Malformed(f"{ip!r} is not an IP address") from None
    if address.version == 4:  # noqa: PLR2004 - IPv4
        return _made(A, dns.rdatatype.A, str(address))
    return _made(AAAA, dns.rdatatype.AAAA, str(address))


def _line(rdata: dns.rdata.Rdata) -> str:
    return f"{dns.rdatatype.to_text(rdata.rdtype)} {rdata.to_text()}"


def _foreign(line: str) -> dns.rdata.Rdata:
    kind, _, data = line.partition(" ")
    try:
        return dns.rdata.from_text(dns.rdataclass.IN, kind, data)
    except dns.exception.DNSException as fault:
        raise Malformed(f"{line!r} is not a DNS record: {fault}") from None
