"""What else does the public process answer: what it is, whether it lives, whether it can read?

Flask for the few fixed paths; whatever may be an identifier is smp/web/answer.py's.
"""

import logging
from collections.abc import Iterable
from http import HTTPStatus
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException

from eer.domain.errors import Unavailable
from smp.store.documents import Documents
from smp.web.answer import Answer, plain

_LOG = logging.getLogger(__name__)

_PLACES = ("/", "/health", "/ready")


def create_app(documents: Documents) -> Flask:
    """Return the application of the fixed paths."""
    app = Flask(__name__, static_folder=None)

    @app.get("/")
    def about() -> Response:
        return jsonify(
            service="SMP, EHMI eDelivery",
            specification="OASIS Service Metadata Publishing 1.0",
            group="/{scheme}::{participant}",
            document="/{scheme}::{participant}/services/{scheme}::{document}",
        )

    @app.get("/health")
    def health() -> Response:
        return _said(HTTPStatus.OK)

    @app.get("/ready")
    def ready() -> Response:
        try:
            documents.generation()
        except Unavailable as fault:
            _LOG.warning("not ready database=publication: %s", fault.text)
            return _said(HTTPStatus.SERVICE_UNAVAILABLE)
        return _said(HTTPStatus.OK)

    @app.errorhandler(HTTPException)
    def refused(fault: HTTPException) -> Response:
        answer = _said(HTTPStatus(fault.code or HTTPStatus.INTERNAL_SERVER_ERROR))
        allowed = [header for header in fault.get_headers() if header[0] == "Allow"]
        answer.headers.extend(allowed)
        return answer

    return app


def application(answer: Answer, app: WSGIApplication) -> WSGIApplication:
    """Return the whole: *app* for its fixed paths, *answer* for all others.

    What neither expected is logged, and is a 500 that says nothing about it.
    """
    prefix = answer.policy.prefix
    places = {place: place for place in _PLACES} | {prefix + place: place for place in _PLACES}

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            place = places.get(environ.get("PATH_INFO") or "/")
            if place is None:
                return answer(environ, start_response)
            return app({**environ, "PATH_INFO": place}, start_response)
        except Exception:  # noqa: BLE001 - the top of the process
            _LOG.exception("no answer method=%s", environ["REQUEST_METHOD"])
            return plain(HTTPStatus.INTERNAL_SERVER_ERROR, environ, start_response)

    return serve


def _said(status: HTTPStatus) -> Response:
    text = f"{status.value} {status.phrase}\n"
    return Response(text, status, {"Cache-Control": "no-store"}, "text/plain")
