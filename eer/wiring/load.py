"""`eer load`: files into the register, in the name of who runs the command."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from eer.domain.access import OPERATOR, Principal
from eer.domain.errors import Absent, Unavailable
from eer.domain.wording import say
from eer.register import changes, load, publication
from eer.register.load import Report
from eer.settings import Settings
from eer.wiring import parts

_BETWEEN_LOOKS = 0.1


def load_files(
    settings: Settings, paths: Sequence[Path], progress: Callable[[int], None]
) -> Report:
    """Load the files at *paths*; raises Absent or Unavailable when one cannot be read."""
    files = [(str(path), _content(path)) for path in paths]
    by = Principal(
        subject=parts.user(),
        client="eer load",
        cvr=None,
        scopes=(),
        roles=frozenset({OPERATOR}),
    )
    counter = parts.counter(settings)
    try:
        return load.load(counter, files, by, progress)
    finally:
        counter.store.close()


def waited(settings: Settings, since: int, seconds: float) -> tuple[frozenset[str], frozenset[str]]:
    """Wait until all that was written behind the sequence *since* is public, *seconds* at most.

    Returns the GLNs that it concerns, and those of whom it is not public yet.
    """
    counter = parts.counter(settings)
    until = time.monotonic() + seconds

    def patience() -> bool:
        time.sleep(_BETWEEN_LOOKS)
        return time.monotonic() < until

    try:
        glns = changes.touched(counter, since)
        sequence = changes.sequence(counter)
        return glns, publication.awaited(counter, glns, sequence, patience)
    finally:
        counter.store.close()


def sequence(settings: Settings) -> int:
    """Return how far the register is."""
    counter = parts.counter(settings)
    try:
        return changes.sequence(counter)
    finally:
        counter.store.close()


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise Absent(say("{path}: no such file", path=path)) from None
    except OSError as fault:
        text = say("{path}: cannot be read ({cause})", path=path, cause=fault.strerror)
        raise Unavailable(text) from None
