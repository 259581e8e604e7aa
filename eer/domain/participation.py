"""Does a participant have what EHMI expects of everybody who receives?

The ehmiSBDH acknowledgement, by which an envelope is answered, and an access point that passed
the EU's conformance test of eDelivery AS4, not more than three years ago.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from eer.domain.errors import Issue, IssueCode, warning
from eer.domain.identifiers import Reference
from eer.domain.model import ACCESS_POINT, Device, Mailbox, Reading
from eer.domain.period import DENMARK
from eer.domain.rules import Lookup
from eer.domain.wording import Sentence, say

ACKNOWLEDGEMENT = (
    "urn:dk:healthcare:messaging:oasis:ebxml:schema:xsd"
    "::ehmisbdh-acknowledgement##urn:dk:ehmi:sbdh:ehmisbdh-acknowledgement::1.0"
)

YEARS = 3
"""How long a conformance test counts."""


def lacks_acknowledgement(mailboxes: Iterable[Mailbox], at: datetime) -> bool:
    """Whether somebody delivers to these endpoints of one GLN, and none acknowledges."""
    delivering = [each for each in mailboxes if each.delivers_at(at)]
    return bool(delivering) and not any(ACKNOWLEDGEMENT in each.documents for each in delivering)


def acknowledgement(
    reading: Reading, mailboxes: Iterable[Mailbox], at: datetime
) -> Iterator[Issue]:
    """Warn when none of the endpoints of a GLN, *mailboxes*, offers the acknowledgement."""
    says = reading.says
    if isinstance(says, Mailbox) and says.delivers_at(at) and lacks_acknowledgement(mailboxes, at):
        yield warning(IssueCode.BUSINESS_RULE, "Endpoint.payloadType", unacknowledged(says.gln))


def unacknowledged(gln: str) -> Sentence:
    """Return the sentence about a participant that does not acknowledge."""
    return say(
        "no active endpoint of GLN {gln} offers the ehmiSBDH acknowledgement {code}: "
        "senders wait for it in vain",
        gln=gln,
        code=ACKNOWLEDGEMENT,
    )


def conformance(reading: Reading, at: datetime) -> Iterator[Issue]:
    """Warn of an access point without the mark of the conformance test, or with an old one."""
    text = _unproved(reading, at)
    if text is not None:
        yield warning(IssueCode.BUSINESS_RULE, "Device.extension", text)


def conformance_of_access_points(reading: Reading, lookup: Lookup, at: datetime) -> Iterator[Issue]:
    """Warn of an endpoint whose access point lacks the mark, or has an old one."""
    says = reading.says
    if not isinstance(says, Mailbox) or not says.delivers_at(at):
        return
    for target in says.access_points:
        device = lookup(target)
        text = None if device is None else _unproved(device, at)
        if text is not None:
            yield warning(IssueCode.BUSINESS_RULE, "Endpoint.extension", text)


def _unproved(device: Reading, at: datetime) -> Sentence | None:
    says = device.says
    if not isinstance(says, Device) or ACCESS_POINT not in says.types:
        return None
    if says.tested is None:
        return _unmarked(device.reference)
    day, today = says.tested.astimezone(DENMARK), at.astimezone(DENMARK)
    if (today.year - YEARS, today.month, today.day) <= (day.year, day.month, day.day):
        return None
    return say(
        "the EU conformance test of {device} is of {day:%Y-%m-%d}, "
        "expected one of the last {years} years",
        device=device.reference,
        day=day,
        years=YEARS,
    )


def _unmarked(device: Reference) -> Sentence:
    return say("{device} has no mark of the EU's conformance test of eDelivery", device=device)
