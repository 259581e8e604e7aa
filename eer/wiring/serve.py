"""`eer serve`: the FHIR API, each worker with its own connections."""

from flask import Flask
from gunicorn.http.errors import ParseException

from eer.register import reindex
from eer.settings import Settings
from eer.store.records import Records
from eer.web import app, errors
from eer.web.parts import Parts
from eer.wiring import gate, parts, server
from eer.wiring.server import Place


def application(settings: Settings) -> Flask:
    """Return the WSGI application; also what another WSGI server would be given."""
    built = app.create_app(
        Parts(
            counter=parts.counter(settings),
            gate=gate.gate(settings),
            base_url=settings.base_url,
            version=parts.VERSION,
            held_answers=settings.held_answers,
        )
    )
    built.register_error_handler(ParseException, errors.unreadable)
    return built


def serve(settings: Settings, place: Place) -> None:
    """Serve until told to stop; raise Unavailable when the address or the database is not there.

    Everything is built once before the workers are, so that what is wrong is said here.
    """
    counter = parts.counter(settings)
    try:
        with counter.store.reading() as connection:
            reindex.check(Records(connection))
    finally:
        counter.store.close()
    application(settings)
    server.run(lambda: application(settings), place, "eer serve", errors.unread)
