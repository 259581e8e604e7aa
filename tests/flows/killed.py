"""Publish, and die behind the n-th step as if the power had failed.

    python -m flows.killed N AHEAD [DIGEST]

*AHEAD* are seconds the clock is ahead. Ends with 0 when there were fewer steps than *N*. However
much goes, nothing is held: the same is taken away again and again. *DIGEST* is accepted.
"""

import os
import signal
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

from eer.domain.plan import Limits
from eer.settings import Settings, read
from smp.settings.publishing import Publishing
from smp.wiring import parts
from smp.wiring.publish import publisher


def main() -> None:
    last, ahead = int(sys.argv[1]), timedelta(seconds=int(sys.argv[2]))
    [accept] = sys.argv[3:] or [None]
    done = count(1)

    def clock() -> datetime:
        return parts.now() + ahead

    def die() -> None:
        if next(done) == last:
            os.kill(os.getpid(), signal.SIGKILL)

    whole = publisher(read(Publishing), read(Settings))
    means = replace(whole.means, after_step=die, clock=clock)
    replace(whole, means=means, limits=Limits(count=10_000)).publish(accept)


if __name__ == "__main__":
    main()
