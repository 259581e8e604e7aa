"""Can this unit be sent this message, and if not, why?

One enum of reasons, asked by every operation that answers it. They stand in
docs/interfaces/addressability.md.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from eer.domain import eligibility
from eer.domain.deprecation import Retirement
from eer.domain.model import Endpoint, EndpointStatus, Mailbox, Organization
from eer.domain.receipt import Receipt
from eer.domain.wording import Sentence, all_of, say


class Reason(StrEnum):
    """Why, from the farthest from being sent to the nearest; the last one is yes.

    Of one endpoint the first that holds counts, of several endpoints the last.
    """

    UNKNOWN_UNIT = "unknown-unit"
    UNIT_CLOSED = "unit-closed"
    NO_ENDPOINT = "no-endpoint"
    MESSAGE_TYPE_UNKNOWN = "message-type-unknown"
    NOT_RECEIVED = "message-type-not-received"
    ENTERED_IN_ERROR = "endpoint-entered-in-error"
    OFF = "endpoint-off"
    TEST = "endpoint-test"
    ERROR = "endpoint-error"
    SUSPENDED = "endpoint-suspended"
    OVER = "period-over"
    NOT_BEGUN = "period-not-begun"
    NOT_ELIGIBLE = "not-eligible"
    NOT_PUBLISHED = "not-published-yet"
    PUBLISHED = "published"


SENTENCES = {
    Reason.UNKNOWN_UNIT: say("the register does not know this number"),
    Reason.UNIT_CLOSED: say("the unit is closed"),
    Reason.NO_ENDPOINT: say("the unit has no endpoint for messages"),
    Reason.MESSAGE_TYPE_UNKNOWN: say("there is no such message type"),
    Reason.NOT_RECEIVED: say("the unit does not receive this message type"),
    Reason.ENTERED_IN_ERROR: say("the endpoint was entered in error"),
    Reason.OFF: say("the endpoint is switched off"),
    Reason.TEST: say("the endpoint is for test only"),
    Reason.ERROR: say("the endpoint has status error"),
    Reason.SUSPENDED: say("the endpoint is suspended"),
    Reason.OVER: say("the endpoint's period is over"),
    Reason.NOT_BEGUN: say("the endpoint's period has not begun"),
    Reason.NOT_ELIGIBLE: say("the endpoint cannot be published"),
    Reason.NOT_PUBLISHED: say("the endpoint is not published yet"),
    Reason.PUBLISHED: say("the unit receives it, and its endpoint is published"),
}

_ORDER: Mapping[Reason, int] = {reason: place for place, reason in enumerate(Reason)}
_OF_STATUS = {
    EndpointStatus.ENTERED_IN_ERROR: Reason.ENTERED_IN_ERROR,
    EndpointStatus.OFF: Reason.OFF,
    EndpointStatus.TEST: Reason.TEST,
    EndpointStatus.ERROR: Reason.ERROR,
    EndpointStatus.SUSPENDED: Reason.SUSPENDED,
}


@dataclass(frozen=True, slots=True)
class MessageType:
    """What was asked for: the payload codes that may be meant, and those *known* among them.

    *name* is what people call it; *nearest* the code that is written most like one that is not
    known.
    """

    name: str
    documents: tuple[str, ...]
    known: tuple[str, ...]
    nearest: str | None = None

    def offered_by(self, endpoint: Endpoint | Mailbox) -> tuple[str, ...]:
        """Return the codes of it that *endpoint* receives."""
        return tuple(code for code in self.documents if code in endpoint.documents)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An endpoint of the unit: all that is against publishing it, and whether it is published.

    *published* is the receipt that tells that a document of the message type is public for it.
    """

    endpoint: Endpoint
    obstacles: tuple[eligibility.Reason, ...] = ()
    published: Receipt | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What one endpoint comes to."""

    candidate: Candidate
    reason: Reason


@dataclass(frozen=True, slots=True)
class Answer:
    """What a unit comes to: the reason, and what each of its endpoints comes to, best first."""

    unit: Organization | None
    reason: Reason
    findings: tuple[Finding, ...]

    @property
    def is_addressable(self) -> bool:
        """Whether a message that is sent now arrives."""
        return self.reason is Reason.PUBLISHED

    @property
    def best(self) -> Candidate | None:
        """The endpoint that speaks for the unit."""
        return self.findings[0].candidate if self.findings else None


@dataclass(frozen=True, slots=True)
class Told:
    """The answer of *at* for the number *asked*, and what is known of the message type.

    *document* is the payload code that it goes by, *displays* what codes are called.
    """

    asked: str
    at: datetime
    answer: Answer
    message: MessageType
    document: str | None = None
    retirement: Retirement | None = None
    displays: Mapping[str, str] = field(default_factory=dict)

    @property
    def sentence(self) -> Sentence:
        """What can be shown to a sender."""
        found = self.answer
        unit = self.asked if found.unit is None else found.unit.name
        obstacles = () if found.best is None else found.best.obstacles
        return sentence(unit, self.message, found.reason, obstacles)


def sentence(
    unit: str,
    message: MessageType | None,
    reason: Reason,
    obstacles: Iterable[eligibility.Reason] = (),
) -> Sentence:
    """Return a sentence for people: that *reason* holds of *unit*, and perhaps of *message*."""
    why = SENTENCES[reason]
    if message is None:
        return say("{unit}: {why}", unit=unit, why=why)
    if reason is Reason.NOT_ELIGIBLE:
        because = all_of(eligibility.SENTENCES[each] for each in obstacles)
        why = say("{what}: {because}", what=why, because=because)
    if reason is Reason.MESSAGE_TYPE_UNKNOWN and message.nearest is not None:
        why = say("{what}; the nearest known one is {nearest}", what=why, nearest=message.nearest)
    return say("{unit}, {message}: {why}", unit=unit, message=message.name, why=why)


def answer(
    unit: Organization | None, candidates: Iterable[Candidate], message: MessageType, at: datetime
) -> Answer:
    """Decide whether *message* can be sent to *unit*, whose endpoints are *candidates*.

    Where an endpoint was asked for by its GLN there is no unit, and who manages it is told.
    """
    findings = [
        Finding(each, _first(_all_of(each, unit, message, at), Reason.PUBLISHED))
        for each in candidates
    ]
    findings.sort(key=lambda each: _ORDER[each.reason], reverse=True)
    if findings:
        manager = findings[0].candidate.endpoint.organization
        return Answer(unit or manager, findings[0].reason, tuple(findings))
    if unit is None:
        return Answer(None, Reason.UNKNOWN_UNIT, ())
    return Answer(unit, _first(_of_unit(unit), Reason.NO_ENDPOINT), ())


def missing(
    unit: Organization | None,
    endpoints: Sequence[Mailbox],
    message: MessageType | None,
    at: datetime | None,
) -> Reason | None:
    """Return why *unit* has no endpoint that counts for *message* at *at*; None when it has one.

    What is published is not looked at.
    """
    if unit is None:
        return Reason.UNKNOWN_UNIT
    if at is not None and not unit.active:
        return Reason.UNIT_CLOSED
    reasons = [_first(_own(each, message, at), Reason.PUBLISHED) for each in endpoints]
    best = max(reasons, key=_ORDER.__getitem__, default=Reason.NO_ENDPOINT)
    return None if best is Reason.PUBLISHED else best


def counts(endpoint: Mailbox, message: MessageType | None, at: datetime | None) -> bool:
    """Whether *endpoint* receives *message* and is active at *at*.

    No message is any; without a time it need not be active.
    """
    return not any(_own(endpoint, message, at))


def _first(reasons: Iterable[Reason], otherwise: Reason) -> Reason:
    """Return the reason that counts of all that hold, *otherwise* when none does."""
    return min(reasons, key=_ORDER.__getitem__, default=otherwise)


def _all_of(
    candidate: Candidate, unit: Organization | None, message: MessageType, at: datetime
) -> Iterator[Reason]:
    yield from _of_unit(unit)
    yield from _own(candidate.endpoint, message, at)
    if eligibility.Reason.ORGANIZATION_INACTIVE in candidate.obstacles:
        yield Reason.UNIT_CLOSED
    if candidate.obstacles:
        yield Reason.NOT_ELIGIBLE
    if candidate.published is None:
        yield Reason.NOT_PUBLISHED


def _of_unit(unit: Organization | None) -> Iterator[Reason]:
    if unit is not None and not unit.active:
        yield Reason.UNIT_CLOSED


def _own(
    endpoint: Endpoint | Mailbox, message: MessageType | None, at: datetime | None
) -> Iterator[Reason]:
    """Yield what is against an endpoint by what it says itself."""
    if message is not None and not message.offered_by(endpoint):
        yield Reason.NOT_RECEIVED if message.known else Reason.MESSAGE_TYPE_UNKNOWN
    if at is None:
        return
    if endpoint.status in _OF_STATUS:
        yield _OF_STATUS[endpoint.status]
    if endpoint.period.is_over(at):
        yield Reason.OVER
    if endpoint.period.begins_after(at):
        yield Reason.NOT_BEGUN
