"""How does OpenAPI say what a request carries and what an answer does?"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from eer.fhir import openapi_schemas
from eer.fhir.capability import PATCH_FORMATS
from eer.fhir.openapi_interactions import Body

Said = dict[str, Any]

JSON, XML = "application/fhir+json", "application/fhir+xml"
_FORM = "application/x-www-form-urlencoded"
_ANY = (400, 401, 403, 406, 500, 503)
_OUTCOME = "OperationOutcome"
_PATCHES: Mapping[str, Said] = {
    "application/json-patch+json": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["op", "path"],
            "properties": {
                "op": {"enum": ["add", "remove", "replace", "move", "copy", "test"]},
                "path": {"type": "string"},
                "from": {"type": "string"},
                "value": {},
            },
        },
    },
    "application/merge-patch+json": {"type": "object"},
    JSON: openapi_schemas.reference("Parameters"),
}
_HEADERS = {
    name: {"description": text, "schema": {"type": "string"}}
    for name, text in (
        ("ETag", 'W/"n", n the number of the version'),
        ("Last-Modified", "When the version was written"),
        ("Location", "Where the version is that was written"),
        ("Content-Location", "Where the version is that is shown"),
    )
}


def sent(body: Body, type_name: str) -> Said:
    """Return what is said of the body of a request about resources of a type, if it has one."""
    if body is Body.NOTHING:
        return {}
    if body is Body.PATCH:
        content = {each: _schema(_PATCHES.get(each)) for each in PATCH_FORMATS}
        return {"requestBody": {"required": True, "content": content}}
    if body is Body.FORM:
        schema = openapi_schemas.reference(openapi_schemas.form(type_name))
        return {"requestBody": {"content": {_FORM: _schema(schema)}}}
    name = type_name if body is Body.RESOURCE else body.value
    return {"requestBody": {"required": True, "content": forms(openapi_schemas.reference(name))}}


def given(gives: Mapping[int, Body], refuses: Iterable[int], type_name: str) -> Said:
    """Return what is said of the answers, by status: what comes, and what any request may meet."""
    answers = {status: _answer(status, body, type_name) for status, body in gives.items()}
    return responses(answers, refuses)


def responses(answers: Mapping[int, Said], refuses: Iterable[int]) -> Said:
    """Return *answers* and failures, in the order of their statuses."""
    failures = {each: {"$ref": f"#/components/responses/{_name(each)}"} for each in refuses}
    others = {each: {"$ref": f"#/components/responses/{_name(each)}"} for each in _ANY}
    return {str(status): each for status, each in sorted({**others, **failures, **answers}.items())}


def failures() -> Mapping[str, Said]:
    """Return the answer of each status that is a failure, by the name it stands under."""
    statuses = (*_ANY, 404, 405, 409, 410, 412, 413, 415, 422)
    content = forms(openapi_schemas.reference(_OUTCOME))
    return {
        _name(each): {"description": HTTPStatus(each).phrase, "content": content}
        for each in statuses
    }


def answer(schema: Said, text: str = "OK") -> Said:
    """Return an answer in both forms."""
    return {"description": text, "content": forms(schema)}


def nothing(status: int) -> Said:
    """Return an answer without a body."""
    return {"description": HTTPStatus(status).phrase}


def forms(schema: Said) -> Said:
    """Return a body in both forms; what XML looks like, FHIR's own schemas say."""
    return {JSON: _schema(schema), XML: {}}


def _answer(status: int, body: Body, type_name: str) -> Said:
    if body is Body.NOTHING:
        return nothing(status)
    phrase = HTTPStatus(status).phrase
    if body is Body.RESOURCE:
        return {**answer(openapi_schemas.reference(type_name), phrase), "headers": _HEADERS}
    if body is Body.WRITTEN:
        either = [openapi_schemas.reference(each) for each in (type_name, _OUTCOME)]
        return {**answer({"anyOf": either}, phrase), "headers": _HEADERS}
    return answer(openapi_schemas.reference(body.value), phrase)


def _schema(schema: Said | None) -> Said:
    return {} if schema is None else {"schema": schema}


def _name(status: int) -> str:
    return HTTPStatus(status).phrase.replace(" ", "")
