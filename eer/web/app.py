"""Which URL leads to which interaction?

FHIR R4 http, section 3.1.0.1.1: paths below one base, case-sensitive.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Flask

from eer.register.counter import Counter
from eer.web import create, delete, errors, health, metadata, read, search, update, vread
from eer.web.gate import Gate

_MAXIMUM_BODY = 16 * 1024 * 1024
_TYPE = "/<type_name>"
_INSTANCE = "/<type_name>/<resource_id>"


@dataclass(frozen=True, slots=True)
class Parts:
    """What the interactions are made of: the register, the gate, and where clients find us."""

    counter: Counter
    gate: Gate
    base_url: str
    version: str


def create_app(parts: Parts) -> Flask:
    """Return the EER's FHIR API over an already built register."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _MAXIMUM_BODY
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    errors.register(app)
    base = urlsplit(parts.base_url).path
    for path, view in (
        ("/metadata", metadata.view(parts.base_url, parts.version)),
        (_TYPE, search.view(parts.counter, parts.gate, parts.base_url)),
        (_INSTANCE, read.view(parts.counter, parts.gate, parts.base_url)),
        (f"{_INSTANCE}/_history/<number>", vread.view(parts.counter, parts.gate, parts.base_url)),
    ):
        app.add_url_rule(f"{base}{path}", f"GET {path}", view, methods=["GET"])
    for method, path, view in (
        ("POST", _TYPE, create.view(parts.counter, parts.gate, parts.base_url)),
        ("PUT", _INSTANCE, update.view(parts.counter, parts.gate, parts.base_url)),
        ("DELETE", _INSTANCE, delete.view(parts.counter, parts.gate)),
    ):
        app.add_url_rule(f"{base}{path}", f"{method} {path}", view, methods=[method])
    app.add_url_rule("/health", "health", health.alive, methods=["GET"])
    app.add_url_rule("/ready", "ready", health.view(parts.counter), methods=["GET"])
    return app
