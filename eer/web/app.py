"""Which URL leads to which interaction?

FHIR R4 http, section 3.1.0.1.1: paths below one base, case-sensitive. The table is what the
CapabilityStatement is printed from.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, request

from eer.fhir import kinds
from eer.web import (
    bundle,
    create,
    definitions,
    delete,
    errors,
    formats,
    health,
    history,
    metadata,
    openapi,
    operation,
    patch,
    read,
    receivers,
    request_id,
    search,
    update,
    vread,
)
from eer.web.held import Held
from eer.web.parts import Parts

_MAXIMUM_BODY = 16 * 1024 * 1024
_EXPOSED = "ETag, Location, Content-Location, Last-Modified, Preference-Applied, X-Request-Id"
_SENT = "Accept, Authorization, Content-Type, If-Match, If-None-Match, If-None-Exist"
_EVERY_METHOD = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_METHODS = ", ".join((*_EVERY_METHOD, "OPTIONS"))

_SYSTEM, _TYPE, _INSTANCE = "", "/<type_name>", "/<type_name>/<resource_id>"
Views = Callable[[Parts], Callable[..., Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """An interaction by FHIR's name, and where it is asked for; no *code* is another way to it.

    *of_definitions* answers it for the types that the program itself defines, if anything does.
    """

    code: str
    methods: tuple[str, ...]
    path: str
    view: Views
    of_definitions: Views | None = None


ROUTES = (
    Route("read", ("GET",), _INSTANCE, read.view, definitions.read),
    Route("vread", ("GET",), f"{_INSTANCE}/_history/<number>", vread.view),
    Route("update", ("PUT",), _INSTANCE, update.view),
    Route("", ("PUT",), _TYPE, update.conditional),
    Route("patch", ("PATCH",), _INSTANCE, patch.view),
    Route("", ("PATCH",), _TYPE, patch.conditional),
    Route("delete", ("DELETE",), _INSTANCE, delete.view),
    Route("", ("DELETE",), _TYPE, delete.conditional),
    Route("history-instance", ("GET",), f"{_INSTANCE}/_history", history.of_instance),
    Route("history-type", ("GET",), f"{_TYPE}/_history", history.of_type),
    Route("create", ("POST",), _TYPE, create.view),
    Route("search-type", ("GET",), _TYPE, search.view, definitions.search_type),
    Route("", ("GET", "POST"), f"{_TYPE}/_search", search.view, definitions.search_type),
    Route("transaction", ("POST",), _SYSTEM, bundle.view),
    Route("batch", ("POST",), "/", bundle.view),
    Route("search-system", ("GET",), _SYSTEM, search.of_all),
    Route("", ("GET",), "/", search.of_all),
    Route("", ("GET", "POST"), "/_search", search.of_all),
    Route("history-system", ("GET",), "/_history", history.of_all),
    Route("", ("GET",), receivers.PUBLISHED_PATH, receivers.as_published),
    Route("", ("GET", "POST"), f"{_TYPE}/$<name>", operation.of_type, operation.of_type),
    Route(
        "",
        ("GET", "POST"),
        f"{_INSTANCE}/$<name>",
        operation.of_instance,
        operation.of_instance,
    ),
    Route("", ("GET", "POST"), "/$<name>", operation.of_all),
)
CODES = tuple(route.code for route in ROUTES if route.code)
CODES_OF_DEFINITIONS = tuple(each.code for each in ROUTES if each.code and each.of_definitions)


def create_app(parts: Parts) -> Flask:
    """Return the EER's FHIR API over an already built register."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = _MAXIMUM_BODY
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    errors.register(app, parts.counter.policy)
    base = urlsplit(parts.base_url).path
    for route in ROUTES:
        path = f"{base}{route.path}" or "/"
        name = f"{' '.join(route.methods)} {route.path}"
        app.add_url_rule(path, name, route.view(parts), methods=list(route.methods))
    _add_definitions(app, parts, base)
    statement = metadata.view(parts, CODES, CODES_OF_DEFINITIONS)
    described = openapi.view(parts, ROUTES, _MAXIMUM_BODY)
    app.add_url_rule(f"{base}/metadata", "metadata", statement, methods=["GET"])
    app.add_url_rule(f"{base}/openapi.json", "openapi", described, methods=["GET"])
    app.add_url_rule("/health", "health", health.alive, methods=["GET"])
    app.add_url_rule("/ready", "ready", health.view(parts.counter), methods=["GET"])
    app.before_request(_preflight)
    app.after_request(_shared)
    if parts.held_answers:
        app.wsgi_app = Held(app.wsgi_app, parts)  # type: ignore[method-assign]  # as Flask advises
    return app


def _add_definitions(app: Flask, parts: Parts, base: str) -> None:
    """Answer for the types that are not kept: at each path what is served there, and 405."""
    for path in sorted({route.path for route in ROUTES if route.path.startswith(_TYPE)}):
        served = {
            method: route.of_definitions(parts)
            for route in ROUTES
            if route.path == path and route.of_definitions is not None
            for method in (*route.methods, "HEAD")
            if method != "HEAD" or "GET" in route.methods
        }
        for type_name in kinds.DEFINITIONS:
            app.add_url_rule(
                base + path.replace("<type_name>", type_name),
                f"{type_name} {path}",
                partial(definitions.view(served), type_name=type_name),
                methods=_EVERY_METHOD,
            )


def _preflight() -> Any:
    """Answer what a browser asks before it sends a request to another origin."""
    if request.method != "OPTIONS":
        return None
    response = formats.empty(204)
    response.headers["Access-Control-Allow-Methods"] = _METHODS
    wanted = "Prefer, If-Modified-Since, X-Request-Id, Accept-Language"
    response.headers["Access-Control-Allow-Headers"] = f"{_SENT}, {wanted}"
    response.headers["Access-Control-Max-Age"] = "86400"
    return response


def _shared(response: Response) -> Response:
    """Let browsers of other origins read the answer; give back the name of the request."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = _EXPOSED
    name = request_id.of(request.environ)
    if name is not None:
        response.headers[request_id.HEADER] = name
    return response
