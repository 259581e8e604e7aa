"""When does a condition hold for a resource, said in SQL?

Each condition has two forms: the keys of all resources it holds for, and whether it holds for one
resource at hand. The first is right for the narrowest condition of a query, the second for the
others, which both databases would else answer for the whole register.
"""

from collections.abc import Sequence
from itertools import count

from eer.domain.search import (
    Chain,
    Clause,
    Condition,
    Either,
    Ids,
    Match,
    Missing,
    Not,
    Pair,
    Pointer,
    Reverse,
    Text,
    Token,
    Updated,
    Value,
)
from eer.store.part import NEVER, Part, among, either, joined
from eer.store.value_sql import TABLES, agrees, compared, span_of

_BROADEST = 9
_ANY_PLACE = 4
_YES_OR_NO = ("true", "false")
# PostgreSQL makes a join, or a table of all answers, of an EXISTS; not of one with an OFFSET.
_ONE_BY_ONE = " LIMIT 1 OFFSET 0"


class Compiler:
    """Makes the conditions of one statement; holds the numbers that keep its aliases apart.

    *is_of_few* says that conditions are asked of a few resources only, so each by itself.
    """

    def __init__(self, *, is_of_few: bool = False) -> None:
        self._numbers = count(1)
        self._end = Part(f"{_ONE_BY_ONE if is_of_few else ''})")

    def rank(self, condition: Condition) -> int:
        """Return how many resources it probably holds for: the lower, the fewer."""
        if isinstance(condition, Ids):
            return 0
        if isinstance(condition, Clause):
            return _rank_of(condition)
        if isinstance(condition, Chain | Reverse):
            return min(self.rank(condition.inner) + 2, _BROADEST - 2)
        if isinstance(condition, Either):
            return max((self.rank(each) for each in condition.any_of), default=0)
        return _BROADEST

    def keys(self, condition: Condition, types: Sequence[str]) -> Part | None:
        """Return the keys of what *condition* holds for; None where it is asked the other way."""
        if isinstance(condition, Clause):
            return self._keys_of_clause(condition, types)
        if isinstance(condition, Chain):
            return self._keys_of_chain(condition, types)
        if isinstance(condition, Reverse):
            return self._keys_of_reverse(condition, types)
        if isinstance(condition, Either):
            found = [self.keys(each, types) for each in condition.any_of]
            parts = [each for each in found if each is not None]
            return joined(" UNION ", parts) if parts and len(parts) == len(found) else None
        return None

    def holds(self, condition: Condition, types: Sequence[str], at: str) -> Part:
        """Return whether *condition* holds for the resource of the alias *at*."""
        match condition:
            case Clause(parameter, values):
                part = self._exists(parameter, values, types, at)
            case Pair():
                part = self._pair(condition, types, at)
            case Missing():
                part = self._missing(condition, types, at)
            case Ids(ids):
                part = among(f"{at}.id", ids)
            case Updated():
                part = _updated(condition, at)
            case Not(inner):
                part = Part("NOT (") + self.holds(inner, types, at) + Part(")")
            case Either(conditions):
                part = either([self.holds(each, types, at) for each in conditions])
            case Chain():
                part = self._chain(condition, types, at)
            case Reverse():
                part = self._reverse(condition, at)
        return part

    def _alias(self, letter: str) -> str:
        return f"{letter}{next(self._numbers)}"

    def _keys_of_clause(self, clause: Clause, types: Sequence[str]) -> Part:
        if not clause.any_of:
            return Part("SELECT key FROM resource WHERE ") + NEVER
        alias = self._alias("t")
        table = TABLES[type(clause.any_of[0])]
        head = Part(f"SELECT {alias}.key FROM {table} {alias} WHERE ")
        return head + _named(alias, clause.parameter, types) + _and(agrees(alias, clause.any_of))

    def _exists(
        self, parameter: str, values: Sequence[Value], types: Sequence[str], at: str
    ) -> Part:
        if not values:
            return NEVER
        alias = self._alias("t")
        head = Part(f"EXISTS (SELECT 1 FROM {TABLES[type(values[0])]} {alias} ")
        head += Part(f"WHERE {alias}.key = {at}.key AND ")
        return head + _named(alias, parameter, types) + _and(agrees(alias, values)) + self._end

    def _pair(self, pair: Pair, types: Sequence[str], at: str) -> Part:
        found: list[Part] = []
        for one, other in pair.any_of:
            first, second = self._alias("t"), self._alias("t")
            head = Part(
                f"EXISTS (SELECT 1 FROM {TABLES[type(one)]} {first} "
                f"JOIN {TABLES[type(other)]} {second} "
                f"ON {second}.key = {first}.key AND {second}.place = {first}.place "
                f"WHERE {first}.key = {at}.key AND "
            )
            names = _named(first, f"{pair.parameter}:1", types)
            names += Part(" AND ") + _named(second, f"{pair.parameter}:2", types)
            both = _and(agrees(first, [one])) + _and(agrees(second, [other]))
            found.append(head + names + both + self._end)
        return either(found)

    def _missing(self, missing: Missing, types: Sequence[str], at: str) -> Part:
        alias = self._alias("t")
        head = Part(
            f"{'NOT ' * missing.is_missing}EXISTS (SELECT 1 FROM {TABLES[missing.values]} {alias} "
            f"WHERE {alias}.key = {at}.key AND "
        )
        return head + _named(alias, missing.parameter, types) + self._end

    def _keys_of_chain(self, chain: Chain, types: Sequence[str]) -> Part | None:
        link, target = self._alias("p"), self._alias("r")
        inner = self.keys(chain.inner, (chain.type,))
        if inner is None:
            tables = _joined_to_target(link, target)
            held = self.holds(chain.inner, (chain.type,), target) + _target(target, chain.type)
        else:  # SQLite looks at the tables of a CROSS JOIN in their order
            tables = f"resource {target} CROSS JOIN pointer {link}"
            held = Part(f"{target}.key IN (") + inner + Part(f") AND NOT {target}.deleted")
            held += Part(f" AND {link}.type = {target}.type AND {link}.id = {target}.id")
        head = Part(f"SELECT {link}.key FROM {tables} WHERE ")
        return head + _named(link, chain.parameter, types) + _and(held)

    def _chain(self, chain: Chain, types: Sequence[str], at: str) -> Part:
        link, target = self._alias("p"), self._alias("r")
        head = Part(
            f"EXISTS (SELECT 1 FROM {_joined_to_target(link, target)} "
            f"WHERE {link}.key = {at}.key AND "
        )
        held = self.holds(chain.inner, (chain.type,), target)
        names = _named(link, chain.parameter, types) + _target(target, chain.type)
        return head + names + _and(held) + self._end

    def _keys_of_reverse(self, reverse: Reverse, types: Sequence[str]) -> Part | None:
        found, link, source = self._alias("r"), self._alias("p"), self._alias("r")
        inner = self.keys(reverse.inner, (reverse.type,))
        if inner is None:
            return None
        head = Part(
            f"SELECT {found}.key FROM pointer {link} "
            f"CROSS JOIN resource {source} CROSS JOIN resource {found} "
            f"WHERE {source}.key = {link}.key AND NOT {source}.deleted AND NOT {found}.deleted "
            f"AND {found}.type = {link}.type AND {found}.id = {link}.id AND {link}.key IN ("
        )
        names = _named(link, reverse.parameter, (reverse.type,))
        return head + inner + Part(") AND ") + names + _and(among(f"{found}.type", types))

    def _reverse(self, reverse: Reverse, at: str) -> Part:
        link, source = self._alias("p"), self._alias("r")
        head = Part(
            f"EXISTS (SELECT 1 FROM pointer {link} "
            f"JOIN resource {source} ON {source}.key = {link}.key AND NOT {source}.deleted "
            f"WHERE {link}.id = {at}.id AND {link}.type = {at}.type AND "
        )
        names = _named(link, reverse.parameter, (reverse.type,))
        held = self.holds(reverse.inner, (reverse.type,), source)
        return head + names + _and(held) + self._end


def _joined_to_target(link: str, target: str) -> str:
    return (
        f"pointer {link} JOIN resource {target} "
        f"ON {target}.type = {link}.type AND {target}.id = {link}.id"
    )


def _target(target: str, type_name: str) -> Part:
    return Part(f" AND {target}.type = ? AND NOT {target}.deleted", (type_name,))


def _named(alias: str, parameter: str, types: Sequence[str]) -> Part:
    return among(f"{alias}.parameter", [f"{each}.{parameter}" for each in types])


def _and(part: Part) -> Part:
    return Part(" AND ") + part


def _updated(updated: Updated, at: str) -> Part:
    column = f"{at}.at"
    return either(
        [compared(each.prefix, column, f"({column} + 1)", span_of(each)) for each in updated.any_of]
    )


def _rank_of(clause: Clause) -> int:
    """Identifiers and references are few; texts fewer the longer; other codes are many."""
    if not clause.any_of:
        return 0
    first = clause.any_of[0]
    if isinstance(first, Token):
        if clause.parameter.startswith("identifier"):
            return 1
        return 5 if first.code and first.code not in _YES_OR_NO else _BROADEST - 1
    if isinstance(first, Pointer):
        return 2
    if isinstance(first, Text):
        return 8 if first.match is Match.CONTAINS else _ANY_PLACE
    return 6
