"""FHIR update, as https://hl7.org/fhir/R4/http.html#update has it."""

from collections.abc import Callable

from flask import Response, request

from eer.register import write
from eer.register.counter import Counter
from eer.web import answers, formats
from eer.web.gate import Gate


def view(counter: Counter, gate: Gate, base_url: str) -> Callable[[str, str], Response]:
    """Return the view of `PUT [base]/[type]/[id]`."""

    def answer(type_name: str, resource_id: str) -> Response:
        reference = answers.reference(type_name, resource_id)
        formats.wanted(request)  # before anything is written: it may be one we cannot answer in
        by = gate.principal(request)
        expected = answers.expected_version(request)
        outcome = write.update(counter, reference, formats.body(request), by, expected)
        return answers.of_write(outcome, base_url)

    return answer
