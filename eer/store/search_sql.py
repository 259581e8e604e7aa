"""Which resources does a query match, said in SQL with bound values only?"""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, false, func, or_, select, tuple_

from eer.domain.identifiers import Reference
from eer.domain.search import Clause, Query, Token
from eer.store.records import Version, version_of
from eer.store.tables import resource, term, version


def page(connection: Connection, query: Query) -> list[Version]:
    """Return up to *query.count* matches in the order of their ids, from behind *query.after*."""
    statement = _matching(query, select(version)).join(
        version, resource.c.sequence == version.c.sequence
    )
    if query.after is not None:
        statement = statement.where(resource.c.id > query.after)
    rows = connection.execute(statement.order_by(resource.c.id).limit(query.count))
    return [version_of(row) for row in rows]


def total(connection: Connection, query: Query) -> int:
    """Return how many resources match, on whatever page."""
    found: int = connection.execute(_matching(query, select(func.count()))).scalar_one()
    return found


def _matching(query: Query, statement: Select[Any]) -> Select[Any]:
    statement = statement.select_from(resource).where(
        resource.c.type == query.type, resource.c.deleted.is_(False)
    )
    for clause in query.clauses:
        statement = statement.where(_holds(query.type, clause))
    return statement


def _holds(type_name: str, clause: Clause) -> ColumnElement[bool]:
    ids = [value for value in clause.any_of if isinstance(value, str)]
    terms = [value for value in clause.any_of if not isinstance(value, str)]
    either: list[ColumnElement[bool]] = [resource.c.id.in_(ids)] if ids else []
    if terms:
        found = select(term.c.id).where(
            term.c.type == type_name,
            term.c.parameter == clause.parameter,
            or_(*_any_of(terms)),
        )
        either.append(resource.c.id.in_(found))
    return or_(*either) if either else false()


def _any_of(values: Iterable[Token | Reference]) -> Iterator[ColumnElement[bool]]:
    """Yield a few conditions, however many values: SQLite counts how deep an OR is nested."""
    tokens = [Token(each.type, each.id) if isinstance(each, Reference) else each for each in values]
    pairs = [(each.system, each.code) for each in tokens if each.system is not None and each.code]
    codes = [each.code for each in tokens if each.system is None and each.code]
    systems = [each.system for each in tokens if each.system is not None and not each.code]
    if pairs:
        yield tuple_(term.c.system, term.c.code).in_(pairs)
    if codes:
        yield term.c.code.in_(codes)
    if systems:
        yield term.c.system.in_(systems)
    yield false()
