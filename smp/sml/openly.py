"""What does each server of a zone tell anybody who asks?

As clients ask: over UDP, over TCP where that is cut short (RFC 7766); only what is said with
authority counts.
"""

import socket
from collections.abc import Iterable, Sequence
from typing import NamedTuple, cast

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
from dns.rdtypes.ANY.NS import NS
from dns.rdtypes.ANY.SOA import SOA

from eer.domain.errors import Unavailable
from smp.domain.naming import DnsName
from smp.sml import records

UNREADABLE = (dns.exception.DNSException, ValueError, KeyError, NotImplementedError)
"""What dnspython raises for an answer that is no DNS message, or none that it can take."""


class Server(NamedTuple):
    """Where a name server listens, over UDP and TCP alike; *address* is one of several of a host.

    Those may be different machines, so each of them is asked by itself.
    """

    host: str
    port: int
    address: str = ""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}" + (f" ({self.address})" if self.address else "")


class Apex(NamedTuple):
    """What the SOA of a zone says: its serial, and for how many seconds absence is remembered."""

    serial: int
    negative_ttl: int


def everywhere(servers: Iterable[Server]) -> tuple[Server, ...]:
    """Return *servers*, each that has several addresses once for each of them.

    A host is looked up each time, since it may move; one without an address stays as it is.
    """
    found: dict[Server, None] = {}
    for server in servers:
        places = () if server.address else addresses(server.host)
        several = [server._replace(address=place) for place in places]
        found |= dict.fromkeys(several if len(several) > 1 else [server])
    return tuple(found)


def addresses(host: str) -> tuple[str, ...]:
    """Return the addresses of *host* that this machine can reach; none when it knows none."""
    try:
        return _addresses(host)
    except OSError:
        return ()


def nameservers(server: Server, zone: DnsName, timeout: float) -> frozenset[DnsName]:
    """Return whom *server* names as the name servers of *zone*; raises Unavailable as `ask`."""
    answer = ask(server, _query(zone, dns.rdatatype.NS), timeout)
    return frozenset(
        records.read_name(cast(NS, each).target)
        for rrset in answer.answer
        if rrset.rdtype == dns.rdatatype.NS
        for each in rrset
    )


def ask(server: Server, query: dns.message.Message, timeout: float) -> dns.message.Message:
    """Ask as anybody does: over UDP, and over TCP when that is cut short or gets no answer.

    Raises Unavailable when neither answers, or when the answer is neither a yes nor a no with
    authority.
    """
    try:
        place = _place(server)
        try:
            answer, _ = dns.query.udp_with_fallback(
                query, place, timeout / 2, server.port, ignore_unexpected=True
            )
        except dns.exception.Timeout:
            answer = dns.query.tcp(query, place, timeout / 2, server.port)
    except (OSError, EOFError, *UNREADABLE) as fault:
        raise _silent(server, fault) from None
    return _believed(server, query, answer)


def ask_over_tcp(server: Server, query: dns.message.Message, timeout: float) -> dns.message.Message:
    """Ask over TCP alone, as clients do whose answers are long; raises as `ask`."""
    try:
        answer = dns.query.tcp(query, _place(server), timeout, server.port)
    except (OSError, EOFError, *UNREADABLE) as fault:
        raise _silent(server, f"over TCP: {fault}") from None
    return _believed(server, query, answer)


def apex(server: Server, zone: DnsName, timeout: float, *, over_tcp: bool = False) -> Apex:
    """Return what *server* says of *zone* as a whole; raises Unavailable as `ask`."""
    query = _query(zone, dns.rdatatype.SOA)
    answer = (ask_over_tcp if over_tcp else ask)(server, query, timeout)
    for rrset in answer.answer:
        if rrset.rdtype == dns.rdatatype.SOA and rrset.name == query.question[0].name:
            soa = cast(SOA, rrset[0])
            return Apex(soa.serial, min(rrset.ttl, soa.minimum))
    raise Unavailable(f"name server {server} knows no SOA of {zone}: is it a server of that zone?")


def answering(
    servers: Sequence[Server], names: Iterable[DnsName], timeout: float
) -> frozenset[DnsName]:
    """Return those of *names* that any of *servers* still answers, with whatever it may be.

    Raises Unavailable when one of them does not answer with authority: nobody knows then what it
    tells others.
    """
    asked = tuple(names)
    return frozenset(
        name for server in everywhere(servers) for name in asked if _answers(server, name, timeout)
    )


def _answers(server: Server, name: DnsName, timeout: float) -> bool:
    """Ask for what clients ask for; and if the name holds something else, whether it does."""
    return any(
        ask(server, _query(name, rdtype), timeout).answer
        for rdtype in (dns.rdatatype.NAPTR, dns.rdatatype.ANY)
    )


def _query(name: DnsName, rdtype: dns.rdatatype.RdataType) -> dns.message.Message:
    return dns.message.make_query(records.wire_name(name), rdtype, flags=0)


def _place(server: Server) -> str:
    return server.address or _addresses(server.host)[0]


def _addresses(host: str) -> tuple[str, ...]:
    """Without those of a kind (IPv6, mostly) that this machine has none of itself."""
    name = host.removesuffix(".")
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_DGRAM, flags=socket.AI_ADDRCONFIG)
    except OSError:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_DGRAM)
    return tuple(dict.fromkeys(str(each[4][0]) for each in found))


def _silent(server: Server, why: object) -> Unavailable:
    return Unavailable(f"name server {server} does not answer: {why}")


def _believed(
    server: Server, query: dns.message.Message, answer: dns.message.Message
) -> dns.message.Message:
    if answer.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN) or not (
        answer.flags & dns.flags.AA
    ):
        raise Unavailable(
            f"name server {server} answers {dns.rcode.to_text(answer.rcode())} without authority"
            f" for {query.question[0].name}: is it a server of that zone?"
        )
    return answer
