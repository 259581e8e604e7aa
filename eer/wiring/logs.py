"""What a process that goes on says of itself: lines on standard error, in UTC.

What others sent stands in them. It can begin no line of its own, and move nothing on a screen.
"""

import logging
import time

_LINE = "%(asctime)sZ %(levelname)s %(name)s %(message)s"
_OURS = ("eer", "smp", "sync")


class Lines(logging.Formatter):
    """One line for each message; where a traceback follows, its lines are indented."""

    def __init__(self) -> None:
        super().__init__(_LINE, "%Y-%m-%dT%H:%M:%S")
        self.converter = time.gmtime

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - as it is there
        """Return the line, with escapes for what does not print."""
        return shown(super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        """Return the line and the traceback, if any."""
        line, *traceback = super().format(record).splitlines()
        return "\n".join((line, *(f"  {shown(each)}" for each in traceback)))


def shown(text: str) -> str:
    """Return *text* in one line, with escapes for what does not print."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


def start() -> None:
    """Let what our packages log from INFO on go to standard error, and others' from WARNING on."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.INFO)
