"""How does a process of a server share its few threads among many connections?

By gunicorn's threads, with three things mended: a process that has connections lets one without
take the next; nobody keeps a thread who says nothing, or not all; and a request that is none is
told of in the application's words.
"""

import selectors
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any

from gunicorn import util
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.workers.gthread import ThreadWorker

_TURN_SECONDS = 0.0002


@dataclass(frozen=True, slots=True)
class Patience:
    """In how many seconds a request has to be said but for its body, and to be over."""

    head: float = 10
    whole: float = 120


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """One process with its threads."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._until: dict[Any, float] = {}

    def accept(self, listener: socket.socket) -> None:
        """Let a worker without connections go first: they stay where they are accepted."""
        if self.nr_conns and self.cfg.workers > 1:
            time.sleep(_TURN_SECONDS)
        super().accept(listener)

    def enqueue_req(self, conn: Any) -> None:
        """Give a connection to a thread once it has said something."""
        if conn.initialized or conn.data_ready:
            super().enqueue_req(conn)
            return
        conn.sock.settimeout(0)
        conn.timeout = time.monotonic() + self.cfg.keepalive
        self.pending_conns.append(conn)
        readable = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, readable)

    def handle(self, conn: Any) -> Any:
        """Read a request and answer it, in its time."""
        self._until[conn] = time.monotonic() + self.app.patience.head
        try:
            return super().handle(conn)
        finally:
            self._until.pop(conn, None)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer a request whose head has been read."""
        self._until[conn] = time.monotonic() + self.app.patience.whole
        return super().handle_request(req, conn)

    def notify(self) -> None:
        """Tell that this process lives, once a second at least, and cut off whoever is late."""
        super().notify()
        now = time.monotonic()
        for conn, until in tuple(self._until.items()):
            if until < now:
                self.log.warning("late ip=%s: cut off", conn.client[0] if conn.client else "")
                with suppress(OSError):  # of TLS the line below it: its thread is in the other
                    socket.socket.shutdown(conn.sock, socket.SHUT_RDWR)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """Tell of a request that is none in the application's words, where it has some."""
        refusal = self.app.refusal
        if refusal is None or not isinstance(exc, ParseException):
            super().handle_error(req, client, addr, exc)
            return
        self.log.warning("refused ip=%s cause=%s", addr[0] if addr else "", exc)
        status = _status(exc)
        media_type, body = refusal(status)
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nConnection: close\r\n"
            f"Content-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        with suppress(OSError):  # who sent it may be gone
            util.write_nonblock(client, head.encode() + body)


def _status(fault: ParseException) -> int:
    if isinstance(fault, LimitRequestLine):
        return 414
    return 431 if isinstance(fault, LimitRequestHeaders) else 400
