"""FHIR delete and conditional delete, as https://hl7.org/fhir/R4/http.html#delete has them.

Each answers 200 with an outcome (decision 14).
"""

from collections.abc import Callable

from flask import Response, request

from eer.fhir import kinds
from eer.register import write
from eer.register.intent import Remove
from eer.web import answers, formats
from eer.web.parts import Parts


def view(parts: Parts) -> Callable[[str, str], Response]:
    """Return the view of `DELETE [base]/[type]/[id]`."""

    def answer(type_name: str, resource_id: str) -> Response:
        reference = answers.reference(type_name, resource_id)
        formats.wanted(request)  # before anything is gone: it may be one we cannot answer
        by = parts.gate.principal(request)
        intent = Remove(type=type_name, id=reference.id, expected=answers.expected(request))
        return answers.of_result(parts, write.perform(parts.counter, intent, by), is_delete=True)

    return answer


def conditional(parts: Parts) -> Callable[[str], Response]:
    """Return the view of `DELETE [base]/[type]?…`."""

    def answer(type_name: str) -> Response:
        kinds.kind_of(type_name)
        formats.wanted(request)
        by = parts.gate.principal(request)
        criteria, expected = answers.criteria(request), answers.expected(request)
        intent = Remove(type=type_name, criteria=criteria, expected=expected)
        return answers.of_result(parts, write.perform(parts.counter, intent, by), is_delete=True)

    return answer
