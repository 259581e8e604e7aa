"""What does the public see? The read side of the publication database: one query a question."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from smp.domain.identifiers import fold
from smp.store.session import Store

_PARTICIPANT = """
    participant_value = :participant
    AND (:participant_scheme = '' OR participant_scheme = :participant_scheme)
"""
_GROUP = text(
    f"""
    SELECT body, etag, last_modified FROM service_group
    WHERE {_PARTICIPANT}
    ORDER BY participant_scheme LIMIT 1
    """  # noqa: S608 - made of constants
)
_DOCUMENT = text(
    f"""
    SELECT body, etag, last_modified FROM document
    WHERE {_PARTICIPANT}
      AND document_value IN (:document, :whole)
      AND (document_value = :whole OR document_scheme = :document_scheme)
    ORDER BY
      CASE WHEN document_value = :whole THEN 1 ELSE 0 END,
      (SELECT position FROM document_scheme
       WHERE document_scheme.scheme = document.document_scheme),
      participant_scheme LIMIT 1
    """  # noqa: S608 - made of constants
)
_GENERATION = text("SELECT number FROM generation")


@dataclass(frozen=True, slots=True)
class Published:
    """Bytes as they are served; *etag* is a strong one with its quotes, *last_modified* UTC."""

    body: bytes
    etag: str
    last_modified: datetime


class Documents:
    """The documents and groups that are public, by what clients write in a path."""

    def __init__(self, store: Store) -> None:
        self._group = store.question(_GROUP)
        self._document = store.question(_DOCUMENT)
        self._generation = store.question(_GENERATION)

    def group(self, participant: str) -> Published | None:
        """Return a participant's ServiceGroup; *participant* may come without its scheme."""
        return _published(self._group.first(_participant(participant)))

    def document(self, participant: str, document: str) -> Published | None:
        """Return a SignedServiceMetadata; *document* as `scheme::value`, `value` or `::value`.

        A value alone is answered by the first of the configured schemes that has it.
        """
        scheme, mark, value = fold(document).partition("::")
        whole = value if mark and not scheme else fold(document)
        sought = {"document_scheme": scheme, "document": value, "whole": whole}
        return _published(self._document.first(_participant(participant) | sought))

    def generation(self) -> int:
        """Return a number that rises with every change of what is public."""
        row = self._generation.first({})
        return 0 if row is None else int(row[0])


def _published(row: tuple[Any, ...] | None) -> Published | None:
    if row is None:
        return None
    return Published(bytes(row[0]), row[1], datetime.fromtimestamp(row[2], UTC))


def _participant(text: str) -> dict[str, str]:
    scheme, mark, value = fold(text).partition("::")
    return (
        {"participant": value, "participant_scheme": scheme}
        if mark
        else {"participant": scheme, "participant_scheme": ""}
    )
