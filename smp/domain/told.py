"""What is told of a plan of publication and of a run: to people in lines, to machines as JSON?"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from eer.domain.eligibility import SENTENCES, Reason
from eer.domain.identifiers import Reference
from eer.domain.plan import Plan
from smp.domain.naming import DnsName, Record
from smp.domain.progress import Report
from smp.domain.publication import EnsurePublisher, Held, PublicationPlan, Retirement, Taken

NamePlan = Plan[DnsName, Record]


def plan_lines(plan: PublicationPlan) -> list[str]:
    """Return a plan for people."""
    return [*_counts(plan), *_waiting(plan.held, plan.conflicts, plan.retirements), *_not(plan)]


def plan_json(plan: PublicationPlan) -> dict[str, object]:
    """Return a plan for machines."""
    names, own = _named(plan)
    return {
        "steps": _step_counts(plan),
        "documents": [
            {"step": type(step).__name__, "of": str(getattr(step, "key", None) or step)}
            for step in (*plan.documents, *plan.retires)
        ],
        "names": {
            "add": sorted(name for each in names for name in each.add),
            "replace": sorted(name for each in names for name in each.replace),
            "drop": sorted(name for each in names for name in each.drop),
        },
        "publisher": sorted(name for each in own for name in (*each.add, *each.replace)),
        **_waiting_json(plan.held, plan.conflicts, plan.retirements),
        "unpublished": {str(reference): list(why) for reference, why in plan.unpublished.items()},
    }


def report_lines(report: Report) -> list[str]:
    """Return what a run did for people."""
    done = (
        f"documents  {report.signed} signed, {report.dropped} dropped, {report.retired} retired",
        f"names      {report.added} added, {report.replaced} replaced, {report.removed} removed"
        + (", and the publisher's own" if report.publisher else ""),
    )
    nothing = ("nothing to do",)
    return [
        *(done if _has_done_something(report) else nothing),
        *(f"unproved   {who}: {why}" for who, why in report.unproved.items()),
        *_waiting(report.held, report.conflicts, report.retirements),
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
        "names": {
            "added": report.added,
            "replaced": report.replaced,
            "removed": report.removed,
            "publisher": report.publisher,
        },
        **_waiting_json(report.held, report.conflicts, report.retirements),
        "unproved": {str(who): why for who, why in report.unproved.items()},
        "look_again": _time(report.look_again),
    }


def needs_somebody(told: PublicationPlan | Report) -> bool:
    """Whether a person has to see to it: held, not our name, or not come out as meant."""
    is_unproved = isinstance(told, Report) and bool(told.unproved)
    return bool(told.conflicts) or is_unproved or not told.held.is_empty


def _has_done_something(report: Report) -> bool:
    documents = report.signed + report.dropped + report.retired
    names = report.added + report.replaced + report.removed + report.publisher
    return bool(documents + names)


def _counts(plan: PublicationPlan) -> Iterator[str]:
    if plan.is_empty:
        yield "nothing to do"
        return
    counted = _step_counts(plan)
    yield "documents  " + ", ".join(f"{n} {name}" for name, n in counted["documents"].items())
    yield "names      " + ", ".join(f"{n} {name}" for name, n in counted["names"].items())


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
        "names": {
            "to add": sum(len(each.add) for each in names),
            "to replace": sum(len(each.replace) for each in names),
            "to drop": sum(len(each.drop) for each in names),
            "of the publisher": sum(each.size for each in own),
        },
    }


def _named(plan: PublicationPlan) -> tuple[list[NamePlan], list[NamePlan]]:
    """Tell the participants' names from the publisher's own."""
    return (
        [step.plan for step in plan.names if not isinstance(step, EnsurePublisher)],
        [step.plan for step in plan.names if isinstance(step, EnsurePublisher)],
    )


def _waiting(
    held: Held, conflicts: Iterable[Taken], retirements: Iterable[Retirement]
) -> Iterator[str]:
    for each in conflicts:
        yield f"conflict   {each.name} holds {each.found}, wanted {each.wanted}; it is not ours"
    for retirement in retirements:
        when = _time(retirement.due) or "when no server answers its name any more"
        yield f"retiring   {retirement.participant}: {when}"
    if not held.is_empty:
        for switch in held.switches:
            yield f"held       {switch} ({switch.touches} follow)"
        for name, count in _held_counts(held).items():
            yield f"held       {count} {name}"
        yield f"held       let them through with: smp publish --accept {held.digest}"


def _waiting_json(
    held: Held, conflicts: Iterable[Taken], retirements: Iterable[Retirement]
) -> dict[str, object]:
    return {
        "held": None
        if held.is_empty
        else {
            "digest": held.digest,
            "switches": [str(switch) for switch in held.switches],
            **_held_counts(held),
        },
        "conflicts": [
            {"name": each.name, "found": str(each.found), "wanted": str(each.wanted)}
            for each in conflicts
        ],
        "retirements": {str(each.participant): _time(each.due) for each in retirements},
    }


def _held_counts(held: Held) -> dict[str, int]:
    counts = {
        "documents to drop": len(held.documents.drop),
        "documents to move": len(held.documents.replace),
        "names to drop": len(held.names.drop),
        "names to move": len(held.names.replace),
    }
    return {name: count for name, count in counts.items() if count}


def _not(plan: PublicationPlan) -> Iterator[str]:
    for reference, reasons in _sorted(plan.unpublished):
        why = "; ".join(f"{SENTENCES[reason]} ({reason})" for reason in reasons)
        yield f"unpublished {reference}: {why}"


def _sorted(
    unpublished: Mapping[Reference, tuple[Reason, ...]],
) -> list[tuple[Reference, tuple[Reason, ...]]]:
    return sorted(unpublished.items(), key=lambda item: item[0])


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")
