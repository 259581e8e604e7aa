"""Is a payload code on its way out, and what takes its place?"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Retirement:
    """From when on a payload code is retired, and which codes are to be offered in its place."""

    since: datetime | None
    replaced_by: tuple[str, ...] = ()
