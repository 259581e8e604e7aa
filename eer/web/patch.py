"""FHIR patch and conditional patch, as https://hl7.org/fhir/R4/http.html#patch has them."""

from collections.abc import Callable

from flask import Response, request

from eer.domain.errors import IssueCode, Malformed, error
from eer.domain.wording import say
from eer.fhir import kinds, patch
from eer.fhir.element import Json
from eer.register import write
from eer.register.intent import Patch
from eer.web import answers, formats
from eer.web.parts import Parts


def view(parts: Parts) -> Callable[[str, str], Response]:
    """Return the view of `PATCH [base]/[type]/[id]`."""

    def answer(type_name: str, resource_id: str) -> Response:
        reference = answers.reference(type_name, resource_id)
        formats.wanted(request)  # before anything is written: it may be one we cannot answer in
        by = parts.gate.principal(request)
        intent = Patch(
            type=type_name,
            id=reference.id,
            expected=answers.expected(request),
            apply=applied(*formats.patch_body(request)),
        )
        return answers.of_result(parts, write.perform(parts.counter, intent, by))

    return answer


def conditional(parts: Parts) -> Callable[[str], Response]:
    """Return the view of `PATCH [base]/[type]?…`."""

    def answer(type_name: str) -> Response:
        kinds.kind_of(type_name)
        formats.wanted(request)
        by = parts.gate.principal(request)
        intent = Patch(
            type=type_name,
            criteria=answers.criteria(request),
            expected=answers.expected(request),
            apply=applied(*formats.patch_body(request)),
        )
        return answers.of_result(parts, write.perform(parts.counter, intent, by))

    return answer


def applied(media_type: str, body: object) -> Callable[[Json], Json]:
    """Return what a patch of *media_type* makes of a resource."""
    if media_type != formats.MERGE_PATCH:
        patch.check_size(body)
    if media_type == formats.JSON_PATCH:
        return lambda json: patch.json_patch(dict(json), body)
    if not isinstance(body, dict):
        text = say("the patch is no object, expected one")
        raise Malformed(text, (error(IssueCode.STRUCTURE, "", text),))
    if media_type == formats.MERGE_PATCH:
        return lambda json: patch.merge_patch(dict(json), body)
    return lambda json: patch.fhirpath_patch(dict(json), body)
