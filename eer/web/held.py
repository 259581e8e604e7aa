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
_BESIDE = 2_000
"""Bytes that an answer takes beside its body: what was asked, by whom, and its headers."""

_PLACE = ("SCRIPT_NAME", "PATH_INFO", "QUERY_STRING")
_WAY = ("HTTP_ACCEPT", "HTTP_ACCEPT_LANGUAGE", "HTTP_PREFER", "CONTENT_TYPE")
_CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE")
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
            self._hold(words, _Answer(tip, _lasting(started[1]), body))
        start_response(*started)
        return [body]

    def _asked(self, environ: WSGIEnvironment) -> tuple[object, Tip] | None:
        """Return what is asked, and the tip; None for what is not worth holding.

        It is asked by the words that were sent: who asks the same again uses the same. Raises
        Failure where the token or the database is none.
        """
        place = tuple(environ.get(each, "") for each in _PLACE)
        if environ["REQUEST_METHOD"] != "GET" or sum(map(len, place)) > _LONGEST:
            return None
        if any(each in environ for each in _CONDITIONS):
            return None
        by = self._parts.gate.of(environ)
        with self._parts.counter.store.looking() as connection:
            tip = Records(connection).tip()
        return (by, place, *(environ.get(each) for each in _WAY)), tip

    def _made(self, environ: WSGIEnvironment) -> tuple[tuple[Any, ...], bytes]:
        """Return what the other application starts its answer with, and the body."""
        started: list[tuple[Any, ...]] = []

        def start(*given: Any) -> Callable[[bytes], object]:
            started[:] = [given]
            return _unused

        found = self._application(environ, start)
        try:
            return started[0], b"".join(found)
        finally:
            if hasattr(found, "close"):
                found.close()

    def _hold(self, words: object, answer: _Answer) -> None:
        with self._lock, suppress(ValueError):  # one that is too large for all of it
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
