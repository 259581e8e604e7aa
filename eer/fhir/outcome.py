"""How are issues told to a FHIR client? FHIR R4 OperationOutcome."""

from collections.abc import Iterable
from typing import Any

from eer.domain.errors import Issue, IssueCode, Severity
from eer.domain.wording import say
from eer.fhir.language import Language, spoken
from eer.fhir.primitives import writable


def outcome(issues: Iterable[Issue], language: Language = Language.ENGLISH) -> dict[str, Any]:
    """Return an OperationOutcome with an issue for each of *issues*, or an all-clear for none."""
    return {
        "resourceType": "OperationOutcome",
        "issue": [_issue(each, language) for each in tuple(issues) or (_ALL_OK,)],
    }


_ALL_OK = Issue(Severity.INFORMATION, IssueCode.INFORMATIONAL, "", say("all is well"))


def _issue(each: Issue, language: Language) -> dict[str, Any]:
    text = writable(spoken(each.text, language))
    issue = {"severity": each.severity, "code": each.code, "details": {"text": text}}
    return issue | ({"expression": [writable(each.expression)]} if each.expression else {})
