"""Write all that is published, or what has changed since, as one signed archive.

Each document is read once, from one state of the database; what is signed at the end says it all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO

from smp.archive import container, place
from smp.archive.container import Member
from smp.archive.opened import member_of
from smp.domain.archived import Content, Entry, print_line
from smp.domain.manifest import (
    INDEX,
    MANIFEST,
    SIGNATURE,
    Counts,
    Index,
    Manifest,
    Since,
    print_manifest,
)
from smp.store.session import Store
from smp.store.snapshot import Head, Shown, Snapshot, snapshot


@dataclass(frozen=True)
class Seal:
    """What an archive is signed with: *chain* is DER, the signer's first.

    *sign* returns the CMS signature beside some bytes, with the chain in it.
    """

    chain: tuple[bytes, ...]
    sign: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written, and of how many bytes it is."""

    manifest: Manifest
    size: int


class _Gathered:
    """What an archive will hold: gathered before it can be signed, on the disk it comes to."""

    def __init__(self, index: IO[bytes], files: IO[bytes]) -> None:
        self.index, self.files = index, files
        self._state, self._listed = sha256(), sha256()
        self._counts = {"participants": 0, "documents": 0, "gone": 0}

    def add(self, shown: Shown) -> None:
        """Add one that is public to the state; to the index too if it has changed or is gone."""
        entry = _entry(shown)
        line = print_line(entry)
        if entry.content is not None:
            self._state.update(line)
        if not shown.changed:
            return
        self._listed.update(line)
        self.index.write(line)
        if entry.content is None:
            self._counts["gone"] += 1
            return
        self._counts["participants" if entry.document is None else "documents"] += 1
        container.write(self.files, member_of(entry.file, entry.content), [shown.body])

    def manifest(self, head: Head, since: Since | None, chain: tuple[bytes, ...]) -> Manifest:
        """Return what is to be signed of it."""
        return Manifest(
            base_url=head.base_url,
            sequence=head.sequence,
            generation=head.generation,
            time=head.time,
            since=since,
            state=self._state.hexdigest(),
            index=Index(self._listed.hexdigest(), self.index.tell()),
            counts=Counts(**self._counts),
            document_schemes=head.document_schemes,
            chain=chain,
        )


def export(store: Store, seal: Seal, out: Path, since: int | Since | None = None) -> Exported:
    """Write the archive *out*; what has changed *since* a sequence or a state, or everything.

    Raises Malformed for a name that is none of an archive, Refused when *out* is there already,
    nothing is published, or it is not known what has changed; Absent and Unavailable where it
    cannot be written.
    """
    packed = container.is_packed(out)
    place.check_free(out)
    with (
        place.new_file(out) as file,
        place.spool(out) as index,
        place.spool(out) as files,
    ):
        gathered = _Gathered(index, files)
        with snapshot(store) as state:
            manifest = _gather(state, gathered, since, seal.chain)
        with container.packing(file, packed=packed) as archive:
            _write(archive, manifest, gathered, seal.sign)
        return Exported(manifest, file.tell())


def _gather(
    state: Snapshot, gathered: _Gathered, since: int | Since | None, chain: tuple[bytes, ...]
) -> Manifest:
    head = state.head()
    begin = state.since(since) if isinstance(since, int) else since
    if begin is not None:
        state.check(begin, head)
    for shown in state.shown(begin):
        gathered.add(shown)
    return gathered.manifest(head, begin, chain)


def _entry(shown: Shown) -> Entry:
    if shown.gone:
        return Entry(shown.participant, shown.document, None)
    digest, size = sha256(shown.body).hexdigest(), len(shown.body)
    content = Content(digest, size, shown.last_modified, shown.retire_after)
    return Entry(shown.participant, shown.document, content)


def _write(
    archive: IO[bytes],
    manifest: Manifest,
    gathered: _Gathered,
    sign: Callable[[bytes], bytes],
) -> None:
    content = print_manifest(manifest)
    modified = int(manifest.time.timestamp())
    for name, body in ((MANIFEST, content), (SIGNATURE, sign(content))):
        container.write(archive, Member(name, len(body), modified), [body])
    gathered.index.seek(0)
    index = Member(INDEX, manifest.index.size, modified)
    container.write(archive, index, container.chunks(gathered.index))
    gathered.files.seek(0)
    for chunk in container.chunks(gathered.files):
        archive.write(chunk)
    container.finish(archive)
