"""Which messages bring some names from what was found to what is wanted?

RFC 2136, dynamic update: each name with the prerequisite that nothing unexpected is overwritten.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

import dns.exception
import dns.name
import dns.rdata
import dns.rdatatype
import dns.update

from eer.domain.errors import Refused
from eer.domain.plan import Plan
from smp.domain.naming import DnsName, Record
from smp.sml import records

_NAMES = 100
"""Names in a message: five to twelve times as fast as one by one, and more gain nothing."""

_OCTETS = 60_000
"""Octets in a message, of 65,535 that TCP carries: room is left for header and signature."""

_LARGEST = 65_000
"""Octets of one name's changes: a signature takes the rest of a message at most."""

_FIXED = 10
"""Octets of a resource record beside its name and its data (RFC 1035, 3.2.1)."""


@dataclass(frozen=True, slots=True)
class Change:
    """One name, what has to stand there before, and what stands there after; None is nothing."""

    name: DnsName
    before: Record | None
    after: Record | None


def changes(plan: Plan[DnsName, Record]) -> tuple[Change, ...]:
    """Return *plan* name by name, in its own order: what is added, replaced, dropped."""
    return (
        *(Change(name, None, after) for name, after in plan.add.items()),
        *(Change(name, before, after) for name, (before, after) in plan.replace.items()),
        *(Change(name, before, None) for name, before in plan.drop.items()),
    )


def batches(some: Iterable[Change]) -> Iterator[tuple[Change, ...]]:
    """Divide changes into parts that each fit one message, in their order."""
    batch: list[Change] = []
    octets = 0
    for change in some:
        size = _size(change)
        if batch and (len(batch) == _NAMES or octets + size > _OCTETS):
            yield tuple(batch)
            batch, octets = [], 0
        batch.append(change)
        octets += size
    if batch:
        yield tuple(batch)


def message(zone: dns.name.Name, some: Iterable[Change], ttl: int) -> dns.update.UpdateMessage:
    """Return the message that makes all of *some*, or nothing if any of them finds otherwise.

    Raises Refused for a name that is not below *zone*: the apex is not ours to change either.
    """
    update = dns.update.UpdateMessage(zone)
    for change in some:
        name = owner(zone, change.name)
        _require(update, name, change.before)
        _change(update, name, change, ttl)
    return update


def owner(zone: dns.name.Name, name: DnsName) -> dns.name.Name:
    """Return *name* for the wire; raises Refused when it is not below *zone*."""
    found = records.wire_name(name)
    if found == zone or not found.is_subdomain(zone):
        raise Refused(f"{name} is not a name below the zone {zone}")
    return found


def fits(zone: dns.name.Name, change: Change, ttl: int) -> bool:
    """Whether *change* can be said in one message at all, with its signature."""
    try:
        message(zone, (change,), ttl).to_wire(max_size=_LARGEST)
    except dns.exception.TooBig:
        return False
    return True


def _require(update: dns.update.UpdateMessage, name: dns.name.Name, before: Record | None) -> None:
    """Prerequisites: the name is not in use (2.4.5), or each RRset is as found (2.4.2)."""
    if before is None:
        update.absent(name)
        return
    for _, rdatas in _by_type(before):
        update.present(name, *rdatas)


def _change(
    update: dns.update.UpdateMessage, name: dns.name.Name, change: Change, ttl: int
) -> None:
    """Delete the RRsets that were found (2.5.2), not the name, and add to RRsets (2.5.1)."""
    if change.before is not None:
        for rdtype, _ in _by_type(change.before):
            update.delete(name, rdtype)
    if change.after is not None:
        update.add(name, ttl, *records.rdatas(change.after))


def _by_type(
    record: Record,
) -> Iterator[tuple[dns.rdatatype.RdataType, tuple[dns.rdata.Rdata, ...]]]:
    """Group the data by type; what is Foreign is sorted by lines, so each type is together."""
    for rdtype, rdatas in groupby(records.rdatas(record), key=lambda rdata: rdata.rdtype):
        yield rdtype, tuple(rdatas)


def _size(change: Change) -> int:
    """Return at most how many octets *change* takes, names uncompressed."""
    owner = len(change.name) + 1 + _FIXED
    before, after = (records.octets(each) if each else () for each in (change.before, change.after))
    required = (len(before) * owner + sum(before)) if before else owner
    return required + owner * len(before) + owner * len(after) + sum(after)
