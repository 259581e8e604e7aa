"""What does a row of the register say, as a value, and a value as a row?"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from eer.domain.identifiers import Reference
from eer.domain.model import Claim, Link
from eer.domain.search import Indexed
from eer.store.instants import instant, micros

Row = dict[str, Any]

VERSION = "v.sequence, v.type, v.id, v.number, v.at, v.method, v.body, v.author"
"""The columns of `version`, called v, in the order of the table."""

_WIDTH = 8


class Tip(NamedTuple):
    """What tells one state of the register from every other.

    Sequence and time (microseconds since 1970, UTC) of the newest version, and the number of the
    other id that was noted last. The time parts a register from one that was restored and written
    to again.
    """

    sequence: int = 0
    at: int = 0
    alias: int = 0


@dataclass(frozen=True, slots=True)
class Version:
    """One state of a resource; *body* is its JSON as served, None for a deletion."""

    sequence: int
    reference: Reference
    number: int
    at: datetime
    method: str
    body: bytes | None
    author: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A version to be written, with what its content is found and held by."""

    version: Version
    indexed: tuple[Indexed, ...] = ()
    links: tuple[Link, ...] = ()
    claims: tuple[Claim, ...] = ()


def version_of(row: Sequence[Any]) -> Version:
    """Return a row as a value; it begins with the columns that VERSION names."""
    sequence, type_name, resource_id, number, at, method, body, author = row[:_WIDTH]
    reference = Reference(type_name, resource_id)
    return Version(sequence, reference, number, instant(at), method, body, author)


def row_of(each: Version) -> Row:
    """Return a version as a row of `version`."""
    return {
        "sequence": each.sequence,
        "type": each.reference.type,
        "id": each.reference.id,
        "number": each.number,
        "at": micros(each.at),
        "method": each.method,
        "body": each.body,
        "author": each.author,
    }


def links_of(entry: Entry) -> Iterator[Row]:
    """Yield the rows of `link` that an entry has."""
    reference = entry.version.reference
    for each in entry.links:
        yield {
            "type": reference.type,
            "id": reference.id,
            "role": each.role.name,
            "target_type": each.target.type,
            "target_id": each.target.id,
        }


def claims_of(entry: Entry) -> Iterator[Row]:
    """Yield the rows of `claim` that an entry has."""
    reference = entry.version.reference
    for each in entry.claims:
        yield {
            "kind": each.kind,
            "value": each.value,
            "type": reference.type,
            "id": reference.id,
        }


def unique(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield each of *rows* once, in their order."""
    seen: set[tuple[Any, ...]] = set()
    for row in rows:
        key = tuple(row.values())
        if key not in seen:
            seen.add(key)
            yield row
