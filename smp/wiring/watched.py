"""What does a publisher at work answer operators: figures, that it lives, that work gets done?

At an address of its own, never at the public one.
"""

import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from socket import AF_INET6
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer

_LOG = logging.getLogger(__name__)

Objection = Callable[[], str]
"""Says why the work is not done, nothing when it is."""


def application(registry: CollectorRegistry, objection: Objection) -> WSGIApplication:
    """Return what answers /health and /ready, and the figures of *registry* at all else."""
    figures: WSGIApplication = make_wsgi_app(registry)

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        match environ.get("PATH_INFO"):
            case "/health":
                return _said(HTTPStatus.OK, environ, start_response)
            case "/ready":
                return _ready(objection(), environ, start_response)
            case _:
                return figures(environ, start_response)

    return answer


def show(application: WSGIApplication, host: str, port: int) -> None:
    """Let *application* answer at an address, beside what this process does; raises OSError."""
    kind = _Ipv6 if ":" in host else ThreadingWSGIServer
    server = make_server(host, port, application, kind, _Silent)
    Thread(target=server.serve_forever, daemon=True).start()


def _ready(why: str, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    if not why:
        return _said(HTTPStatus.OK, environ, start_response)
    _LOG.warning("not ready process=publish: %s", why)
    return _said(HTTPStatus.SERVICE_UNAVAILABLE, environ, start_response)


def _said(
    status: HTTPStatus, environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """As smp/web answers, without what faces the public: this process holds the key."""
    text = f"{status.value} {status.phrase}"
    body = f"{text}\n".encode()
    about = [
        ("Content-Type", "text/plain; charset=UTF-8"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
    ]
    start_response(text, about)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


class _Ipv6(ThreadingWSGIServer):
    address_family = AF_INET6


class _Silent(WSGIRequestHandler):
    """Whoever asks every few seconds is not to fill the log."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""
