"""Run `smp` with files that may not grow beyond a size: fail there, or die there.

python -m flows.limited fail|die BYTES COMMAND…
"""

import resource
import signal
import sys

from smp.cli import main


def limited(how: str, size: int, command: list[str]) -> None:
    """SIGXFSZ ends a process as a power cut would; ignored, as Python has it, it is an OSError."""
    if how == "die":
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    sys.argv = ["smp", *command]
    main()


if __name__ == "__main__":
    limited(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
