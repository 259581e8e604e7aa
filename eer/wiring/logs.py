"""What a process that goes on says of itself: lines on standard error, in UTC."""

import logging
import time

_LINE = "%(asctime)sZ %(levelname)s %(name)s %(message)s"
_OURS = ("eer", "smp", "sync")


def start() -> None:
    """Let what our packages log from INFO on go to standard error, and others' from WARNING on."""
    formatter = logging.Formatter(_LINE, "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.INFO)
