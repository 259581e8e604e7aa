"""How is a failure told to a FHIR client? The one table from failures to HTTP."""

import logging
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus

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
from eer.domain.policy import Policy
from eer.domain.wording import Sentence, say
from eer.fhir.language import Language
from eer.fhir.outcome import outcome
from eer.web import formats

_LOG = logging.getLogger(__name__)

GONE = 410
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
    IssueCode.DELETED: GONE,
    IssueCode.MULTIPLE_MATCHES: 412,
}
_OF_STATUS: Mapping[int, IssueCode] = {
    404: IssueCode.NOT_FOUND,
    405: IssueCode.NOT_SUPPORTED,
    406: IssueCode.NOT_SUPPORTED,
    413: IssueCode.TOO_LONG,
    414: IssueCode.TOO_LONG,
    415: IssueCode.NOT_SUPPORTED,
    431: IssueCode.TOO_LONG,
}
_RETRY_SECONDS = "5"


def register(app: Flask, policy: Policy) -> None:
    """Let *app* answer every failure, expected or not, with an OperationOutcome."""
    app.register_error_handler(Failure, partial(_failed, policy))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def status_of(failure: Failure) -> int:
    """Return the HTTP status of a failure: by its first issue's code, else by its kind.

    A statement of If-Match is one about meta.versionId, and failing it is 412 (R4 3.1.0.5); so
    are criteria in a reference that nothing meets.
    """
    first = failure.issues[0]
    is_unmet = first.expression.endswith("meta.versionId") or first.code is IssueCode.NOT_FOUND
    if isinstance(failure, Conflict) and is_unmet:
        return 412
    if isinstance(failure, Refused) and first.code is IssueCode.NOT_SUPPORTED:
        return 404
    return _BY_CODE.get(first.code, _BY_KIND[type(failure)])


def told(fault: Failure | HTTPException, policy: Policy) -> tuple[int, tuple[Issue, ...]]:
    """Return the status of a failure, as the operator wants it, and what is told of it."""
    if isinstance(fault, Failure):
        status = status_of(fault)
        return (404 if status == GONE and policy.hides_deleted else status), _issues(fault)
    return _told_of_http(fault)


def unread(status: int) -> tuple[str, bytes]:
    """Return the media type and the body for a request that could not be read as one of HTTP.

    Its form and language cannot be known, so it is JSON and English.
    """
    code = _OF_STATUS.get(status, IssueCode.STRUCTURE)
    text = say("the request cannot be answered: {name}", name=HTTPStatus(status).phrase)
    said = outcome((error(code, "", text),), Language.ENGLISH)
    return formats.DEFAULT.media_type, orjson.dumps(said)


def unreadable(fault: Exception) -> Response:
    """Answer a request whose body breaks off in HTTP's own form while it is read."""
    name = request.headers.get("X-Request-Id", "")
    _LOG.warning("refused path=%r cause=%r id=%r", request.path, str(fault), name)
    text = say("the body cannot be read, expected it in the form that its headers say")
    return _answer((error(IssueCode.STRUCTURE, "", text),), 400)


def _issues(failure: Failure) -> tuple[Issue, ...]:
    """Return what is told of a failure: nothing of what the database said, but to the log."""
    if not isinstance(failure, Unavailable):
        return failure.issues
    name = request.headers.get("X-Request-Id", "")
    _LOG.error("unavailable path=%r cause=%r id=%r", request.path, failure.text, name)
    text = say("the register cannot answer now: try again")
    return tuple(error(each.code, each.expression, text) for each in failure.issues)


def information(code: IssueCode, text: Sentence) -> Issue:
    """Return an issue that refuses nothing."""
    return Issue(Severity.INFORMATION, code, "", text)


def _failed(policy: Policy, failure: Failure) -> Response:
    status, issues = told(failure, policy)
    count, name = len(issues), request.headers.get("X-Request-Id", "")
    _LOG.info("refused status=%s path=%r issues=%s id=%r", status, request.path, count, name)
    response = _answer(issues, status)
    if isinstance(failure, Unavailable):
        response.headers["Retry-After"] = _RETRY_SECONDS
    return _challenged(failure, response)


def _challenged(failure: Failure, response: Response) -> Response:
    """Say what token is wanted (RFC 6750, section 3); who sent none is told of no error."""
    code = failure.issues[0].code
    if code is IssueCode.LOGIN:
        sent = "Authorization" in request.headers
        challenge = 'Bearer error="invalid_token"' if sent else "Bearer"
        response.headers["WWW-Authenticate"] = challenge
    elif code is IssueCode.FORBIDDEN:
        response.headers["WWW-Authenticate"] = 'Bearer error="insufficient_scope"'
    return response


def _http(fault: HTTPException) -> Response:
    status, issues = _told_of_http(fault)
    response = _answer(issues, status)
    for name, value in fault.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


def _told_of_http(fault: HTTPException) -> tuple[int, tuple[Issue, ...]]:
    status = fault.code or 500
    return status, (error(_OF_STATUS.get(status, IssueCode.EXCEPTION), "", _said(fault)),)


def _said(fault: HTTPException) -> Sentence:
    """Return our sentence for what werkzeug found."""
    if isinstance(fault.description, Sentence):
        return fault.description
    if fault.code == 404:  # noqa: PLR2004 - HTTP's own numbers
        return say("{path} leads nowhere here", path=request.path)
    if fault.code == 405:  # noqa: PLR2004 - likewise
        return say("{method} is not served at {path}", method=request.method, path=request.path)
    if fault.code == 413:  # noqa: PLR2004 - likewise
        return say("the body is larger than what is read here")
    return say("the request cannot be answered: {name}", name=fault.name)


def _unexpected(fault: Exception) -> Response:
    """The top of the process: nothing of the fault leaves it but into the log."""
    name = request.headers.get("X-Request-Id", "")
    _LOG.error("failed path=%r id=%r", request.path, name, exc_info=fault)
    text = say("the server failed; its log says why")
    return _answer((error(IssueCode.EXCEPTION, "", text),), 500)


def _answer(issues: tuple[Issue, ...], status: int) -> Response:
    wanted = formats.of_failure(request)
    shown = tuple(each for each in issues if each.severity is not Severity.INFORMATION) or issues
    said = outcome(shown, formats.spoken(request))
    return wanted.response(orjson.dumps(said), status)
