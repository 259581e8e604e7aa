"""Which search parameters does the register know that are not HL7's? FHIR R4 SearchParameter."""

from collections.abc import Iterator, Mapping

from eer.fhir import definition, kind
from eer.fhir.element import Json
from eer.fhir.kind import Kind, Term

TYPE = "SearchParameter"

Named = tuple[str, str, Term]
"""A type, the name of one of its parameters, and that parameter."""


def search_parameters(kinds: Mapping[str, Kind]) -> Iterator[Json]:
    """Yield a definition for each parameter of *kinds* that has one to be told."""
    found: dict[str, list[Named]] = {}
    for each in kinds.values():
        for name, term in each.terms.items():
            if definition.is_offered(term.definition):
                found.setdefault(term.definition, []).append((each.type, name, term))
    for url, uses in found.items():
        yield _printed(url, uses)


def _printed(url: str, uses: list[Named]) -> Json:
    _, name, term = uses[0]
    targets = {"target": list(term.targets)} if term.targets else {}
    return {
        **definition.head(TYPE, url, term.describes),
        "code": name,
        "base": [type_name for type_name, _, _ in uses],
        "type": term.kind,
        "expression": " | ".join(_expression(type_name, each) for type_name, _, each in uses),
        **targets,
        "multipleOr": True,
        "multipleAnd": True,
    }


def _expression(type_name: str, term: Term) -> str:
    paths = " | ".join(f"{type_name}.{each}" for each in term.paths)
    return term.expression or paths


KIND = definition.kind(
    TYPE,
    {
        "base": kind.token("SearchParameter-base", "base"),
        "code": kind.token("SearchParameter-code", "code"),
        "target": kind.token("SearchParameter-target", "target"),
        "type": kind.token("SearchParameter-type", "type"),
    },
    search_parameters,
)
