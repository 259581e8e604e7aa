"""Which names were left alone while all others were done, and why?

The failure has one issue a name, whose place is the name: who keeps the books reads them there.
"""

from collections.abc import Mapping
from itertools import groupby

from eer.domain.errors import Conflict, IssueCode, Refused, error
from eer.domain.plan import Plan
from smp.domain.naming import DnsName, Record

UNEXPECTED = "something unexpected stands there, look what it is"
TOO_MUCH = "what stands there is too much for one DNS message, take away what is not needed"

BY_WHAT_STANDS = frozenset({UNEXPECTED, TOO_MUCH})
"""Reasons that lie in the names themselves; all others are the server's."""

_SPOILS = "the name server takes others and answers {} to this one, look into its log"

_TOLD = 20
"""Names that are told of each reason; all of them are in the issues."""


def spoils(rcode: str) -> str:
    """Return why a name was left alone with which no message is taken, but answered *rcode*."""
    return _SPOILS.format(rcode)


def is_by_server(reason: str) -> bool:
    """Whether *reason* says that the server takes nothing from us, of this name or of any."""
    before, after = _SPOILS.split("{}")
    return reason not in BY_WHAT_STANDS and not (
        reason.startswith(before) and reason.endswith(after)
    )


def failure(zone: DnsName, blamed: Mapping[DnsName, str]) -> Conflict:
    """Return what to raise when the names *blamed*, each with its reason, were left alone."""
    ordered = sorted(blamed, key=lambda name: (blamed[name], name))
    parts = (
        f"{_listed(tuple(some))}: {reason}"
        for reason, some in groupby(ordered, key=blamed.__getitem__)
    )
    text = f"in the zone {zone} some names were left alone, all others are done: {'; '.join(parts)}"
    issues = [error(IssueCode.CONFLICT, name, f"{name}: {why}") for name, why in blamed.items()]
    return Conflict(text, issues)


def refusal(reason: str, plan: Plan[DnsName, Record]) -> Refused:
    """Return what to raise when none of *plan* was allowed, and nothing of it is done."""
    names = (*plan.add, *plan.replace, *plan.drop)
    return Refused(reason, [error(IssueCode.FORBIDDEN, name, reason) for name in names])


def _listed(names: tuple[DnsName, ...]) -> str:
    more = len(names) - _TOLD
    return ", ".join(names[:_TOLD]) + (f" and {more} more" if more > 0 else "")
