"""What does the search string of a URL ask for?

FHIR R4 search, section 3.1.1. A parameter that is not known is passed over and named, as
`Prefer: handling=lenient` has it; whoever must not pass over any looks at what was *ignored*.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eer.domain.errors import IssueCode
from eer.domain.search import Condition, Query
from eer.domain.wording import say
from eer.fhir import cost, criteria, cursor, results
from eer.fhir.clauses import Terms
from eer.fhir.kind import COMMON
from eer.fhir.results import Results

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Search:
    """A query, how its results are wanted, the pairs it was made from, and those passed over.

    *of_search* are the pairs that say which search it is, over which types: the digest of a page
    is made of them.
    """

    query: Query
    results: Results
    used: tuple[Pair, ...]
    ignored: tuple[Pair, ...]
    of_search: tuple[Pair, ...]


def search(terms: Terms, types: Sequence[str], pairs: Iterable[Pair]) -> Search:
    """Read decoded name and value pairs for resources of *types*.

    Raises Malformed for a modifier or a value that cannot be read, for a parameter that only some
    of several types have, and for more than can be answered.
    """
    given = [(name, value) for name, value in pairs if value and _is_text(name, value)]
    wanted, said, passed = results.results(
        terms.kinds, types, [each for each in given if results.is_result(each[0])]
    )
    conditions: list[Condition] = []
    used, ignored = [], list(passed)
    for name, value in given:
        if results.is_result(name):
            continue
        found = condition(terms, types, name, value)
        if found is None:
            ignored.append((name, value))
        else:
            conditions.append(found)
            used.append((name, value))
    cost.check(conditions)
    sorted_by = (each for each in said if each[0] == results.SORT)
    of_search = (*used, *sorted_by, ("_type", ",".join(types)))
    after = None
    if wanted.page is not None:
        after = cursor.parse(wanted.page, of_search, wanted.sort)
    query = Query(tuple(types), tuple(conditions), wanted.count, wanted.sort, after)
    shown = (*used, *(each for each in said if each[0] not in results.FORMAT))
    return Search(query, wanted, shown, tuple(ignored), of_search)


def condition(terms: Terms, types: Sequence[str], name: str, value: str) -> Condition | None:
    """Return the condition of one parameter for resources of all *types*, None if unknown."""
    if len(types) == 1:
        return criteria.condition(terms, terms.kinds[types[0]], name, value)
    head = name.partition(":")[0]
    if head not in (criteria.ID, criteria.LAST_UPDATED, *COMMON):
        known = [each for each in types if head in terms.kinds[each].all_terms]
        if known:
            text = say(
                "{name} found over several types, expected _id, _lastUpdated, {expected}",
                name=head,
                expected=", ".join(COMMON),
            )
            raise results.bad(IssueCode.NOT_SUPPORTED, text)
        return None
    return criteria.condition(terms, terms.kinds[types[0]], name, value)


def _is_text(name: str, value: str) -> bool:
    if "\0" in name + value:
        text = say("{name!r}={found!r} found, expected text without NUL", name=name, found=value)
        raise results.bad(IssueCode.VALUE, text)
    return True
