"""What does one entry of a batch or a transaction ask for?

FHIR R4 Bundle.entry.request and http, section 3.1.0.11.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

import orjson

from eer.domain.errors import IssueCode, Malformed, error
from eer.domain.wording import say
from eer.fhir import element
from eer.fhir.element import Json

METHODS = ("DELETE", "POST", "PUT", "PATCH", "GET", "HEAD")
MOST_ENTRIES = 10_000

_CONDITIONS = ("ifMatch", "ifNoneMatch", "ifNoneExist", "ifModifiedSince")
_VERSION = re.compile(r'(?:W/)?"?(\d{1,9})"?', re.ASCII)


@dataclass(frozen=True, slots=True)
class Request:
    """One entry: the parts of its URL, what it carries, and on what it depends.

    *path* are the parts below the base, *query* the decoded pairs. *resource* is the whole of it
    for POST and PUT, a Parameters or Binary for PATCH. *place* is its FHIRPath in the Bundle.
    """

    method: str
    path: tuple[str, ...]
    query: tuple[tuple[str, str], ...]
    place: str
    resource: Json | None = None
    full_url: str | None = None
    if_match: str | None = None
    if_none_match: str | None = None
    if_none_exist: str | None = None
    if_modified_since: str | None = None


def requests(bundle: Json, base_url: str) -> Iterator[Request | Malformed]:
    """Yield what each entry asks for, or why that cannot be read; raise when they are no list."""
    found = bundle.get("entry", [])
    if not isinstance(found, list):
        raise _bad("Bundle.entry", say("no list of entries found, expected one"))
    for number, entry in enumerate(found):
        place = f"Bundle.entry[{number}]"
        try:
            yield _request(entry, place, base_url)
        except Malformed as fault:
            yield fault


def version_of(written: str) -> int | None:
    """Return the version that an entity tag names: `W/"3"`, `"3"` or `3`; None when it is none."""
    found = _VERSION.fullmatch(written.strip())
    return None if found is None else int(found[1])


def json_patch_of(resource: Json) -> list[Any] | None:
    """Return the operations of a JSON Patch that a Binary carries; None when it is another."""
    if (
        element.text(resource, "resourceType") != "Binary"
        or element.text(resource, "contentType") != "application/json-patch+json"
    ):
        return None
    try:
        found = orjson.loads(base64.b64decode(element.text(resource, "data") or "", validate=True))
    except (ValueError, binascii.Error):
        return None
    return found if isinstance(found, list) else None


def _request(entry: Any, place: str, base_url: str) -> Request:
    if not isinstance(entry, dict) or not element.one(entry, "request"):
        raise _bad(place, say("no request found: an entry says what it asks for"))
    asked = element.one(entry, "request")
    method, url = element.text(asked, "method"), element.text(asked, "url")
    if method not in METHODS:
        text = say(
            "method {found!r} found, expected one of {expected}",
            found=method,
            expected=", ".join(METHODS),
        )
        raise _bad(f"{place}.request.method", text)
    if url is None:
        raise _bad(f"{place}.request.url", say("no url found, expected one"))
    path, _, query = url.removeprefix(base_url).lstrip("/").partition("?")
    resource = entry.get("resource")
    if resource is not None and not isinstance(resource, dict):
        raise _bad(f"{place}.resource", say("no resource found, expected an object"))
    if method in ("POST", "PUT", "PATCH") and resource is None:
        raise _bad(f"{place}.resource", say("no resource found: {method} needs one", method=method))
    for name in _CONDITIONS:
        if name in asked and element.text(asked, name) is None:
            text = say("{found!r} found, expected a condition as text", found=asked[name])
            raise _bad(f"{place}.request.{name}", text)
    return Request(
        method=method,
        path=tuple(unquote(each) for each in path.split("/") if each),
        query=tuple(parse_qsl(query, keep_blank_values=True)),
        place=place,
        resource=resource,
        full_url=element.text(entry, "fullUrl"),
        if_match=element.text(asked, "ifMatch"),
        if_none_match=element.text(asked, "ifNoneMatch"),
        if_none_exist=element.text(asked, "ifNoneExist"),
        if_modified_since=element.text(asked, "ifModifiedSince"),
    )


def _bad(place: str, text: str) -> Malformed:
    return Malformed(text, (error(IssueCode.INVALID, place, text),))


@dataclass(frozen=True, slots=True)
class Answer:
    """What an entry came to: its status line, and what goes with it."""

    status: str
    location: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    outcome: Json | None = None
    resource: bytes | None = None


def answered(kind: str, answers: Sequence[Answer]) -> bytes:
    """Return a Bundle of type *kind* with an entry for each of *answers*."""
    entries = [_entry(each) for each in answers]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": kind}
    return orjson.dumps(bundle | ({"entry": entries} if entries else {}))


def _entry(answer: Answer) -> dict[str, Any]:
    told = {
        "status": answer.status,
        "location": answer.location,
        "etag": answer.etag,
        "lastModified": answer.last_modified,
        "outcome": answer.outcome,
    }
    response = {name: value for name, value in told.items() if value is not None}
    resource = {} if answer.resource is None else {"resource": orjson.Fragment(answer.resource)}
    return {**resource, "response": response}
