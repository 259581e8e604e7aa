"""Which resources match a query?"""

from dataclasses import dataclass, replace

from eer.domain.identifiers import Reference
from eer.domain.search import Clause, Query
from eer.register.counter import Counter
from eer.store import search_sql
from eer.store.records import Records, Version


@dataclass(frozen=True, slots=True)
class Page:
    """One page of matches, how many there are in all, and whether more follow."""

    matches: tuple[Version, ...]
    total: int
    has_more: bool


def search(counter: Counter, query: Query) -> Page:
    """Return the page *query* asks for, all of it as of one moment."""
    with counter.store.reading() as connection:
        kept = _with_kept_ids(query, Records(connection))
        found = search_sql.page(connection, replace(kept, count=kept.count + 1))
        total = search_sql.total(connection, kept)
    return Page(tuple(found[: query.count]), total, len(found) > query.count)


def _with_kept_ids(query: Query, records: Records) -> Query:
    """Let a reference by another id find what points to the one that is kept."""
    clauses = tuple(
        Clause(
            clause.parameter,
            tuple(
                (records.kept(value) or value) if isinstance(value, Reference) else value
                for value in clause.any_of
            ),
        )
        for clause in query.clauses
    )
    return replace(query, clauses=clauses)
