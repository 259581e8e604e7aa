"""How is what is made from a few resources kept, until one of them changes?"""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from eer.store.records import Records

T = TypeVar("T")


class Cached(Generic[T]):
    """Holds what *make* last made of all resources of *types*."""

    def __init__(self, types: Sequence[str], make: Callable[[Records], T]) -> None:
        self._types = tuple(types)
        self._make = make
        self._known: tuple[int, T] | None = None

    def of(self, records: Records) -> T:
        """Return it as *records* see it."""
        if not records.is_settled:
            # A transaction that fails gives back its sequences, and another one takes them.
            return self._make(records)
        newest = records.newest_of(self._types)
        known = self._known
        if known is None or known[0] != newest:
            known = (newest, self._make(records))
            self._known = known
        return known[1]
