"""Which rows of which index table does a value make that a resource is found under?"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Table

from eer.domain.search import Address, Amount, Indexed, Pointer, Stretch, Text, Token
from eer.store.instants import FIRST, LAST, micros
from eer.store.tables import amount, pointer, stretch, text, token

HEAD = 128
"""How many characters of a folded text are indexed; PostgreSQL's rows of an index are short."""

Row = dict[str, Any]


def rows(key: int, type_name: str, values: Iterable[Indexed]) -> Mapping[Table, list[Row]]:
    """Return the rows, each once, by their table."""
    found: dict[Table, dict[tuple[Any, ...], Row]] = {}
    for each in values:
        table, row = _row(each)
        whole = {"key": key, "parameter": f"{type_name}.{each.parameter}", **row}
        found.setdefault(table, {}).setdefault(tuple(whole.values()), whole)
    return {table: list(unique.values()) for table, unique in found.items()}


def _row(each: Indexed) -> tuple[Table, Row]:
    value = each.value
    if isinstance(value, Token):
        return token, {
            "code": value.code or "",
            "system": value.system or "",
            "place": each.place,
        }
    if isinstance(value, Address):
        return token, {"code": value.uri, "system": "", "place": each.place}
    if isinstance(value, Text):
        folded = value.folded
        return text, {"head": folded[:HEAD], "folded": folded, "plain": value.text}
    if isinstance(value, Stretch):
        return stretch, {
            "low": FIRST if value.low is None else micros(value.low),
            "high": LAST if value.high is None else micros(value.high),
        }
    if isinstance(value, Pointer):
        return pointer, {"type": value.type or "", "id": value.id, "version": value.version or ""}
    return amount, _amount(value, each.place)


def _amount(value: Amount, place: int) -> Row:
    return {
        "low": value.low,
        "high": value.high,
        "system": value.system or "",
        "code": value.code or "",
        "place": place,
    }
