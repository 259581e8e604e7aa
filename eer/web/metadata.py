"""FHIR capabilities, as https://hl7.org/fhir/R4/http.html#capabilities has it."""

from collections.abc import Callable

import orjson
from flask import Response, request

from eer.fhir import capability, kinds
from eer.web import formats

RELEASED = "2026-11-23"


def view(base_url: str, version: str) -> Callable[[], Response]:
    """Return the view of `GET [base]/metadata`, open to everyone."""
    body = orjson.dumps(capability.statement(kinds.KINDS, base_url, version, RELEASED))

    def answer() -> Response:
        return formats.wanted(request).response(body)

    return answer
