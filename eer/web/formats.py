"""In which form does a client send, and in which does it want the answer?

FHIR R4 http, section 3.1.0.1.10; decision 14: a bad _format is 400, an unsupported Accept 406.
"""

import json
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum

from flask import Request, Response
from werkzeug.exceptions import HTTPException, NotAcceptable, UnsupportedMediaType
from werkzeug.http import parse_options_header

from eer.domain.errors import IssueCode, Malformed, error
from eer.domain.wording import say
from eer.fhir import codec_json, codec_xml, language, number
from eer.fhir.element import Json
from eer.fhir.language import Language


class Form(Enum):
    """The two written forms of FHIR."""

    JSON = "json"
    XML = "xml"


_OF_MEDIA_TYPE = {
    "application/fhir+json": Form.JSON,
    "application/json": Form.JSON,
    "text/json": Form.JSON,
    "application/json+fhir": Form.JSON,
    "application/fhir+xml": Form.XML,
    "application/xml": Form.XML,
    "text/xml": Form.XML,
    "application/xml+fhir": Form.XML,
}
JSON_PATCH, MERGE_PATCH = "application/json-patch+json", "application/merge-patch+json"
PATCHES = (JSON_PATCH, "application/fhir+json", "application/fhir+xml", MERGE_PATCH)
_FHIR_VERSION = "4.0"
_OF_FORMAT = {"json": Form.JSON, "xml": Form.XML, **_OF_MEDIA_TYPE}
_PREFERRED = {Form.JSON: "application/fhir+json", Form.XML: "application/fhir+xml"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The form of the answer, the media type it is called by, and whether it is spread out."""

    form: Form
    media_type: str
    is_pretty: bool = False

    def response(self, body: bytes, status: int = 200) -> Response:
        """Return the JSON *body* as an answer in this form."""
        return Response(
            self._written(body), status, content_type=f"{self.media_type}; charset=utf-8"
        )

    def _written(self, body: bytes) -> bytes:
        if self.form is Form.XML:
            parsed = codec_json.parse(body)
            return codec_xml.pretty(parsed) if self.is_pretty else codec_xml.printed(parsed)
        return codec_json.pretty(codec_json.parse(body)) if self.is_pretty else body


DEFAULT = Wanted(Form.JSON, _PREFERRED[Form.JSON])


def wanted(request: Request) -> Wanted:
    """Return the form of the answer; raise Malformed or NotAcceptable when there is none."""
    written = request.args.get("_format")
    if written is None and request.mimetype == "application/x-www-form-urlencoded":
        written = request.form.get("_format")
    if written is None:
        return _accepted(request)
    form = _OF_FORMAT.get(written.replace(" ", "+").partition(";")[0].strip())
    if form is None:
        text = say("_format={found} found, expected json or xml", found=written)
        raise Malformed(text, (error(IssueCode.NOT_SUPPORTED, "", text),))
    return Wanted(form, _PREFERRED[form], is_pretty=_is_pretty(request))


def of_failure(request: Request) -> Wanted:
    """Return the form in which a failure is told: there always is one."""
    for asked in (wanted, _accepted):
        with suppress(Malformed, HTTPException):
            return asked(request)
    return DEFAULT


def _is_pretty(request: Request) -> bool:
    return request.args.get("_pretty") == "true"


def _accepted(request: Request) -> Wanted:
    is_pretty = _is_pretty(request)
    if not request.accept_mimetypes:
        return Wanted(Form.JSON, _PREFERRED[Form.JSON], is_pretty)
    for written_type, quality in request.accept_mimetypes:
        media_type = _media_type(written_type)
        if quality and media_type in ("*/*", "application/*"):
            return Wanted(Form.JSON, _PREFERRED[Form.JSON], is_pretty)
        if quality and media_type in _OF_MEDIA_TYPE:
            return Wanted(_OF_MEDIA_TYPE[media_type], media_type, is_pretty)
    raise NotAcceptable(
        say(
            "Accept: {found} found, expected application/fhir+json or application/fhir+xml",
            found=request.headers["Accept"],
        )
    )


def empty(status: int) -> Response:
    """Return an answer without a body, which then has no form."""
    response = Response(status=status)
    del response.headers["Content-Type"]
    return response


def spoken(request: Request) -> Language:
    """Return the language that the client would have texts in."""
    return language.preferred(request.headers.get("Accept-Language"))


def body(request: Request) -> Json:
    """Read the request's resource in the form its Content-Type names."""
    media_type = sent_as(request)
    form = _OF_MEDIA_TYPE.get(media_type)
    if form is None:
        expected = say("application/fhir+json or application/fhir+xml of FHIR 4.0")
        raise _unsupported(request, expected)
    return _read(form, request)


def patch_body(request: Request) -> tuple[str, object]:
    """Read a patch: the media type it came as, and what it says."""
    media_type = sent_as(request)
    if media_type in (JSON_PATCH, MERGE_PATCH):
        return media_type, _plain_json(request)
    if media_type in PATCHES:
        return media_type, _read(_OF_MEDIA_TYPE[media_type], request)
    raise _unsupported(request, ", ".join(PATCHES))


def sent_as(request: Request) -> str:
    """Return the media type of the body; nothing when it is of another FHIR version."""
    return _media_type(request.headers.get("Content-Type", "none"))


def _read(form: Form, request: Request) -> Json:
    read = codec_json.parse if form is Form.JSON else codec_xml.parse
    return read(request.get_data())


def _plain_json(request: Request) -> object:
    try:
        return json.loads(request.get_data(), parse_int=number.parse, parse_float=number.parse)
    except (ValueError, RecursionError) as fault:
        text = say("the patch is no JSON: {fault}", fault=str(fault))
        raise Malformed(text, (error(IssueCode.STRUCTURE, "", text),)) from None


def _unsupported(request: Request, expected: str) -> UnsupportedMediaType:
    found = request.headers.get("Content-Type") or say("nothing")
    return UnsupportedMediaType(
        say("Content-Type: {found} found, expected {expected}", found=found, expected=expected)
    )


def _media_type(written: str) -> str:
    """Return a media type without its parameters; nothing when it is of another FHIR version."""
    media_type, parameters = parse_options_header(written)
    versions = [value for name, value in parameters.items() if name.lower() == "fhirversion"]
    return media_type.lower() if set(versions) <= {_FHIR_VERSION} else ""
