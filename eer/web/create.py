"""FHIR create, as https://hl7.org/fhir/R4/http.html#create has it."""

from collections.abc import Callable

from flask import Response, request

from eer.fhir import kinds
from eer.register import write
from eer.register.counter import Counter
from eer.web import answers, formats
from eer.web.gate import Gate


def view(counter: Counter, gate: Gate, base_url: str) -> Callable[[str], Response]:
    """Return the view of `POST [base]/[type]`."""

    def answer(type_name: str) -> Response:
        kinds.kind_of(type_name)
        formats.wanted(request)  # before anything is written: it may be one we cannot answer in
        by = gate.principal(request)
        outcome = write.create(counter, type_name, formats.body(request), by)
        return answers.of_write(outcome, base_url)

    return answer
