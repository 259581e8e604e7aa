"""Does a search hold for a resource, going by the values under which it is found?

FHIR R4 search, section 3.1.1.5, over the few resources that no database holds. Of the conditions
there are those that codes, texts, addresses and times can be asked by; any other is refused.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from eer.domain.errors import IssueCode, Malformed, error
from eer.domain.search import (
    Address,
    Clause,
    Condition,
    Either,
    Ids,
    Indexed,
    Match,
    Missing,
    Not,
    Position,
    Prefix,
    Query,
    Stretch,
    Text,
    Token,
    Updated,
    Value,
    ancestors,
)
from eer.domain.wording import say

UPDATED = "_lastUpdated"
"""What the time of a resource is indexed as."""

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Page:
    """The ids on one page, how many there are in all, and where the next page begins."""

    ids: tuple[str, ...]
    total: int
    next: Position | None


def page(query: Query, resources: Mapping[str, Sequence[Indexed]]) -> Page:
    """Return a page of the *resources* of one type, values by id, that *query* holds for.

    Raises Malformed for a condition that is none here.
    """
    found = [
        each
        for each in sorted(resources)
        if all(holds(condition, each, resources[each]) for condition in query.conditions)
    ]
    rest = found if query.after is None else [each for each in found if each > query.after.id]
    ids = tuple(rest[: query.count])
    has_more = bool(ids) and len(rest) > query.count
    return Page(ids, len(found), Position((), query.types[0], ids[-1]) if has_more else None)


def holds(condition: Condition, resource_id: str, values: Sequence[Indexed]) -> bool:
    """Whether *condition* holds; raise Malformed when it is none that is understood here."""
    if isinstance(condition, Ids):
        return resource_id in condition.any_of
    if isinstance(condition, Not):
        return not holds(condition.inner, resource_id, values)
    if isinstance(condition, Either):
        return any(holds(each, resource_id, values) for each in condition.any_of)
    if isinstance(condition, Clause):
        found = tuple(_of(condition.parameter, values))
        return any(_agrees(wanted, each) for wanted in condition.any_of for each in found)
    if isinstance(condition, Updated):
        return holds(Clause(UPDATED, condition.any_of), resource_id, values)
    if isinstance(condition, Missing):
        return condition.is_missing is not any(_of(condition.parameter, values))
    text = say("a search found that definitions are not searched by, expected their parameters")
    raise Malformed(text, (error(IssueCode.NOT_SUPPORTED, "", text),))


def _of(parameter: str, values: Iterable[Indexed]) -> Iterable[Value]:
    return (each.value for each in values if each.parameter == parameter)


def _agrees(wanted: Value, found: Value) -> bool:
    if isinstance(wanted, Token) and isinstance(found, Token):
        return wanted.system in (None, found.system) and wanted.code in (None, "", found.code)
    if isinstance(wanted, Text) and isinstance(found, Text):
        return _reads(wanted, found)
    if isinstance(wanted, Address) and isinstance(found, Address):
        return _stands(wanted, found)
    if isinstance(wanted, Stretch) and isinstance(found, Stretch):
        return _lies(wanted, found)
    return False


def _reads(wanted: Text, found: Text) -> bool:
    if wanted.match is Match.EXACT:
        return found.text == wanted.text
    if wanted.match is Match.CONTAINS:
        return wanted.folded in found.folded
    return found.folded.startswith(wanted.folded)


def _stands(wanted: Address, found: Address) -> bool:
    if wanted.direction == "above":
        return found.uri in ancestors(wanted.uri)
    if wanted.direction == "below":
        return found.uri == wanted.uri or found.uri.startswith(f"{wanted.uri.rstrip('/')}/")
    return found.uri == wanted.uri


def _lies(wanted: Stretch, found: Stretch) -> bool:
    """Whether *found* lies as the prefix of *wanted* has it (section 3.1.1.4.5)."""
    low, high = found.low or _FIRST, found.high or _LAST
    first, last = wanted.low or _FIRST, wanted.high or _LAST
    is_within = first <= low and high <= last
    return {
        Prefix.EQUAL: is_within,
        Prefix.NOT_EQUAL: not is_within,
        Prefix.GREATER: high > last,
        Prefix.LESS: low < first,
        Prefix.GREATER_OR_EQUAL: high > last or low >= first,
        Prefix.LESS_OR_EQUAL: low < first or high <= last,
        Prefix.STARTS_AFTER: low >= last,
        Prefix.ENDS_BEFORE: high <= first,
        Prefix.APPROXIMATELY: low < last and high > first,
    }[wanted.prefix]
