"""How does a file come to its name, whole or not at all, and never in the place of another?"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from eer.domain.errors import Absent, Refused, Unavailable

_PUBLIC = 0o644


def check_free(path: Path) -> None:
    """Raise Refused when something is at *path*, Absent when there is no folder for it."""
    if os.path.lexists(path):
        raise _taken(path)
    if not path.parent.is_dir():
        raise Absent(f"{path}: there is no folder {path.parent}; make it, or choose another place")


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """Give a file to be filled, which is at *path* only when all is on the disk.

    Raises Refused when something is there already, Unavailable when the disk does not take it. A
    process that is killed leaves `.<name>.…` beside *path* at most.
    """
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.") as draft:
            yield draft
            draft.flush()
            os.fchmod(draft.fileno(), _PUBLIC)
            os.fsync(draft.fileno())
            os.link(draft.name, path)
        _keep(path.parent)
    except FileExistsError:
        raise _taken(path) from None
    except OSError as fault:
        raise Unavailable(
            f"{path}: cannot be written ({fault.strerror}); nothing was left there, try again"
        ) from None


@contextmanager
def spool(beside: Path) -> Iterator[IO[bytes]]:
    """Give a nameless file on the disk of *beside*, gone with the process."""
    with tempfile.TemporaryFile(dir=beside.parent) as file:
        yield file


def _keep(folder: Path) -> None:
    """A name is on the disk when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _taken(path: Path) -> Refused:
    return Refused(f"{path}: is there already, and is not written over; choose another name")
