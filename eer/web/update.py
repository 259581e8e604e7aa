"""FHIR update and conditional update, as https://hl7.org/fhir/R4/http.html#update has them."""

from collections.abc import Callable

from flask import Response, request

from eer.fhir import kinds
from eer.register import write
from eer.register.intent import Update
from eer.web import answers, formats
from eer.web.parts import Parts


def view(parts: Parts) -> Callable[[str, str], Response]:
    """Return the view of `PUT [base]/[type]/[id]`."""

    def answer(type_name: str, resource_id: str) -> Response:
        reference = answers.reference(type_name, resource_id)
        formats.wanted(request)  # before anything is written: it may be one we cannot answer in
        by = parts.gate.principal(request)
        expected = answers.expected(request)
        json = formats.body(request)
        intent = Update(type=type_name, id=reference.id, expected=expected, json=json)
        return answers.of_result(parts, write.perform(parts.counter, intent, by))

    return answer


def conditional(parts: Parts) -> Callable[[str], Response]:
    """Return the view of `PUT [base]/[type]?…`."""

    def answer(type_name: str) -> Response:
        kinds.kind_of(type_name)
        formats.wanted(request)
        by = parts.gate.principal(request)
        intent = Update(
            type=type_name,
            criteria=answers.criteria(request),
            expected=answers.expected(request),
            json=formats.body(request),
        )
        return answers.of_result(parts, write.perform(parts.counter, intent, by))

    return answer
