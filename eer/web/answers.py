"""What do the answers of several interactions have in common: headers of a version, versions asked.

FHIR R4 http, sections 3.1.0.1.4 (ETag, Last-Modified) and 3.1.0.5 (If-Match).
"""

import re
from email.utils import format_datetime

import flask
from flask import Request, Response

from eer.domain.errors import Absent, IssueCode, Malformed, error
from eer.domain.identifiers import Reference, is_resource_id
from eer.fhir import kinds
from eer.register.transaction import Effect, Outcome
from eer.store.records import Version
from eer.web import formats


def reference(type_name: str, resource_id: str) -> Reference:
    """Return the resource a URL names; raise when the type is not kept or no id is like that."""
    kinds.kind_of(type_name)
    if not is_resource_id(resource_id):
        raise Absent(
            f"{type_name}/{resource_id} is not in the register: no id is written like that"
        )
    return Reference(type_name, resource_id)


def expected_version(request: Request) -> int | None:
    """Return the version If-Match demands, `W/"3"`, `"3"` or `3`; None without the header."""
    written = request.headers.get("If-Match")
    if written is None:
        return None
    found = re.fullmatch(r'(?:W/)?"?(\d{1,9})"?', written.strip(), re.ASCII)
    if found is None:
        text = f'If-Match: {written} found, expected W/"n" with a version number'
        raise Malformed(text, (error(IssueCode.VALUE, "", text),))
    return int(found[1])


def of_version(version: Version, base_url: str, status: int = 200) -> Response:
    """Return a version with its ETag, time and own URL."""
    response = formats.wanted(flask.request).response(version.body or b"", status)
    response.headers["ETag"] = f'W/"{version.number}"'
    response.headers["Last-Modified"] = format_datetime(version.at, usegmt=True)
    response.headers["Content-Location"] = _url(version, base_url)
    return response


def of_write(outcome: Outcome, base_url: str) -> Response:
    """Return what a create or update came to: 201 with Location, or 200."""
    is_new = outcome.effect is Effect.CREATED
    response = of_version(outcome.version, base_url, 201 if is_new else 200)
    if is_new:
        response.headers["Location"] = _url(outcome.version, base_url)
    return response


def _url(version: Version, base_url: str) -> str:
    return f"{base_url}/{version.reference}/_history/{version.number}"
