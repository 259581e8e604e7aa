"""Whoever says nothing, or not all, keeps nobody else from being answered."""

import multiprocessing
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from eer.wiring import server
from eer.wiring.server import Place
from eer.wiring.worker import Patience
from flows.house import await_port, free_port

_MANY = 12
"""Three times as many as there are threads."""
_LONG = 30


def _answer(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    body = b"%d read" % len(environ["wsgi.input"].read())
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


def _serve(port: int) -> None:
    patience = Patience(head=0.5, whole=2)
    server.run(lambda: _answer, Place("127.0.0.1", port, 1, patience=patience), "slow")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    found = free_port()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(found,))
    process.start()
    try:
        await_port(found)
        yield found
    finally:
        process.terminate()
        process.join(_LONG)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET / HTT",
        b"GET / HTTP/1.1\r\nHost: a\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf",
    ],
    ids=["nothing", "half a line", "half a head", "half a body"],
)
def test_slow_clients_keep_nobody_waiting_for_long(port: int, said: bytes) -> None:
    with ExitStack() as stack:
        slow = [_line(port, stack) for _ in range(_MANY)]
        for each in slow:
            each.sendall(said)
        asking = _line(port, stack)
        asking.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

        assert asking.recv(4096).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("said", [b"GET / HTT", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n"])
def test_who_is_too_slow_is_cut_off(port: int, said: bytes) -> None:
    with ExitStack() as stack:
        slow = _line(port, stack)
        slow.sendall(said)

        assert _rest(slow) is not None


def _line(port: int, stack: ExitStack) -> socket.socket:
    return stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=_LONG))


def _rest(line: socket.socket) -> Any:
    """Return what comes until the line ends; it raises when it does not end."""
    said = b""
    while some := line.recv(4096):
        said += some
    return said
