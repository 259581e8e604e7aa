"""How is a statement put together, so that its text and its values never mix?"""

import json
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

_MOST_PLACES = 500
"""A statement of PostgreSQL has places for 65,535 values; longer lists are one value each."""

# What stands for the values of a long list, and what each database says for it.
_LISTED, _COUNTED = "SELECT each FROM listed(?)", "SELECT each FROM counted(?)"
_OF_SQLITE = "SELECT value FROM json_each(?)"
_OF_POSTGRESQL = {
    _LISTED: "SELECT unnest(CAST(? AS text[]))",
    _COUNTED: "SELECT unnest(CAST(? AS bigint[]))",
}


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of SQL with a `?` for each of its *values*, in their order."""

    sql: str
    values: tuple[Any, ...] = ()

    def __add__(self, other: "Part") -> "Part":
        return Part(self.sql + other.sql, self.values + other.values)


def run(connection: Connection, statement: Part) -> Sequence[Any]:
    """Return the rows of *statement*, in the database driver's own words.

    SQLAlchemy's expressions cost more to build, and its results to set up, than these queries to
    run. What fails does so as if SQLAlchemy had asked.
    """
    sql, values = statement.sql, statement.values
    is_sqlite = connection.dialect.name == "sqlite"
    for mark, said in _OF_POSTGRESQL.items():
        sql = sql.replace(mark, _OF_SQLITE if is_sqlite else said)
    if is_sqlite:
        values = tuple(_array(each) for each in values)
    else:
        sql = sql.replace("?", "%s")
    dbapi = connection.dialect.loaded_dbapi
    try:
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall()
    except dbapi.Error as fault:
        raise DBAPIError.instance(sql, values, fault, dbapi.Error) from fault


def joined(mark: str, parts: Iterable[Part]) -> Part:
    """Return *parts* with *mark* between them."""
    found = list(parts)
    values = tuple(value for each in found for value in each.values)
    return Part(mark.join(each.sql for each in found), values)


def among(column: str, values: Sequence[Any]) -> Part:
    """Return the condition that *column* is one of *values*; of none, it never holds."""
    if len(values) == 1:
        return Part(f"{column} = ?", tuple(values))
    if not values:
        return NEVER
    if len(values) > _MOST_PLACES:
        mark = _COUNTED if isinstance(values[0], int) else _LISTED
        return Part(f"{column} IN ({mark})", (list(values),))
    return Part(f"{column} IN ({', '.join('?' * len(values))})", tuple(values))


def pairs_among(one: str, other: str, values: Sequence[tuple[str, str]]) -> Part:
    """Return the condition that two columns of text together are one of the pairs *values*.

    The first column is held to its values as well, so that an index on it is used.
    """
    if len(values) == 1:
        return Part(f"{one} = ? AND {other} = ?", values[0])
    if not values:
        return NEVER
    if len(values) > _MOST_PLACES:
        # How long the one is tells where the other begins, whatever stands in them.
        whole = f"length({other}) || ':' || {other} || {one}"
        listed = [f"{len(second)}:{second}{first}" for first, second in values]
        firsts = list(dict.fromkeys(pair[0] for pair in values))
        return among(one, firsts) + Part(" AND ") + among(whole, listed)
    rows = ", ".join(["(?, ?)"] * len(values))
    flat = tuple(each for pair in values for each in pair)
    firsts = list(dict.fromkeys(pair[0] for pair in values))
    return among(one, firsts) + Part(f" AND ({one}, {other}) IN (VALUES {rows})", flat)


def either(parts: Sequence[Part]) -> Part:
    """Return the condition that any of *parts* holds; of none, it never does.

    It is halved and halved again, for SQLite counts how deep an OR is nested.
    """
    if not parts:
        return NEVER
    if len(parts) == 1:
        return Part("(") + parts[0] + Part(")")
    half = len(parts) // 2
    return Part("(") + either(parts[:half]) + Part(" OR ") + either(parts[half:]) + Part(")")


def _array(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value


NEVER = Part("1 = 0")
