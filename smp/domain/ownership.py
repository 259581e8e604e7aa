"""Which names are ours, and what has to change in them?

A name is ours if we wrote it down or if its record leads to a base or a publisher's name that is
or was ours. Anything else at a name we want is a conflict, and elsewhere none of our business.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from eer.domain.plan import Limits, Plan, diff
from smp.domain.identifiers import ParticipantId
from smp.domain.naming import (
    Cname,
    DnsName,
    Foreign,
    Naming,
    Naptr,
    Record,
    names,
    participant_names,
)
from smp.domain.publication import Taken
from smp.domain.split import Gauge, Split, split
from smp.domain.state import Agreed, Found


@dataclass(frozen=True, slots=True)
class Names:
    """What has to change in the participants' names.

    *ours* are those found that are ours, *owners* tells whose a name is, as far as we know.
    """

    change: Split[DnsName, Record]
    ours: Mapping[DnsName, Record]
    owners: Mapping[DnsName, ParticipantId]
    conflicts: tuple[Taken, ...]


def owners_of(
    participants: AbstractSet[ParticipantId], naming: Naming
) -> Mapping[DnsName, ParticipantId]:
    """Return whose each name is that *participants* may have."""
    return {
        name: participant
        for participant in participants
        for name in participant_names(participant, naming.zone)
    }


def judge_names(
    named: AbstractSet[ParticipantId],
    halted: AbstractSet[ParticipantId],
    owners: Mapping[DnsName, ParticipantId],
    found: Found,
    naming: Naming,
    limits: Limits,
) -> Names:
    """Return how the names of *named* come to be, and no others; those of *halted* go unasked."""
    ours = {
        name: record
        for name, record in found.names.items()
        if name not in found.own and name != naming.publisher and _is_ours(name, record, found)
    }
    wanted = names(sorted(named), naming)
    conflicts = tuple(
        Taken(name, found.names[name], record, owners.get(name))
        for name, record in wanted.items()
        if name in found.names and name not in ours
    )
    contested = {each.name for each in conflicts}
    change = diff(
        wanted={name: record for name, record in wanted.items() if name not in contested},
        found=ours,
    )
    return Names(
        change=split(
            change,
            Gauge(
                limits,
                found.name_count,
                lambda old, new: _leads_away(old, new, found.agreed),
                found.names_gone,
            ),
            sure={name for name in change.drop if owners.get(name) in halted},
            agreed=found.agreed.marks,
        ),
        ours=ours,
        owners=owners,
        conflicts=conflicts,
    )


def names_left_alone(owners: Mapping[DnsName, ParticipantId]) -> Names:
    """Return that nothing is to be done: the zone in force is not the one that is reached."""
    nothing: Plan[DnsName, Record] = Plan({}, {}, {})
    return Names(change=Split(nothing, nothing), ours={}, owners=owners, conflicts=())


def judge_publisher(
    found: Found, naming: Naming
) -> tuple[Plan[DnsName, Record], tuple[Taken, ...]]:
    """Return what makes the publisher's own name lead to it, or what stands in the way.

    A former name of the publisher is left standing: caches may still lead there.
    """
    name, record = naming.publisher, naming.publisher_record
    if not names_publisher(naming):
        return Plan({}, {}, {}), ()
    present = found.names.get(name)
    if present is not None and present != record and name not in found.own:
        return Plan({}, {}, {}), (Taken(name, present, record, None),)
    return diff(wanted={name: record}, found={} if present is None else {name: present}), ()


def names_publisher(naming: Naming) -> bool:
    """Whether the publisher's own name is needed and stands in the zone."""
    return naming.cname and naming.publisher.endswith(f".{naming.zone}")


def leads_to_us(record: Record, agreed: Agreed) -> bool:
    """Whether *record* leads to a base or a publisher's name that is or was ours.

    A NAPTR does whatever its order, preference, pattern or final slash.
    """
    if isinstance(record, Cname):
        return record.target in agreed.publishers
    return _base_of(record) in agreed.bases


def _is_ours(name: DnsName, record: Record, found: Found) -> bool:
    return name in found.ledger or leads_to_us(record, found.agreed)


def _leads_away(found: Record, wanted: Record, agreed: Agreed) -> bool:
    """A base that was agreed to has taken the place of another one of ours: no need to ask."""
    return not {_base_of(found), _base_of(wanted)} <= set(agreed.bases)


def _base_of(record: Record) -> str | None:
    match record:
        case Naptr(base) | Foreign(leads_to=base):
            return base
        case _:
            return None
