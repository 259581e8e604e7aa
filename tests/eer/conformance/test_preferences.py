"""What a client prefers to be answered, and how it is told (R4 http, Prefer; RFC 7240)."""

import json

import pytest
from werkzeug.test import TestResponse

import builders_fhir as build
import builders_web as web
from builders_web import Api
from exchanges import done, refused

UNLISTED = build.endpoint(1)

WRITES = [("create", 201), ("update", 200), ("patch", 200)]
PREFERRED = ["minimal", "representation", "OperationOutcome"]
JSON_PATCH = "application/json-patch+json"


def write(fhir: Api, interaction: str, **headers: str) -> TestResponse:
    """Create, update or patch the endpoint whose organisation does not list it: a warning."""
    fhir.put(build.organization(1))
    if interaction == "create":
        return fhir.post(UNLISTED, headers=headers)
    fhir.put(UNLISTED)
    if interaction == "update":
        return fhir.put(build.endpoint(1, name="Et andet navn"), headers=headers)
    patch = [{"op": "replace", "path": "/name", "value": "Et andet navn"}]
    return fhir.ask(
        "PATCH",
        "Endpoint/endpoint-1",
        data=json.dumps(patch),
        content_type=JSON_PATCH,
        headers=headers,
    )


@pytest.mark.fhir(17)
@pytest.mark.parametrize(("interaction", "status"), WRITES)
def test_a_write_answers_as_is_preferred(fhir: Api, interaction: str, status: int) -> None:
    answer = write(fhir, interaction, Prefer="return=minimal")

    assert (answer.status_code, answer.data) == (status, b"")
    assert answer.headers["ETag"].startswith('W/"')


@pytest.mark.fhir(17)
@pytest.mark.parametrize(("interaction", "status"), WRITES)
@pytest.mark.parametrize("headers", [{}, {"Prefer": "return=representation"}])
def test_a_write_answers_with_the_resource_unasked(
    fhir: Api, interaction: str, status: int, headers: dict[str, str]
) -> None:
    answer = done(write(fhir, interaction, **headers), status)

    assert (answer["resourceType"], answer["meta"]["versionId"]) == (
        "Endpoint",
        "1" if interaction == "create" else "2",
    )


@pytest.mark.fhir(17)
@pytest.mark.parametrize(("interaction", "status"), WRITES)
def test_an_outcome_that_is_preferred_holds_the_warnings(
    fhir: Api, interaction: str, status: int
) -> None:
    answer = write(fhir, interaction, Prefer="return=OperationOutcome")

    assert answer.status_code == status
    assert "warning" in {severity for severity, _ in web.outcome(answer)}
    assert "error" not in {severity for severity, _ in web.outcome(answer)}


@pytest.mark.fhir(17)
@pytest.mark.parametrize(
    ("preferred", "held"),
    [("minimal", None), ("representation", "Endpoint"), ("OperationOutcome", "OperationOutcome")],
)
def test_a_transaction_answers_as_is_preferred(fhir: Api, preferred: str, held: str | None) -> None:
    bundle = build.transaction(build.organization(1), UNLISTED)

    answer = done(fhir.send("POST", "", bundle, headers={"Prefer": f"return={preferred}"}))

    entry = answer["entry"][1]
    told = entry.get("resource") or entry["response"].get("outcome") or {}
    assert entry["response"]["status"].startswith("201")
    assert told.get("resourceType") == held


@pytest.mark.fhir(17)
@pytest.mark.parametrize("preferred", PREFERRED)
def test_a_write_that_fails_is_told_whatever_is_preferred(fhir: Api, preferred: str) -> None:
    headers = {"Prefer": f"return={preferred}"}

    assert refused(fhir.put(build.device(status="bogus"), headers=headers), 400)


@pytest.mark.fhir(18)
@pytest.mark.parametrize("preferred", PREFERRED)
@pytest.mark.parametrize("interaction", ["create", "update", "patch"])
def test_a_preference_that_was_followed_is_named(
    fhir: Api, interaction: str, preferred: str
) -> None:
    answer = write(fhir, interaction, Prefer=f"return={preferred}")

    assert answer.headers["Preference-Applied"] == f"return={preferred}"


@pytest.mark.fhir(18)
@pytest.mark.parametrize("preferred", ["respond-async", "return=everything", ""])
def test_a_preference_that_was_not_followed_is_not_named(fhir: Api, preferred: str) -> None:
    answer = fhir.put(build.device(), headers={"Prefer": preferred})

    assert done(answer, 201)["resourceType"] == "Device"
    assert "Preference-Applied" not in answer.headers
