"""When is something written to the register, told as soon as it is?

PostgreSQL tells whoever listens, at the commit. SQLite is asked whether the file was changed by
another connection, which costs a few microseconds.
"""

import time
from typing import Any

from eer.store.session import Store

CHANNEL = "eer_version"
_BETWEEN_LOOKS = 0.05


class Bell:
    """Rings when the register was written to; holds a connection of its own for that."""

    def __init__(self, store: Store) -> None:
        self._engine = store.engine
        self._is_sqlite = store.engine.dialect.name == "sqlite"
        self._fault = store.engine.dialect.loaded_dbapi.Error
        self._line: Any = None
        self._seen: object = None

    def rings(self, seconds: float) -> bool:
        """Whether something may have been written since the call before; waits *seconds* for it.

        So it may when the line was broken: the caller finds out by looking.
        """
        try:
            if self._line is None:
                self._line = self._new_line()
                return True
            return self._changes(seconds) if self._is_sqlite else self._told(seconds)
        except self._fault:
            self.close()
            time.sleep(seconds)
            return True

    def close(self) -> None:
        """Let go of the connection."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def _new_line(self) -> Any:
        pooled = self._engine.raw_connection()
        line = pooled.driver_connection
        pooled.detach()
        if self._is_sqlite:
            self._seen = _version_of_file(line)
        elif line is not None:
            line.execute(f"LISTEN {CHANNEL}")
        return line

    def _changes(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while (now := _version_of_file(self._line)) == self._seen:
            left = until - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(left, _BETWEEN_LOOKS))
        self._seen = now
        return True

    def _told(self, seconds: float) -> bool:
        has_rung = any(True for _ in self._line.notifies(timeout=seconds, stop_after=1))
        if has_rung:  # what came together is one thing to look at
            list(self._line.notifies(timeout=0))
        return has_rung


def _version_of_file(line: Any) -> object:
    return line.execute("PRAGMA data_version").fetchone()[0]
