"""What does a central SML know of an SMP, and which names follow from it?

eDelivery SML 1.0.1 and BDMSL: an SMP is registered with two addresses, participants are registered
with the SMP, and all that stands in DNS is the SML's own doing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from eer.domain.errors import Conflict, Refused
from eer.domain.plan import Plan
from smp.domain.identifiers import ParticipantId
from smp.domain.naming import Cname, DnsName, Foreign, Naptr, Record, dns_name, naptr_name
from smp.domain.ownership import leads_to_us
from smp.domain.state import Agreed

AT_ONCE = 100
"""Participants in one request: a page of an SML's list, and what is commonly taken."""


@dataclass(frozen=True, slots=True)
class Registration:
    """An SMP as the SML has it.

    *logical* is its base URL without final slash, which every participant's NAPTR leads to;
    *physical* is the IP address of its own name, which older clients follow a CNAME to.
    """

    smp_id: str
    logical: str
    physical: str

    def __str__(self) -> str:
        return f"{self.logical} at {self.physical}"


@dataclass(frozen=True, slots=True)
class Orders:
    """What an SML has to be told so that a plan of names comes true, in this order.

    *logical* is the address that the SMP moves to, None where it stays. *add* and *drop* tell
    which participant each name stands for.
    """

    logical: str | None
    add: Mapping[DnsName, ParticipantId]
    drop: Mapping[DnsName, ParticipantId]


def publisher_name(smp_id: str, zone: DnsName) -> DnsName:
    """Return the name that an SML gives an SMP; legacy CNAMEs lead to it."""
    return dns_name(f"{smp_id}.publisher.{zone}")


def names_of(
    participants: Iterable[ParticipantId], registration: Registration, zone: DnsName
) -> Mapping[DnsName, Record]:
    """Return the names that *participants* have because they are registered."""
    return {naptr_name(each, zone): Naptr(registration.logical, each) for each in participants}


def orders(plan: Plan[DnsName, Record], found: Registration) -> Orders:
    """Return what brings *plan* about where the SMP is registered as *found*.

    An SMP has one address for all its participants, so moving some moves all: one that has moved
    already is not moved again. Raises Conflict when the address is neither the one that *plan*
    starts from nor the one that it leads to, Refused for a plan that no SML can carry out.
    """
    before = {_base(name, record) for name, (record, _) in plan.replace.items()}
    after = {_base(name, record) for name, (_, record) in plan.replace.items()} or {found.logical}
    if len(after) > 1:
        raise Refused(
            f"{found.smp_id} cannot lead to {' and '.join(sorted(after))}: at a central SML all"
            " participants of an SMP lead to one address; give the others an SMP of their own"
        )
    (logical,) = after
    expected = {_base(name, record) for name, record in plan.add.items()} | before | after
    if found.logical not in before | after or not expected <= before | after:
        raise Conflict(
            f"the SML leads the participants of {found.smp_id} to {found.logical}, expected"
            f" {' or '.join(sorted(expected - {found.logical}))}: look with smp sml show, and"
            " change it with smp sml update"
        )
    return Orders(
        logical=logical if logical != found.logical else None,
        add={name: _whose(name, record) for name, record in plan.add.items()},
        drop={name: _whose(name, record) for name, record in plan.drop.items()},
    )


def portions(participants: Iterable[ParticipantId]) -> Iterator[Sequence[ParticipantId]]:
    """Return *participants*, each once, in portions for one request."""
    ordered = sorted(set(participants))
    return (ordered[start : start + AT_ONCE] for start in range(0, len(ordered), AT_ONCE))


def leads_elsewhere(record: Record, agreed: Agreed) -> bool:
    """Whether *record* leads to an SMP that is certainly not ours.

    A participant that has moved to another SMP keeps its names, and nobody comes to us by them.
    """
    is_known = isinstance(record, Naptr | Cname) or (
        isinstance(record, Foreign) and record.leads_to is not None
    )
    return is_known and not leads_to_us(record, agreed)


def _base(name: DnsName, record: Record) -> str:
    if not isinstance(record, Naptr):
        raise Refused(
            f"{name}: a central SML makes the records itself and takes no {record}; of a name of"
            " its zone only the NAPTR of a participant can be asked for"
        )
    return record.base_url


def _whose(name: DnsName, record: Record) -> ParticipantId:
    if not isinstance(record, Naptr) or record.of is None:
        raise Refused(f"{name}: nobody knows whose it is, and a central SML is told participants")
    return record.of
