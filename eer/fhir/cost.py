"""Is a search too much to be asked?

FHIR R4 http, section 3.1.0.12.2, lets a server refuse what costs too much. Lists of values that are
compared whole cost little; texts, times and amounts are compared one by one.
"""

from collections.abc import Iterable, Iterator

from eer.domain.errors import IssueCode, Malformed, error
from eer.domain.folding import folded
from eer.domain.search import (
    Address,
    Chain,
    Clause,
    Condition,
    Either,
    Ids,
    Match,
    Not,
    Pair,
    Pointer,
    Reverse,
    Text,
    Token,
    Updated,
    Value,
)
from eer.domain.wording import say
from eer.fhir import index

MOST_CONDITIONS = 100
MOST_VALUES = 100_000
MOST_COMPARED = 2_000
LONGEST = 1_000
"""Of a text that may stand anywhere, or of an address that others stand above or below."""


def check(conditions: Iterable[Condition]) -> None:
    """Raise Malformed, as too costly or too long, unless *conditions* can be answered soon."""
    asked = list(conditions)
    values = [found for each in asked for found in _values(each)]
    compared = [value for value, is_whole in values if not is_whole]
    for name, found, most in (
        (say("parameters"), len(asked), MOST_CONDITIONS),
        (say("values"), len(values), MOST_VALUES),
        (say("texts, times or amounts"), len(compared), MOST_COMPARED),
    ):
        if found > most:
            text = say(
                "{found} {what} found, expected {most} at most", found=found, what=name, most=most
            )
            raise Malformed(text, (error(IssueCode.TOO_COSTLY, "", text),))
    for length, most in filter(None, map(_length, compared)):
        if length > most:
            text = say("{found} characters found, expected {most} at most", found=length, most=most)
            raise Malformed(text, (error(IssueCode.TOO_LONG, "", text),))


def _values(condition: Condition) -> Iterator[tuple[Value, bool]]:
    """Yield each value, and whether it is compared whole, with however many others at once."""
    match condition:
        case Clause(_, values) | Updated(values):
            yield from ((each, _is_whole(each)) for each in values)
        case Ids(ids):
            yield from ((Token(None, each), True) for each in ids)
        case Pair(_, pairs):
            yield from ((value, False) for pair in pairs for value in pair)
        case Chain(_, _, inner) | Reverse(_, _, inner) | Not(inner):
            yield from _values(inner)
        case Either(conditions):
            yield from (found for each in conditions for found in _values(each))


def _is_whole(value: Value) -> bool:
    if isinstance(value, Address):
        return not value.direction
    return isinstance(value, Token) or (isinstance(value, Pointer) and value.version is None)


def _length(value: Value) -> tuple[int, int] | None:
    if isinstance(value, Address):
        return len(value.uri), index.LONGEST
    if isinstance(value, Text) and value.match is not Match.EXACT:
        return len(folded(value.text)), LONGEST
    return None
