"""Do resources that are each right also fit together?

Judged on the end state of a transaction: what will be there, whoever wrote it. Decision page:
docs/interfaces/eer-rules.md.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from eer.domain import eligibility
from eer.domain.errors import Issue, IssueCode, error, warning
from eer.domain.identifiers import Reference
from eer.domain.model import Certificate, Device, Endpoint, Mailbox, Organization, Reading, Role
from eer.domain.policy import Level, breach
from eer.domain.standing import Standing, Verdict
from eer.domain.wording import say

Lookup = Callable[[Reference], Reading | None]

HIGHEST = 50
"""Over how many steps an organisation may be part of others."""

_NAMED = 3

# What SOR's own profiles demand of each other, and what does as well: the pilot lays its plain
# profiles over SOR's.
_DOES_AS_WELL = {
    Role.SOR_ORGANIZATION: Role.MESSAGING_ORGANIZATION,
    Role.SOR_ENDPOINT: Role.ENDPOINT,
}


def links(reading: Reading, lookup: Lookup) -> Iterator[Issue]:
    """Yield an issue for each reference that leads nowhere or to something of another kind."""
    for link in reading.links:
        target = lookup(link.target)
        if target is None:
            text = say(
                "{target} is not in the register: expected {role}",
                target=link.target,
                role=link.role,
            )
            yield error(IssueCode.NOT_FOUND, link.expression, text)
        elif link.role not in target.roles:
            text = say("{target} found, expected {role}", target=link.target, role=link.role)
            issue = warning if _DOES_AS_WELL.get(link.role) in target.roles else error
            yield issue(IssueCode.INVARIANT, link.expression, text)


def hierarchy(reading: Reading, lookup: Lookup) -> Iterator[Issue]:
    """Yield an issue when an organisation is part of itself, or of others without end.

    SOR's highest tower has less than ten; whoever builds higher lets all wait who look up.
    """
    seen = [reading.reference]
    above = _above(reading, lookup)
    while above is not None:
        if above.reference == reading.reference:
            chain = " → ".join(str(each) for each in [*seen, above.reference])
            text = say("runs in a circle: {chain}", chain=chain)
            yield error(IssueCode.INVARIANT, "Organization.partOf", text)
        if above.reference in seen:
            return
        if len(seen) > HIGHEST:
            text = say("part of others over more than {most} steps, expected fewer", most=HIGHEST)
            yield error(IssueCode.INVARIANT, "Organization.partOf", text)
            return
        seen.append(above.reference)
        above = _above(above, lookup)


def overlaps(endpoints: Iterable[Endpoint]) -> Iterator[tuple[Reference, Issue]]:
    """Yield for each endpoint the rivals that claim a document of its GLN at the same time."""
    for (one, other), documents in eligibility.conflicts(endpoints).items():
        text = say(
            "{other} is active for the same GLN and overlaps in period for {documents}: "
            "end the one before the other begins",
            other=other,
            documents=", ".join(documents),
        )
        yield one, error(IssueCode.DUPLICATE, "Endpoint.payloadType", text)


def missing_backlink(reading: Reading) -> Iterator[Issue]:
    """Warn that an endpoint's managing organisation does not name it among its endpoints.

    A search by message type that follows Organization.endpoint to the letter would miss it.
    """
    says = reading.says
    if isinstance(says, Mailbox):
        text = say(
            "{organization} does not name this endpoint in Organization.endpoint",
            organization=says.organization,
        )
        yield warning(IssueCode.BUSINESS_RULE, "Endpoint.managingOrganization", text)


def glns_of_units(
    reading: Reading, units: Mapping[Reference, Iterable[Mailbox]], level: Level
) -> Iterator[Issue]:
    """Yield what comes of it when one of an endpoint's *units* has another GLN at the same time.

    SOR itself cannot hold a second one yet. Told once, of the first unit that has one.
    """
    says = reading.says
    if not isinstance(says, Mailbox):
        return
    for unit, mailboxes in units.items():
        others = sorted({each.gln for each in mailboxes if _has_another_gln(each, says)})
        if others:
            text = say(
                "more than one GLN for one SOR unit: {organization} also has {glns}",
                organization=unit,
                glns=named(others),
            )
            yield from breach(level, "Endpoint.identifier", text)
            return


def glns_named(reading: Reading, mailboxes: Iterable[Mailbox], level: Level) -> Iterator[Issue]:
    """Yield what comes of it when a unit names endpoints of several GLNs at the same time."""
    known = tuple(mailboxes)
    glns = {one.gln for one in known for other in known if _has_another_gln(one, other)}
    if glns:
        text = say(
            "more than one GLN for one SOR unit: {organization} has {glns}",
            organization=reading.reference,
            glns=named(sorted(glns)),
        )
        yield from breach(level, "Organization.endpoint", text)


def certificate(
    reading: Reading, lookup: Lookup, at: datetime, tolerated: Collection[eligibility.Reason] = ()
) -> Iterator[Issue]:
    """Warn of an AP certificate that is out of its time or of another company than the owner.

    *tolerated* are reasons that keep nothing from being published.
    """
    says = reading.says
    if not isinstance(says, Device) or not isinstance(says.certificate, Certificate):
        return
    found = says.certificate
    if found.not_after <= at and eligibility.Reason.CERTIFICATE_EXPIRED in tolerated:
        text = say(
            "certificate expired on {end:%Y-%m-%d}; the AP is published all the same",
            end=found.not_after,
        )
        yield warning(IssueCode.BUSINESS_RULE, "Device.extension", text)
    elif not found.not_before <= at < found.not_after:
        text = say(
            "certificate is valid from {begin:%Y-%m-%d} to {end:%Y-%m-%d}, "
            "so the AP is not published now",
            begin=found.not_before,
            end=found.not_after,
        )
        yield warning(IssueCode.BUSINESS_RULE, "Device.extension", text)
    owner = lookup(says.owner) if says.owner else None
    cvr = getattr(owner.says, "cvr", None) if owner else None
    if found.cvr is not None and cvr is not None and found.cvr != str(cvr):
        text = say(
            "certificate is of CVR {found}, the owner of CVR {owner}", found=found.cvr, owner=cvr
        )
        yield warning(IssueCode.BUSINESS_RULE, "Device.extension", text)


def standing(reading: Reading, found: Standing | None, level: Level) -> Iterator[Issue]:
    """Yield what comes of how a device's certificate stands; a test one is refused.

    Only while the device is active: it has to be possible to switch it off.
    """
    says = reading.says
    if found is None or not isinstance(says, Device) or not says.active:
        return
    if found.verdict is Verdict.TEST:
        text = say(
            "certificate is of a test authority, expected one of production: {why}", why=found.why
        )
        yield error(IssueCode.BUSINESS_RULE, "Device.extension", text)
    elif found.verdict is Verdict.REVOKED:
        text = say("certificate has been revoked, expected one that is not: {why}", why=found.why)
        yield from breach(level, "Device.extension", text)
    elif found.verdict is Verdict.UNTRUSTED:
        text = say("certificate is of no authority that is trusted here: {why}", why=found.why)
        yield from breach(level, "Device.extension", text)


def expiring(reading: Reading, at: datetime, within: timedelta) -> Iterator[Issue]:
    """Warn of an AP certificate that is valid at *at* and will not be *within* that time."""
    says = reading.says
    if isinstance(says, Device) and isinstance(says.certificate, Certificate):
        found = says.certificate
        if found.not_before <= at < found.not_after < at + within:
            text = say("certificate expires on {end:%Y-%m-%d}", end=found.not_after)
            yield warning(IssueCode.BUSINESS_RULE, "Device.extension", text)


def named(names: Sequence[str]) -> str:
    """Return the first of *names*, and how many more there are."""
    first = ", ".join(names[:_NAMED])
    more = len(names) - _NAMED
    return say("{named} and {more} more", named=first, more=more) if more > 0 else first


def _has_another_gln(one: Mailbox, other: Mailbox) -> bool:
    is_another = one.gln != other.gln and one.period.overlaps(other.period)
    return is_another and one.is_in_use and other.is_in_use


def _above(reading: Reading, lookup: Lookup) -> Reading | None:
    """Return the organisation that *reading* is part of, under the id that is kept."""
    says = reading.says
    if not isinstance(says, Organization) or says.part_of is None:
        return None
    return lookup(says.part_of)
