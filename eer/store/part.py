"""How is a statement put together, so that its text and its values never mix?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of SQL with a `?` for each of its *values*, in their order."""

    sql: str
    values: tuple[Any, ...] = ()

    def __add__(self, other: "Part") -> "Part":
        return Part(self.sql + other.sql, self.values + other.values)


def run(connection: Connection, statement: Part) -> Sequence[Any]:
    """Return the rows of *statement*, in the database driver's own words.

    SQLAlchemy's expressions cost more to build than these queries to run.
    """
    sql = statement.sql
    if connection.dialect.paramstyle != "qmark":
        sql = sql.replace("?", "%s")
    return connection.exec_driver_sql(sql, statement.values).all()


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
    return Part(f"{column} IN ({', '.join('?' * len(values))})", tuple(values))


def pairs_among(one: str, other: str, values: Sequence[tuple[Any, Any]]) -> Part:
    """Return the condition that two columns together are one of the pairs *values*.

    The first column is held to its values as well, so that an index on it is used.
    """
    if len(values) == 1:
        return Part(f"{one} = ? AND {other} = ?", values[0])
    if not values:
        return NEVER
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


NEVER = Part("1 = 0")
