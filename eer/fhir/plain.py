"""What does the register make of a type of plain R4, which EER has no rules for?

It is kept as R4 has it; where it points at types that are kept here, that has to be there.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from eer.domain.errors import Issue
from eer.domain.identifiers import Reference
from eer.domain.model import Claim, Reading, Role
from eer.domain.search import Token, canonical_system
from eer.fhir import element
from eer.fhir.element import Json
from eer.fhir.kind import Kind, Term
from eer.fhir.terminology import Vocabulary

Rules = Callable[[Json, Vocabulary], Iterable[Issue]]


def kind(type_name: str, terms: Mapping[str, Term], *profiles: str) -> Kind:
    """Return the kind of a type with no rules but R4's own."""
    return Kind(
        type=type_name,
        profiles=profiles,
        terms=terms,
        issues=no_issues,
        reading=reading,
        identity=identity,
    )


def canonical(type_name: str, terms: Mapping[str, Term], issues: Rules | None = None) -> Kind:
    """Return the kind of a type whose resources are known by their URL, and held once each."""
    return Kind(
        type=type_name,
        profiles=(),
        terms=terms,
        issues=issues or no_issues,
        reading=_canonical_reading,
        identity=_by_url,
        identified_by="url",
    )


def no_issues(_: Json, __: Vocabulary) -> Iterator[Issue]:
    """Yield nothing."""
    yield from ()


def reading(reference: Reference, _: Json) -> Reading:
    """Read a resource of which nothing else is made."""
    return Reading(reference, frozenset({Role.ANY}), (), (), None)


def identity(json: Json) -> tuple[Token, ...]:
    """Return each identifier that has a value."""
    return tuple(
        Token(canonical_system(system or ""), value)
        for _, system, value in element.identifiers(json)
        if value is not None
    )


def _canonical_reading(reference: Reference, json: Json) -> Reading:
    url = element.text(json, "url")
    claims = () if url is None else (Claim("canonical", url, f"{reference.type}.url"),)
    return Reading(reference, frozenset({Role.ANY}), (), claims, None)


def _by_url(json: Json) -> tuple[Token, ...]:
    url = element.text(json, "url")
    return () if url is None else (Token("", url),)
