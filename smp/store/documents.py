"""What does the public see? The read side of the publication database: one query a question.

OASIS SMP 1.0, section 2.4: identifiers are compared without regard to case, unless their scheme is
one that was declared to heed it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import TextClause, text

from smp.domain.identifiers import fold
from smp.store.session import Store

_GENERATION = text("SELECT number FROM generation")


@dataclass(frozen=True, slots=True)
class Published:
    """Bytes as they are served; *etag* is a strong one with its quotes, *last_modified* UTC."""

    body: bytes
    etag: str
    last_modified: datetime


class Documents:
    """The documents and groups that are public, by what clients write in a path.

    In *case_sensitive* schemes, of participants and of documents, only who writes a value letter by
    letter as it is registered finds it.
    """

    def __init__(self, store: Store, case_sensitive: Iterable[str] = ()) -> None:
        self._strict = {
            f"strict_{number}": fold(scheme) for number, scheme in enumerate(case_sensitive)
        }
        self._group = store.question(_group(self._strict))
        self._document = store.question(_document(self._strict))
        self._generation = store.question(_GENERATION)

    def group(self, participant: str) -> Published | None:
        """Return a participant's ServiceGroup; *participant* may come without its scheme."""
        return _published(self._group.first(self._strict | _participant(participant)))

    def document(self, participant: str, document: str) -> Published | None:
        """Return a SignedServiceMetadata; *document* as `scheme::value`, `value` or `::value`.

        A value alone is answered by the first of the configured schemes that has it.
        """
        scheme, mark, value = document.partition("::")
        whole = value if mark and not scheme else document
        sought = {
            "document_scheme": fold(scheme),
            "document": fold(value),
            "document_spelled": value,
            "whole": fold(whole),
            "whole_spelled": whole,
        }
        return _published(self._document.first(self._strict | _participant(participant) | sought))

    def generation(self) -> int:
        """Return a number that rises with every change of what is public."""
        row = self._generation.first({})
        return 0 if row is None else int(row[0])


def _published(row: tuple[Any, ...] | None) -> Published | None:
    if row is None:
        return None
    return Published(bytes(row[0]), row[1], datetime.fromtimestamp(row[2], UTC))


def _group(strict: Iterable[str]) -> TextClause:
    return text(
        f"""
        SELECT body, etag, last_modified FROM service_group
        WHERE {_is_participant(strict)}
        ORDER BY participant_scheme LIMIT 1
        """  # noqa: S608 - made of constants
    )


def _document(strict: Iterable[str]) -> TextClause:
    return text(
        f"""
        SELECT body, etag, last_modified FROM document
        WHERE {_is_participant(strict)}
          AND document_value IN (:document, :whole)
          AND (
            document_value = :whole AND {_is_spelled("document", "whole", strict)}
            OR document_value = :document AND document_scheme = :document_scheme
              AND {_is_spelled("document", "document", strict)}
          )
        ORDER BY
          CASE WHEN document_value = :whole THEN 1 ELSE 0 END,
          (SELECT position FROM document_scheme
           WHERE document_scheme.scheme = document.document_scheme),
          participant_scheme LIMIT 1
        """  # noqa: S608 - made of constants
    )


def _is_participant(strict: Iterable[str]) -> str:
    return f"""
        participant_value = :participant
        AND (:participant_scheme = '' OR participant_scheme = :participant_scheme)
        AND {_is_spelled("participant", "participant", strict)}
    """


def _is_spelled(kind: str, asked: str, strict: Iterable[str]) -> str:
    """Return what is true unless the scheme is *strict* and the registered value another."""
    schemes = ", ".join(f":{name}" for name in strict)
    if not schemes:
        return "TRUE"
    value = f"SUBSTR({kind}, LENGTH({kind}_scheme) + LENGTH('::') + 1)"
    return f"({kind}_scheme NOT IN ({schemes}) OR {value} = :{asked}_spelled)"


def _participant(text: str) -> dict[str, str]:
    scheme, mark, value = text.partition("::")
    if not mark:
        scheme, value = "", text
    return {
        "participant": fold(value),
        "participant_spelled": value,
        "participant_scheme": fold(scheme),
    }
