from eer.domain.errors import IssueCode, error, warning
from eer.fhir import codec_xml, structure
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


def test_what_no_text_of_fhir_may_hold_is_told_by_a_mark() -> None:
    found = outcome([error(IssueCode.VALUE, "Device.\x18", "'\x00\x18\ud800\ufffe\n' found")])

    (issue,) = found["issue"]
    assert issue["details"]["text"] == "'\ufffd\ufffd\ufffd\ufffd\n' found"
    assert issue["expression"] == ["Device.\ufffd"]
    assert codec_xml.parse(codec_xml.printed(found)) == found
