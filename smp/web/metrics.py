"""How many lookups were answered with which status, and is what is answered still what is public?

Prometheus. The processes of one server count into files of one folder, which the first of them
adds up and shows at an address of its own, never at the public one.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector


class Counted:
    """A WSGI application that counts the answers of another by their status."""

    def __init__(self, application: WSGIApplication, is_cut_off: Callable[[], bool]) -> None:
        self._application = application
        self._is_cut_off = is_cut_off
        self._was_cut_off = False
        self._silent = Gauge(
            "smp_serve_cut_off",
            "processes that answer from memory only, for the database does not answer",
            registry=CollectorRegistry(),
            multiprocess_mode="livesum",
        )
        self._lookups = Counter(
            "smp_lookups", "answers of the public face", ["status"], registry=CollectorRegistry()
        )
        self._by_status: dict[str, Counter] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as the other application does."""

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            self._count(status[:3])
            return start_response(status, headers, *more)

        return self._application(environ, start)

    def _count(self, status: str) -> None:
        found = self._by_status.get(status)
        if found is None:
            found = self._by_status[status] = self._lookups.labels(status)
        found.inc()
        if self._is_cut_off() is not self._was_cut_off:
            self._was_cut_off = not self._was_cut_off
            self._silent.set(self._was_cut_off)


def show(folder: Path, host: str, port: int) -> None:
    """Show at an address what all processes counted in *folder*; raises OSError."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(folder))  # type: ignore[no-untyped-call]  # it has no types
    start_http_server(port, host, registry)
