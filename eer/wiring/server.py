"""A WSGI application under gunicorn, for whoever serves one."""

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gunicorn.app.base import BaseApplication

from eer.domain.errors import Unavailable
from eer.domain.wording import say
from eer.wiring import tls
from eer.wiring.tls import Tls
from eer.wiring.worker import Patience, Worker

THREADS = 4
"""How many requests a process answers at a time."""

_LONGEST_LINE = 8_190
"""The most that gunicorn takes: by default it refuses searches that proxies and clients do not."""


Refusal = Callable[[int], tuple[str, bytes]]
"""From the status of a request that no application sees to a media type and a body."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen, with how many processes, whether in TLS, and how long for slow clients."""

    host: str
    port: int
    workers: int
    tls: Tls | None = None
    patience: Patience = field(default_factory=Patience)


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    def __init__(
        self,
        application: Callable[[], Any],
        options: dict[str, Any],
        refusal: Refusal | None,
        patience: Patience,
    ) -> None:
        self._application = application
        self._options = options
        self.refusal = refusal
        self.patience = patience
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return self._application()


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
        "threads": THREADS,
        "limit_request_line": _LONGEST_LINE,
        "worker_class": Worker,
        "proc_name": name,
        "control_socket_disable": True,
        **_encrypted(place.tls),
    }
    _Server(application, options, refusal, place.patience).run()


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
