"""In which form does a client send, and in which does it want the answer?

FHIR R4 http, section 3.1.0.1.10; decision 14: a bad _format is 400, an unsupported Accept 406.
"""

from dataclasses import dataclass
from enum import Enum

from flask import Request, Response
from werkzeug.exceptions import NotAcceptable, UnsupportedMediaType
from werkzeug.http import parse_options_header

from eer.domain.errors import IssueCode, Malformed, error
from eer.fhir import codec_json, codec_xml
from eer.fhir.element import Json


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
_FHIR_VERSION = "4.0"
_OF_FORMAT = {"json": Form.JSON, "xml": Form.XML, **_OF_MEDIA_TYPE}
_PREFERRED = {Form.JSON: "application/fhir+json", Form.XML: "application/fhir+xml"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The form of the answer, and the media type it is called by."""

    form: Form
    media_type: str

    def response(self, body: bytes, status: int = 200) -> Response:
        """Return the JSON *body* as an answer in this form."""
        written = body if self.form is Form.JSON else codec_xml.printed(codec_json.parse(body))
        return Response(written, status, content_type=f"{self.media_type}; charset=utf-8")


DEFAULT = Wanted(Form.JSON, _PREFERRED[Form.JSON])


def wanted(request: Request) -> Wanted:
    """Return the form of the answer; raise Malformed or NotAcceptable when there is none."""
    written = request.args.get("_format")
    if written is not None:
        form = _OF_FORMAT.get(written.replace(" ", "+").partition(";")[0].strip())
        if form is None:
            text = f"_format={written} found, expected json or xml"
            raise Malformed(text, (error(IssueCode.NOT_SUPPORTED, "", text),))
        return Wanted(form, _PREFERRED[form])
    if not request.accept_mimetypes:
        return DEFAULT
    for written_type, quality in request.accept_mimetypes:
        media_type = _media_type(written_type)
        if quality and media_type in ("*/*", "application/*"):
            return DEFAULT
        if quality and media_type in _OF_MEDIA_TYPE:
            return Wanted(_OF_MEDIA_TYPE[media_type], media_type)
    raise NotAcceptable(
        f"Accept: {request.headers['Accept']} found, expected application/fhir+json or +xml"
    )


def body(request: Request) -> Json:
    """Read the request's resource in the form its Content-Type names."""
    written = request.headers.get("Content-Type", "none")
    form = _OF_MEDIA_TYPE.get(_media_type(written))
    if form is None:
        raise UnsupportedMediaType(
            f"Content-Type: {written} found, expected application/fhir+json or "
            "application/fhir+xml of FHIR 4.0"
        )
    read = codec_json.parse if form is Form.JSON else codec_xml.parse
    return read(request.get_data())


def _media_type(written: str) -> str:
    """Return a media type without its parameters; nothing when it is of another FHIR version."""
    media_type, parameters = parse_options_header(written)
    versions = [value for name, value in parameters.items() if name.lower() == "fhirversion"]
    return media_type.lower() if set(versions) <= {_FHIR_VERSION} else ""
