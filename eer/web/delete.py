"""FHIR delete, as https://hl7.org/fhir/R4/http.html#delete has it."""

from collections.abc import Callable

import orjson
from flask import Response, request

from eer.domain.errors import Issue, IssueCode, Severity
from eer.fhir.outcome import outcome
from eer.register import delete
from eer.register.counter import Counter
from eer.web import answers, formats
from eer.web.gate import Gate


def view(counter: Counter, gate: Gate) -> Callable[[str, str], Response]:
    """Return the view of `DELETE [base]/[type]/[id]`: 200 with an outcome (decision 14)."""

    def answer(type_name: str, resource_id: str) -> Response:
        reference = answers.reference(type_name, resource_id)
        wanted = formats.wanted(request)  # before anything is gone: it may be one we cannot answer
        by = gate.principal(request)
        done = delete.delete(counter, reference, by, answers.expected_version(request))
        text = f"{reference} is deleted, as version {done.version.number}"
        said = Issue(Severity.INFORMATION, IssueCode.INFORMATIONAL, "", text)
        response = wanted.response(orjson.dumps(outcome((said,))))
        response.headers["ETag"] = f'W/"{done.version.number}"'
        return response

    return answer
