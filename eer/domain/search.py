"""What is a search, once its text has been understood?

FHIR R4 search, section 3.1.1.
"""

from dataclasses import dataclass

from eer.domain.identifiers import GLN_SYSTEMS, Reference


@dataclass(frozen=True, slots=True)
class Token:
    """A code with its system: None leaves that half open, an empty system means none is there."""

    system: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class Clause:
    """One parameter; it holds where any of its values does."""

    parameter: str
    any_of: tuple[Token | Reference | str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A type, the clauses that must all hold, and a page: *count* from behind the id *after*."""

    type: str
    clauses: tuple[Clause, ...]
    count: int
    after: str | None = None


def canonical_system(system: str) -> str:
    """Return the one spelling under which *system* is compared: both of the GLN are one."""
    return GLN_SYSTEMS[0] if system in GLN_SYSTEMS else system
