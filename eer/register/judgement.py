"""What is wrong with a transaction, judged on what will be there after it?"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from eer.domain import rules
from eer.domain.errors import Issue, IssueCode, error, errors_of
from eer.domain.identifiers import Reference
from eer.domain.model import Mailbox, Reading, Role
from eer.register.state import State

Found = dict[Reference, list[Issue]]
Claimed = dict[tuple[str, str], list[Reference]]


def judge(
    changed: Mapping[Reference, Reading | None], before: State, after: State, at: datetime
) -> Found:
    """Return all issues of a transaction, by the resource they lie with.

    Looked at are the resources that change, and those that point at one which will be gone or
    will no longer be what they need.
    """
    found: Found = {reference: [] for reference in changed}
    claimed = _claimed(changed)
    for reference, reading in changed.items():
        if reading is not None:
            found[reference] += _fits(reading, after, at)
            found[reference] += _claims(reading, claimed, after)
        found[reference] += _left_behind(reference, changed, before, after)
    for reference, issue in _rivals(changed, after):
        if reference in found:
            found[reference].append(issue)
    return found


def _fits(reading: Reading, after: State, at: datetime) -> Iterator[Issue]:
    yield from rules.links(reading, after.reading)
    yield from rules.hierarchy(reading, after.reading)
    yield from rules.certificate(reading, after.reading, at)
    says = reading.says
    if isinstance(says, Mailbox) and says.organization is not None:
        manager = after.reading(says.organization)
        if manager is not None:
            if manager.reference not in after.pointing(reading.reference):
                yield from rules.missing_backlink(reading)
            yield from rules.glns_of_unit(reading, after.managed_by(says.organization))


def _claims(reading: Reading, claimed: Claimed, after: State) -> Iterator[Issue]:
    for claim in reading.claims:
        rivals = [each for each in claimed[claim.kind, claim.value] if each != reading.reference]
        holder = after.holder(claim) or (rivals[0] if rivals else None)
        if holder is not None:
            text = f"{claim.kind} {claim.value} is held by {holder}: only one resource may hold it"
            yield error(IssueCode.DUPLICATE, claim.expression, text)


def _claimed(changed: Mapping[Reference, Reading | None]) -> Claimed:
    found: Claimed = {}
    for reference, reading in changed.items():
        for claim in reading.claims if reading is not None else ():
            found.setdefault((claim.kind, claim.value), []).append(reference)
    return found


def _left_behind(
    reference: Reference,
    changed: Mapping[Reference, Reading | None],
    before: State,
    after: State,
) -> Iterator[Issue]:
    """Say what points at a resource that goes, or that stops being what it was."""
    earlier, later = before.reading(reference), after.reading(reference)
    lost = _roles(earlier) - _roles(later)
    if not lost:
        return
    pointing = [each for each in after.pointing(reference) if each not in changed]
    if later is None and pointing:
        names = ", ".join(str(each) for each in pointing)
        text = f"{reference} is still pointed at by {names}: change or delete those first"
        yield error(IssueCode.CONFLICT, reference.type, text)
    elif later is not None:
        for other in pointing:
            reading = after.reading(other)
            for issue in errors_of(rules.links(reading, after.reading)) if reading else ():
                text = f"{other} would break ({issue.expression}: {issue.text})"
                yield error(IssueCode.CONFLICT, reference.type, text)


def _rivals(
    changed: Mapping[Reference, Reading | None], after: State
) -> Iterator[tuple[Reference, Issue]]:
    glns = {
        reading.says.gln
        for reading in changed.values()
        if reading is not None and isinstance(reading.says, Mailbox)
    }
    for gln in sorted(glns):
        endpoints = [after.endpoint(reading) for reading in after.mailboxes(gln)]
        yield from rules.overlaps(each for each in endpoints if each is not None)


def _roles(reading: Reading | None) -> frozenset[Role]:
    return reading.roles if reading is not None else frozenset()
