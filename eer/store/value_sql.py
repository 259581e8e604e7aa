"""When does an indexed value agree with one that is searched for, said in SQL?

FHIR R4 search, section 3.1.1.4.5: how stretches of time and amounts are compared.
"""

from collections.abc import Sequence
from typing import Any

from eer.domain.search import (
    Address,
    Amount,
    Match,
    Pointer,
    Prefix,
    Stretch,
    Text,
    Token,
    Value,
    ancestors,
)
from eer.store.index_rows import HEAD
from eer.store.instants import FIRST, LAST, micros
from eer.store.part import Part, among, either, joined, pairs_among

TABLES: dict[type[Any], str] = {
    Token: "token",
    Address: "token",
    Text: "text",
    Stretch: "stretch",
    Pointer: "pointer",
    Amount: "amount",
}
# How each prefix compares, and with which ends of what is asked: 0 the least, 1 the most.
_COMPARED: dict[Prefix, tuple[Any, ...]] = {
    Prefix.EQUAL: ("{low} >= ? AND {high} <= ?", 0, 1),
    Prefix.NOT_EQUAL: ("({low} < ? OR {high} > ?)", 0, 1),
    Prefix.GREATER: ("{high} > ?", 1),
    Prefix.LESS: ("{low} < ?", 0),
    Prefix.GREATER_OR_EQUAL: ("({high} > ? OR {low} >= ?)", 1, 0),
    Prefix.LESS_OR_EQUAL: ("({low} < ? OR {high} <= ?)", 0, 1),
    Prefix.STARTS_AFTER: ("{low} >= ?", 1),
    Prefix.ENDS_BEFORE: ("{high} <= ?", 0),
    Prefix.APPROXIMATELY: ("{low} < ? AND {high} > ?", 1, 0),
}
# An amount is a point, or a stretch with both its ends.
_AMOUNTS: dict[Prefix, tuple[Any, ...]] = {
    Prefix.EQUAL: ("{low} >= ? AND {high} < ?", 0, 1),
    Prefix.NOT_EQUAL: ("({low} < ? OR {high} >= ?)", 0, 1),
    Prefix.GREATER: ("{high} > ?", 1),
    Prefix.LESS: ("{low} < ?", 0),
    Prefix.GREATER_OR_EQUAL: ("{high} >= ?", 1),
    Prefix.LESS_OR_EQUAL: ("{low} <= ?", 0),
    Prefix.STARTS_AFTER: ("{low} > ?", 1),
    Prefix.ENDS_BEFORE: ("{high} < ?", 0),
    Prefix.APPROXIMATELY: ("{low} <= ? AND {high} >= ?", 1, 0),
}
_END = "\U0010ffff"
_BEHIND_SLASH = "0"


def agrees(alias: str, values: Sequence[Value]) -> Part:
    """Return the condition that a row of the values' table, called *alias*, agrees with any."""
    of_kind: dict[type[Any], list[Any]] = {}
    for each in values:
        of_kind.setdefault(type(each), []).append(each)
    return either([part for found in of_kind.values() for part in _any_of(alias, found)])


def compared(prefix: Prefix, low: str, high: str, span: tuple[int, int]) -> Part:
    """Return how the columns *low* and *high* compare with *span*, the ends of what is asked."""
    return _compared(_COMPARED[prefix], low, high, span)


def _compared(said: tuple[Any, ...], low: str, high: str, span: tuple[Any, Any]) -> Part:
    form, *ends = said
    return Part(form.format(low=low, high=high), tuple(span[each] for each in ends))


def span_of(each: Stretch) -> tuple[int, int]:
    """Return a stretch in microseconds; what is open lies beyond every instant."""
    low = FIRST if each.low is None else micros(each.low)
    return low, LAST if each.high is None else micros(each.high)


def _any_of(alias: str, values: list[Any]) -> list[Part]:
    """Return a few conditions, however many values: SQLite counts how deep an OR is nested."""
    first = values[0]
    if isinstance(first, Token):
        return _tokens(alias, values)
    if isinstance(first, Pointer):
        return _pointers(alias, values)
    if isinstance(first, Address):
        return _addresses(alias, values)
    return [_one(alias, each) for each in values]


def _one(alias: str, value: Text | Stretch | Amount) -> Part:
    if isinstance(value, Text):
        return _text(alias, value)
    if isinstance(value, Stretch):
        return compared(value.prefix, f"{alias}.low", f"{alias}.high", span_of(value))
    return _amount(alias, value)


def _tokens(alias: str, values: list[Token]) -> list[Part]:
    pairs = [(each.code, each.system) for each in values if each.code and each.system is not None]
    codes = [each.code for each in values if each.code and each.system is None]
    systems = [each.system for each in values if not each.code and each.system is not None]
    parts = [pairs_among(f"{alias}.code", f"{alias}.system", pairs)] if pairs else []
    parts += [among(f"{alias}.code", codes)] if codes else []
    return parts + ([among(f"{alias}.system", systems)] if systems else [])


def _pointers(alias: str, values: list[Pointer]) -> list[Part]:
    plain = [each for each in values if each.version is None]
    pairs = [(each.id, each.type) for each in plain if each.type is not None]
    ids = [each.id for each in plain if each.type is None]
    parts = [pairs_among(f"{alias}.id", f"{alias}.type", pairs)] if pairs else []
    parts += [among(f"{alias}.id", ids)] if ids else []
    return parts + [
        Part(f"{alias}.id = ? AND {alias}.version = ?", (each.id, each.version))
        for each in values
        if each.version is not None
    ]


def _addresses(alias: str, values: list[Address]) -> list[Part]:
    same = [each.uri for each in values if not each.direction]
    above = [uri for each in values if each.direction == "above" for uri in ancestors(each.uri)]
    parts = [among(f"{alias}.code", same)] if same else []
    parts += [among(f"{alias}.code", above)] if above else []
    for each in values:
        if each.direction == "below":
            stem = each.uri.rstrip("/")
            last = stem + _BEHIND_SLASH
            parts.append(
                Part(
                    f"{alias}.code = ? OR ({alias}.code >= ? AND {alias}.code < ?)",
                    (each.uri, f"{stem}/", last),
                )
            )
    return parts


def _text(alias: str, value: Text) -> Part:
    if value.match is Match.EXACT:
        head = value.folded[:HEAD]
        return Part(f"{alias}.head = ? AND {alias}.plain = ?", (head, value.text))
    folded = value.folded
    if value.match is Match.CONTAINS:
        return _like(alias, f"%{_escaped(folded)}%")
    head = folded[:HEAD]
    part = Part(f"{alias}.head >= ? AND {alias}.head < ?", (head, head + _END))
    return (
        part if len(folded) <= HEAD else part + Part(" AND ") + _like(alias, f"{_escaped(folded)}%")
    )


def _like(alias: str, pattern: str) -> Part:
    return Part(f"{alias}.folded LIKE ? ESCAPE '!'", (pattern,))


def _escaped(text: str) -> str:
    """Let `%` and `_` stand for themselves."""
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _amount(alias: str, value: Amount) -> Part:
    span = (value.low, value.high)
    parts = [_compared(_AMOUNTS[value.prefix], f"{alias}.low", f"{alias}.high", span)]
    if value.code is not None:
        parts.append(Part(f"{alias}.code = ?", (value.code,)))
    if value.system is not None:
        parts.append(Part(f"{alias}.system = ?", (value.system,)))
    return joined(" AND ", parts)
