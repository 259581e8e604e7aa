"""A WSGI application under gunicorn, for whoever serves one."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gunicorn.app.base import BaseApplication

from eer.domain.errors import Unavailable
from eer.domain.wording import say

_THREADS = 4


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen, and with how many processes."""

    host: str
    port: int
    workers: int


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    def __init__(self, application: Callable[[], Any], options: dict[str, Any]) -> None:
        self._application = application
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return self._application()


def run(application: Callable[[], Any], place: Place, name: str) -> None:
    """Serve what *application* makes, in each worker anew, until told to stop.

    Raises Unavailable when the address is taken.
    """
    check_free(place)
    options = {
        "bind": f"[{place.host}]:{place.port}"
        if ":" in place.host
        else f"{place.host}:{place.port}",
        "workers": place.workers,
        "threads": _THREADS,
        "worker_class": "gthread",
        "proc_name": name,
        "control_socket_disable": True,
    }
    _Server(application, options).run()


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
