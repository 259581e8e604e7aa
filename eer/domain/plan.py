"""What has to change so that what is found becomes what is wanted, and is that plausible?

The one shape of every movement of data in this house: read, plan, check, apply.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Plan(Generic[K, V]):
    """What to add, what to replace (found, wanted) and what to drop, each by its key."""

    add: Mapping[K, V]
    replace: Mapping[K, tuple[V, V]]
    drop: Mapping[K, V]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.add or self.replace or self.drop)

    @property
    def size(self) -> int:
        """How many keys it touches."""
        return len(self.add) + len(self.replace) + len(self.drop)

    def digest(self) -> str:
        """Return sixteen hex digits for exactly this plan, whatever the order of its keys."""
        lines = [f"+{key}={value}" for key, value in self.add.items()]
        lines += [f"~{key}={found}>{wanted}" for key, (found, wanted) in self.replace.items()]
        lines += [f"-{key}={value}" for key, value in self.drop.items()]
        return sha256("\n".join(sorted(lines)).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Limits:
    """More than *count* and more than *share* of what is there: then a person has to agree."""

    count: int = 10
    share: float = 0.05


def diff(*, wanted: Mapping[K, V], found: Mapping[K, V]) -> Plan[K, V]:
    """Return the plan that turns *found* into *wanted*; equal values are left alone."""
    return Plan(
        add={key: value for key, value in wanted.items() if key not in found},
        replace={
            key: (found[key], value)
            for key, value in wanted.items()
            if key in found and found[key] != value
        },
        drop={key: value for key, value in found.items() if key not in wanted},
    )


def check(
    plan: Plan[K, V], limits: Limits, *, present: int, moves: Callable[[V, V], bool]
) -> tuple[Plan[K, V], Plan[K, V]]:
    """Split *plan* into what may go on and what is held for a person.

    *present* is how many keys there are now; *moves* tells a replacement that sends somebody
    elsewhere from one that does not. Drops and moves beyond the limits are held, all of them;
    the rest goes on.
    """
    moving = {key: pair for key, pair in plan.replace.items() if moves(*pair)}
    risky = len(plan.drop) + len(moving)
    if risky <= limits.count or risky <= limits.share * present:
        return plan, Plan({}, {}, {})
    staying = {key: pair for key, pair in plan.replace.items() if key not in moving}
    return Plan(plan.add, staying, {}), Plan({}, moving, plan.drop)
