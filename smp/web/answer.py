"""Which stored bytes answer a path?

OASIS SMP 1.0, section 3.4: a ServiceGroup or a SignedServiceMetadata. It stands in front of Flask,
whose routing folds slashes and redirects; what was asked before is not read again.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.http import http_date, is_resource_modified

from eer.domain.errors import Absent, Failure, Malformed, Unavailable
from smp.domain.identifiers import split_path
from smp.store.documents import Documents, Published
from smp.web import target

_LOG = logging.getLogger(__name__)

_READS = ("GET", "HEAD")
_NEVER = float("-inf")
_RESPITE = 1.0
"""Seconds that a database that does not answer is left alone."""
_CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE")
_STATUS: dict[type[Failure], HTTPStatus] = {
    Malformed: HTTPStatus.BAD_REQUEST,
    Absent: HTTPStatus.NOT_FOUND,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}


@dataclass(frozen=True, slots=True)
class Policy:
    """What is remembered, and for how long.

    *prefix* is the path of the public base URL, answered with it and without. *entries* bounds how
    many documents are kept in memory. A change of what is public is seen after *fresh* seconds at
    the latest; caches in between are told *max_age* seconds.
    """

    prefix: str = ""
    entries: int = 4096
    fresh: float = 0.1
    max_age: int = 60


@dataclass(frozen=True, slots=True)
class _Kept:
    """A document with its headers, ready to go out."""

    headers: tuple[tuple[str, str], ...]
    published: Published


class Answer:
    """The WSGI application of the two reads: no key, no mapping, stored bytes only."""

    def __init__(
        self, documents: Documents, clock: Callable[[], float], policy: Policy = Policy()
    ) -> None:
        """Answer from *documents*; *clock* tells seconds that never go back."""
        self.policy = policy
        self._documents = documents
        self._clock = clock
        self._seen = (_NEVER, 0)
        self.is_cut_off = False
        """Whether only what is remembered is answered, for the database does not answer."""
        # What is not there raises, and what raises is not kept: strangers cannot fill the memory.
        self._kept = lru_cache(maxsize=policy.entries)(self._look_up)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request: 200, 304, 400, 404, 405 or 503, never a redirect."""
        method = environ["REQUEST_METHOD"]
        if method not in _READS:
            allow = ("Allow", ", ".join(_READS))
            return plain(HTTPStatus.METHOD_NOT_ALLOWED, environ, start_response, allow)
        try:
            kept = self._find(environ)
        except (Malformed, Absent, Unavailable) as fault:
            return plain(_STATUS[type(fault)], environ, start_response)
        if ("HTTP_IF_NONE_MATCH" in environ or "HTTP_IF_MODIFIED_SINCE" in environ) and not (
            _is_modified(environ, kept)
        ):
            start_response("304 Not Modified", list(kept.headers[2:]))
            return []
        start_response("200 OK", list(kept.headers))
        # A list, and not another iterable: servers send it in one piece.
        return [kept.published.body] if method == "GET" else []

    def _find(self, environ: WSGIEnvironment) -> _Kept:
        """Look at the target as it was sent where the server tells it, else at the decoded path."""
        return self._kept(*target.sent(environ), self._generation())

    def _generation(self) -> int:
        """Read it anew when the last reading is too old.

        Set together with the time *before* the reading: whatever threads do, nothing is answered
        from a reading older than allowed.
        """
        read_at, generation = self._seen
        now = self._clock()
        if now - read_at >= self.policy.fresh:
            try:
                generation = self._documents.generation()
            except Unavailable as fault:
                return self._without_database(fault, now)
            self._seen = (now, generation)
            if self.is_cut_off:
                _LOG.warning("answering again database=publication")
                self.is_cut_off = False
        return generation

    def _without_database(self, fault: Unavailable, now: float) -> int:
        """Return the generation that was read last: what is remembered of it is answered on.

        No client is told; the log is, once, and whoever counts. What was never read is not there:
        raises *fault* then. The database is left alone for a moment, for it may take long to fail.
        """
        read_at, generation = self._seen
        if not self.is_cut_off:
            _LOG.error("cut off database=publication, answering from memory only: %s", fault.text)
            self.is_cut_off = True
        if read_at == _NEVER:
            raise fault
        self._seen = (now + _RESPITE, generation)
        return generation

    def _look_up(self, path: str, reading: target.Reading, _generation: int) -> _Kept:
        """Read one document.

        The generation is part of what is remembered, so that an answer which took long cannot be
        kept for a later state. Raises Malformed, Absent and Unavailable.
        """
        participant, document = split_path(self._below_prefix(target.decoded(reading(path))))
        if document is None:
            published = self._documents.group(participant)
        else:
            published = self._documents.document(participant, document)
        if published is None:
            raise Absent(target.ABSENT)
        return self._prepare(published)

    def _below_prefix(self, path: str) -> str:
        prefix = self.policy.prefix
        return path.removeprefix(prefix) if path.startswith(f"{prefix}/") else path

    def _prepare(self, published: Published) -> _Kept:
        headers = (
            ("Content-Type", "text/xml; charset=UTF-8"),
            ("Content-Length", str(len(published.body))),
            ("ETag", published.etag),
            ("Last-Modified", http_date(published.last_modified)),
            ("Cache-Control", f"max-age={self.policy.max_age}"),
        )
        return _Kept(headers, published)


def plain(
    status: HTTPStatus,
    environ: WSGIEnvironment,
    start_response: StartResponse,
    *headers: tuple[str, str],
) -> Iterable[bytes]:
    """Answer with the status and its words; nobody is to remember it."""
    body = f"{status.value} {status.phrase}\n".encode()
    about = [
        ("Content-Type", "text/plain; charset=UTF-8"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
    ]
    start_response(f"{status.value} {status.phrase}", [*about, *headers])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def _is_modified(environ: WSGIEnvironment, kept: _Kept) -> bool:
    conditions = {name: environ[name] for name in _CONDITIONS if name in environ}
    published = kept.published
    return is_resource_modified(
        conditions, etag=published.etag, last_modified=published.last_modified
    )
