"""Where does DNS say a participant's documents are?

eDelivery BDXL 1.6, section 1.4.2 (U-NAPTR, RFC 4848), read as strictly as the strictest client in
use: what is found here is found by all of them. The CNAME of Peppol SML 1.0.1 is asked for only
by who wants it. A server that does not answer is never taken for a participant that is not there.
"""

import socket
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

import dns.exception
import dns.message
import dns.name
import dns.nameserver
import dns.rdatatype
import dns.resolver
import dns.rrset
from dns.rdtypes.ANY.CNAME import CNAME
from dns.rdtypes.IN.NAPTR import NAPTR

from eer.domain.errors import Absent, Malformed, Unavailable
from smp.domain import naming
from smp.domain.identifiers import ParticipantId
from smp.domain.naming import NAPTR_SERVICE, DnsName

SECONDS = 5.0
"""How long all servers together have for one question."""

_PATTERN, _DOUBLING = "^.*$", ".*"
_PARTS = 4
_LONGEST_CHAIN = 8


class Kind(StrEnum):
    """Which record led there; an archive is what is looked in without asking DNS."""

    NAPTR = "NAPTR"
    CNAME = "CNAME"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class Located:
    """Where a name leads: *base_url* without its last slash, *record* of *kind* as found in DNS."""

    name: DnsName
    ttl: int
    base_url: str
    kind: Kind
    record: str


def resolver(
    nameservers: Iterable[tuple[str, int]], seconds: float = SECONDS
) -> dns.resolver.Resolver:
    """Return what asks *nameservers* in their order; the next one only when one fails.

    Raises Unavailable when the host of one has no address.
    """
    asking = dns.resolver.Resolver(configure=False)
    asking.nameservers = [
        dns.nameserver.Do53Nameserver(address, port)
        for host, port in nameservers
        for address in _addresses(host, port)
    ]
    asking.lifetime = seconds
    asking.timeout = seconds / max(len(asking.nameservers) + 1, 2)
    return asking


def locate(participant: ParticipantId, zone: DnsName, asking: dns.resolver.Resolver) -> Located:
    """Follow the NAPTR of *participant*.

    Raises Absent when the name servers say there is none, Unavailable when none of them can say,
    and Malformed when there is one that clients cannot use.
    """
    name = naming.naptr_name(participant, zone)
    found, ttl = _ask(name, dns.rdatatype.NAPTR, asking)
    records = [record for record in found if isinstance(record, NAPTR)]
    leading = [record for record in records if _service(record) == NAPTR_SERVICE.lower()]
    if not leading:
        services = ", ".join(sorted(_service(record) for record in records))
        raise Absent(f"{name}: NAPTR for {services} found, none for {NAPTR_SERVICE}")
    bases = {_base_url(name, record) for record in leading}
    if len(bases) > 1:
        raise Malformed(
            f"{name}: {len(bases)} NAPTR for {NAPTR_SERVICE} that lead to different places, "
            f"expected one: {', '.join(sorted(bases))}"
        )
    text = min(record.to_text() for record in leading)
    return Located(name, ttl, bases.pop(), Kind.NAPTR, text)


def locate_by_cname(
    participant: ParticipantId, zone: DnsName, asking: dns.resolver.Resolver
) -> Located:
    """Follow the CNAME of *participant*, as clients older than NAPTR do; raises as locate does."""
    name = naming.cname_name(participant, zone)
    found, ttl = _ask(name, dns.rdatatype.CNAME, asking)
    (target,) = (record.target for record in found if isinstance(record, CNAME))
    base_url = legacy_url(naming.dns_name(target.to_text()))
    return Located(name, ttl, base_url, Kind.CNAME, target.to_text())


def legacy_url(publisher: DnsName) -> str:
    """Return where a CNAME to *publisher* leads: to its own name, over HTTP."""
    return f"http://{publisher.removesuffix('.')}"


def _ask(
    name: DnsName, kind: dns.rdatatype.RdataType, asking: dns.resolver.Resolver
) -> tuple[dns.rrset.RRset, int]:
    """Return the records at *name*, and how long they may be remembered.

    An alias (CNAME, or DNAME with the CNAME made of it) whose end is not in the answer is followed
    by asking again.
    """
    asked, ttls = dns.name.from_text(name), []
    for _ in range(_LONGEST_CHAIN):
        answer = _answer(asked, kind, asking)
        ttls.append(answer.chaining_result.minimum_ttl)
        if answer.rrset is not None:
            return answer.rrset, min(ttls)
        if answer.canonical_name == asked:
            _check_authoritative(name, answer.response)
            raise Absent(f"{name}: no {dns.rdatatype.to_text(kind)} there")
        asked = answer.canonical_name
    raise Malformed(f"{name}: more than {_LONGEST_CHAIN} aliases, one behind the other")


def _answer(
    name: dns.name.Name, kind: dns.rdatatype.RdataType, asking: dns.resolver.Resolver
) -> dns.resolver.Answer:
    try:
        return asking.resolve(name, kind, search=False, raise_on_no_answer=False)
    except dns.resolver.NXDOMAIN:
        raise Absent(f"{name}: no such name (NXDOMAIN)") from None
    except (dns.resolver.NoNameservers, dns.resolver.YXDOMAIN, dns.exception.Timeout) as fault:
        raise Unavailable(f"{name}: no name server could say: {fault}") from None


def _check_authoritative(name: DnsName, response: dns.message.Message) -> None:
    """Tell "it has no such record" from "ask somebody else", which says nothing (RFC 2308, 2.2)."""
    kinds = {rrset.rdtype for rrset in response.authority}
    if dns.rdatatype.NS in kinds and dns.rdatatype.SOA not in kinds:
        raise Unavailable(f"{name}: the name server refers to others, ask one that answers")


def _base_url(name: DnsName, record: NAPTR) -> str:
    """Return where a U-NAPTR leads; raise Malformed when some client in use could not follow."""
    parts = record.regexp.decode("utf-8", "replace").split("!")
    usable = (
        record.flags.upper() == b"U"
        and record.service == NAPTR_SERVICE.encode()
        and len(parts) == _PARTS
        and parts[0] == parts[3] == ""
        and parts[1] in (_PATTERN, _DOUBLING)
        and _is_http(parts[2])
    )
    if usable and parts[1] == _DOUBLING:
        raise Malformed(
            f"{name}: NAPTR {record.to_text()} found, expected the pattern {_PATTERN}: "
            f"with {_DOUBLING} some clients write the URL twice"
        )
    if not usable:
        raise Malformed(
            f"{name}: NAPTR {record.to_text()} found, "
            f'expected flag "U", service "{NAPTR_SERVICE}", regexp "!^.*$!https://…!"'
        )
    return parts[2].rstrip("/")


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _service(record: NAPTR) -> str:
    return record.service.decode("ascii", "replace").lower()


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except OSError as fault:
        raise Unavailable(f"name server {host}: has no address: {fault.strerror}") from None
    return [str(place[0]) for _, _, _, _, place in found]
