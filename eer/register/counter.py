"""What does every movement of the register need: the store, the clock and new ids."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from eer.store.session import Store


@dataclass(frozen=True, slots=True)
class Counter:
    """The parts the register works with, handed over by wiring."""

    store: Store
    now: Callable[[], datetime]
    new_id: Callable[[], str]
