"""How do tools that know other SMPs hand in what they want published?

The calls of phoss SMP and DomiSMP: PUT and DELETE of a ServiceGroup and of a ServiceMetadata, and
the answers that DomiSMP gives (docs/interfaces/manage.md). As in smp/web/answer.py, identifiers
do not pass through Flask's routing.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from threading import Semaphore
from wsgiref.types import StartResponse, WSGIEnvironment
from xml.sax.saxutils import escape

from eer.domain.errors import (
    Absent,
    Conflict,
    Failure,
    Implausible,
    IssueCode,
    Malformed,
    Refused,
    Unavailable,
    error,
)
from smp.domain.identifiers import DocumentId, DocumentKey, Identifier, ParticipantId, split_path
from smp.domain.legacy import participant
from smp.manage import Desk, Done
from smp.web import callers, guesses, target
from smp.web.answer import plain
from smp.web.callers import Callers

LARGEST = 1024 * 1024
"""The most bytes of a body that are read."""

BASIC, BEARER = 'Basic realm="SMP", charset="UTF-8"', 'Bearer realm="SMP"'

_WRITES = ("PUT", "DELETE")
_RESOURCES = ("/smp-1/",)
_XML = ("text/xml", "application/xml")
_PUBLIC = "PUBLIC"
_ELSEWHERE = (
    *("list", "complete", "servicegroupids", "smpquery", "businesscard", "businesscardquery"),
    *("exchange", "migration"),
)
"""What phoss SMP has at the top of its paths; nobody is called so."""
_LONGEST_SENTENCE = 4_000
_LONGEST_NAME = 100
_AGAIN = {HTTPStatus.SERVICE_UNAVAILABLE: 5, HTTPStatus.TOO_MANY_REQUESTS: guesses.LONGEST}
"""Seconds after which a client may try again."""
_BY_KIND: Mapping[type[Failure], HTTPStatus] = {
    Malformed: HTTPStatus.BAD_REQUEST,
    Refused: HTTPStatus.BAD_REQUEST,
    Absent: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Implausible: HTTPStatus.CONFLICT,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
_BY_CODE: Mapping[IssueCode, HTTPStatus] = {
    IssueCode.LOGIN: HTTPStatus.UNAUTHORIZED,
    IssueCode.FORBIDDEN: HTTPStatus.FORBIDDEN,
    IssueCode.THROTTLED: HTTPStatus.TOO_MANY_REQUESTS,
    IssueCode.TOO_LONG: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    IssueCode.INVALID: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
}
_BUSINESS: Mapping[IssueCode, str] = {
    IssueCode.STRUCTURE: "XSD_INVALID",
    IssueCode.VALUE: "WRONG_FIELD",
    IssueCode.INVARIANT: "OUT_OF_RANGE",
    IssueCode.CODE_INVALID: "FORMAT_ERROR",
    IssueCode.TOO_LONG: "INVALID_INPUT_DATA",
    IssueCode.INVALID: "INVALID_INPUT_DATA",
    IssueCode.LOGIN: "UNAUTHORIZED",
    IssueCode.FORBIDDEN: "UNAUTHORIZED",
    IssueCode.THROTTLED: "UNAUTHORIZED",
    IssueCode.NOT_FOUND: "NOT_FOUND",
    IssueCode.TRANSIENT: "TECHNICAL",
    IssueCode.EXCEPTION: "TECHNICAL",
}
_WAITS = (
    "stored, and not public yet: the publisher has not come to it, holds it or cannot publish it; "
    "smp plan says which\n"
)

_CROWDED = (
    "stored, and not public yet: so many wait for the publisher already that this answer does not; "
    "smp plan says whether anything is held\n"
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Manage:
    """The WSGI application of the writes.

    *callers* may call, *patience* waits a little for the publisher and returns whether to go on
    waiting, *unique* names one answer. So many as there are *seats* wait at a time, fewer than
    there are threads. *challenge* is what somebody unknown should show.
    """

    desk: Desk
    callers: Callers
    patience: Callable[[], Callable[[], bool]]
    unique: Callable[[], str]
    seats: Semaphore
    challenge: str = BASIC

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        try:
            if environ.get("PATH_INFO") in ("/health", "/ready"):
                if environ["PATH_INFO"] == "/ready":
                    self.desk.book.revision()
                return plain(HTTPStatus.OK, environ, start_response)
            done = self._do(environ)
            if done is None:
                allow = ("Allow", ", ".join(_WRITES))
                return plain(HTTPStatus.METHOD_NOT_ALLOWED, environ, start_response, allow)
            return self._told(done, start_response)
        except Failure as fault:
            return self._refused(fault, environ, start_response)
        except Exception:  # noqa: BLE001 - the top of the process: nothing of it leaves but into the log
            _log.exception("no answer method=%s", environ["REQUEST_METHOD"])
            return self._refused(_technical(), environ, start_response)

    def _do(self, environ: WSGIEnvironment) -> Done | None:
        """Do what is asked; who is not known is told that before anything else is looked at."""
        caller = self.callers.of(environ)
        method, path = environ["REQUEST_METHOD"], target.path(environ)
        _check_served(path, environ)
        if method not in _WRITES:
            return None
        who, what = _named(path)
        if method == "PUT" and what != "":
            body = _body(environ)
            if what is None:
                return self.desk.put_group(caller, who, body, self.callers.owner(environ, caller))
            return self.desk.put_document(caller, _key(who, what), body)
        if method == "PUT":
            raise _wrong("a document is named behind /services/, found none")
        if what is None:
            return self.desk.delete_group(caller, who)
        if what == "":
            return self.desk.delete_documents(caller, who)
        return self.desk.delete_document(caller, _key(who, what))

    def _told(self, done: Done, start_response: StartResponse) -> Iterable[bytes]:
        """Wait for the publisher, and no longer than is allowed."""
        has_waited = self._waited(done)
        if not self.desk.is_pending(done) and self.desk.is_public(done):
            status = HTTPStatus.CREATED if done.is_new else HTTPStatus.OK
            return _answer(status, "text/plain", b"", start_response)
        said = _WAITS if has_waited else _CROWDED
        return _answer(HTTPStatus.ACCEPTED, "text/plain", said.encode(), start_response)

    def _waited(self, done: Done) -> bool:
        """Wait until no run has to come any more, or too long; return whether there was a seat."""
        if not self.desk.is_pending(done):
            return True
        if not self.seats.acquire(blocking=False):
            return False
        try:
            patience = self.patience()
            while self.desk.is_pending(done) and patience():
                pass
        finally:
            self.seats.release()
        return True

    def _refused(
        self, fault: Failure, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        code = fault.issues[0].code
        status = _BY_CODE.get(code, _BY_KIND.get(type(fault), HTTPStatus.INTERNAL_SERVER_ERROR))
        unique, said = self.unique(), fault.text
        who = callers.name(environ)[:_LONGEST_NAME]
        where = self.callers.address(environ)[:_LONGEST_NAME]
        level = logging.DEBUG if code is IssueCode.THROTTLED else logging.INFO  # it may be a flood
        said_of = (status, unique, who, where, said)
        _log.log(level, "refused status=%d id=%s name=%r address=%r: %s", *said_of)
        if isinstance(fault, Unavailable):
            said = "the database or the register does not answer now: try again"
        headers = []
        if status is HTTPStatus.UNAUTHORIZED:
            headers.append(("WWW-Authenticate", self.challenge))
        if status in _AGAIN:
            headers.append(("Retry-After", str(_AGAIN[status])))
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<ErrorResponse xmlns="ec:services:SMP:1.0">'
            f"<BusinessCode>{_BUSINESS.get(code, 'OTHER_ERROR')}</BusinessCode>"
            f"<ErrorDescription>{_text(said)}</ErrorDescription>"
            f"<ErrorUniqueId>{escape(unique)}</ErrorUniqueId></ErrorResponse>"
        )
        return _answer(status, "text/xml", body.encode(), start_response, *headers)


def _check_served(path: str, environ: WSGIEnvironment) -> None:
    """Raise Absent for what other SMPs have beside these calls, Refused for what is never so."""
    kind = path.removeprefix("/").partition("/")[0]
    if kind in _ELSEWHERE:
        text = f"/{kind}: not served; only ServiceGroups and ServiceMetadata are written here"
        raise Absent(text, [error(IssueCode.NOT_FOUND, "", text)])
    visibility = environ.get("HTTP_RESOURCE_VISIBILITY", _PUBLIC)
    if visibility.upper() != _PUBLIC:
        text = f"Resource-Visibility {visibility!r}: all that is written here is {_PUBLIC}"
        raise Refused(text, [error(IssueCode.VALUE, "", text)])


def _named(path: str) -> tuple[ParticipantId, str | None]:
    """Return whom and what *path* names: no document for a group, an empty one for all of it.

    DomiSMP's clients may put the kind of resource in front.
    """
    for kind in _RESOURCES:
        if path.startswith(kind):
            path = path[len(kind) - 1 :]
    who, what = split_path(path)
    if what is None and who.endswith("/services"):
        return participant(who.removesuffix("/services")), ""
    return participant(who), what


def _key(who: ParticipantId, what: str) -> DocumentKey:
    try:
        return DocumentKey(who, DocumentId(Identifier.parse(what)))
    except Malformed as fault:
        raise _wrong(fault.text) from None


def _wrong(text: str) -> Malformed:
    return Malformed(text, [error(IssueCode.VALUE, "DocumentIdentifier", text)])


def _technical() -> Failure:
    text = "the server failed; its log says why"
    return Failure(text, [error(IssueCode.EXCEPTION, "", text)])


def _body(environ: WSGIEnvironment) -> bytes:
    """Read the body, and never more than is allowed, whatever its length is said to be."""
    media_type = (environ.get("CONTENT_TYPE") or "").partition(";")[0].strip().lower()
    if media_type not in ("", *_XML):
        text = f"Content-Type {media_type}: expected {' or '.join(_XML)}, or none"
        raise Refused(text, [error(IssueCode.INVALID, "", text)])
    said = environ.get("CONTENT_LENGTH") or ""
    length = int(said) if said.isascii() and said.isdigit() else LARGEST + 1
    if said and length > LARGEST:
        raise _too_long()
    body: bytes = environ["wsgi.input"].read(min(length, LARGEST + 1))
    if len(body) > LARGEST:
        raise _too_long()
    return body


def _too_long() -> Refused:
    text = f"the body is too long: expected at most {LARGEST} bytes"
    return Refused(text, [error(IssueCode.TOO_LONG, "", text)])


def _text(said: str) -> str:
    """What XML cannot carry was sent by the client, and is shown as escapes."""
    shown = said if said.isprintable() else said.encode("unicode_escape").decode()
    return escape(shown[:_LONGEST_SENTENCE])


def _answer(
    status: HTTPStatus,
    media_type: str,
    body: bytes,
    start_response: StartResponse,
    *headers: tuple[str, str],
) -> Iterable[bytes]:
    about = [
        ("Content-Type", f"{media_type}; charset=UTF-8"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        *headers,
    ]
    start_response(f"{status.value} {status.phrase}", about)
    return [body]
