"""Do resources that are each right also fit together?

Judged on the end state of a transaction: what will be there, whoever wrote it. Decision page:
docs/interfaces/eer-rules.md.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from eer.domain import eligibility
from eer.domain.errors import Issue, IssueCode, error, warning
from eer.domain.identifiers import Reference
from eer.domain.model import Certificate, Device, Endpoint, Mailbox, Organization, Reading, Role
from eer.domain.wording import say

Lookup = Callable[[Reference], Reading | None]

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
    """Yield an issue when an organisation is part of itself, over however many steps."""
    seen = [reading.reference]
    above = _above(reading, lookup)
    while above is not None:
        if above.reference == reading.reference:
            chain = " → ".join(str(each) for each in [*seen, above.reference])
            text = say("runs in a circle: {chain}", chain=chain)
            yield error(IssueCode.INVARIANT, "Organization.partOf", text)
        if above.reference in seen:
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


def glns_of_unit(reading: Reading, mailboxes: Iterable[Mailbox]) -> Iterator[Issue]:
    """Warn when a unit's endpoints carry more than one GLN, as SOR itself cannot hold yet."""
    says = reading.says
    if isinstance(says, Mailbox):
        others = sorted({each.gln for each in mailboxes} - {says.gln})
        if others:
            text = say(
                "more than one GLN for one SOR unit: {organization} also has {glns}",
                organization=says.organization,
                glns=_named(others),
            )
            yield warning(IssueCode.BUSINESS_RULE, "Endpoint.identifier", text)


def certificate(reading: Reading, lookup: Lookup, at: datetime) -> Iterator[Issue]:
    """Warn of an AP certificate that is out of its time or of another company than the owner."""
    says = reading.says
    if not isinstance(says, Device) or not isinstance(says.certificate, Certificate):
        return
    found = says.certificate
    if not found.not_before <= at < found.not_after:
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


def _named(glns: Sequence[str]) -> str:
    """Return the first of *glns*, and how many more there are."""
    named = ", ".join(glns[:_NAMED])
    more = len(glns) - _NAMED
    return say("{named} and {more} more", named=named, more=more) if more > 0 else named


def _above(reading: Reading, lookup: Lookup) -> Reading | None:
    """Return the organisation that *reading* is part of, under the id that is kept."""
    says = reading.says
    if not isinstance(says, Organization) or says.part_of is None:
        return None
    return lookup(says.part_of)
