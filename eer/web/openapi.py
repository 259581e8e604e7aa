"""The description of this server by OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0)."""

from collections.abc import Callable, Sequence
from functools import cache

import orjson
from flask import Response, request

from eer.fhir import kinds, openapi
from eer.fhir.openapi import Offer, Routed
from eer.fhir.operations import OPERATIONS
from eer.web import answers, formats
from eer.web.parts import Parts


def view(parts: Parts, routes: Sequence[Routed], most_bytes: int) -> Callable[[], Response]:
    """Return the view of `GET [base]/openapi.json`, open to everyone; it is always JSON."""
    offer = Offer(
        kinds={**kinds.KINDS, **kinds.DEFINITIONS},
        routes=routes,
        operations=tuple(OPERATIONS.values()),
        base_url=parts.base_url,
        version=parts.version,
        most_bytes=most_bytes,
    )

    @cache  # few ask for it, and it is large
    def body() -> bytes:
        return orjson.dumps(openapi.description(offer))

    def answer() -> Response:
        tag = answers.tag_of(body())
        if answers.names(request.headers.get("If-None-Match"), tag):
            response = formats.empty(304)
        else:
            response = Response(body(), content_type="application/json")
        response.headers["ETag"] = tag
        return response

    return answer
