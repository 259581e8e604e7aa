"""Does this update apply to the zone, and what is the zone then?

RFC 2136 section 3, step by step, inside a transaction that the caller commits or rolls back.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import cast

import dns.btreezone
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.rrset
import dns.serial
import dns.update
from dns.rdtypes.ANY.SOA import SOA
from dns.zone import Transaction

_APEX = frozenset({dns.rdatatype.SOA, dns.rdatatype.NS})
_ANY, _NONE = dns.rdataclass.ANY, dns.rdataclass.NONE


def amend(zone: Transaction, update: dns.update.UpdateMessage) -> dns.rcode.Rcode:
    """Apply *update* to the open transaction *zone*, the serial raised if anything changes.

    When the answer is not NOERROR the transaction may not be committed.
    """
    origin = cast(dns.name.Name, zone.manager.origin_information()[0])
    if not update.zone:
        return dns.rcode.FORMERR
    if update.zone[0].name != origin or update.zone[0].rdclass != dns.rdataclass.IN:
        return dns.rcode.NOTAUTH
    rcode = _check_prerequisites(zone, update.prerequisite, origin) or _prescan(
        update.update, origin
    )
    if rcode != dns.rcode.NOERROR:
        return rcode
    serial = _serial(zone, origin)
    for rrset in update.update:
        _change(zone, rrset, origin)
    if touched(zone) and _serial(zone, origin) == serial:
        zone.update_serial(name=origin)
    return dns.rcode.NOERROR


def touched(zone: Transaction) -> frozenset[dns.name.Name]:
    """Return the names that an open transaction has written at."""
    return frozenset(cast(dns.btreezone.WritableVersion, zone.version).changed)


def _check_prerequisites(
    zone: Transaction, section: Iterable[dns.rrset.RRset], origin: dns.name.Name
) -> dns.rcode.Rcode:
    """Section 3.2. RRs of the zone's class are gathered, then compared as RRsets (3.2.3)."""
    required: dict[tuple[dns.name.Name, dns.rdatatype.RdataType], set[dns.rdata.Rdata]]
    required = defaultdict(set)
    for rrset in section:
        if rrset.ttl or (not rrset.deleting and rrset.rdclass != dns.rdataclass.IN):
            return dns.rcode.FORMERR
        if not rrset.name.is_subdomain(origin):
            return dns.rcode.NOTZONE
        if not rrset.deleting:
            required[rrset.name, rrset.rdtype] |= set(rrset)
        elif rcode := _check_presence(zone, rrset):
            return rcode
    for (name, rdtype), rdatas in required.items():
        if set(zone.get(name, rdtype) or ()) != rdatas:
            return dns.rcode.NXRRSET
    return dns.rcode.NOERROR


def _check_presence(zone: Transaction, rrset: dns.rrset.RRset) -> dns.rcode.Rcode:
    """Sections 3.2.1 and 3.2.2: class ANY wants something there, class NONE wants nothing."""
    if rrset.rdtype == dns.rdatatype.ANY:
        there = zone.name_exists(rrset.name)
        wrong = dns.rcode.NXDOMAIN if rrset.deleting == _ANY else dns.rcode.YXDOMAIN
    else:
        there = zone.get(rrset.name, rrset.rdtype) is not None
        wrong = dns.rcode.NXRRSET if rrset.deleting == _ANY else dns.rcode.YXRRSET
    return dns.rcode.NOERROR if there == (rrset.deleting == _ANY) else wrong


def _prescan(section: Iterable[dns.rrset.RRset], origin: dns.name.Name) -> dns.rcode.Rcode:
    """Section 3.4.1: nothing is written before all of it is known to be in order."""
    for rrset in section:
        if not rrset.name.is_subdomain(origin):
            return dns.rcode.NOTZONE
        if not rrset.deleting and rrset.rdclass != dns.rdataclass.IN:
            return dns.rcode.FORMERR
        if rrset.deleting and rrset.ttl:
            return dns.rcode.FORMERR
        whole_name = rrset.deleting == _ANY and rrset.rdtype == dns.rdatatype.ANY
        if dns.rdatatype.is_metatype(rrset.rdtype) and not whole_name:
            return dns.rcode.FORMERR
    return dns.rcode.NOERROR


def _change(zone: Transaction, rrset: dns.rrset.RRset, origin: dns.name.Name) -> None:
    """Section 3.4.2, one RR; what changes nothing is not written."""
    if rrset.deleting == _ANY:
        _delete_rrsets(zone, rrset, origin)
    elif rrset.deleting == _NONE:
        _delete_rr(zone, rrset, origin)
    elif _may_be_added(zone, rrset, origin):
        _add(zone, rrset)


def _may_be_added(zone: Transaction, rrset: dns.rrset.RRset, origin: dns.name.Name) -> bool:
    """Section 3.4.2.2: a CNAME stands alone, and an SOA must be the apex's next one."""
    if rrset.rdtype == dns.rdatatype.SOA:
        here, there = _serial(zone, origin), cast(SOA, rrset[0]).serial
        return rrset.name == origin and bool(dns.serial.Serial(there) > dns.serial.Serial(here))
    types = {data.rdtype for data in zone.get_node(rrset.name) or ()}
    if rrset.rdtype == dns.rdatatype.CNAME:
        return types <= {dns.rdatatype.CNAME}
    return dns.rdatatype.CNAME not in types


def _add(zone: Transaction, rrset: dns.rrset.RRset) -> None:
    found = zone.get(rrset.name, rrset.rdtype)
    wanted = dns.rdataset.from_rdata_list(rrset.ttl, list(rrset))
    if found is not None and not dns.rdatatype.is_singleton(rrset.rdtype):
        wanted = dns.rdataset.from_rdata_list(rrset.ttl, [*found, *rrset])
    if found is None or set(found) != set(wanted) or found.ttl != wanted.ttl:
        zone.replace(rrset.name, wanted)


def _delete_rrsets(zone: Transaction, rrset: dns.rrset.RRset, origin: dns.name.Name) -> None:
    """Section 3.4.2.3; the apex keeps its SOA and NS."""
    for data in tuple(zone.get_node(rrset.name) or ()):
        protected = rrset.name == origin and data.rdtype in _APEX
        if rrset.rdtype in (data.rdtype, dns.rdatatype.ANY) and not protected:
            zone.delete(rrset.name, data.rdtype)


def _delete_rr(zone: Transaction, rrset: dns.rrset.RRset, origin: dns.name.Name) -> None:
    """Section 3.4.2.4; neither the SOA nor the apex's last NS goes."""
    found = zone.get(rrset.name, rrset.rdtype)
    if found is None or rrset[0] not in found:
        return
    if rrset.name == origin and rrset.rdtype in _APEX and len(found) == 1:
        return
    zone.delete(rrset.name, rrset[0])


def _serial(zone: Transaction, origin: dns.name.Name) -> int:
    return cast(SOA, cast(dns.rdataset.Rdataset, zone.get(origin, "SOA"))[0]).serial
