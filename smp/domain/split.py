"""Which part of a plan goes on, and which is held for a person?"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Generic, TypeVar

from eer.domain.plan import Limits, Plan
from smp.domain.publication import marks

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Split(Generic[K, V]):
    """A plan in two parts; *measured* are the drops and moves that may go on unasked."""

    go: Plan[K, V]
    held: Plan[K, V]
    measured: frozenset[K] = frozenset()

    def holding(self, keys: AbstractSet[K]) -> "Split[K, V]":
        """Return this with *keys* held too."""
        return Split(
            without(self.go, keys), _merged(self.held, _only(self.go, keys)), self.measured - keys
        )


@dataclass(frozen=True, slots=True)
class Gauge(Generic[V]):
    """How much may change at once: of *present* keys, and which replacements count as moves.

    *gone* is how many were dropped or moved lately: small portions add up.
    """

    limits: Limits
    present: int
    moves: Callable[[V, V], bool]
    gone: int = 0

    def is_within(self, risky: int) -> bool:
        """Whether *risky* drops and moves may go on unasked."""
        total = risky + self.gone
        return total <= self.limits.count or total <= self.limits.share * self.present


def split(
    plan: Plan[K, V], gauge: Gauge[V], *, sure: AbstractSet[K], agreed: AbstractSet[str]
) -> Split[K, V]:
    """Split *plan* by *gauge*; what is in *sure*, or whose mark is *agreed*, is not measured."""
    certain = set(sure)
    if agreed:
        certain |= {key for key, mark in marks(plan).items() if mark in agreed}
    risky = {key for key, pair in plan.replace.items() if gauge.moves(*pair)} | plan.drop.keys()
    risky -= certain
    if gauge.is_within(len(risky)):
        return Split(plan, _only(plan, set()), frozenset(risky))
    return Split(without(plan, risky), _only(plan, risky))


def without(plan: Plan[K, V], keys: AbstractSet[K]) -> Plan[K, V]:
    """Return *plan* but for what it does to *keys*."""
    if not keys:
        return plan
    return Plan(
        {key: value for key, value in plan.add.items() if key not in keys},
        {key: pair for key, pair in plan.replace.items() if key not in keys},
        {key: value for key, value in plan.drop.items() if key not in keys},
    )


def _only(plan: Plan[K, V], keys: AbstractSet[K]) -> Plan[K, V]:
    return Plan(
        {key: plan.add[key] for key in keys if key in plan.add},
        {key: plan.replace[key] for key in keys if key in plan.replace},
        {key: plan.drop[key] for key in keys if key in plan.drop},
    )


def _merged(one: Plan[K, V], other: Plan[K, V]) -> Plan[K, V]:
    return Plan(
        {**one.add, **other.add},
        {**one.replace, **other.replace},
        {**one.drop, **other.drop},
    )
