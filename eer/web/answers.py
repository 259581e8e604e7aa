"""What do the answers of several interactions have in common: headers of a version, versions asked.

FHIR R4 http, sections 3.1.0.1.4 (ETag, Last-Modified), 3.1.0.5 (If-Match) and 3.1.0.4.4
(conditional read); RFC 9110, section 13.
"""

from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256

import flask
import orjson
from flask import Request, Response

from eer.domain.errors import Absent, Issue, IssueCode, Malformed, Severity, error
from eer.domain.identifiers import Reference, is_resource_id
from eer.domain.wording import Sentence, say
from eer.fhir import kinds, subset
from eer.fhir import request as requests
from eer.fhir import results as wanted_results
from eer.fhir.outcome import outcome
from eer.fhir.results import Results, Summary
from eer.register.change import Effect, Outcome
from eer.register.intent import Expected
from eer.register.resolve import Nothing
from eer.register.write import Result
from eer.store.rows import Version
from eer.web import formats, prefer
from eer.web.parts import Parts
from eer.web.prefer import Return

_SETTLED = timedelta(seconds=2)
_LONGEST = 9
_SUBSET = (wanted_results.SUMMARY, wanted_results.ELEMENTS)


def reference(type_name: str, resource_id: str) -> Reference:
    """Return the resource a URL names; raise when the type is not kept or no id is like that."""
    kinds.kind_of(type_name)
    if not is_resource_id(resource_id):
        raise Absent(
            say(
                "{type}/{id} is not in the register: no id is written like that",
                type=type_name,
                id=resource_id,
            )
        )
    return Reference(type_name, resource_id)


def number(of: Reference, written: str) -> int:
    """Return the number of a version, as a URL names it; raise Absent when it is none."""
    if not (written.isascii() and written.isdigit() and len(written) <= _LONGEST):
        raise Absent(
            say(
                "{reference} has no version {number}: versions are numbers",
                reference=of,
                number=written,
            )
        )
    return int(written)


def expected(request: Request) -> Expected:
    """Return what If-Match and If-None-Match demand of the resource that is written."""
    return expected_by(request.headers.get("If-Match"), request.headers.get("If-None-Match"))


def expected_by(match: str | None, none_match: str | None) -> Expected:
    """Return what the two headers, as they are written, demand."""
    if match is None:
        return Expected(
            exists=False if none_match is not None and none_match.strip() == "*" else None
        )
    if match.strip() == "*":
        return Expected(exists=True)
    found = requests.version_of(match)
    if found is None:
        text = say('If-Match: {found} found, expected W/"n" with a version number', found=match)
        raise Malformed(text, (error(IssueCode.VALUE, "", text),))
    return Expected(version=found)


def criteria(request: Request) -> tuple[tuple[str, str], ...]:
    """Return the search that a URL writes by; what says how the answer is written is none of it."""
    pairs = request.args.items(multi=True)
    return tuple(each for each in pairs if each[0] not in wanted_results.FORMAT)


def of_read(parts: Parts, version: Version) -> Response:
    """Return a version as it is read: all of it, a part, or that the client has it already."""
    request = flask.request
    if is_known(request, version, parts.counter.now()):
        return _headed(parts, version, formats.empty(304))
    body = subset.subset(version.body or b"", part_of(request))
    return _headed(parts, version, formats.wanted(request).response(body))


def of_fixed(whole: bytes) -> Response:
    """Return a resource that only another release changes, known by the tag of what is shown."""
    request = flask.request
    wanted = formats.wanted(request)
    body = subset.subset(whole, part_of(request))
    tag = tag_of(body)
    is_known = names(request.headers.get("If-None-Match"), tag)
    response = formats.empty(304) if is_known else wanted.response(body)
    response.headers["ETag"] = tag
    return response


def tag_of(body: bytes) -> str:
    """Return the entity tag of what is known by its content."""
    return f'W/"{sha256(body).hexdigest()[:16]}"'


def names(none_match: str | None, tag: str) -> bool:
    """Whether If-None-Match, as it is written, names *tag*."""
    written = [] if none_match is None else [each.strip() for each in none_match.split(",")]
    return tag in written or "*" in written


def part_of(request: Request) -> Results:
    """Return which part of one resource is wanted."""
    pairs = [each for each in request.args.items(multi=True) if each[0] in _SUBSET and each[1]]
    if not pairs:
        return Results()
    found, _, _ = wanted_results.results({}, (), pairs)
    if found.summary is Summary.COUNT:
        text = say("_summary=count found, expected true, text, data or false for one resource")
        raise Malformed(text, (error(IssueCode.NOT_SUPPORTED, "", text),))
    return found


def of_result(
    parts: Parts, result: Result, *, is_delete: bool = False, is_create: bool = False
) -> Response:
    """Return what one write came to, as the client prefers to hear it.

    A create says where the resource is, also where it was there already.
    """
    if isinstance(result, Nothing):
        return told(Severity.INFORMATION, IssueCode.NOT_FOUND, result.text)
    preferred = prefer.preferred(flask.request)
    if is_delete:
        response = _of_delete(result)
    else:
        response = _of_write(result, preferred.comes_back or Return.REPRESENTATION)
        _headed(parts, result.version, response)
    if result.effect is Effect.CREATED or is_create:
        response.headers["Location"] = url_of(parts, result.version)
    return preferred.on(response)


def told(severity: Severity, code: IssueCode, text: Sentence, status: int = 200) -> Response:
    """Return an OperationOutcome with one issue."""
    request = flask.request
    said = outcome((Issue(severity, code, "", text),), formats.spoken(request))
    return formats.wanted(request).response(orjson.dumps(said), status)


def url_of(parts: Parts, version: Version) -> str:
    """Return where a version stands."""
    return f"{parts.base_url}/{version.reference}/_history/{version.number}"


def http_date(at: datetime) -> str:
    """Return an instant as HTTP writes it."""
    return format_datetime(at, usegmt=True)


def is_known(request: Request, version: Version, now: datetime) -> bool:
    """Whether the client has *version* already, by If-None-Match or else If-Modified-Since.

    A time has whole seconds, so it tells nothing of a version that is younger than two
    (decision 14).
    """
    tags = request.headers.get("If-None-Match")
    if tags is not None:
        return is_among(tags, version)
    since = request.headers.get("If-Modified-Since")
    if since is None or now - version.at < _SETTLED:
        return False
    try:
        return version.at.replace(microsecond=0) <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False


def is_among(tags: str, version: Version) -> bool:
    """Whether If-None-Match, as it is written, names *version*."""
    known = [requests.version_of(each) for each in tags.split(",")]
    return tags.strip() == "*" or version.number in known


def _headed(parts: Parts, version: Version, response: Response) -> Response:
    response.headers["ETag"] = f'W/"{version.number}"'
    response.headers["Last-Modified"] = http_date(version.at)
    response.headers["Content-Location"] = url_of(parts, version)
    return response


def _of_write(result: Outcome, wanted: Return) -> Response:
    status = 201 if result.effect is Effect.CREATED else 200
    form = formats.wanted(flask.request)
    if wanted is Return.MINIMAL:
        return formats.empty(status)
    if wanted is Return.OUTCOME:
        said = outcome(result.issues, formats.spoken(flask.request))
        return form.response(orjson.dumps(said), status)
    return form.response(result.version.body or b"", status)


def _of_delete(result: Outcome) -> Response:
    text = say(
        "{reference} is deleted, as version {number}",
        reference=result.reference,
        number=result.version.number,
    )
    response = told(Severity.INFORMATION, IssueCode.INFORMATIONAL, text)
    response.headers["ETag"] = f'W/"{result.version.number}"'
    return response
