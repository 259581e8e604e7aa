"""FHIR vread, as https://hl7.org/fhir/R4/http.html#vread has it."""

from collections.abc import Callable

from flask import Response, request

from eer.domain import access
from eer.domain.access import Interaction
from eer.domain.errors import Absent
from eer.register import read
from eer.register.counter import Counter
from eer.web import answers
from eer.web.gate import Gate

_LONGEST = 9


def view(counter: Counter, gate: Gate, base_url: str) -> Callable[[str, str, str], Response]:
    """Return the view of `GET [base]/[type]/[id]/_history/[vid]`."""

    def answer(type_name: str, resource_id: str, number: str) -> Response:
        reference = answers.reference(type_name, resource_id)
        access.check_scope(gate.principal(request), Interaction.READ, type_name)
        if not (number.isascii() and number.isdigit() and len(number) <= _LONGEST):
            raise Absent(f"{reference} has no version {number}: versions are numbers")
        return answers.of_version(read.read_version(counter, reference, int(number)), base_url)

    return answer
