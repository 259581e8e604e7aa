"""How are participants, documents and processes named, and under which path are they found?

OASIS SMP 1.0 sections 2.4 and 3.4; a scheme ends at the first `::`, and everything behind it is
the value, further `::` and `##` included (docs/interfaces/smp.md).
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NewType
from urllib.parse import quote, unquote

from eer.domain.errors import Malformed
from eer.domain.identifiers import GLN_AGENCY, PARTICIPANT_SCHEME, Gln


@dataclass(frozen=True, slots=True, order=True)
class Identifier:
    """A scheme and a value, written `scheme::value`."""

    scheme: str
    value: str

    @classmethod
    def parse(cls, text: str) -> "Identifier":
        """Read `scheme::value`; raise Malformed when either part is empty or `::` is missing."""
        scheme, mark, value = text.partition("::")
        if not (scheme and mark and value):
            raise Malformed(f"identifier {text!r}: expected scheme::value")
        return cls(scheme, value)

    @property
    def folded(self) -> str:
        """The key it is compared by: case does not matter (SMP 1.0, 2.4.5 to 2.4.7)."""
        return fold(str(self))

    def __str__(self) -> str:
        return f"{self.scheme}::{self.value}"


ParticipantId = NewType("ParticipantId", Identifier)
"""Who receives: `iso6523-actorid-upis::0088:<GLN>`."""

DocumentId = NewType("DocumentId", Identifier)
"""What is received; the value is the payload type code, letter by letter."""

ProcessId = NewType("ProcessId", Identifier)
"""In which process it is received."""


@dataclass(frozen=True, slots=True, order=True)
class DocumentKey:
    """One published document: what a participant receives of one kind."""

    participant: ParticipantId
    document: DocumentId

    def __str__(self) -> str:
        return f"{self.participant} {self.document}"


def participant_of(gln: Gln) -> ParticipantId:
    """Return the participant that a GLN is."""
    return ParticipantId(Identifier(PARTICIPANT_SCHEME, f"{GLN_AGENCY}:{gln}"))


def participants_of(glns: Iterable[str]) -> Iterator[ParticipantId]:
    """Yield the participants that *glns* are; what is no GLN has never been published."""
    for gln in glns:
        try:
            yield participant_of(Gln.parse(gln))
        except Malformed:
            continue


def gln_of(participant: ParticipantId) -> str:
    """Return the GLN that a participant is."""
    return participant.value.removeprefix(f"{GLN_AGENCY}:")


def fold(text: str) -> str:
    """Return *text* as identifiers are compared: without regard to case."""
    return text.lower()


def finds(asked: Identifier, registered: Identifier, case_sensitive: Collection[str]) -> bool:
    """Whether who asks for *asked* finds *registered*.

    In *case_sensitive* schemes only who writes the value letter by letter does.
    """
    if fold(registered.scheme) in map(fold, case_sensitive):
        return (fold(asked.scheme), asked.value) == (fold(registered.scheme), registered.value)
    return asked.folded == registered.folded


def group_path(participant: ParticipantId) -> str:
    """Return the path of a participant's ServiceGroup below the base URL, with its slash."""
    return f"/{_quoted(str(participant))}"


def document_path(participant: ParticipantId, document: DocumentId) -> str:
    """Return the path of a SignedServiceMetadata below the base URL; server and client use it."""
    return f"{group_path(participant)}/services/{_quoted(str(document))}"


@lru_cache(maxsize=4096)
def _quoted(text: str) -> str:
    """Return *text* percent-encoded: the same few identifiers stand in group after group."""
    return quote(text, safe="")


def split_path(path: str) -> tuple[str, str | None]:
    """Take a path apart into participant and document, both as written by the client.

    *path* begins with its slash and may be as sent or percent-decoded: the first `/services/`
    divides it either way, since no participant identifier contains one. The document is None for
    a ServiceGroup. Raises Malformed when escapes are not UTF-8.
    """
    participant, mark, document = path.removeprefix("/").partition("/services/")
    try:
        return unquote(participant, errors="strict"), (
            unquote(document, errors="strict") if mark else None
        )
    except UnicodeDecodeError:
        raise Malformed(f"path {path!r}: the percent escapes are not UTF-8") from None
