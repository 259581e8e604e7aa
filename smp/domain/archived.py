"""What stands in an archive, under which file name, and how is its index written?

The format is ours (docs/interfaces/archive.md): a line of JSON for each document and group, in the
order of their files. Whatever is read has to be, byte for byte, what would be written.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from heapq import merge
from typing import NamedTuple

from eer.domain.errors import IssueCode, Malformed, Refused, error
from smp.domain.identifiers import DocumentId, Identifier, ParticipantId, fold

LARGEST_LINE = 64 * 1024
"""The most bytes of one line of the index that are read."""

LARGEST_FILE = 16 * 1024 * 1024
"""The most bytes of one document or group that are read: no client takes so many."""


class Damaged(Refused):
    """An archive is not as it was made: which file, what was found in it, what was expected.

    Only whoever reads archives sees it; refused() says it to everybody else.
    """

    def __init__(self, file: str, found: str, expected: str) -> None:
        text = f"{file}: {found} found, {expected} expected"
        super().__init__(text, [error(IssueCode.VALUE, file, text)])
        self.file, self.found, self.expected = file, found, expected

    def refused(self, archive: str) -> Refused:
        """Return this as what it is to others: *archive* is refused."""
        return Refused(f"{archive}: {self.text}; do not use it")


@dataclass(frozen=True, slots=True)
class Content:
    """What is served: its SHA-256 in hex, how many bytes, since when, and until when if it goes."""

    sha256: str
    size: int
    last_modified: datetime
    retire_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the index: a document, or a group where *document* is None.

    *content* is None for what is gone, in a delta.
    """

    participant: ParticipantId
    document: DocumentId | None
    content: Content | None

    @property
    def file(self) -> str:
        """The name of its file."""
        return file_of(self.participant, self.document)


class Line(NamedTuple):
    """A line of the index as it stands there, with its newline, and what it says."""

    raw: bytes
    entry: Entry


def folder_of(participant: Identifier) -> str:
    """Return the folder of all that is *participant*'s: small letters and digits only."""
    name = _digest(participant)
    return f"documents/{name[:2]}/{name}"


def file_of(participant: Identifier, document: Identifier | None) -> str:
    """Return the name of the file of a document, or of the group without one."""
    name = "group" if document is None else _digest(document)
    return f"{folder_of(participant)}/{name}.xml"


def utc(moment: datetime) -> str:
    """Return *moment* as archives have it, in whole seconds."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def print_line(entry: Entry) -> bytes:
    """Return the line of *entry*, with its newline."""
    document, content = entry.document, entry.content
    line: dict[str, object] = {
        "file": entry.file,
        "participant": str(entry.participant),
        "document": None if document is None else str(document),
        "participant_folded": entry.participant.folded,
        "document_folded": None if document is None else document.folded,
    }
    if content is None:
        line["gone"] = True
    else:
        retire = content.retire_after
        line |= {
            "sha256": content.sha256,
            "size": content.size,
            "last_modified": utc(content.last_modified),
            "retire_after": None if retire is None else utc(retire),
        }
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def parse_line(raw: bytes) -> Entry:
    """Read one line of an index; raise Malformed when it would not be written so."""
    try:
        entry = _entry(json.loads(raw))
        if print_line(entry) == raw:
            return entry
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, Malformed):
        pass
    raise Malformed("a line that no export writes")


def lines(raws: Iterable[bytes], file: str) -> Iterator[Line]:
    """Read the lines of the index in *file*, which must rise by the names of their files.

    Raises Damaged.
    """
    before = ""
    for number, raw in enumerate(raws, start=1):
        try:
            entry = parse_line(raw)
        except Malformed as fault:
            raise Damaged(f"{file} line {number}", fault.text, "one as documented") from None
        if entry.file <= before:
            raise Damaged(f"{file} line {number}", entry.file, f"a file behind {before}")
        before = entry.file
        yield Line(raw, entry)


def merged(indexes: Sequence[Iterable[Line]]) -> Iterator[Line]:
    """Return the lines of a full index and of the deltas behind it, as one full index has them."""
    streams = [_ranked(index, -rank) for rank, index in enumerate(indexes)]
    before = ""
    for file, _, line in merge(*streams, key=lambda each: each[:2]):
        if file == before:
            continue
        before = file
        if line.entry.content is not None:
            yield line


def _ranked(index: Iterable[Line], rank: int) -> Iterator[tuple[str, int, Line]]:
    return ((line.entry.file, rank, line) for line in index)


def _entry(line: dict[str, object]) -> Entry:
    document = line["document"]
    return Entry(
        ParticipantId(Identifier.parse(_text(line["participant"]))),
        None if document is None else DocumentId(Identifier.parse(_text(document))),
        None if "gone" in line else _content(line),
    )


def _content(line: dict[str, object]) -> Content:
    retire = line["retire_after"]
    return Content(
        _text(line["sha256"]),
        _number(line["size"]),
        datetime.fromisoformat(_text(line["last_modified"])),
        None if retire is None else datetime.fromisoformat(_text(retire)),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value <= LARGEST_FILE:
        raise TypeError(value)
    return value


def _digest(identifier: Identifier) -> str:
    return sha256(fold(str(identifier)).encode()).hexdigest()
