"""How are issues told to a FHIR client? FHIR R4 OperationOutcome."""

from collections.abc import Iterable
from typing import Any

from eer.domain.errors import Issue, IssueCode, Severity


def outcome(issues: Iterable[Issue]) -> dict[str, Any]:
    """Return an OperationOutcome with an issue for each of *issues*, or an all-clear for none."""
    return {
        "resourceType": "OperationOutcome",
        "issue": [_issue(each) for each in issues or (_ALL_OK,)],
    }


_ALL_OK = Issue(Severity.INFORMATION, IssueCode.INFORMATIONAL, "", "done")


def _issue(each: Issue) -> dict[str, Any]:
    issue = {"severity": each.severity, "code": each.code, "details": {"text": each.text}}
    return issue | ({"expression": [each.expression]} if each.expression else {})
