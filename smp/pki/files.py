"""How does a file come to be whole or not at all, and never in the place of another?"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eer.domain.errors import Absent, Refused, Unavailable

SECRET, PUBLIC = 0o600, 0o644


def write_new(file: Path, content: bytes, mode: int) -> None:
    """Write *file*, which must not be there; raise Refused when it is.

    A link is refused where a name is taken; a rename would not be. Raises Unavailable when the disk
    does not take it: then nothing is there.
    """
    with _explained(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.") as draft:
            draft.write(content)
            draft.flush()
            os.fchmod(draft.fileno(), mode)
            os.fsync(draft.fileno())
            os.link(draft.name, file)
        _sync(file.parent)


def take_place(new: Path, file: Path, former: Path) -> None:
    """Let *new* stand where *file* does, which is kept as *former*; *file* is there all the time.

    It may stop anywhere and be done again; raises Unavailable when the disk does not take it.
    """
    if not new.exists():
        return
    with _explained(file):
        if file.exists():
            former.unlink(missing_ok=True)
            former.hardlink_to(file)
        new.replace(file)
        _sync(file.parent)


def read(file: Path, what: str) -> bytes:
    """Return the content of *file*, which is *what*; raise Absent or Unavailable."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise Absent(f"{file}: the {what} is not there; create it or correct the setting") from None
    except OSError as fault:
        raise Unavailable(f"{file}: the {what} cannot be read: {fault.strerror}") from None


@contextmanager
def _explained(file: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise Refused(f"{file}: was made by another process meanwhile; start again") from None
    except OSError as fault:
        raise Unavailable(
            f"{file}: cannot be written ({fault.strerror}); all is as it was, try again"
        ) from None


def _sync(folder: Path) -> None:
    """What was said to be there outlives a power cut."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
