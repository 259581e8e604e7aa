"""Publish, and die behind the n-th step as if the power had failed.

    python -m flows.killed N AHEAD

*N* counts the reports to the register, which follow every step; *AHEAD* are seconds the clock is
ahead. Ends with 0 when there were fewer steps than that.
"""

import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from eer.domain.receipt import Receipt
from eer.settings import Settings, read
from smp.enact import Register
from smp.settings import Publishing
from smp.wiring import parts
from smp.wiring.publish import publisher


@dataclass(frozen=True)
class Mortal:
    """A register that kills the process when it has been told of the last step it may do."""

    register: Register
    last: int
    told: "count[int]"

    def __getattr__(self, name: str) -> Any:
        return getattr(self.register, name)

    def receive(self, receipts: Sequence[Receipt]) -> None:
        self.register.receive(receipts)
        if next(self.told) == self.last:
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    last, ahead = int(sys.argv[1]), timedelta(seconds=int(sys.argv[2]))

    def clock() -> datetime:
        return parts.now() + ahead

    whole = publisher(read(Publishing), read(Settings))
    mortal = Mortal(whole.means.register, last, count(1))
    replace(whole, means=replace(whole.means, register=mortal, clock=clock)).publish()


if __name__ == "__main__":
    main()
