"""FHIR vread, as https://hl7.org/fhir/R4/http.html#vread has it."""

from collections.abc import Callable

from flask import Response, request

from eer.domain import access
from eer.domain.access import Interaction
from eer.register import read
from eer.web import answers, held
from eer.web.parts import Parts


def view(parts: Parts) -> Callable[[str, str, str], Response]:
    """Return the view of `GET [base]/[type]/[id]/_history/[vid]`."""

    def answer(type_name: str, resource_id: str, number: str) -> Response:
        reference = answers.reference(type_name, resource_id)
        access.check_scope(parts.gate.principal(request), Interaction.READ, type_name)
        held.may_be_held()
        version = read.read_version(parts.counter, reference, answers.number(reference, number))
        return answers.of_read(parts, version)

    return answer
