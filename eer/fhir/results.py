"""How does a search want its results: how many, in which order, with what beside them, how much?

FHIR R4 search, sections 3.1.1.5.1 to 3.1.1.5.9.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeVar

from eer.domain.errors import IssueCode, Malformed, error
from eer.domain.search import Include, Key
from eer.domain.wording import Sentence, say
from eer.fhir.clauses import kind_of_values
from eer.fhir.criteria import ID, LAST_UPDATED
from eer.fhir.kind import Kind, TermKind

N = TypeVar("N", bound=StrEnum)

COUNT, PAGE, SORT, TOTAL = "_count", "_page", "_sort", "_total"
SUMMARY, ELEMENTS = "_summary", "_elements"
INCLUDE, REVINCLUDE = "_include", "_revinclude"
FORMAT = frozenset({"_format", "_pretty"})
"""What says how an answer is written and nothing of what is in it."""

DEFAULT_COUNT = 50
MAXIMUM_COUNT = 500

_SINGLE = (COUNT, PAGE, SORT, TOTAL, SUMMARY, ELEMENTS)
_NOT_SORTED = (TermKind.COMPOSITE, TermKind.QUANTITY)


class Summary(StrEnum):
    """How much of a resource is told (value set summary-mode)."""

    TRUE = "true"
    TEXT = "text"
    DATA = "data"
    COUNT = "count"
    FALSE = "false"


class Total(StrEnum):
    """How the number of matches is told (value set search-total)."""

    NONE = "none"
    ESTIMATE = "estimate"
    ACCURATE = "accurate"


@dataclass(frozen=True, slots=True)
class Results:
    """What a search wants of its results; *page* is the cursor it came with, if any."""

    count: int = DEFAULT_COUNT
    sort: tuple[Key, ...] = ()
    includes: tuple[Include, ...] = ()
    summary: Summary = Summary.FALSE
    elements: tuple[str, ...] = ()
    total: Total = Total.ACCURATE
    page: str | None = None

    @property
    def is_count(self) -> bool:
        """Whether only the number of matches is wanted."""
        return self.summary is Summary.COUNT or self.count == 0


def is_result(name: str) -> bool:
    """Whether *name* is a parameter about results."""
    return name.partition(":")[0] in (*_SINGLE, INCLUDE, REVINCLUDE) or name in FORMAT


def results(
    kinds: Mapping[str, Kind], types: Sequence[str], pairs: Sequence[tuple[str, str]]
) -> tuple[Results, tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """Read the result parameters among *pairs*.

    Returns what is wanted, the pairs that say so, and those that mean nothing here. Raises
    Malformed for a value that cannot be read, and for a parameter given twice.
    """
    found, used, ignored = Results(), [], []
    seen: set[str] = set()
    said: set[tuple[str, str]] = set()
    for name, value in pairs:
        if name in _SINGLE and name in seen:
            raise bad(IssueCode.VALUE, say("{name} found twice, expected it once", name=name))
        if (name, value) in said:
            continue  # what comes along does so once, however often it is asked for
        seen.add(name)
        said.add((name, value))
        changed = _with(found, kinds, types, name, value)
        if changed is None:
            ignored.append((name, value))
        else:
            found = changed
            ignored += _unsorted(found, value) if name == SORT else []
            used += _as_used(found, name, value)
    if COUNT not in seen:
        used.append((COUNT, str(found.count)))
    return found, tuple(used), tuple(ignored)


def bad(code: IssueCode, text: Sentence) -> Malformed:
    """Return the failure of a parameter that cannot be read."""
    return Malformed(text, (error(code, "", text),))


def _with(
    found: Results, kinds: Mapping[str, Kind], types: Sequence[str], name: str, value: str
) -> Results | None:
    """Return *found* with one more parameter; None when it means nothing here."""
    if name in _READERS:
        return replace(found, **_READERS[name](value))
    if name == SORT:
        keys: dict[str, Key] = {}
        for each in _sort(kinds, types, value):
            keys.setdefault(each.parameter, each)  # the second time it parts nothing more
        return replace(found, sort=tuple(keys.values()))
    if name in FORMAT:
        return found
    include = _include(kinds, types, name, value)
    return None if include is None else replace(found, includes=(*found.includes, include))


def _as_used(found: Results, name: str, value: str) -> list[tuple[str, str]]:
    """Return a parameter as it is understood: the count that is given, the keys that are known."""
    if name == COUNT:
        return [(name, str(found.count))]
    if name == SORT:
        keys = ",".join(f"{'-' * key.is_descending}{key.parameter}" for key in found.sort)
        return [(name, keys)] if keys else []
    return [(name, value)]


def _unsorted(found: Results, value: str) -> list[tuple[str, str]]:
    known = {key.parameter for key in found.sort}
    names = (each.removeprefix("-").strip() for each in value.split(","))
    return [(SORT, each) for each in names if each not in known]


def _whole(name: str, value: str) -> int:
    if not re.fullmatch(r"\d{1,9}", value, re.ASCII):
        text = say("{name}={found} found, expected a whole number", name=name, found=value)
        raise bad(IssueCode.VALUE, text)
    return int(value)


def _one_of(names: type[N], name: str, value: str) -> N:
    try:
        return names(value)
    except ValueError:
        text = say(
            "{name}={found} found, expected one of {expected}",
            name=name,
            found=value,
            expected=", ".join(names),
        )
        raise bad(IssueCode.VALUE, text) from None


_READERS: Mapping[str, Callable[[str], dict[str, Any]]] = {
    COUNT: lambda value: {"count": min(_whole(COUNT, value), MAXIMUM_COUNT)},
    ELEMENTS: lambda value: {
        "elements": tuple(each.strip().rpartition(".")[2] for each in value.split(","))
    },
    SUMMARY: lambda value: {"summary": _one_of(Summary, SUMMARY, value)},
    TOTAL: lambda value: {"total": _one_of(Total, TOTAL, value)},
    PAGE: lambda value: {"page": value},
}


def _sort(kinds: Mapping[str, Kind], types: Sequence[str], value: str) -> Iterator[Key]:
    for each in value.split(","):
        name, is_descending = each.removeprefix("-").strip(), each.startswith("-")
        if name in (ID, LAST_UPDATED):
            yield Key(name, None, is_descending)
            continue
        terms = [kinds[type_name].all_terms.get(name) for type_name in types]
        values = {
            kind_of_values(term.kind) if term.paths and term.kind not in _NOT_SORTED else None
            for term in terms
            if term is not None
        }
        if None not in terms and len(values) == 1 and (kind := values.pop()) is not None:
            yield Key(name, kind, is_descending)


def _include(
    kinds: Mapping[str, Kind], types: Sequence[str], name: str, value: str
) -> Include | None:
    base, _, modifier = name.partition(":")
    source, _, rest = value.partition(":")
    parameter, _, target = rest.partition(":")
    kind = kinds.get(source)
    term = kind.all_terms.get(parameter) if kind else None
    is_known = term is not None and term.kind is TermKind.REFERENCE
    if not is_known or modifier not in ("", "iterate", "recurse"):
        return None
    if term is None or (target and target not in term.targets):
        return None
    iterate = bool(modifier)
    if base == INCLUDE and source not in types and not iterate:
        return None
    if base == REVINCLUDE and not iterate and not set(types) & set(term.targets):
        return None
    return Include(source, parameter, target or None, base == REVINCLUDE, iterate)
