"""How does OpenAPI say what FHIR's operations take and come to? FHIR R4 operations.html."""

from collections.abc import Iterable, Iterator
from typing import Any

from eer.fhir import openapi_bodies, openapi_parameters, openapi_schemas, r4
from eer.fhir.operations import Operation, Parameter, Use

Said = dict[str, Any]

_REFUSED = (404, 410, 422)
_ALSO_SENT = (413, 415)


def said(operation: Operation, types: Iterable[str]) -> Iterator[tuple[str, str, Said]]:
    """Yield path, method and what is said of an operation, at each of *types* and each level."""
    for type_name in operation.types or types:
        if operation.at_type:
            yield from _at(operation, type_name, f"/{type_name}/${operation.name}", "")
        if operation.at_instance:
            path = f"/{type_name}/{{id}}/${operation.name}"
            yield from _at(operation, type_name, path, "Instance")


def schemas(operation: Operation) -> Iterator[str]:
    """Yield the resource types that an operation comes to."""
    for each in operation.parameters:
        if _is_answer(each):
            yield each.type


def _at(
    operation: Operation, type_name: str, path: str, level: str
) -> Iterator[tuple[str, str, Said]]:
    name = f"{operation.name}{type_name}{level}"
    taken = [each for each in operation.parameters if each.use is Use.IN]
    if not operation.affects_state:
        queried = [_query(each) for each in taken if r4.is_primitive(each.type)]
        yield path, "GET", _operation(operation, type_name, f"{name}ByUrl", queried, _REFUSED)
    either = [openapi_schemas.reference("Parameters")]
    if any(each.type == "Resource" for each in taken):
        either.append(openapi_schemas.reference(type_name))
    content = openapi_bodies.forms({"anyOf": either} if len(either) > 1 else either[0])
    posted = _operation(operation, type_name, name, [], (*_REFUSED, *_ALSO_SENT))
    yield path, "POST", {**posted, "requestBody": {"content": content}}


def _operation(
    operation: Operation, type_name: str, name: str, queried: list[Said], refuses: Iterable[int]
) -> Said:
    answers = [each.type for each in operation.parameters if _is_answer(each)]
    schema = openapi_schemas.reference(answers[0] if answers else "Parameters")
    shared = [openapi_parameters.reference(each) for each in openapi_parameters.FORMS]
    return {
        "operationId": name,
        "summary": operation.describes,
        "tags": [type_name],
        "parameters": [*queried, *shared],
        "responses": openapi_bodies.responses({200: openapi_bodies.answer(schema)}, refuses),
    }


def _query(each: Parameter) -> Said:
    """A primitive may stand in the URL, again and again where there may be several."""
    value = openapi_schemas.primitive(each.type)
    is_many = each.max is None or each.max > 1
    return {
        "name": each.name,
        "in": "query",
        "required": each.min > 0,
        "description": each.documentation,
        "schema": {"type": "array", "items": value} if is_many else value,
    }


def _is_answer(each: Parameter) -> bool:
    return each.use is Use.OUT and each.name == "return" and r4.is_resource(each.type)
