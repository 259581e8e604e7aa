"""Which resources match a search, and what comes along with them?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from eer.domain.identifiers import Reference
from eer.domain.search import (
    Chain,
    Clause,
    Condition,
    Either,
    Include,
    Not,
    Pointer,
    Position,
    Query,
    Reverse,
)
from eer.fhir.params import Search
from eer.fhir.results import Total
from eer.register.counter import Counter
from eer.store import search_sql
from eer.store.records import Records
from eer.store.rows import Version
from eer.store.search_sql import Row

MOST_INCLUDED = 5_000
_DEEPEST = 10


@dataclass(frozen=True, slots=True)
class Page:
    """One page of matches, what comes along, how many match in all, and where the next begins.

    *is_cut* says that more would come along than is told; *writer* is the transaction that saw it,
    where that has written.
    """

    matches: tuple[Version, ...]
    included: tuple[Version, ...] = ()
    total: int | None = None
    next: Position | None = None
    is_cut: bool = False
    writer: Records | None = None


def search(counter: Counter, asked: Search) -> Page:
    """Return the page that *asked* asks for, all of it as of one moment."""
    with counter.store.reading() as connection:
        return page(Records(connection), asked)


def page(records: Records, asked: Search) -> Page:
    """Return the page that *asked* asks for, as *records* see it."""
    query = with_kept_ids(asked.query, records)
    if asked.results.is_count:
        return Page((), total=search_sql.total(records.connection, query))
    found = search_sql.page(records.connection, replace(query, count=query.count + 1))
    rows = found[: query.count]
    has_more = len(found) > query.count
    included = tuple(_included(records, asked.results.includes, rows))
    return Page(
        matches=tuple(row.version for row in rows),
        included=included[:MOST_INCLUDED],
        total=_total(records, query, asked.results.total, len(found)),
        next=rows[-1].position if has_more else None,
        is_cut=len(included) > MOST_INCLUDED,
        writer=None if records.is_settled else records,
    )


def _total(records: Records, query: Query, wanted: Total, found: int) -> int | None:
    if wanted is Total.NONE:
        return None
    if query.after is None and found <= query.count:
        return found  # all of them are on the first page
    return search_sql.total(records.connection, query)


def _included(
    records: Records, includes: Sequence[Include], rows: Sequence[Row]
) -> Iterator[Version]:
    """Yield what comes along: once each, and never what matches itself."""
    seen = {row.version.reference for row in rows}
    most = len(seen) + MOST_INCLUDED + 1  # one more tells that there are more
    newest = list(rows)
    for depth in range(_DEEPEST):
        wanted = [each for each in includes if depth == 0 or each.iterate]
        found = [row for each in wanted for row in _of(records, each, newest)]
        newest = []
        for row in found:
            if row.version.reference not in seen and len(seen) < most:
                seen.add(row.version.reference)
                newest.append(row)
                yield row.version
        if not newest:
            return


def _of(records: Records, include: Include, rows: Sequence[Row]) -> Iterator[Row]:
    if include.is_reverse:
        targets = [
            row.version.reference
            for row in rows
            if include.target in (None, row.version.reference.type)
        ]
        if targets:
            yield from search_sql.leading_to(records.connection, include, targets)
        return
    keys = [row.key for row in rows if row.version.reference.type == include.source]
    if keys:
        yield from search_sql.led_to(records.connection, include, keys)


def with_kept_ids(query: Query, records: Records) -> Query:
    """Let a reference by another id find what points to the one that is kept."""
    led = [each for condition in query.conditions for each in _pointers(condition)]
    kept = records.all_kept([Reference(each.type or "", each.id) for each in led])
    if not kept:
        return query
    return replace(query, conditions=tuple(_kept(each, kept) for each in query.conditions))


def _pointers(condition: Condition) -> Iterator[Pointer]:
    """Yield the references to resources of this register that *condition* asks for."""
    if isinstance(condition, Clause):
        yield from (each for each in condition.any_of if isinstance(each, Pointer) and each.type)
    elif isinstance(condition, Chain | Reverse | Not):
        yield from _pointers(condition.inner)
    elif isinstance(condition, Either):
        for each in condition.any_of:
            yield from _pointers(each)


def _kept(condition: Condition, kept: Mapping[Reference, Reference]) -> Condition:
    if isinstance(condition, Clause):
        values = (
            _kept_pointer(each, kept) if isinstance(each, Pointer) else each
            for each in condition.any_of
        )
        return replace(condition, any_of=tuple(values))
    if isinstance(condition, Chain | Reverse | Not):
        return replace(condition, inner=_kept(condition.inner, kept))
    if isinstance(condition, Either):
        return Either(tuple(_kept(each, kept) for each in condition.any_of))
    return condition


def _kept_pointer(value: Pointer, kept: Mapping[Reference, Reference]) -> Pointer:
    found = kept.get(Reference(value.type or "", value.id))
    return value if found is None else Pointer(found.type, found.id)
