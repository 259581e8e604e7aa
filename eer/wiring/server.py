"""A WSGI application under gunicorn, for whoever serves one."""

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from gunicorn import util
from gunicorn.app.base import BaseApplication
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.workers.gthread import ThreadWorker

from eer.domain.errors import Unavailable
from eer.domain.wording import say
from eer.wiring import tls
from eer.wiring.tls import Tls

_THREADS = 4
_TURN_SECONDS = 0.0002
_LONGEST_LINE = 8_190
"""The most that gunicorn takes: by default it refuses searches that proxies and clients do not."""


Refusal = Callable[[int], tuple[str, bytes]]
"""From the status of a request that no application sees to a media type and a body."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen, with how many processes, and whether in TLS."""

    host: str
    port: int
    workers: int
    tls: Tls | None = None


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    def __init__(
        self, application: Callable[[], Any], options: dict[str, Any], refusal: Refusal | None
    ) -> None:
        self._application = application
        self._options = options
        self.refusal = refusal
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return self._application()


class _Worker(ThreadWorker):  # type: ignore[misc]  # likewise
    """Tells of a request that is none in the application's words, where it has some."""

    def accept(self, listener: socket.socket) -> None:
        """Let a worker without connections go first: they stay where they are accepted."""
        if self.nr_conns and self.cfg.workers > 1:
            time.sleep(_TURN_SECONDS)
        super().accept(listener)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
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


def run(
    application: Callable[[], Any], place: Place, name: str, refusal: Refusal | None = None
) -> None:
    """Serve what *application* makes, in each worker anew, until told to stop.

    *refusal* tells of requests that cannot be read. Raises Unavailable when the address is taken,
    and as the context of TLS does.
    """
    check_free(place)
    options = {
        "bind": f"[{place.host}]:{place.port}"
        if ":" in place.host
        else f"{place.host}:{place.port}",
        "workers": place.workers,
        "threads": _THREADS,
        "limit_request_line": _LONGEST_LINE,
        "worker_class": _Worker,
        "proc_name": name,
        "control_socket_disable": True,
        **_encrypted(place.tls),
    }
    _Server(application, options, refusal).run()


def _encrypted(given: Tls | None) -> dict[str, Any]:
    """Return the options of TLS: each connection has the files as they are then."""
    if given is None:
        return {}
    tls.context(given)
    return {
        "certfile": str(given.certificate),
        "keyfile": str(given.key),
        "ssl_context": lambda _settings, _usual: tls.context(given),
    }


def check_free(place: Place) -> None:
    """Raise Unavailable when the TCP address cannot be listened on."""
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((place.host, place.port))
        except OSError as fault:
            raise Unavailable(
                say(
                    "{host}:{port} cannot be listened on ({cause}): "
                    "end what listens there, or choose another --bind",
                    host=place.host,
                    port=place.port,
                    cause=fault.strerror,
                )
            ) from None
