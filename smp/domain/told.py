"""What is told of a plan of publication and of a run: to people in lines, to machines as JSON?"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime

from eer.domain.eligibility import SENTENCES, Reason
from eer.domain.identifiers import Reference
from eer.domain.plan import Plan
from smp.domain.expiry import Expiring
from smp.domain.naming import DnsName, Record
from smp.domain.progress import Report
from smp.domain.publication import (
    DocumentStep,
    EnsurePublisher,
    Held,
    LinkGroup,
    PublicationPlan,
    RetireDocument,
    Retirement,
    Taken,
)
from smp.domain.stops import Stop
from smp.domain.told_held import held_json, held_lines, record_text
from smp.domain.unproved import sentences

NamePlan = Plan[DnsName, Record]


def plan_lines(plan: PublicationPlan) -> list[str]:
    """Return a plan for people."""
    waiting = _waiting(plan.held, plan.conflicts, plan.retirements, plan.former)
    told = (*stop_lines(plan.stops), *_ending(plan.signer), *_warned(plan))
    return [*_counts(plan), *waiting, *told, *_not(plan), *_unchecked(plan)]


def plan_json(plan: PublicationPlan) -> dict[str, object]:
    """Return a plan for machines."""
    names, own = _named(plan)
    return {
        "steps": _step_counts(plan),
        "documents": [
            {"step": type(step).__name__, "of": _of(step)}
            for step in (*plan.documents, *plan.retires)
        ],
        "names": {
            "add": sorted(name for each in names for name in each.add),
            "replace": sorted(name for each in names for name in each.replace),
            "drop": sorted(name for each in names for name in each.drop),
        },
        "publisher": sorted(name for each in own for name in (*each.add, *each.replace)),
        "schedules": [
            {
                "participant": str(step.participant),
                "documents": [str(key) for key in step.documents],
                "names": list(step.names),
            }
            for step in plan.schedules
        ],
        **_waiting_json(plan.held, plan.conflicts, plan.retirements, plan.former),
        "stopped": [stop_json(each) for each in plan.stops],
        "warnings": list(plan.warnings),
        "signer": _ending_json(plan.signer),
        "unpublished": {str(reference): list(why) for reference, why in plan.unpublished.items()},
        "unchecked": list(plan.unchecked),
    }


def report_lines(report: Report) -> list[str]:
    """Return what a run did for people."""
    return [
        *(_done(report) or ["nothing to do"]),
        *(f"unproved   {each}" for each in sentences(report.unproved)),
        *(f"left       {name}: {why}" for name, why in report.left.items()),
        *_waiting(report.held, report.conflicts, report.retirements, report.former),
        *stop_lines(report.stops.standing),
        *_warned(report),
        *_ending(report.signer),
    ]


def report_json(report: Report) -> dict[str, object]:
    """Return what a run did for machines."""
    return {
        "sequence": report.sequence,
        "full": report.is_full,
        "documents": {
            "signed": report.signed,
            "dropped": report.dropped,
            "retired": report.retired,
        },
        "groups": {"linked": report.linked},
        "names": {
            "added": report.added,
            "replaced": report.replaced,
            "removed": report.removed,
            "publisher": report.publisher,
        },
        "scheduled": report.scheduled,
        **_waiting_json(report.held, report.conflicts, report.retirements, report.former),
        "stopped": [stop_json(each) for each in report.stops.standing],
        "signer": _ending_json(report.signer),
        "unproved": {str(who): asdict(why) for who, why in report.unproved.items()},
        "warnings": list(report.warnings),
        "left": dict(report.left),
        "look_again": _time(report.look_again),
    }


def stop_lines(stops: Iterable[Stop]) -> Iterator[str]:
    """Yield what operators have stopped for people, a line each."""
    for each in stops:
        yield f"stopped    {each.subject} since {_time(each.at)} by {each.by}: {each.reason}"


def stop_json(stop: Stop) -> dict[str, object]:
    """Return a stop for machines."""
    return {
        "subject": str(stop.subject),
        "deed": stop.deed,
        "reason": stop.reason,
        "by": stop.by,
        "at": _time(stop.at),
    }


def needs_somebody(told: PublicationPlan | Report) -> bool:
    """Whether a person has to see to it: held, not our name, refused, not as meant, an end."""
    is_short = isinstance(told, Report) and bool(told.unproved or told.left)
    is_ending = told.signer is not None and told.signer.needs_somebody
    return bool(told.conflicts) or is_short or is_ending or not told.held.is_empty


def _done(report: Report) -> list[str]:
    """Return what was done, a line for each kind of thing of which anything was."""
    documents = (report.signed, report.dropped, report.retired)
    names = (report.added, report.replaced, report.removed)
    own = ", and the publisher's own" if report.publisher else ""
    lines = {
        "documents  {} signed, {} dropped, {} retired".format(*documents): any(documents),
        f"groups     {report.linked} written anew": report.linked,
        "names      {} added, {} replaced, {} removed{}".format(*names, own): any(names) or own,
        f"leaving    {report.scheduled} got a time to retire": report.scheduled,
    }
    return [line for line, said in lines.items() if said]


def _counts(plan: PublicationPlan) -> Iterator[str]:
    if plan.is_empty:
        yield "nothing to do"
    for kind, counts in _step_counts(plan).items():
        if any(counts.values()):
            yield f"{kind:10} " + ", ".join(f"{n} {name}" for name, n in counts.items())


def _step_counts(plan: PublicationPlan) -> dict[str, dict[str, int]]:
    kinds = Counter(type(step).__name__ for step in plan.steps)
    names, own = _named(plan)
    return {
        "documents": {
            "to sign": kinds["PutDocument"],
            "to keep": kinds["KeepDocument"],
            "to drop": kinds["DropDocument"],
            "to retire": kinds["RetireDocument"],
        },
        "groups": {"to write anew": kinds["LinkGroup"]},
        "names": {
            "to add": sum(len(each.add) for each in names),
            "to replace": sum(len(each.replace) for each in names),
            "to drop": sum(len(each.drop) for each in names),
            "of the publisher": sum(each.size for each in own),
        },
        "leaving": {"to get a time to retire": kinds["ScheduleRetirement"]},
    }


def _of(step: DocumentStep | RetireDocument) -> str:
    return str(step.participant if isinstance(step, LinkGroup) else step.key)


def _named(plan: PublicationPlan) -> tuple[list[NamePlan], list[NamePlan]]:
    """Tell the participants' names from the publisher's own."""
    return (
        [step.plan for step in plan.names if not isinstance(step, EnsurePublisher)],
        [step.plan for step in plan.names if isinstance(step, EnsurePublisher)],
    )


def _waiting(
    held: Held,
    conflicts: Iterable[Taken],
    retirements: Iterable[Retirement],
    former: Mapping[DnsName, int],
) -> Iterator[str]:
    for each in conflicts:
        found, wanted = record_text(each.found), record_text(each.wanted)
        yield f"conflict   {each.name} holds {found}, wanted {wanted}; it is not ours"
    for retirement in retirements:
        when = _time(retirement.due) or "when no server answers its name any more"
        yield f"retiring   {retirement.participant}: {when}"
    for zone, count in former.items():
        yield f"former     {count} names in the former zone {zone}: remove them there"
    yield from held_lines(held)


def _waiting_json(
    held: Held,
    conflicts: Iterable[Taken],
    retirements: Iterable[Retirement],
    former: Mapping[DnsName, int],
) -> dict[str, object]:
    return {
        "held": held_json(held),
        "conflicts": [
            {
                "name": each.name,
                "found": record_text(each.found),
                "wanted": record_text(each.wanted),
            }
            for each in conflicts
        ],
        "retirements": {str(each.participant): _time(each.due) for each in retirements},
        "former": dict(former),
    }


def _ending(signer: Expiring | None) -> Iterator[str]:
    if signer is not None:
        yield f"signer     {signer}"


def _ending_json(signer: Expiring | None) -> dict[str, object] | None:
    if signer is None:
        return None
    return {
        "expires": _time(signer.at),
        "days": signer.days,
        "urgency": signer.urgency.name.lower(),
        "next": signer.successor.fingerprint or None,
        "rehearsed": signer.successor.is_rehearsed,
        "takes_over": _time(signer.successor.takes_over),
        "advice": signer.advice,
    }


def _not(plan: PublicationPlan) -> Iterator[str]:
    for reference, reasons in _sorted(plan.unpublished):
        why = "; ".join(f"{SENTENCES[reason]} ({reason})" for reason in reasons)
        yield f"unpublished {reference}: {why}"


def _warned(told: PublicationPlan | Report) -> Iterator[str]:
    yield from (f"warning    {each}" for each in told.warnings)


def _unchecked(plan: PublicationPlan) -> Iterator[str]:
    yield from (f"unchecked  {each}" for each in plan.unchecked)


def _sorted(
    unpublished: Mapping[Reference, tuple[Reason, ...]],
) -> list[tuple[Reference, tuple[Reason, ...]]]:
    return sorted(unpublished.items(), key=lambda item: item[0])


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")
