"""What does an archive, with the deltas behind it, have of one participant or document?"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from smp.archive import container, opened
from smp.archive.opened import Archive
from smp.domain.archived import Content, Damaged, Entry, file_of, parse_line
from smp.domain.identifiers import Identifier


@dataclass(frozen=True, slots=True)
class Found:
    """A file of an archive: where it was found, what the index says, and its bytes."""

    archive: Archive
    entry: Entry
    content: Content
    body: bytes


def find(
    archives: Sequence[Archive], participant: Identifier, document: Identifier | None
) -> Found | None:
    """Return the document, or the group without one, as the newest of *archives* has it.

    They stand in their order, the full one first. Raises Damaged.
    """
    file = file_of(participant, document)
    for archive in reversed(archives):
        place = _place(archive, file)
        if place is None:
            continue
        entry, offset = place
        if entry.content is None:
            return None
        body = _body(archive, entry.file, entry.content, offset)
        return Found(archive, entry, entry.content, body)
    return None


def _place(archive: Archive, file: str) -> tuple[Entry, int] | None:
    """Files stand in the order of the index: where one is follows from what is before it."""
    begin = f'{{"file":"{file}"'.encode()
    offset = archive.start
    for raw in archive.raw_lines():
        if raw.startswith(begin):
            return parse_line(raw), offset
        size = json.loads(raw).get("size")
        if size is not None:
            offset += container.span(size)
    return None


def _body(archive: Archive, file: str, content: Content, offset: int) -> bytes:
    archive.reader.seek(offset)
    member = archive.reader.member()
    expected = opened.member_of(file, content)
    if member != expected:
        raise Damaged(
            file, "nothing" if member is None else opened.told(member), opened.told(expected)
        )
    body = b"".join(archive.reader.content(expected))
    digest = sha256(body).hexdigest()
    if digest != content.sha256:
        raise Damaged(file, f"SHA-256 {digest}", content.sha256)
    return body
