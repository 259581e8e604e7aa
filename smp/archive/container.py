"""How do files stand in an archive, so that the same files are always the same bytes?

POSIX ustar, as IEEE 1003.1 has it under pax: ordinary files of nobody, one behind the other.
What is read has to be, byte for byte, what would be written: no links, no names that lead out, no
second reading for other tools. With a name in `.gz` all of it is packed by gzip, without a time.
"""

import gzip
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from eer.domain.errors import Malformed, Unavailable
from smp.domain.archived import Damaged

_BLOCK, _RECORD, _CHUNK = 512, 10_240, 65_536
_GZIP = b"\x1f\x8b"
_PLAIN, _PACKED = (".tar",), (".tar.gz", ".tgz")
_END = "the end of the archive"


class Member(NamedTuple):
    """A file in the archive; *modified* is in seconds since 1970."""

    name: str
    size: int
    modified: int


def is_packed(path: Path) -> bool:
    """Tell by its name whether an archive is to be packed; raise Malformed for another name."""
    if path.name.endswith(_PLAIN):
        return False
    if path.name.endswith(_PACKED):
        return True
    raise Malformed(f"{path}: expected a name that ends in .tar or .tar.gz")


@contextmanager
def packing(file: IO[bytes], *, packed: bool) -> Iterator[IO[bytes]]:
    """Give what to write to for *file* to become an archive, *packed* or not."""
    if not packed:
        yield file
        return
    with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as zipped:
        yield zipped  # type: ignore[misc]  # typeshed does not say that it is an IO[bytes]


def unpacked(file: IO[bytes]) -> IO[bytes]:
    """Return what to read an archive from that stands in *file*, packed or not."""
    start = file.read(len(_GZIP))
    file.seek(0)
    if start != _GZIP:
        return file
    return gzip.GzipFile("", "rb", fileobj=file)  # type: ignore[return-value]  # as above


def header(member: Member) -> bytes:
    """Return the one header that *member* has."""
    info = tarfile.TarInfo(member.name)
    info.size, info.mtime = member.size, member.modified
    return info.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict")


def padding(size: int) -> bytes:
    """Return what follows *size* bytes of content up to the next block."""
    return bytes(-size % _BLOCK)


def span(size: int) -> int:
    """Return how many bytes a file of *size* takes, with all that is around it."""
    return _BLOCK + size + -size % _BLOCK


def write(file: IO[bytes], member: Member, content: Iterable[bytes]) -> None:
    """Write *member* with its *content* of as many bytes as it says."""
    file.write(header(member))
    for chunk in content:
        file.write(chunk)
    file.write(padding(member.size))


def finish(file: IO[bytes]) -> None:
    """Write the end of an archive: two empty blocks, and empty ones up to a whole record."""
    file.write(_tail(file.tell()))


def chunks(file: IO[bytes]) -> Iterator[bytes]:
    """Return the rest of *file* in pieces."""
    while chunk := file.read(_CHUNK):
        yield chunk


class Reader:
    """An archive that is read from its beginning to its end; every method raises Damaged."""

    def __init__(self, file: IO[bytes]) -> None:
        """Read from *file*, which unpacked() gave."""
        self._file = file

    def member(self) -> Member | None:
        """Return the next file, or None when none follows; then its content has to be read."""
        block = self._read(_BLOCK, "a header")
        if not any(block):
            self._end()
            return None
        try:
            info = tarfile.TarInfo.frombuf(block, "ascii", "strict")
            member = Member(info.name, info.size, int(info.mtime))
            is_ours = header(member) == block
        except (tarfile.HeaderError, ValueError, OverflowError):
            is_ours = False
        if not is_ours:
            raise Damaged("archive", "a header that no export writes", "an ordinary file")
        return member

    def content(self, member: Member) -> Iterator[bytes]:
        """Return the content of *member*, which member() gave last, in pieces."""
        left = member.size
        while left:
            chunk = self._read(min(left, _CHUNK), member.name)
            left -= len(chunk)
            yield chunk
        if self._read(-member.size % _BLOCK, member.name) != padding(member.size):
            raise Damaged(member.name, "something behind its content", "nothing")

    def tell(self) -> int:
        """Return how many bytes were read."""
        return self._file.tell()

    def seek(self, place: int) -> None:
        """Go on reading at *place*, where a header is."""
        with _readable("archive"):
            self._file.seek(place)

    def _end(self) -> None:
        tail = _tail(self._file.tell() - _BLOCK)[_BLOCK:]
        if self._read(len(tail), _END) != tail or self._more():
            raise Damaged("archive", f"something behind {_END}", "nothing")

    def _read(self, size: int, what: str) -> bytes:
        with _readable(what):
            found = self._file.read(size)
        if len(found) < size:
            raise Damaged("archive", f"its end inside {what}", "more")
        return found

    def _more(self) -> bool:
        with _readable(_END):
            return bool(self._file.read(1))


@contextmanager
def _readable(what: str) -> Iterator[None]:
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as fault:
        raise Damaged("archive", f"gzip that cannot be read at {what} ({fault})", "gzip") from None
    except OSError as fault:
        raise Unavailable(f"{what}: cannot be read ({fault.strerror}); try again") from None


def _tail(length: int) -> bytes:
    return bytes(2 * _BLOCK + -(length + 2 * _BLOCK) % _RECORD)
