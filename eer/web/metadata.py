"""FHIR capabilities, as https://hl7.org/fhir/R4/http.html#capabilities has it."""

from collections.abc import Callable, Collection

import orjson
from flask import Response

from eer.fhir import capability, kinds
from eer.fhir.operations import OPERATIONS
from eer.fhir.release import RELEASED
from eer.web import answers
from eer.web.parts import Parts


def view(
    parts: Parts, codes: Collection[str], of_definitions: Collection[str]
) -> Callable[[], Response]:
    """Return the view of `GET [base]/metadata`, open to everyone.

    *codes* are the interactions that have a route, *of_definitions* those for definitions.
    """
    statement = capability.statement(
        {**kinds.KINDS, **kinds.DEFINITIONS},
        codes,
        of_definitions,
        OPERATIONS.values(),
        parts.base_url,
        (parts.version, RELEASED),
    )
    whole = orjson.dumps(statement)

    def answer() -> Response:
        return answers.of_fixed(whole)

    return answer
