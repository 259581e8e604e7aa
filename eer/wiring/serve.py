"""`eer serve`: the FHIR API under gunicorn, each worker with its own connections."""

import socket
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from eer.domain.errors import Unavailable
from eer.register import changes
from eer.settings import Settings
from eer.web import app, issuer
from eer.web.gate import Gate
from eer.wiring import parts

_THREADS = 4


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    def __init__(self, settings: Settings, options: dict[str, Any]) -> None:
        self._settings = settings
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return application(self._settings)


def application(settings: Settings) -> Flask:
    """Return the WSGI application; also what another WSGI server would be given."""
    key = issuer.load(settings.development_issuer_key_file) if settings.is_loopback else None
    return app.create_app(
        app.Parts(
            counter=parts.counter(settings),
            gate=Gate(key=key, audience=settings.base_url, now=parts.now),
            base_url=settings.base_url,
            version=parts.VERSION,
        )
    )


def serve(settings: Settings, host: str, port: int, workers: int) -> None:
    """Serve until told to stop; raise Unavailable when the address or the database is not there."""
    changes.sequence(parts.counter(settings))
    application(settings)
    check_free(host, port)
    options = {
        "bind": f"{host}:{port}",
        "workers": workers,
        "threads": _THREADS,
        "worker_class": "gthread",
        "proc_name": "eer serve",
        "control_socket_disable": True,
    }
    _Server(settings, options).run()


def check_free(host: str, port: int) -> None:
    """Raise Unavailable when the TCP address cannot be listened on."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as fault:
            text = f"{host}:{port} cannot be listened on ({fault.strerror}): choose another --bind"
            raise Unavailable(text) from None
