"""Does each name server of the zone answer what it should, and is each as far as the others?

Serial numbers are compared as RFC 1982 has it: they go round.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from smp.domain.findings import Finding, Layer, standing
from smp.domain.identifiers import ParticipantId
from smp.domain.naming import (
    Cname,
    DnsName,
    Naming,
    OwnRecord,
    Record,
    cname_name,
    names,
    naptr_name,
)
from smp.domain.ownership import leads_to_us
from smp.domain.state import Agreed

_SERIALS = 2**32


@dataclass(frozen=True, slots=True)
class Expected:
    """What a name server should answer at *name*, when it is asked for *kind*; None for nothing."""

    name: DnsName
    kind: str
    record: Record | None


def expected(
    participant: ParticipantId, naming: Naming, *, is_wanted: bool
) -> tuple[Expected, ...]:
    """Return what clients ask for when they look *participant* up, and what they should find."""
    wanted = names([participant], naming) if is_wanted else {}
    kinds = {
        naptr_name(participant, naming.zone): "NAPTR",
        cname_name(participant, naming.zone): "CNAME",
    }
    return tuple(
        Expected(name, kind, wanted.get(name))
        for name, kind in kinds.items()
        if name in wanted or not is_wanted
    )


def expected_own(naming: Naming) -> tuple[Expected, ...]:
    """Return what stands at the publisher's own name, if legacy names lead to it in the zone."""
    if not (naming.cname and naming.publisher.endswith(f".{naming.zone}")):
        return ()
    return (Expected(naming.publisher, _kind(naming.publisher_record), naming.publisher_record),)


def unexpected(name: DnsName) -> Expected:
    """Return that nothing should be found at *name*, one of a participant that nobody knows."""
    return Expected(name, "CNAME" if name.startswith("b-") else "NAPTR", None)


def is_right(said: Record | None, wanted: Record | None, agreed: Agreed) -> bool:
    """Whether *said* is as it should be; what is not ours is none of our business."""
    if wanted is None:
        return said is None or not leads_to_us(said, agreed)
    return said == wanted


def wrong_answer(
    participant: ParticipantId | None, expected: Expected, said: Record | None, server: str
) -> Finding:
    """Tell what *server* answers instead of what is *expected*."""
    text = f"{standing(said)} found at {server}, {standing(expected.record)} expected"
    return Finding(
        *(participant, None, Layer.DNS, f"{expected.name}: {text}"),
        name=expected.name,
        server=server,
    )


def behind(before: Mapping[str, int], after: Mapping[str, int], zone: DnsName) -> Iterator[Finding]:
    """Tell which server is not even *after* an audit where another one was *before* it.

    So a server that was only about to follow is not told.
    """
    if not before:
        return
    leader, newest = next(iter(before.items()))
    for server, serial in before.items():
        if _precedes(newest, serial):
            leader, newest = server, serial
    for server, serial in after.items():
        if _precedes(serial, newest):
            text = f"{zone}: SOA serial {serial} found at {server}, {newest} at {leader}"
            yield Finding(None, None, Layer.DNS, text, name=zone, server=server)


def _precedes(serial: int, other: int) -> bool:
    return 0 < (other - serial) % _SERIALS < _SERIALS // 2


def _kind(record: OwnRecord) -> str:
    if isinstance(record, Cname):
        return "CNAME"
    return "AAAA" if ":" in record.ip else "A"
