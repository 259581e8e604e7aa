"""`eer check`: the register as of now, to be looked at."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from eer.register import check
from eer.register.check import Inspection
from eer.settings import Settings
from eer.wiring import parts


@contextmanager
def inspection(settings: Settings, expiring: timedelta) -> Iterator[Inspection]:
    """Give the register; AP certificates that are *expiring* in that time are told of."""
    counter = parts.counter(settings)
    try:
        with check.inspection(counter, expiring) as found:
            yield found
    finally:
        counter.store.close()
