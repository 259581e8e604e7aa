"""FHIR capabilities, as https://hl7.org/fhir/R4/http.html#capabilities has it."""

from collections.abc import Callable, Collection
from hashlib import sha256

import orjson
from flask import Response, request

from eer.fhir import capability, kinds, subset
from eer.fhir.operations import OPERATIONS
from eer.web import answers, formats
from eer.web.parts import Parts

RELEASED = "2026-11-27"


def view(parts: Parts, codes: Collection[str]) -> Callable[[], Response]:
    """Return the view of `GET [base]/metadata`, open to everyone.

    *codes* are the interactions that have a route.
    """
    release = (parts.version, RELEASED)
    said = capability.statement(kinds.KINDS, codes, OPERATIONS.values(), parts.base_url, release)
    whole = orjson.dumps(said)

    def answer() -> Response:
        wanted = formats.wanted(request)
        body = subset.subset(whole, answers.part_of(request))
        tag = f'W/"{sha256(body).hexdigest()[:16]}"'
        if tag in [each.strip() for each in request.headers.get("If-None-Match", "").split(",")]:
            response = Response(status=304)
        else:
            response = wanted.response(body)
        response.headers["ETag"] = tag
        return response

    return answer
