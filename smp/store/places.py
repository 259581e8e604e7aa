"""Under which key does a participant stand in a table, and how are many asked for at once?"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Table, and_, or_, true

from smp.domain.identifiers import DocumentKey, ParticipantId, fold

DOCUMENT_KEY = ("participant_value", "participant_scheme", "document_value", "document_scheme")
"""The columns that tell a document from all others."""

_AT_ONCE = 400


class Place(NamedTuple):
    """The folded key of a participant."""

    value: str
    scheme: str


def place_of(participant: ParticipantId) -> Place:
    """Return where *participant* stands."""
    return Place(fold(participant.value), fold(participant.scheme))


def document_place(key: DocumentKey) -> dict[str, str]:
    """Return where the document *key* stands, by column."""
    value, scheme = place_of(key.participant)
    names = (value, scheme, fold(key.document.value), fold(key.document.scheme))
    return dict(zip(DOCUMENT_KEY, names, strict=True))


def document_row(key: DocumentKey) -> dict[str, str]:
    """Return where the document *key* stands, and how it is registered, by column."""
    names = {"participant": str(key.participant), "document": str(key.document)}
    return {**document_place(key), **names}


def group_place(place: Place) -> dict[str, str]:
    """Return where a group stands among documents, by column."""
    return dict(zip(DOCUMENT_KEY, (place.value, place.scheme, "", ""), strict=True))


def conditions(
    table: Table, participants: Iterable[ParticipantId] | None
) -> Iterator[ColumnElement[bool]]:
    """Return what selects *participants* from *table*, or all of it, a query each.

    A database takes only so many values in one query.
    """
    if participants is None:
        yield true()
        return
    for some in chunks(sorted(map(place_of, participants))):
        yield at_places(table, some)


def at_places(table: Table, places: Sequence[Place]) -> ColumnElement[bool]:
    """Return what selects *places*, at least one, from *table*."""
    by_scheme: dict[str, list[str]] = {}
    for place in places:
        by_scheme.setdefault(place.scheme, []).append(place.value)
    return or_(
        *(
            and_(table.c.participant_scheme == scheme, table.c.participant_value.in_(values))
            for scheme, values in by_scheme.items()
        )
    )


def chunks(places: Sequence[Place]) -> Iterator[Sequence[Place]]:
    """Return *places* in pieces that one query takes."""
    return (places[start : start + _AT_ONCE] for start in range(0, len(places), _AT_ONCE))
