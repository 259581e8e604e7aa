from eer.domain.errors import (
    EXIT_CODES,
    Failure,
    Issue,
    IssueCode,
    Malformed,
    Severity,
    as_json,
    error,
    errors_of,
    warning,
)


def test_a_failure_without_issues_has_one_that_says_the_same() -> None:
    failure = Malformed("GLN 123: expected 13 digits")

    assert failure.issues == (error(IssueCode.STRUCTURE, "", "GLN 123: expected 13 digits"),)
    assert str(failure) == failure.text


def test_a_failure_keeps_the_issues_it_is_given() -> None:
    issues = (error(IssueCode.VALUE, "Endpoint.period", "crosses"),)

    assert Malformed("wrong", issues).issues == issues


def test_a_warning_refuses_nothing() -> None:
    refusing = error(IssueCode.VALUE, "Endpoint.name", "wrong")
    telling = warning(IssueCode.VALUE, "Endpoint.name", "odd")

    assert errors_of((telling, refusing)) == (refusing,)


def test_an_issue_is_placed_under_what_contains_it() -> None:
    issue = Issue(Severity.ERROR, IssueCode.VALUE, "Endpoint.period.start", "none")

    assert issue.under("Bundle.entry[3].resource").expression == (
        "Bundle.entry[3].resource.period.start"
    )


def test_an_issue_of_a_whole_resource_is_placed_at_the_resource() -> None:
    issue = error(IssueCode.CONFLICT, "Endpoint", "pointed at")

    assert issue.under("Bundle.entry[3].resource").expression == "Bundle.entry[3].resource"


def test_every_kind_of_failure_has_an_exit_code() -> None:
    assert set(EXIT_CODES) == set(Failure.__subclasses__())


def test_a_failure_is_told_to_machines_with_its_kind_and_its_issues() -> None:
    assert as_json(Malformed("wrong", [error(IssueCode.VALUE, "Endpoint.period", "crosses")])) == {
        "failure": "wrong",
        "kind": "Malformed",
        "issues": [
            {
                "severity": "error",
                "code": "value",
                "expression": "Endpoint.period",
                "text": "crosses",
            }
        ],
    }
