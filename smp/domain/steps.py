"""In which order is publication brought about, so that it may stop anywhere?

Make before break: documents, then names; and backwards: names, then (after the TTL) documents.
So no name is without a document, at no moment. Only what an operator has stopped goes first.
"""

from collections.abc import Iterator
from datetime import datetime

from eer.domain.plan import Limits, Plan
from smp.domain.holding import Judged, judge, respelled
from smp.domain.identifiers import DocumentKey, ParticipantId
from smp.domain.naming import DnsName, Record, participant_names, zone_of
from smp.domain.ownership import judge_publisher
from smp.domain.publication import (
    AddNames,
    DocumentStep,
    DropDocument,
    DropNames,
    EnsurePublisher,
    KeepDocument,
    LinkGroup,
    Measured,
    NameStep,
    PublicationPlan,
    PutDocument,
    RetireDocument,
    Retirement,
    ScheduleRetirement,
    Taken,
    whose,
)
from smp.domain.state import Found, Wanted

_NOTHING: tuple[Plan[DnsName, Record], tuple[Taken, ...]] = (Plan({}, {}, {}), ())


def plan(wanted: Wanted, found: Found, limits: Limits, at: datetime) -> PublicationPlan:
    """Return what makes *found* into what is *wanted*, in order, and what is held or waits.

    *found.agreed* has at least one base and one signer.
    """
    found = respelled(found, wanted)
    judged = judge(wanted, found, limits)
    reached = judged.naming.zone == wanted.naming.zone
    own, taken = judge_publisher(found, judged.naming) if reached else _NOTHING
    leaving = tuple(_leaving(wanted, found, judged, at)) if reached else ()
    go = judged.names.change.go
    names: tuple[NameStep, ...] = (
        EnsurePublisher(own),
        AddNames(Plan(go.add, go.replace, {})),
        DropNames(Plan({}, {}, go.drop)),
    )
    ours = judged.names.ours.keys() - go.drop.keys()
    if reached and not taken and judged.naming.cname:
        ours |= {judged.naming.publisher} & found.names.keys()
    zones = (*found.agreed.zones, wanted.naming.zone)
    written = found.ledger | found.own
    lost = written - found.names.keys() - go.add.keys() - own.add.keys()
    return PublicationPlan(
        documents=_document_steps(wanted, found, judged),
        names=tuple(each for each in names if not each.plan.is_empty),
        schedules=tuple(each for each in leaving if isinstance(each, ScheduleRetirement)),
        retires=tuple(each for each in leaving if isinstance(each, RetireDocument)),
        held=judged.held,
        conflicts=taken + judged.names.conflicts,
        retirements=tuple(each for each in leaving if isinstance(each, Retirement)),
        owners=judged.names.owners,
        claimed=frozenset(ours - written),
        forgotten=frozenset(n for n in lost if zone_of(n, zones) == wanted.naming.zone),
        ours=judged.names.ours,
        measured=Measured(judged.documents.change.measured, judged.names.change.measured),
    )


def unnamed(wanted: Wanted, found: Found) -> frozenset[DnsName]:
    """Return the names of those whose last documents have lost their names and have no time yet.

    Whether some server still answers them decides when that time is.
    """
    wanting = {key.participant for key in wanted.versions}
    emptied = {
        key.participant
        for key, stored in found.documents.items()
        if stored.retire_after is None and key.participant not in wanting
    }
    names = {each: participant_names(each, wanted.naming.zone) for each in emptied}
    return frozenset(
        name for both in names.values() if not found.names.keys() & set(both) for name in both
    )


def _document_steps(wanted: Wanted, found: Found, judged: Judged) -> tuple[DocumentStep, ...]:
    """All steps of a participant stand together, so that they can be one transaction.

    Those of whom something was stopped come first.
    """
    go, served = judged.documents.change.go, judged.documents.served
    stops = (found.documents.keys() & wanted.stopped) - wanted.versions.keys()
    waits = {key for key, stored in found.documents.items() if stored.retire_after is not None}
    puts = go.add.keys() | go.replace.keys()
    keeps = (waits & wanted.versions.keys()) - puts
    unwanted = go.drop.keys() | (waits - wanted.versions.keys())
    drops = stops | {key for key in unwanted if key.participant in served}
    steps: list[DocumentStep] = []
    for key in sorted(puts | keeps | drops):
        if key in drops:
            steps.append(DropDocument(key, key in stops))
        elif key in keeps:
            steps.append(KeepDocument(key))
        else:
            replaced = found.documents[key].version if key in found.documents else None
            steps.append(PutDocument(key, wanted.documents[key], wanted.versions[key], replaced))
    present = {key.participant for keys in (found.documents, puts) for key in keys}
    touched = set(map(whose, steps))
    links = (found.elsewhere - touched) | (wanted.renew & present)
    steps += map(LinkGroup, sorted(links))
    urgent = {key.participant for key in stops}
    return tuple(sorted(steps, key=lambda step: (whose(step) not in urgent, whose(step))))


def _leaving(
    wanted: Wanted, found: Found, judged: Judged, at: datetime
) -> Iterator[ScheduleRetirement | RetireDocument | Retirement]:
    """A participant whose names are found again, whoever put them there, waits anew."""
    go = judged.names.change.go
    for participant, keys in _last_documents(wanted, found, judged).items():
        names = participant_names(participant, judged.naming.zone)
        ours = judged.names.ours.keys() & set(names)
        times = [found.documents[key].retire_after for key in keys]
        due = max((time for time in times if time is not None), default=None)
        if ours or None in times:
            if not ours <= go.drop.keys():
                continue
            if not ours and found.answering & set(names):
                yield Retirement(participant, None)
                continue
            asked = tuple(name for name in names if name in ours or name not in found.names)
            yield ScheduleRetirement(participant, keys, asked)
        elif due is not None and due > at:
            yield Retirement(participant, due)
        else:
            yield from (RetireDocument(key) for key in keys)


def _last_documents(
    wanted: Wanted, found: Found, judged: Judged
) -> dict[ParticipantId, tuple[DocumentKey, ...]]:
    """Return the documents that may go of those who have no wanted one."""
    go, served = judged.documents.change.go, judged.documents.served
    may_go = go.drop.keys() | {
        key for key, stored in found.documents.items() if stored.retire_after is not None
    }
    going: dict[ParticipantId, tuple[DocumentKey, ...]] = {}
    for key in sorted(may_go - wanted.stopped):
        if key.participant not in served:
            going[key.participant] = (*going.get(key.participant, ()), key)
    return going
