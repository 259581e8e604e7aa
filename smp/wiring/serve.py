"""`smp serve`: the public face. It reads stored bytes; no key and no mapping comes in here."""

import time
from urllib.parse import urlsplit
from wsgiref.types import WSGIApplication

from eer.domain.errors import Unavailable
from eer.settings import read
from eer.wiring import server
from eer.wiring.server import Place
from smp.settings import Serving
from smp.store.documents import Documents
from smp.store.session import Store
from smp.web import app
from smp.web.answer import Answer, Policy

_FACTORY = "smp.wiring.serve:application"


def application() -> WSGIApplication:
    """Return the WSGI application by the environment; also the factory for granian."""
    settings = read(Serving)
    documents = Documents(Store(settings.database_url), settings.case_sensitive_schemes)
    policy = Policy(prefix=urlsplit(settings.base_url or "").path, max_age=settings.max_age)
    return app.application(Answer(documents, time.monotonic, policy), app.create_app(documents))


def serve(settings: Serving, place: Place) -> None:
    """Serve under gunicorn until told to stop.

    Raises Unavailable when the address is taken or the database has no schema.
    """
    _check(settings)
    server.run(application, place, "smp serve")


def serve_fast(settings: Serving, place: Place) -> None:
    """Serve under granian, several times as fast; raises as `serve`, and when it is not there."""
    _check(settings)
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


def _check(settings: Serving) -> None:
    """Find out before anything listens whether the documents can be read."""
    store = Store(settings.database_url)
    Documents(store).generation()
    store.close()
