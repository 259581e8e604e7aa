"""Which answers need not be made again while nobody writes to the register?

An answer is held with the tip of the register that was looked at before it was made, and given
again while the tip is the same: nothing was written since, so it would be made alike. This stands
in front of Flask, for what is held needs no route and no rendering. The token is checked each time.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from cachetools import TTLCache
from flask import request

from eer.domain.errors import Failure
from eer.register.steady import steadily
from eer.store.records import Records
from eer.store.rows import Tip
from eer.web import request_id
from eer.web.parts import Parts

T = TypeVar("T")

_LIFE_SECONDS = 3_600
"""Less than a search is kept that a link names (register/long_searches.py)."""
_LONGEST = 2_000
_BESIDE = 6_000
"""Bytes that an answer takes beside its body: what was asked, by whom, and its headers."""

_WORDS = (
    *("SCRIPT_NAME", "PATH_INFO", "QUERY_STRING"),
    *("HTTP_ACCEPT", "HTTP_ACCEPT_LANGUAGE", "HTTP_PREFER"),
)
# What is asked under conditions is answered by the clock, and a body may say how to answer.
_NOT_HELD = (
    *("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"),
    *("CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"),
)
_NO_BODY = (None, "", "0")
_UNASKED = ("/health", "/ready")
"""What must answer though the database does not, whoever asks."""
_TIP, _MAY_BE_HELD = "eer.tip", "eer.may_be_held"
_OK = "200 OK"


@dataclass(frozen=True, slots=True)
class _Answer:
    tip: Tip
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Held:
    """A WSGI application that asks another, and holds what that says may be held."""

    def __init__(self, application: WSGIApplication, parts: Parts) -> None:
        self._application = application
        self._parts = parts
        self._lock = Lock()
        most = parts.held_answers * 1024 * 1024
        self._held: TTLCache[object, _Answer] = TTLCache(
            most,
            _LIFE_SECONDS,
            timer=lambda: parts.counter.now().timestamp(),
            getsizeof=lambda each: len(each.body) + _BESIDE,
        )

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, as the other application does or did."""
        asked = None
        with suppress(Failure):  # the other tells of it
            asked = self._asked(environ)
        if asked is None:
            return self._application(environ, start_response)
        words, tip = asked
        with self._lock:
            held = self._held.get(words)
        if held is not None and held.tip == tip:
            name = request_id.of(environ)
            named = [] if name is None else [(request_id.HEADER, name)]
            start_response(_OK, [*held.headers, *named])
            return [held.body]
        environ[_TIP] = tip
        started, body = self._made(environ)
        if started[0] == _OK and environ.get(_MAY_BE_HELD):
            # The bytes may be the beginning of a larger piece of memory: only they are kept.
            own = bytes(memoryview(body))
            self._hold(words, _Answer(tip, _lasting(started[1]), own))
        start_response(*started)
        return [body]

    def _asked(self, environ: WSGIEnvironment) -> tuple[object, Tip] | None:
        """Return what is asked, and the tip; None for what is not worth holding.

        It is asked by the words that were sent: who asks the same again uses the same. Raises
        Failure where the token or the database is none.
        """
        words = tuple(environ.get(each, "") for each in _WORDS)
        if environ["REQUEST_METHOD"] != "GET" or sum(map(len, words)) > _LONGEST:
            return None
        if environ.get("PATH_INFO") in _UNASKED:
            return None
        if any(environ.get(each) not in _NO_BODY for each in _NOT_HELD):
            return None
        by = self._parts.gate.of(environ)
        with self._parts.counter.store.looking() as connection:
            tip = Records(connection).tip()
        return (by, words), tip

    def _made(self, environ: WSGIEnvironment) -> tuple[tuple[Any, ...], bytes]:
        """Return what the other application starts its answer with, and the body."""
        started: list[tuple[Any, ...]] = []

        def start(*given: Any) -> Callable[[bytes], object]:
            started[:] = [given]
            return _unused

        found = self._application(environ, start)
        try:
            body = b"".join(found)
            return started[0], body
        finally:
            if hasattr(found, "close"):
                found.close()

    def _hold(self, words: object, answer: _Answer) -> None:
        # One may be too large for all of it; and where the clock stepped back, the library misses
        # the one that it is to make room for.
        with self._lock, suppress(ValueError, KeyError):
            self._held[words] = answer


def may_be_held() -> None:
    """Say that the answer depends on nothing but the register, who asks, and how."""
    request.environ[_MAY_BE_HELD] = True


def steady(parts: Parts, find: Callable[[Records], T]) -> T:
    """Return what *find* finds in one state of the register, for an answer that may be held."""
    may_be_held()
    return steadily(parts.counter.store, find, request.environ.get(_TIP))


def _lasting(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(each for each in headers if each[0] != request_id.HEADER)


def _unused(_data: bytes) -> object:
    raise NotImplementedError("Flask gives its body back")
