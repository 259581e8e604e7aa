"""Is this an archive that somebody we trust has made, and which files does it have?

Read in the order of the file, so that nothing is believed, and no more is read than fits, before
the signature of the manifest holds.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, NamedTuple

from eer.domain.errors import Absent, Refused, Unavailable
from smp.archive import container
from smp.archive.container import Member, Reader
from smp.domain import archived
from smp.domain.archived import Content, Damaged, Line
from smp.domain.manifest import INDEX, MANIFEST, SIGNATURE, Counts, Manifest, parse_manifest
from smp.domain.signed_by import SignedBy

_TRUSTED = "a signature of somebody trusted"

LARGEST_MANIFEST = 256 * 1024
"""The most bytes that are read before a signature holds, and of the signature itself."""


class Signature(NamedTuple):
    """One that holds: the signer's *chain* as DER, who that is, and why it may not be believed."""

    chain: tuple[bytes, ...]
    by: SignedBy
    objection: str = ""


Check = Callable[[bytes, bytes], Signature]
"""Takes a manifest and its signature; raises Refused when that does not hold."""


@dataclass(frozen=True)
class Archive:
    """An archive whose manifest and index are genuine; *reader* stands behind them, at *start*."""

    path: Path
    manifest: Manifest
    signer: SignedBy
    reader: Reader
    start: int
    _index: IO[bytes]

    def lines(self) -> Iterator[Line]:
        """Return the lines of the index; one reading of them at a time. Raises Damaged."""
        return archived.lines(self.raw_lines(), INDEX)

    def raw_lines(self) -> Iterator[bytes]:
        """Return them as they stand there."""
        self._index.seek(0)
        while raw := self._index.readline(archived.LARGEST_LINE):
            yield raw


@contextmanager
def opened(path: Path, check: Check) -> Iterator[Archive]:
    """Open the archive at *path*.

    Raises Absent or Unavailable when it cannot be read, Damaged when manifest or index are not
    genuine.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise Absent(f"{path}: no such file") from None
    except OSError as fault:
        raise Unavailable(f"{path}: cannot be read ({fault.strerror})") from None
    with file, tempfile.TemporaryFile() as index:
        reader = Reader(container.unpacked(file))
        manifest, signer = _manifest(reader, check)
        _copy_index(reader, manifest, index)
        yield Archive(path, manifest, signer, reader, reader.tell(), index)


def _manifest(reader: Reader, check: Check) -> tuple[Manifest, SignedBy]:
    first, content = _small(reader, MANIFEST)
    second, signature = _small(reader, SIGNATURE)
    try:
        made = check(content, signature)
    except Refused as fault:
        raise Damaged(SIGNATURE, fault.text, _TRUSTED) from None
    if made.objection:
        raise Damaged(SIGNATURE, made.objection, _TRUSTED)
    manifest = parse_manifest(content)
    if manifest.chain != made.chain:
        raise Damaged(MANIFEST, "another chain than signed it", "the chain in the signature")
    for member in (first, second):
        _check_member(member, manifest, member.size)
    return manifest, made.by


def _small(reader: Reader, name: str) -> tuple[Member, bytes]:
    member = _named(reader, name)
    if member.size > LARGEST_MANIFEST:
        raise Damaged(name, f"{member.size} bytes", f"at most {LARGEST_MANIFEST}")
    return member, b"".join(reader.content(member))


def _copy_index(reader: Reader, manifest: Manifest, copy: IO[bytes]) -> None:
    """From here on the copy is read: nobody can change it behind the digest."""
    member = _named(reader, INDEX)
    _check_member(member, manifest, manifest.index.size)
    digest = sha256()
    for chunk in reader.content(member):
        digest.update(chunk)
        try:
            copy.write(chunk)
            copy.flush()
        except OSError as fault:
            where = f"{tempfile.gettempdir()}: no room for a copy of the index"
            raise Unavailable(f"{where} ({fault.strerror}); make room and try again") from None
    if digest.hexdigest() != manifest.index.sha256:
        raise Damaged(INDEX, f"SHA-256 {digest.hexdigest()}", manifest.index.sha256)


def _named(reader: Reader, name: str) -> Member:
    member = reader.member()
    if member is None or member.name != name:
        found = "the end" if member is None else member.name
        raise Damaged("archive", found, name)
    return member


def _check_member(member: Member, manifest: Manifest, size: int) -> None:
    expected = Member(member.name, size, int(manifest.time.timestamp()))
    if member != expected:
        raise Damaged(member.name, told(member), told(expected))


def member_of(file: str, content: Content) -> Member:
    """Return what stands before the file of an entry with that content."""
    return Member(file, content.size, int(content.last_modified.timestamp()))


def told(member: Member) -> str:
    """Return what a header says, in words."""
    return f"{member.size} bytes modified at {member.modified}"


def counted(lines: Iterator[Line]) -> Counts:
    """Return how many lines of each kind there are."""
    groups = documents = gone = 0
    for _, entry in lines:
        if entry.content is None:
            gone += 1
        elif entry.document is None:
            groups += 1
        else:
            documents += 1
    return Counts(groups, documents, gone)
