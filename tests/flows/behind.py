"""Run `smp publish --watch` by a clock that is set while it runs: behind by what a file says.

    python -m flows.behind FILE

FILE has seconds. The times in TSIG and in the log are the right ones.
"""

import sys
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from eer.settings import Settings, read_both
from eer.wiring import logs
from smp.settings import Publishing
from smp.wiring import beside, parts
from smp.wiring.publish import publish_forever, publisher


def main() -> None:
    file = Path(sys.argv[1])

    def clock() -> datetime:
        return parts.now() - timedelta(seconds=float(file.read_text("utf-8")))

    given, register = read_both(Publishing, Settings)
    whole = publisher(given, register)
    logs.start()
    watched = replace(whole, means=replace(whole.means, clock=clock))
    publish_forever(watched, register, partial(beside.beside, given, register))


if __name__ == "__main__":
    main()
