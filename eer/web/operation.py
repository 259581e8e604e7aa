"""FHIR operations, as https://hl7.org/fhir/R4/operations.html has them: which one is asked for?"""

from collections.abc import Callable, Mapping

from flask import Response, request
from werkzeug.exceptions import MethodNotAllowed

from eer.domain.errors import IssueCode, Refused, error
from eer.domain.wording import say
from eer.fhir import kinds, operations
from eer.web import addressability, publication, receivers, validate
from eer.web.parts import Parts

Answer = Callable[[Parts, str, str | None], Response]

ANSWERS: Mapping[str, Answer] = {
    "validate": validate.answer,
    operations.RECEIVERS: receivers.answer,
    operations.ADDRESSABILITY: addressability.answer,
    operations.PUBLICATION: publication.answer,
}
"""By the name of the operation; eer/fhir/operations.py says where each can be asked for."""


def of_type(parts: Parts) -> Callable[[str, str], Response]:
    """Return the view of `[base]/[type]/$[name]`."""

    def answer(type_name: str, name: str) -> Response:
        return _answered(parts, name, type_name, None)

    return answer


def of_instance(parts: Parts) -> Callable[[str, str, str], Response]:
    """Return the view of `[base]/[type]/[id]/$[name]`."""

    def answer(type_name: str, resource_id: str, name: str) -> Response:
        return _answered(parts, name, type_name, resource_id)

    return answer


def of_all(_: Parts) -> Callable[[str], Response]:
    """Return the view of `[base]/$[name]`, which no operation of ours has."""

    def answer(name: str) -> Response:
        raise _unknown(name, "")

    return answer


def _answered(parts: Parts, name: str, type_name: str, resource_id: str | None) -> Response:
    kinds.kind_of(type_name)
    found = operations.OPERATIONS.get(name)
    if found is None or not found.is_asked_of(type_name, is_instance=resource_id is not None):
        raise _unknown(name, type_name)
    if request.method == "GET" and found.affects_state:
        raise MethodNotAllowed(["POST"])
    return ANSWERS[name](parts, type_name, resource_id)


def _unknown(name: str, type_name: str) -> Refused:
    text = say(
        "operation ${name} is not known at {where}",
        name=name,
        where=f"/{type_name}" if type_name else "/",
    )
    return Refused(text, (error(IssueCode.NOT_SUPPORTED, "", text),))
