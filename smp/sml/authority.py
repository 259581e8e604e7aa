"""What does an authoritative server answer to this message?

RFC 1034 section 4.3.2 (answers), RFC 2308 (negative answers), RFC 6891 (EDNS), RFC 8945 (TSIG),
RFC 5936 (transfer) and RFC 1995 (of changes: none are kept, so all or nothing). Without wildcards,
delegations and DNSSEC: a zone of participants has none.
"""

from collections.abc import Iterator
from typing import cast

import dns.btreezone
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.node
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.rrset
import dns.tsig
from dns.rdtypes.ANY.CNAME import CNAME
from dns.rdtypes.ANY.SOA import SOA
from dns.zone import Transaction

PAYLOAD = 1232
"""Octets of an answer over UDP that pass everywhere unfragmented (DNS flag day 2020)."""

_PLAIN_PAYLOAD = 512
_HEADER = 12
_PORTION = 40_000
"""Octets of records in one message of a transfer, names uncompressed."""

_TRANSFERS = ([dns.rdatatype.AXFR], [dns.rdatatype.IXFR])
_TSIG_ERRORS = {
    dns.tsig.BadSignature: dns.rcode.BADSIG,
    dns.tsig.BadTime: dns.rcode.BADTIME,
    dns.tsig.BadAlgorithm: dns.rcode.BADKEY,
    dns.message.UnknownTSIGKey: dns.rcode.BADKEY,
}


def read(wire: bytes, key: dns.tsig.Key) -> dns.message.Message | bytes:
    """Read a query or an update; what cannot be read is returned as the bytes that answer it.

    No bytes: it is no DNS message at all, or an answer, and deserves silence.
    """
    if len(wire) < _HEADER or wire[2] & 0x80:
        return b""
    try:
        query = dns.message.from_wire(wire, keyring={key.name: key})
    except tuple(_TSIG_ERRORS) as fault:
        return _untrusted(wire, _TSIG_ERRORS[type(fault)])
    except (dns.exception.DNSException, NotImplementedError):
        return _unread(wire)
    if query.edns > 0:
        return rejected(query, dns.rcode.BADVERS).to_wire()
    return query


def rejected(query: dns.message.Message, rcode: dns.rcode.Rcode) -> dns.message.Message:
    """Return the answer that says *rcode* and nothing else."""
    response = dns.message.make_response(query, our_payload=PAYLOAD)
    response.set_rcode(rcode)
    return response


def datagram(response: dns.message.Message, query: dns.message.Message) -> bytes:
    """Return *response* for UDP: cut short, and saying so, where it does not fit."""
    room = min(query.payload, PAYLOAD) if query.edns == 0 else _PLAIN_PAYLOAD
    return response.to_wire(max_size=room, prefer_truncation=True)


def asks_for_transfer(query: dns.message.Message) -> bool:
    """Whether *query* wants the whole zone, or what changed in it."""
    return query.opcode() == dns.opcode.QUERY and [q.rdtype for q in query.question] in _TRANSFERS


def answer(query: dns.message.Message, zone: Transaction) -> dns.message.Message:
    """Return the answer to anything but an update or a transfer, out of one state of *zone*."""
    if query.opcode() != dns.opcode.QUERY:
        return rejected(query, dns.rcode.NOTIMP)
    if len(query.question) != 1:
        return rejected(query, dns.rcode.FORMERR)
    asked = query.question[0]
    if asked.rdclass != dns.rdataclass.IN or not asked.name.is_subdomain(_origin(zone)):
        return rejected(query, dns.rcode.REFUSED)
    if dns.rdatatype.is_metatype(asked.rdtype) and asked.rdtype != dns.rdatatype.ANY:
        return rejected(query, dns.rcode.NOTIMP)
    response = dns.message.make_response(query, our_payload=PAYLOAD)
    response.flags |= dns.flags.AA
    _fill(response, asked, zone)
    return response


def transfer(query: dns.message.Message, zone: Transaction) -> Iterator[bytes]:
    """Yield the messages of a zone transfer: the SOA first and last (RFC 5936, 2.2).

    Only who holds the key gets one, and every message is signed.
    """
    if not query.had_tsig or query.question[0].name != _origin(zone):
        yield rejected(query, dns.rcode.REFUSED).to_wire()
        return
    context = None
    for portion in [[soa(zone)]] if _is_current(query, zone) else _portions(zone):
        response = dns.message.make_response(query)
        response.flags |= dns.flags.AA
        response.answer = portion
        yield response.to_wire(multi=True, tsig_ctx=context)
        context = response.tsig_ctx


def glance(query: dns.message.Message, zone: Transaction) -> dns.message.Message:
    """Return what a transfer over UDP is told: the SOA, and so to come by TCP (RFC 1995, 2)."""
    if query.question[0].rdtype == dns.rdatatype.AXFR or query.question[0].name != _origin(zone):
        return rejected(query, dns.rcode.FORMERR)
    response = dns.message.make_response(query)
    response.flags |= dns.flags.AA
    response.answer = [soa(zone)]
    return response


def soa(zone: Transaction) -> dns.rrset.RRset:
    """Return the zone's SOA."""
    return _rrset(_origin(zone), cast(dns.rdataset.Rdataset, zone.get(_origin(zone), "SOA")))


def _is_current(query: dns.message.Message, zone: Transaction) -> bool:
    """Whether who asks for changes has told that it has them all (RFC 1995, 4)."""
    if query.question[0].rdtype != dns.rdatatype.IXFR:
        return False
    known = [rrset[0] for rrset in query.authority if rrset.rdtype == dns.rdatatype.SOA]
    return [cast(SOA, each).serial for each in known] == [cast(SOA, soa(zone)[0]).serial]


def _fill(response: dns.message.Message, asked: dns.rrset.RRset, zone: Transaction) -> None:
    """Follow the name asked for through the zone's aliases to data, or to their absence."""
    name, passed = asked.name, set[dns.name.Name]()
    while name.is_subdomain(_origin(zone)) and name not in passed:
        passed.add(name)
        node = zone.get_node(name)
        data = _data(node, asked.rdtype)
        response.answer += [_rrset(name, rdataset) for rdataset in data]
        if not data:
            _negate(response, name, zone)
        if not data or data[0].rdtype != dns.rdatatype.CNAME or asked.rdtype in _AS_IT_IS:
            return
        name = cast(CNAME, data[0][0]).target


_AS_IT_IS = (dns.rdatatype.CNAME, dns.rdatatype.ANY)


def _data(
    node: dns.node.Node | None, rdtype: dns.rdatatype.RdataType
) -> list[dns.rdataset.Rdataset]:
    if node is None:
        return []
    wanted = (rdtype, dns.rdatatype.CNAME)
    return [data for data in node if rdtype == dns.rdatatype.ANY or data.rdtype in wanted]


def _negate(response: dns.message.Message, name: dns.name.Name, zone: Transaction) -> None:
    """Say that there is no such name, or nothing of the kind at it (RFC 2308, 2 and 3)."""
    version = cast(dns.btreezone.ImmutableVersion, zone.version)
    if version.bounds(name).closest_encloser != name:
        response.set_rcode(dns.rcode.NXDOMAIN)
    negative = soa(zone)
    negative.ttl = min(negative.ttl, cast(SOA, negative[0]).minimum)
    response.authority.append(negative)


def _portions(zone: Transaction) -> Iterator[list[dns.rrset.RRset]]:
    """Divide the zone into messages, each record on its own, since an RRset may be too long."""
    portion, octets = [soa(zone)], 0
    for name, rdataset in zone.iterate_rdatasets():
        if rdataset.rdtype == dns.rdatatype.SOA:
            continue
        for rdata in rdataset:
            size = len(rdata.to_wire() or b"") + len(name.to_wire() or b"") + 10
            if octets + size > _PORTION:
                yield portion
                portion, octets = [], 0
            portion.append(dns.rrset.from_rdata(name, rdataset.ttl, rdata))
            octets += size
    yield [*portion, soa(zone)]


def _rrset(name: dns.name.Name, rdataset: dns.rdataset.Rdataset) -> dns.rrset.RRset:
    return dns.rrset.from_rdata_list(name, rdataset.ttl, tuple(rdataset))


def _origin(zone: Transaction) -> dns.name.Name:
    return cast(dns.name.Name, zone.manager.origin_information()[0])


def _unread(wire: bytes) -> bytes:
    response = dns.message.Message(id=int.from_bytes(wire[:2], "big"))
    response.flags = dns.flags.QR
    response.set_opcode(dns.opcode.from_flags(int.from_bytes(wire[2:4], "big")))
    response.set_rcode(dns.rcode.FORMERR)
    return response.to_wire()


def _untrusted(wire: bytes, error: dns.rcode.Rcode) -> bytes:
    """Say what is wrong with a signature, unsigned (RFC 8945, 5.2; bad times as well)."""
    query = dns.message.from_wire(wire, keyring=False)
    response = rejected(query, dns.rcode.NOTAUTH)
    said = cast(dns.rrset.RRset, query.tsig)
    response.tsig = dns.rrset.from_rdata(said.name, 0, said[0].replace(mac=b"", error=error))
    return response.to_wire()
