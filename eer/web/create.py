"""FHIR create and conditional create, as https://hl7.org/fhir/R4/http.html#create has them."""

from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode

from flask import Response, request

from eer.domain.errors import IssueCode, Malformed, error
from eer.domain.wording import say
from eer.fhir import kinds, results
from eer.register import write
from eer.register.intent import Create, Criteria
from eer.web import answers, formats
from eer.web.parts import Parts


def view(parts: Parts) -> Callable[[str], Response]:
    """Return the view of `POST [base]/[type]`."""

    def answer(type_name: str) -> Response:
        kinds.kind_of(type_name)
        formats.wanted(request)  # before anything is written: it may be one we cannot answer in
        by = parts.gate.principal(request)
        check_unconditional(answers.criteria(request))
        written = request.headers.get("If-None-Exist")
        criteria = None if written is None else criteria_of(written)
        intent = Create(type=type_name, criteria=criteria, json=formats.body(request))
        return answers.of_result(parts, write.perform(parts.counter, intent, by), is_create=True)

    return answer


def check_unconditional(pairs: Criteria, place: str = "") -> None:
    """Raise Malformed where a URL has criteria: passed over, they would make what is there twice.

    Clients written for Aidbox send them so.
    """
    if pairs:
        text = say(
            "{found} found in the URL of a create, expected it in If-None-Exist "
            "(in an entry of a Bundle in request.ifNoneExist)",
            found=urlencode(pairs),
        )
        raise Malformed(text, (error(IssueCode.NOT_SUPPORTED, place, text),))


def criteria_of(written: str) -> Criteria:
    """Read If-None-Exist: a search string, with or without what stands before its `?`.

    HAPI's client says in it how the answer is to be written, which is no criterion.
    """
    pairs = parse_qsl(written.rpartition("?")[2], keep_blank_values=True)
    return tuple(each for each in pairs if each[0] not in results.FORMAT)
