"""What do others have to be answered: which bytes, by whom signed, and what no more?

The read side for whoever audits; what is stored for publishing is on the shelf.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import select

from smp.domain.identifiers import DocumentId, DocumentKey, Identifier, ParticipantId
from smp.domain.state import Served, Withdrawn
from smp.store.places import conditions
from smp.store.session import Store, moment
from smp.store.tables import document, withdrawn

MOST = 10_000
"""How much of what was withdrawn is told at once, the newest: an audit asks for each."""


class Public:
    """What is public, and what was not long ago (smp/store/history.py)."""

    def __init__(self, store: Store, most: int = MOST) -> None:
        self._store = store
        self._most = most

    def served(
        self, participants: Iterable[ParticipantId] | None = None
    ) -> dict[DocumentKey, Served]:
        """Return how what is stored of *participants*, or of all, is served."""
        columns = (
            *(document.c.participant, document.c.document),
            *(document.c.etag, document.c.signer, document.c.last_modified),
        )
        found: dict[DocumentKey, Served] = {}
        with self._store.asking() as connection:
            for condition in conditions(document, participants):
                for row in connection.execute(select(*columns).where(condition)):
                    key = DocumentKey(_participant(row.participant), _document(row.document))
                    changed = datetime.fromtimestamp(row.last_modified, UTC)
                    found[key] = Served(row.etag.strip('"'), row.signer, changed)
        return found

    def withdrawn(
        self, participants: Iterable[ParticipantId] | None = None
    ) -> tuple[Withdrawn, ...]:
        """Return what is written down as withdrawn, of *participants* or of all; of all the newest.

        Some of it may be back.
        """
        columns = (withdrawn.c.participant, withdrawn.c.document, withdrawn.c.at)
        query = select(*columns).order_by(withdrawn.c.at.desc(), *withdrawn.primary_key.columns)
        with self._store.asking() as connection:
            return tuple(
                Withdrawn(
                    _participant(row.participant),
                    _document(row.document) if row.document else None,
                    moment(row.at),
                )
                for condition in conditions(withdrawn, participants)
                for row in connection.execute(query.where(condition).limit(self._most))
            )


def _participant(text: str) -> ParticipantId:
    return ParticipantId(Identifier.parse(text))


def _document(text: str) -> DocumentId:
    return DocumentId(Identifier.parse(text))
