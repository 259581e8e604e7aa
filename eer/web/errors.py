"""How is a failure told to a FHIR client? The one table from failures to HTTP."""

import logging
from collections.abc import Mapping

import orjson
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from eer.domain.errors import (
    Absent,
    Conflict,
    Failure,
    Implausible,
    Issue,
    IssueCode,
    Malformed,
    Refused,
    Severity,
    Unavailable,
    error,
)
from eer.fhir.outcome import outcome
from eer.web import formats

_LOG = logging.getLogger(__name__)

_BY_KIND: Mapping[type[Failure], int] = {
    Malformed: 400,
    Refused: 422,
    Absent: 404,
    Conflict: 409,
    Implausible: 409,
    Unavailable: 503,
}
_BY_CODE: Mapping[IssueCode, int] = {
    IssueCode.LOGIN: 401,
    IssueCode.FORBIDDEN: 403,
    IssueCode.DELETED: 410,
}
_OF_STATUS: Mapping[int, IssueCode] = {
    404: IssueCode.NOT_FOUND,
    405: IssueCode.NOT_SUPPORTED,
    406: IssueCode.NOT_SUPPORTED,
    413: IssueCode.TOO_LONG,
    415: IssueCode.NOT_SUPPORTED,
}
_INTERNAL = error(IssueCode.EXCEPTION, "", "the server failed; its log says why")


def register(app: Flask) -> None:
    """Let *app* answer every failure, expected or not, with an OperationOutcome."""
    app.register_error_handler(Failure, _failed)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def status_of(failure: Failure) -> int:
    """Return the HTTP status of a failure: by its first issue's code, else by its kind.

    A statement of If-Match is one about meta.versionId, and failing it is 412 (R4 3.1.0.5).
    """
    first = failure.issues[0]
    if isinstance(failure, Conflict) and first.expression.endswith(".meta.versionId"):
        return 412
    if isinstance(failure, Refused) and first.code is IssueCode.NOT_SUPPORTED:
        return 404
    return _BY_CODE.get(first.code, _BY_KIND[type(failure)])


def _failed(failure: Failure) -> Response:
    status = status_of(failure)
    _LOG.info("refused status=%s path=%r issues=%s", status, request.path, len(failure.issues))
    response = _answer(failure.issues, status)
    if status == _BY_CODE[IssueCode.LOGIN]:
        response.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    elif failure.issues[0].code is IssueCode.FORBIDDEN:
        response.headers["WWW-Authenticate"] = 'Bearer error="insufficient_scope"'
    return response


def _http(fault: HTTPException) -> Response:
    status = fault.code or 500
    code = _OF_STATUS.get(status, IssueCode.EXCEPTION)
    response = _answer((error(code, "", fault.description or fault.name),), status)
    for name, value in fault.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


def _unexpected(fault: Exception) -> Response:
    """The top of the process: nothing of the fault leaves it but into the log."""
    _LOG.error("failed path=%r", request.path, exc_info=fault)
    return _answer((_INTERNAL,), 500)


def _answer(issues: tuple[Issue, ...], status: int) -> Response:
    try:
        wanted = formats.wanted(request)
    except (Malformed, HTTPException):
        wanted = formats.DEFAULT
    told = tuple(each for each in issues if each.severity is not Severity.INFORMATION) or issues
    return wanted.response(orjson.dumps(outcome(told)), status)
