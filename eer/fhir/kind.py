"""What does the register know of one resource type?

A type states itself in one file as a Kind; the CapabilityStatement is printed from these.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from eer.domain.errors import Issue
from eer.domain.identifiers import Reference
from eer.domain.model import Reading
from eer.domain.search import Token, canonical_system
from eer.fhir import element
from eer.fhir.element import Json


class TermKind(StrEnum):
    """The search parameter types in use (FHIR R4 value set search-param-type)."""

    TOKEN = "token"  # noqa: S105 - FHIR's word for it
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Term:
    """A search parameter: its type, where its definition stands, and how to find its values.

    *target* is the type of resource that a reference leads to.
    """

    kind: TermKind
    definition: str
    values: Callable[[Json], Iterable[Token | Reference]]
    target: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A resource type: its profiles, its rules, its search terms and its reading.

    *issues* are the faults of a resource by itself, beyond its structure; *identity* are the
    (system, value) pairs under which `eer load` finds a resource that is here under another id.
    """

    type: str
    profiles: tuple[str, ...]
    terms: Mapping[str, Term]
    issues: Callable[[Json], Iterable[Issue]]
    reading: Callable[[Reference, Json], Reading]
    identity: Callable[[Json], tuple[Token, ...]]


def identifier(type_name: str) -> Term:
    """Return the parameter `identifier`; both spellings of the GLN system are indexed as one."""

    def values(json: Json) -> Iterator[Token]:
        for _, system, value in element.identifiers(json):
            if value is not None:
                yield Token(canonical_system(system or ""), value)

    return Term(TermKind.TOKEN, _hl7(type_name, "identifier"), values)


def code(type_name: str, parameter: str) -> Term:
    """Return a parameter over the `code` element of the same name."""

    def values(json: Json) -> Iterator[Token]:
        found = element.text(json, parameter)
        if found is not None:
            yield Token("", found)

    return Term(TermKind.TOKEN, _hl7(type_name, parameter), values)


def organization(type_name: str, name: str) -> Term:
    """Return the parameter `organization` over the Reference element *name*."""

    def values(json: Json) -> Iterator[Reference]:
        found = element.reference(element.one(json, name))
        if found is not None:
            yield found

    definition = _hl7(type_name, "organization")
    return Term(TermKind.REFERENCE, definition, values, target="Organization")


def _hl7(type_name: str, parameter: str) -> str:
    return f"http://hl7.org/fhir/SearchParameter/{type_name}-{parameter}"
