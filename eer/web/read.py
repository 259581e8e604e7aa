"""FHIR read, as https://hl7.org/fhir/R4/http.html#read has it."""

from collections.abc import Callable

from flask import Response, request

from eer.domain import access
from eer.domain.access import Interaction
from eer.register import read
from eer.web import answers, held
from eer.web.parts import Parts


def view(parts: Parts) -> Callable[[str, str], Response]:
    """Return the view of `GET [base]/[type]/[id]`."""

    def answer(type_name: str, resource_id: str) -> Response:
        reference = answers.reference(type_name, resource_id)
        access.check_scope(parts.gate.principal(request), Interaction.READ, type_name)
        held.may_be_held()
        return answers.of_read(parts, read.read(parts.counter, reference))

    return answer
