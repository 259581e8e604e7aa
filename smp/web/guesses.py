"""May somebody try another password now, or has it been wrong too often from there?

Counted by name and address together: who guesses from elsewhere slows down nobody else. Each
process counts for itself, and forgets the oldest when there are too many.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from threading import Lock

from eer.domain.errors import IssueCode, Refused, error

FREE = 10
"""Tries that cost nothing: more than one client has under way at a time."""

LONGEST = 60
"""Seconds that a try has to wait at most: whoever corrects a password is let in within them."""

MOST = 10_000
"""Names and addresses that are remembered."""

_LONGEST_NAME = 100
_OF_ONE = 64
"""Bits of an IPv6 address that whoever has one has all of."""


@dataclass(slots=True)
class _Tries:
    count: int = 0
    until: float = 0


@dataclass(frozen=True)
class Guesses:
    """The passwords that were tried and not found right; *clock* counts seconds."""

    clock: Callable[[], float]
    _tries: OrderedDict[tuple[str, str], _Tries] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def check(self, name: str, address: str) -> None:
        """Count a try, and raise Refused (throttled) for one too early: no password is looked at.

        It counts before it is known to be wrong, so that many at once are no way round.
        """
        with self._lock:
            tries = self._tries.setdefault(_key(name, address), _Tries())
            self._tries.move_to_end(_key(name, address))
            while len(self._tries) > MOST:
                self._tries.popitem(last=False)
            now = self.clock()
            if now < tries.until:
                text = f"too many wrong passwords: try again in {LONGEST} seconds"
                raise Refused(text, [error(IssueCode.THROTTLED, "", text)])
            tries.count += 1
            if tries.count >= FREE:
                tries.until = now + min(2 ** (tries.count - FREE), LONGEST)

    def right(self, name: str, address: str) -> None:
        """Forget what was wrong before: this one was right."""
        with self._lock:
            self._tries.pop(_key(name, address), None)


def _key(name: str, address: str) -> tuple[str, str]:
    try:
        found = ip_address(address)
    except ValueError:
        return name[:_LONGEST_NAME], address[:_LONGEST_NAME]
    if isinstance(found, IPv6Address):
        address = str(found.ipv4_mapped or int(found) >> _OF_ONE)
    return name[:_LONGEST_NAME], address
