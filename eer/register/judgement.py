"""What is wrong with a transaction, judged on what will be there after it?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from eer.domain import certification, deprecation, participation, rules
from eer.domain.deprecation import Retirement
from eer.domain.errors import Issue, IssueCode, error, errors_of
from eer.domain.identifiers import Reference
from eer.domain.model import Certificate, Device, Mailbox, Organization, Reading, Role
from eer.domain.policy import Level, Policy
from eer.domain.wording import say
from eer.pki.trust import Trust
from eer.register.state import State

Found = dict[Reference, list[Issue]]
Claimed = dict[tuple[str, str], list[Reference]]


@dataclass(frozen=True, slots=True)
class Grounds:
    """By what is judged: the moment, the operator's choices, what is retired, whom to trust."""

    at: datetime
    policy: Policy = field(default_factory=Policy)
    retired: Mapping[str, Retirement] = field(default_factory=dict)
    trust: Trust = field(default_factory=Trust)


def judge(
    changed: Mapping[Reference, Reading | None], before: State, after: State, grounds: Grounds
) -> Found:
    """Return all issues of a transaction, by the resource they lie with.

    Looked at are the resources that change, and those that point at one which will be gone or
    will no longer be what they need.
    """
    found: Found = {reference: [] for reference in changed}
    claimed = _claimed(changed)
    for reference, reading in changed.items():
        if reading is not None:
            found[reference] += fits(reading, after, grounds)
            found[reference] += _claims(reading, claimed, after)
        found[reference] += _left_behind(reference, changed, before, after)
    for reference, issue in rivals(changed, after):
        if reference in found:
            found[reference].append(issue)
    return found


def fits(reading: Reading, after: State, grounds: Grounds) -> Iterator[Issue]:
    """Yield what is wrong with a resource seen together with all the others."""
    yield from rules.links(reading, after.reading)
    yield from rules.hierarchy(reading, after.reading)
    yield from rules.certificate(reading, after.reading, grounds.at, grounds.policy.tolerated)
    yield from _stands(reading, grounds)
    yield from participation.conformance(reading, grounds.at)
    if isinstance(reading.says, Organization):
        named = [each.says for each in after.named_by(reading) if isinstance(each.says, Mailbox)]
        yield from rules.glns_named(reading, named, grounds.policy.gln_per_unit)
    if isinstance(reading.says, Mailbox):
        yield from _receives(reading, reading.says, after, grounds)


def rivals(
    changed: Mapping[Reference, Reading | None], after: State
) -> Iterator[tuple[Reference, Issue]]:
    """Yield for each endpoint of the GLNs of *changed* who claims its documents as well."""
    glns = {
        reading.says.gln
        for reading in changed.values()
        if reading is not None and isinstance(reading.says, Mailbox)
    }
    for gln in sorted(glns):
        endpoints = [after.endpoint(reading) for reading in after.mailboxes(gln)]
        yield from rules.overlaps(each for each in endpoints if each is not None)


def _stands(reading: Reading, grounds: Grounds) -> Iterator[Issue]:
    says = reading.says
    if isinstance(says, Device) and isinstance(says.certificate, Certificate):
        standing = grounds.trust.standing(says.certificate, grounds.at)
        yield from rules.standing(reading, standing, grounds.policy.ap_certificate)


def _receives(reading: Reading, says: Mailbox, after: State, grounds: Grounds) -> Iterator[Issue]:
    at, policy = grounds.at, grounds.policy
    manager = after.reading(says.organization) if says.organization is not None else None
    if manager is not None and not after.names(manager, reading.reference):
        yield from rules.missing_backlink(reading)
    if policy.gln_per_unit is not Level.OFF:  # a unit may have very many endpoints
        yield from rules.glns_of_units(reading, after.units_of(reading), policy.gln_per_unit)
    yield from certification.issues(reading, after.reading, at, policy.certification)
    yield from deprecation.offered(reading, grounds.retired, at)
    of_gln = [each.says for each in after.mailboxes(says.gln) if isinstance(each.says, Mailbox)]
    yield from participation.acknowledgement(reading, of_gln, at)
    yield from participation.conformance_of_access_points(reading, after.reading, at)


def _claims(reading: Reading, claimed: Claimed, after: State) -> Iterator[Issue]:
    for claim in reading.claims:
        others = [each for each in claimed[claim.kind, claim.value] if each != reading.reference]
        holder = after.holder(claim) or (others[0] if others else None)
        if holder is not None:
            text = say(
                "{kind} {value} is held by {holder}: only one resource may hold it",
                kind=claim.kind,
                value=claim.value,
                holder=holder,
            )
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
        text = say(
            "{reference} is still pointed at by {others}: change or delete those first",
            reference=reference,
            others=", ".join(str(each) for each in pointing),
        )
        yield error(IssueCode.CONFLICT, reference.type, text)
    elif later is not None:
        for other in pointing:
            reading = after.reading(other)
            for issue in errors_of(rules.links(reading, after.reading)) if reading else ():
                text = say(
                    "{other} would break ({expression}: {fault})",
                    other=other,
                    expression=issue.expression,
                    fault=issue.text,
                )
                yield error(IssueCode.CONFLICT, reference.type, text)


def _roles(reading: Reading | None) -> frozenset[Role]:
    return reading.roles if reading is not None else frozenset()
