"""Which payload codes are retired, since when, and what takes their place?

A definition of a message is retired by its status, from its date on; another one says in
`MessageDefinition.replaces` whose place it takes. docs/interfaces/eer-rules.md.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from eer.domain.errors import Issue, IssueCode, warning
from eer.domain.model import Mailbox, Message, Reading
from eer.domain.period import DENMARK
from eer.domain.wording import Sentence, say

_ACTIVE, _RETIRED = "active", "retired"


@dataclass(frozen=True, slots=True)
class Retirement:
    """From when on a payload code is retired, and what is to be offered in its place.

    *replaced_by* are payload codes, or the canonical of a definition that has none.
    """

    since: datetime | None
    replaced_by: tuple[str, ...] = ()

    def has_begun(self, at: datetime) -> bool:
        """Whether the code is retired at *at*, and not only going to be."""
        return self.since is None or self.since <= at


def retirements(messages: Iterable[Message]) -> dict[str, Retirement]:
    """Return each payload code that only retired ones among *messages* define."""
    known = tuple(messages)
    alive = {code for each in known if each.status == _ACTIVE for code in each.codes}
    found: dict[str, Retirement] = {}
    for each in known:
        for code in each.codes if each.status == _RETIRED else ():
            if code not in alive:
                told = Retirement(each.date, tuple(_successors(each, known)))
                found[code] = _later(found[code], told) if code in found else told
    return found


def offered(reading: Reading, retired: Mapping[str, Retirement], at: datetime) -> Iterator[Issue]:
    """Warn of each payload type of an endpoint that is retired, or going to be."""
    says = reading.says
    if isinstance(says, Mailbox) and says.offers_at(at):
        for code in says.documents:
            if code in retired:
                text = sentence(code, retired[code], at)
                yield warning(IssueCode.BUSINESS_RULE, "Endpoint.payloadType", text)


def sentence(code: str, retirement: Retirement, at: datetime) -> Sentence:
    """Return what there is to say of a retired payload code."""
    text = say("{code} is retired", code=code)
    if retirement.since is not None:
        day = retirement.since.astimezone(DENMARK)
        text = (
            say("{code} is retired since {day:%Y-%m-%d}", code=code, day=day)
            if retirement.has_begun(at)
            else say("{code} will be retired on {day:%Y-%m-%d}", code=code, day=day)
        )
    if retirement.replaced_by:
        others = ", ".join(retirement.replaced_by)
        text = say("{fact}: offer {others} in its place", fact=text, others=others)
    return text


def _later(one: Retirement, other: Retirement) -> Retirement:
    """Return the last of two retirements of one code, with what replaces either."""
    dates = [each.since for each in (one, other) if each.since is not None]
    replaced_by = tuple(dict.fromkeys((*one.replaced_by, *other.replaced_by)))
    return Retirement(max(dates, default=None), replaced_by)


def _successors(message: Message, known: Sequence[Message]) -> Iterator[str]:
    """Yield what is to be offered in place of *message*: past what was itself retired."""
    seen, waiting, told = [message], [message], {*message.codes}
    while waiting:
        retired = waiting.pop(0)
        for each in known:
            if each in seen or not _replaces(each, retired):
                continue
            seen.append(each)
            if each.status == _RETIRED:
                waiting.append(each)
                continue
            names = each.codes or tuple(_canonical(each))
            yield from (name for name in names if name not in told)
            told |= {*names}


def _replaces(message: Message, other: Message) -> bool:
    if other.url is None:
        return False
    names = {other.url} | ({f"{other.url}|{other.version}"} if other.version else set())
    return not names.isdisjoint(message.replaces)


def _canonical(message: Message) -> Iterator[str]:
    if message.url is not None:
        yield f"{message.url}|{message.version}" if message.version else message.url
