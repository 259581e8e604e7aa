"""What does the signed part of an archive say, and do several archives follow from each other?

The format is ours (docs/interfaces/archive.md). Whatever is read has to be, byte for byte, what
would be written.
"""

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from smp.domain.archived import Damaged, utc

FORMAT = "ehmi-smp-archive/1"
MANIFEST, SIGNATURE, INDEX = "manifest.json", "manifest.json.p7s", "index.jsonl"


class Kind(StrEnum):
    """Whether an archive has everything, or what has changed since another one."""

    FULL = "full"
    DELTA = "delta"


class Since(NamedTuple):
    """The state from which a delta goes on."""

    sequence: int
    generation: int


class Counts(NamedTuple):
    """How many lines of each kind the index has; *participants* are groups."""

    participants: int
    documents: int
    gone: int


class Index(NamedTuple):
    """The index of the same archive: its SHA-256 in hex and its bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive is.

    *sequence* is how far publication had come with the register, *generation* the number of the
    public state and *time* when a document last changed in it. *since* is None for a full archive.
    *state* is the SHA-256 of the index that a full archive of that state has. *document_schemes*
    answer for a value without scheme, the first preferred. *chain* is DER, the signer's first.
    """

    base_url: str
    sequence: int
    generation: int
    time: datetime
    since: Since | None
    state: str
    index: Index
    counts: Counts
    document_schemes: tuple[str, ...]
    chain: tuple[bytes, ...]

    @property
    def kind(self) -> Kind:
        """Whether it stands by itself."""
        return Kind.FULL if self.since is None else Kind.DELTA


def print_manifest(manifest: Manifest) -> bytes:
    """Return *manifest* as the bytes that are signed."""
    since = manifest.since
    said = {
        "format": FORMAT,
        "kind": manifest.kind,
        "base_url": manifest.base_url,
        "sequence": manifest.sequence,
        "generation": manifest.generation,
        "time": utc(manifest.time),
        "since": None if since is None else since._asdict(),
        "state": manifest.state,
        "index": {"file": INDEX, **manifest.index._asdict()},
        "counts": manifest.counts._asdict(),
        "document_schemes": manifest.document_schemes,
        "chain": [b64encode(der).decode() for der in manifest.chain],
    }
    return json.dumps(said, indent=2, ensure_ascii=False).encode() + b"\n"


def parse_manifest(content: bytes) -> Manifest:
    """Read a manifest; raise Damaged when it would not be written so, or is of another format."""
    found: object = None
    try:
        said = json.loads(content)
        found = said["format"]
        manifest = _manifest(said)
        if print_manifest(manifest) == content:
            return manifest
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        pass
    if isinstance(found, str) and found != FORMAT:
        raise Damaged(MANIFEST, f"format {found!r}", repr(FORMAT))
    raise Damaged(MANIFEST, "what no export writes", "a manifest as documented")


def gap(before: Manifest | None, after: Manifest) -> Damaged | None:
    """Say why *after* does not follow from *before*: a full one comes first, then deltas in order.

    A delta may go on from before the state it is applied to: what it says twice is the same.
    """
    since = after.since
    if before is None:
        if since is None:
            return None
        found = f"a delta since sequence {since.sequence}"
        return Damaged(MANIFEST, found, "a full archive before any delta")
    if since is None:
        return Damaged(MANIFEST, "a full archive", "a delta behind the first archive")
    if since.generation <= before.generation <= after.generation:
        return None
    return Damaged(
        MANIFEST,
        f"a delta from generation {since.generation} to {after.generation}",
        f"one that goes on from generation {before.generation}",
    )


def _manifest(said: dict[str, Any]) -> Manifest:
    """Sloppy: what is not of its type is not printed as it was read."""
    since, index = said["since"], said["index"]
    return Manifest(
        base_url=said["base_url"],
        sequence=int(said["sequence"]),
        generation=int(said["generation"]),
        time=datetime.fromisoformat(said["time"]),
        since=None if since is None else Since(int(since["sequence"]), int(since["generation"])),
        state=said["state"],
        index=Index(index["sha256"], int(index["size"])),
        counts=Counts(*(int(said["counts"][name]) for name in Counts._fields)),
        document_schemes=tuple(said["document_schemes"]),
        chain=tuple(b64decode(each, validate=True) for each in said["chain"]),
    )
