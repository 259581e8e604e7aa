from eer.domain.errors import IssueCode, error, warning
from eer.fhir import structure
from eer.fhir.outcome import outcome


def test_each_issue_is_told_with_its_place() -> None:
    issues = (
        error(IssueCode.VALUE, "Endpoint.period", "crosses"),
        warning(IssueCode.BUSINESS_RULE, "", "odd"),
    )

    assert outcome(issues) == {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": "error",
                "code": "value",
                "details": {"text": "crosses"},
                "expression": ["Endpoint.period"],
            },
            {"severity": "warning", "code": "business-rule", "details": {"text": "odd"}},
        ],
    }


def test_no_issue_is_told_as_all_well() -> None:
    found = outcome(())

    assert [issue["severity"] for issue in found["issue"]] == ["information"]


def test_an_outcome_is_a_resource_of_fhir() -> None:
    for code in IssueCode:
        assert structure.issues(outcome([error(code, "Endpoint", "wrong")])) == []
