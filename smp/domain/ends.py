"""When do the certificates end that publication stands on, and which of them are told?

There may be many: those that end first are told, so that what is told too late is never left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

MOST = 50
"""How many of one kind are told."""


@dataclass(frozen=True, slots=True)
class Ends:
    """When each certificate ends, by whose it is; of *unread* files nothing is known."""

    at: Mapping[str, datetime] = field(default_factory=dict)
    unread: int = 0


def soonest(ends: Mapping[str, datetime]) -> dict[str, datetime]:
    """Return those of one kind that end first, MOST at most."""
    return dict(sorted(ends.items(), key=lambda each: (each[1], each[0]))[:MOST])
