"""Which resources does a query match, and what comes along with them?

The text of a statement is made of names that stand in this room and of places for values; nothing
a client wrote is ever part of it. One condition, the narrowest, says which resources are looked
at; the others are asked of each of those. Where even the narrowest holds for many, all of the type
are looked at in the order of their ids, until a page is full. What a resource says is fetched for
one page only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from eer.domain.identifiers import Reference
from eer.domain.search import (
    Amount,
    Condition,
    Include,
    Key,
    Pointer,
    Position,
    Query,
    Stretch,
    Text,
)
from eer.store.condition_sql import Compiler
from eer.store.part import Part, among, either, joined, pairs_among, run
from eer.store.rows import VERSION, Version, version_of

_WIDTH = 9
_MANY = 1_000
_CERTAIN = 1


@dataclass(frozen=True, slots=True)
class Row:
    """A resource that was found: its key in the index tables, its version, where it is sorted."""

    key: int
    version: Version
    position: Position


def page(connection: Connection, query: Query) -> list[Row]:
    """Return up to *query.count* matches in their order, from behind *query.after*."""
    is_narrow = not _is_broad(connection, query)
    return [_row(each) for each in run(connection, page_statement(query, is_narrow=is_narrow))]


def total(connection: Connection, query: Query) -> int:
    """Return how many resources match, on whatever page."""
    found: int = run(connection, total_statement(query))[0][0]
    return found


def led_to(connection: Connection, include: Include, keys: Sequence[int]) -> list[Row]:
    """Return the resources that those of *keys* lead to by a parameter."""
    part = Part(
        "SELECT t.key FROM pointer p JOIN resource t ON t.type = p.type AND t.id = p.id "
        "WHERE p.parameter = ? AND ",
        (f"{include.source}.{include.parameter}",),
    )
    part += among("p.key", keys)
    if include.target is not None:
        part += Part(" AND p.type = ?", (include.target,))
    return _along(connection, part)


def leading_to(connection: Connection, include: Include, targets: Sequence[Reference]) -> list[Row]:
    """Return the resources that lead to any of *targets* by a parameter."""
    part = Part(
        "SELECT p.key FROM pointer p WHERE p.parameter = ? AND ",
        (f"{include.source}.{include.parameter}",),
    )
    part += pairs_among("p.id", "p.type", [(each.id, each.type) for each in targets])
    return _along(connection, part)


def _along(connection: Connection, keys: Part) -> list[Row]:
    """Return what comes along, each once, in one order on every database."""
    part = Part(f"SELECT r.key, {VERSION} FROM resource r ")
    part += Part("JOIN version v ON v.sequence = r.sequence WHERE NOT r.deleted AND r.key IN (")
    part += keys + Part(") ORDER BY r.type, r.id")
    return [_row(each) for each in run(connection, part)]


def page_statement(query: Query, *, is_narrow: bool = True) -> Part:
    """Return the statement of a page: first which resources, then what they say.

    *is_narrow* says that the narrowest condition holds for few resources.
    """
    columns = [Part("r.key, r.sequence, r.type, r.id, r.at")]
    for place, key in enumerate(query.sort):
        if key.values is not None:
            columns.append(_value_of(key, query.types) + Part(f" AS k{place}"))
    is_led = is_narrow or bool(query.sort)  # what is sorted must all be looked at
    inner = Part("SELECT ") + joined(", ", columns) + Part(" FROM resource r WHERE ")
    inner += _matching(query, is_led=is_led, is_of_few=is_narrow)
    at = "r"
    if len(columns) > 1:  # what is computed has a name only outside of where it is computed
        inner, at = Part("SELECT q.* FROM (") + inner + Part(") q WHERE 1 = 1"), "q"
    if query.after is not None:
        inner += Part(" AND ") + _behind(query, query.after, at)
    inner += Part(f" ORDER BY {_order(query, at)} LIMIT ?", (query.count,))
    shown = "".join(f", {_column(key, place, 'f')}" for place, key in enumerate(query.sort))
    outer = Part(f"SELECT f.key, {VERSION}{shown} FROM (") + inner
    return outer + Part(
        f") f JOIN version v ON v.sequence = f.sequence ORDER BY {_order(query, 'f')}"
    )


def total_statement(query: Query) -> Part:
    """Return the statement that counts: in the index alone where that says it."""
    if len(query.conditions) == 1 and len(query.types) == 1:
        keys = Compiler().keys(query.conditions[0], query.types)
        if keys is not None:
            return Part("SELECT count(DISTINCT m.key) FROM (") + keys + Part(") m")
    return Part("SELECT count(*) FROM resource r WHERE ") + _matching(query)


def _matching(query: Query, *, is_led: bool = True, is_of_few: bool = False) -> Part:
    """Return when a resource matches.

    The keys that a condition holds for are of the right types already. Their types are not asked
    again: a database that knows nothing of how many there are would look at all of a type.
    """
    compiler = Compiler(is_of_few=is_of_few)
    ranked = _ranked(compiler, query)
    keys = compiler.keys(ranked[0], query.types) if is_led and ranked else None
    if keys is None:
        part = among("r.type", query.types) + Part(" AND NOT r.deleted")
    else:
        part = Part("r.key IN (") + keys + Part(") AND NOT r.deleted")
        del ranked[0]
    for condition in ranked:
        part += Part(" AND ") + compiler.holds(condition, query.types, "r")
    return part


def _is_broad(connection: Connection, query: Query) -> bool:
    """Whether even the narrowest condition holds for many resources."""
    compiler = Compiler()
    ranked = _ranked(compiler, query)
    if not ranked or compiler.rank(ranked[0]) <= _CERTAIN:
        return False
    keys = compiler.keys(ranked[0], query.types)
    if keys is None:
        return True
    probe = Part("SELECT 1 FROM (") + keys + Part(") m LIMIT 1 OFFSET ?", (_MANY,))
    return bool(run(connection, probe))


def _ranked(compiler: Compiler, query: Query) -> list[Condition]:
    return sorted(query.conditions, key=compiler.rank)


def _column(key: Key, place: int, at: str) -> str:
    """Return the column that a result is sorted by: one of the resource, or one computed."""
    if key.values is not None:
        return f"{at}.k{place}"
    return f"{at}.id" if key.parameter == "_id" else f"{at}.at"


def _value_of(key: Key, types: Sequence[str]) -> Part:
    """Return the least value of a parameter that a resource has, or the greatest."""
    table, low, high = _SORTED.get(key.values, _BY_CODE) if key.values else _BY_CODE
    choice = f"max(s.{high})" if key.is_descending else f"min(s.{low})"
    names = among("s.parameter", [f"{each}.{key.parameter}" for each in types])
    head = Part(f"(SELECT {choice} FROM {table} s WHERE s.key = r.key AND ")
    return head + names + Part(")")


_SORTED: dict[type[Any], tuple[str, str, str]] = {
    Text: ("text", "head", "head"),
    Stretch: ("stretch", "low", "high"),
    Pointer: ("pointer", "id", "id"),
    Amount: ("amount", "low", "high"),
}
_BY_CODE = ("token", "code", "code")


def _order(query: Query, at: str) -> str:
    """Return the order: what lacks a key stands last, and ids part what is alike."""
    names: list[str] = []
    for place, key in enumerate(query.sort):
        column = _column(key, place, at)
        names += [f"{column} IS NULL"] if key.values is not None else []
        names.append(f"{column}{' DESC' * key.is_descending}")
    names.append(f"{at}.id")
    return ", ".join([*names, f"{at}.type"] if len(query.types) > 1 else names)


def _behind(query: Query, after: Position, at: str) -> Part:
    """Return the condition of standing behind *after* in the order of the query."""
    behind = Part(f"{at}.id > ?", (after.id,))
    if len(query.types) > 1:
        same = Part(f"{at}.id = ? AND {at}.type > ?", (after.id, after.type))
        behind = either([behind, same])
    for place in reversed(range(len(query.sort))):
        key = query.sort[place]
        behind = _behind_key(_column(key, place, at), key, after.keys[place], behind)
    return behind


def _behind_key(column: str, key: Key, value: str | int | None, rest: Part) -> Part:
    if value is None:
        return Part(f"{column} IS NULL AND (") + rest + Part(")")
    mark = "<" if key.is_descending else ">"
    same = Part(f"{column} = ? AND (", (value,)) + rest + Part(")")
    return either([Part(f"{column} {mark} ?", (value,)), Part(f"{column} IS NULL"), same])


def _row(row: Any) -> Row:
    version = version_of(row[1:])
    reference = version.reference
    position = Position(tuple(row[_WIDTH:]), reference.type, reference.id)
    return Row(key=row[0], version=version, position=position)
