"""What can be asked of this server? OpenAPI 3.1, from the tables that the code runs on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from eer.fhir import (
    openapi_bodies,
    openapi_operations,
    openapi_parameters,
    openapi_schemas,
    request,
    results,
)
from eer.fhir.kind import COMMON, Kind, Term
from eer.fhir.openapi_interactions import CAPABILITIES, INTERACTIONS, Interaction
from eer.fhir.operations import Operation

Said = dict[str, Any]
Part = tuple[str, str, Said]
"""A path, a method, and what is said of both."""

_SERVER = "Server"
_ANY_TYPE = "Resource"
_SHARED = ("Bundle", "CapabilityStatement", "OperationOutcome", "Parameters")


class Routed(Protocol):
    """A route, as far as it is told of."""

    @property
    def methods(self) -> tuple[str, ...]:
        """What it answers."""

    @property
    def path(self) -> str:
        """Where, below the base."""

    @property
    def of_definitions(self) -> object:
        """What answers for the types that the program defines itself, if anything does."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a server offers: types, routes and operations, where, in which release.

    *most_bytes* is how large a body may be.
    """

    kinds: Mapping[str, Kind]
    routes: Sequence[Routed]
    operations: Sequence[Operation]
    base_url: str
    version: str
    most_bytes: int


def description(offer: Offer) -> Said:
    """Return the description of what is offered."""
    paths: dict[str, Said] = {}
    for path, method, said in (*_interactions(offer), *_operations(offer), *_open()):
        paths.setdefault(path, _named(path))[method.lower()] = said
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "EHMI Endpoint Register",
            "version": offer.version,
            "description": _about(offer),
        },
        "servers": [{"url": offer.base_url}],
        "security": [{"bearer": []}],
        "tags": [{"name": each} for each in (*offer.kinds, _SERVER)],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "parameters": _parameters(offer),
            "schemas": _schemas(offer),
            "responses": openapi_bodies.failures(),
        },
    }


def _about(offer: Offer) -> str:
    return (
        "FHIR R4 (4.0.1) in JSON and XML; the CapabilityStatement at /metadata says the same in "
        "FHIR's words. Schemas name the elements of a resource; what has to be there and what it "
        "has to be like, FHIR R4 and the rules of the register say. A search parameter takes the "
        "modifiers of its type behind a colon, and a reference chains behind a dot. A body has at "
        f"most {offer.most_bytes} bytes, a Bundle {request.MOST_ENTRIES} entries, a page "
        f"{results.MAXIMUM_COUNT} matches."
    )


def _named(path: str) -> Said:
    """Return the parameters that a path has itself."""
    names = [each for each in ("id", "vid") if f"{{{each}}}" in path]
    return {"parameters": [openapi_parameters.reference(each) for each in names]} if names else {}


def _interactions(offer: Offer) -> Iterator[Part]:
    """Yield what is said of each interaction, at each type that has it."""
    terms = {name: (*openapi_parameters.TABLE, *each) for name, each in _terms(offer).items()}
    for route in offer.routes:
        for method in route.methods:
            found = INTERACTIONS.get((method, route.path))
            if found is not None:
                for type_name in _types(offer, route):
                    said = _interaction(found, type_name, terms[type_name])
                    yield _at(route.path, type_name), method, said


def _types(offer: Offer, route: Routed) -> Iterable[str]:
    if "<type_name>" not in route.path:
        return (_ANY_TYPE,)
    has_definitions = route.of_definitions is not None
    return (each.type for each in offer.kinds.values() if each.fixed is None or has_definitions)


def _at(path: str, type_name: str) -> str:
    known = {"<type_name>": type_name, "<resource_id>": "{id}", "<number>": "{vid}"}
    for mark, value in known.items():
        path = path.replace(mark, value)
    return path


def _interaction(found: Interaction, type_name: str, terms: Iterable[str] = ()) -> Said:
    is_whole = type_name == _ANY_TYPE
    names = [*found.takes, *openapi_parameters.FORMS]
    searched = [f"{type_name}.{each}" for each in terms] if found.is_search else []
    return {
        "operationId": found.name if is_whole else f"{found.name}{type_name}",
        "summary": found.summary.format(type=type_name),
        "tags": [_SERVER if is_whole else type_name],
        "parameters": [openapi_parameters.reference(each) for each in (*searched, *names)],
        **openapi_bodies.sent(found.sends, type_name),
        "responses": openapi_bodies.given(found.gives, found.refuses, type_name),
    }


def _operations(offer: Offer) -> Iterator[Part]:
    kept = [each.type for each in offer.kinds.values() if each.fixed is None]
    for each in offer.operations:
        yield from openapi_operations.said(each, kept)


def _open() -> Iterator[Part]:
    """Yield what nobody needs a token for."""
    everybody: Said = {"security": []}
    yield "/metadata", "GET", _interaction(CAPABILITIES, _ANY_TYPE) | everybody
    plain = {"description": "This description", "content": {"application/json": {}}}
    said = {
        "operationId": "openapi",
        "summary": "Read what the server can do, as OpenAPI says it",
        "tags": [_SERVER],
        "parameters": [openapi_parameters.reference("If-None-Match")],
        "responses": {"200": plain, "304": openapi_bodies.nothing(304)},
    }
    yield "/openapi.json", "GET", said | everybody


def _parameters(offer: Offer) -> Said:
    found = dict(openapi_parameters.shared())
    for type_name, terms in _terms(offer).items():
        found |= openapi_parameters.of_search(type_name, terms)
    return found


def _schemas(offer: Offer) -> Said:
    answers = [name for each in offer.operations for name in openapi_operations.schemas(each)]
    types = sorted({*offer.kinds, *_SHARED, *answers})
    found = openapi_schemas.resources(types)
    for type_name, terms in _terms(offer).items():
        names = (*openapi_parameters.TABLE, *terms, *openapi_parameters.RESULTS)
        found[openapi_schemas.form(type_name)] = openapi_schemas.search(names)
    return found


def _terms(offer: Offer) -> Mapping[str, Mapping[str, Term]]:
    """Return the search parameters of each type, and of all of them."""
    return {**{name: each.all_terms for name, each in offer.kinds.items()}, _ANY_TYPE: COMMON}
