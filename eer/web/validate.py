"""FHIR $validate, as https://hl7.org/fhir/R4/resource-operation-validate.html has it.

It answers 200 whenever it could look; what is wrong stands in the outcome.
"""

import orjson
from flask import Response, request

from eer.domain import access
from eer.domain.errors import Issue, IssueCode, Malformed, error
from eer.domain.identifiers import Reference
from eer.domain.wording import say
from eer.fhir import codec_json, element, kinds
from eer.fhir.element import Json
from eer.fhir.outcome import outcome
from eer.register import read, resolve, validate
from eer.web import answers, formats
from eer.web.parts import Parts

_MODES = ("create", "update", "delete", "profile")


def answer(parts: Parts, type_name: str, resource_id: str | None) -> Response:
    """Answer `[base]/[type]/$validate` and `[base]/[type]/[id]/$validate`."""
    kind = kinds.kind_of(type_name)
    wanted = formats.wanted(request)
    access.check_any(parts.gate.principal(request), type_name)
    asked = _asked(parts, type_name, resource_id)
    json, mode, profile = asked
    issues: list[Issue] = []
    if profile is not None and profile.partition("|")[0] not in kind.profiles:
        text = say("profile {found} is not known here", found=profile)
        issues.append(error(IssueCode.NOT_SUPPORTED, "", text))
    elif profile is not None and json is not None:
        json = dict(json) | {"meta": dict(element.one(json, "meta")) | {"profile": [profile]}}
    issues += _issues(parts, type_name, resource_id, json, mode)
    said = outcome(issues, formats.spoken(request))
    return wanted.response(orjson.dumps(said))


def _issues(
    parts: Parts, type_name: str, resource_id: str | None, json: Json | None, mode: str
) -> tuple[Issue, ...]:
    if mode == "delete" and resource_id is not None:
        return validate.of_delete(parts.counter, answers.reference(type_name, resource_id))
    if json is None:
        text = say("no resource found, expected one to validate")
        raise Malformed(text, (error(IssueCode.REQUIRED, "", text),))
    own = element.text(json, "id")
    try:
        resolve.check_type(type_name, json)
        if resource_id is not None:
            resolve.check_id(type_name, resource_id, own)
    except Malformed as fault:
        return fault.issues
    if mode == "create" or own is None:
        return validate.of_put(parts.counter, Reference(type_name, parts.counter.new_id()), json)
    return validate.of_put(parts.counter, answers.reference(type_name, own), json)


def _asked(
    parts: Parts, type_name: str, resource_id: str | None
) -> tuple[Json | None, str, str | None]:
    """Return the resource, the mode and the profile that are asked about."""
    if request.method == "GET":
        stored = read.read(parts.counter, answers.reference(type_name, resource_id or ""))
        mode, profile = request.args.get("mode", "update"), request.args.get("profile")
        return codec_json.parse(stored.body or b""), _mode(mode), profile
    body = _body(parts, type_name, resource_id)
    written, profile = request.args.get("mode"), request.args.get("profile")
    if element.text(body, "resourceType") is None:
        text = say("no resourceType found, expected a resource to validate")
        raise Malformed(text, (error(IssueCode.STRUCTURE, "resourceType", text),))
    if element.text(body, "resourceType") != "Parameters":
        return body, _mode(written), profile
    resource: Json | None = None
    for each in element.many(body, "parameter"):
        name = element.text(each, "name")
        if name == "resource":
            resource = element.one(each, "resource") or None
        elif name == "mode":
            written = element.text(each, "valueCode") or written
        elif name == "profile":
            profile = element.text(each, "valueUri") or element.text(each, "valueCanonical")
    return resource, _mode(written), profile


def _body(parts: Parts, type_name: str, resource_id: str | None) -> Json:
    """Return what was sent; nothing is as good as empty Parameters where a resource is named."""
    if request.get_data() or resource_id is None:
        return formats.body(request)
    stored = read.read(parts.counter, answers.reference(type_name, resource_id))
    return codec_json.parse(stored.body or b"")


def _mode(written: str | None) -> str:
    if written not in (None, *_MODES):
        text = say(
            "mode {found!r} found, expected one of {expected}",
            found=written,
            expected=", ".join(_MODES),
        )
        raise Malformed(text, (error(IssueCode.VALUE, "", text),))
    return written or "profile"
