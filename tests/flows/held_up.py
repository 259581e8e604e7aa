"""Publish, and hang behind the first step for as long as the process lives.

    python -m flows.held_up

It says so when it does.
"""

import signal
import sys
from dataclasses import replace

from eer.settings import Settings, read
from smp.settings.publishing import Publishing
from smp.wiring.publish import publisher


def main() -> None:
    def hang() -> None:
        sys.stdout.write("holding\n")
        sys.stdout.flush()
        signal.pause()

    whole = publisher(read(Publishing), read(Settings))
    replace(whole, means=replace(whole.means, after_step=hang)).publish()


if __name__ == "__main__":
    main()
