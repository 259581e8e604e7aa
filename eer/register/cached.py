"""How is what is made from a few resources kept, until one of them changes?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from eer.store.records import Records
from eer.store.rows import Tip

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Known(Generic[T]):
    """What was made, the newest version it was made of, and a tip at which that was the newest."""

    newest: int
    made: T
    tip: Tip | None


class Cached(Generic[T]):
    """Holds what *make* last made of all resources of *types*."""

    def __init__(self, types: Sequence[str], make: Callable[[Records], T]) -> None:
        self._types = tuple(types)
        self._make = make
        self._known: _Known[T] | None = None

    def of(self, records: Records) -> T:
        """Return it as *records* see it."""
        if not records.is_settled:
            # A transaction that fails gives back its sequences, and another one takes them.
            return self._make(records)
        known, tip = self._known, records.known_tip
        if known is not None and tip is not None and known.tip == tip:
            return known.made
        newest = records.newest_of(self._types)
        if known is None or known.newest != newest:
            known = _Known(newest, self._make(records), None)
        if tip is not None:
            if records.tip() != tip:  # somebody wrote while it was made: it is of no one state
                return known.made
            known = replace(known, tip=tip)
        self._known = known
        return known.made
