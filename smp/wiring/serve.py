"""`smp serve`: the public face. It reads stored bytes; no key and no mapping comes in here."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit
from wsgiref.types import WSGIApplication

from eer.domain.errors import Unavailable
from eer.settings import read
from eer.wiring import server
from eer.wiring.server import Place
from smp.settings.serving import Serving
from smp.store.documents import Documents
from smp.store.session import Store
from smp.web import app
from smp.web.answer import Answer, Policy

Address = tuple[str, int]

_FACTORY = "smp.wiring.serve:application"
_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""By this the library knows that several processes count; it has to be set before it is loaded."""


def application() -> WSGIApplication:
    """Return the WSGI application by the environment; also the factory for granian."""
    settings = read(Serving)
    documents = Documents(Store(settings.database_url), settings.case_sensitive_schemes)
    policy = Policy(prefix=urlsplit(settings.base_url or "").path, max_age=settings.max_age)
    answer = Answer(documents, time.monotonic, policy)
    return _counted(app.application(answer, app.create_app(documents)), answer)


def serve(settings: Serving, place: Place, metrics: Address | None) -> None:
    """Serve under gunicorn until told to stop, and show figures at *metrics*.

    Raises Unavailable when an address is taken or the database has no schema.
    """
    _check(settings)
    with _showing(metrics):
        server.run(application, place, "smp serve")


def serve_fast(settings: Serving, place: Place, metrics: Address | None) -> None:
    """Serve under granian, several times as fast; raises as `serve`, and when it is not there."""
    _check(settings)
    with _showing(metrics):
        _serve_fast(place)


def _serve_fast(place: Place) -> None:
    server.check_free(place)
    try:
        from granian.constants import Interfaces  # noqa: PLC0415 - an extra, not always installed
        from granian.server import Server  # noqa: PLC0415 - likewise
    except ImportError:
        raise Unavailable("granian is not installed: pip install ehmi-register[fast]") from None
    Server(
        _FACTORY,
        factory=True,
        address=place.host,
        port=place.port,
        interface=Interfaces.WSGI,
        workers=place.workers,
        # One thread a worker: the reads are short, and threads only wait for each other.
        blocking_threads=1,
        websockets=False,
    ).serve()


def _counted(application: WSGIApplication, answer: Answer) -> WSGIApplication:
    """Return *application* as one that counts, where the first process shows what is counted."""
    if _FOLDER not in os.environ:
        return application
    from smp.web.metrics import Counted  # noqa: PLC0415 - the folder has to be named before

    return Counted(application, lambda: answer.is_cut_off)


@contextmanager
def _showing(metrics: Address | None) -> Iterator[None]:
    """Show figures at *metrics* meanwhile, if it is given; raise Unavailable when it is taken."""
    if metrics is None:
        yield
        return
    server.check_free(Place(*metrics, 1))
    with TemporaryDirectory(prefix="smp-metrics-") as name:
        os.environ[_FOLDER] = name
        from smp.web.metrics import show  # noqa: PLC0415 - likewise

        show(Path(name), *metrics)
        yield


def _check(settings: Serving) -> None:
    """Find out before anything listens whether the documents can be read."""
    store = Store(settings.database_url)
    Documents(store).generation()
    store.close()
