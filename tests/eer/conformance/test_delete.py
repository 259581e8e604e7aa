"""How a resource goes (R4 http, delete and conditional delete)."""

from dataclasses import replace

import pytest

import builders_fhir as build
import builders_web as web
from builders_web import FHIR_XML, Api
from eer.domain.policy import Policy
from eer.register.counter import Counter
from exchanges import body, done, matches, refused, root


@pytest.fixture
def filled(fhir: Api) -> Api:
    """Return the API over a register that holds two devices."""
    fhir.put(build.device(1))
    fhir.put(build.device(2))
    return fhir


def total(fhir: Api, path: str) -> int:
    found: int = done(fhir.get(path))["total"]
    return found


@pytest.mark.fhir(65)
def test_a_delete_answers_with_an_outcome(filled: Api) -> None:
    response = filled.delete("Device/device-1")

    assert response.status_code == 200
    assert {severity for severity, _ in web.outcome(response)} == {"information"}
    assert filled.get("Device/device-1").status_code == 410


@pytest.mark.fhir(65)
def test_a_delete_answers_in_the_wanted_form(filled: Api) -> None:
    response = filled.delete("Device/device-1", headers={"Accept": FHIR_XML})

    assert (response.status_code, root(response)) == (200, "OperationOutcome")


@pytest.mark.fhir(66)
def test_what_was_deleted_is_gone_and_its_versions_are_not(filled: Api) -> None:
    filled.delete("Device/device-1")

    assert refused(filled.get("Device/device-1"), 410) == ["deleted"]
    assert matches(filled, "Device") == ["device-2"]
    assert matches(filled, "Device?_id=device-1") == []
    assert matches(filled, "Device?identifier=device-1") == []
    assert done(filled.get("Device/device-1/_history/1"))["id"] == "device-1"
    history = done(filled.get("Device/device-1/_history"))["entry"]
    assert [each["request"]["method"] for each in history] == ["DELETE", "PUT"]


@pytest.mark.fhir(22, 25)
def test_what_was_deleted_is_not_found_where_the_operator_wants_that(counter: Counter) -> None:
    fhir = web.api(replace(counter, policy=Policy(hides_deleted=True)))
    fhir.put(build.device(1))
    fhir.delete("Device/device-1")
    gone = ("Device/device-1", "Device/device-1/_history/2")
    entries = [{"request": {"method": "GET", "url": each}} for each in gone]

    batch = done(
        fhir.send("POST", "", {"resourceType": "Bundle", "type": "batch", "entry": entries})
    )

    for each in gone:
        assert refused(fhir.get(each), 404) == ["deleted"]
    assert [each["response"]["status"] for each in batch["entry"]] == ["404 Not Found"] * 2
    assert done(fhir.get("Device/device-1/_history/1"))["id"] == "device-1"


@pytest.mark.fhir(66)
def test_what_a_deleted_resource_held_may_be_held_by_another(filled: Api) -> None:
    filled.delete("Device/device-1")

    assert filled.put(build.device(1, id="another")).status_code == 201


@pytest.mark.fhir(67)
def test_a_repeated_delete_changes_nothing(filled: Api) -> None:
    filled.delete("Device/device-1")

    again = filled.delete("Device/device-1")

    assert {severity for severity, _ in web.outcome(again)} == {"information"}
    assert again.status_code == 200
    assert filled.get("Device/device-1/_history/3").status_code == 404
    assert filled.get("Device/device-1/_history/2").status_code == 410


@pytest.mark.fhir(67)
def test_a_delete_of_what_never_was_says_that_it_was_not_found(filled: Api) -> None:
    response = filled.delete("Device/nowhere")

    assert response.status_code == 200
    assert web.outcome(response) == [("information", "not-found")]
    assert filled.get("Device/nowhere").status_code == 404


@pytest.mark.fhir(68, 130)
def test_what_others_point_at_stays_and_they_are_listed(fhir: Api) -> None:
    fhir.put(build.organization(1))
    fhir.put(build.endpoint(1))
    fhir.put(build.endpoint(2, managingOrganization={"reference": "Organization/unit-1"}))
    fhir.put(build.device(1, owner={"reference": "Organization/unit-1"}))

    response = fhir.delete("Organization/unit-1")

    assert set(refused(response, 409)) == {"conflict"}
    told = response.get_data(as_text=True)
    for referrer in ("Endpoint/endpoint-1", "Endpoint/endpoint-2", "Device/device-1"):
        assert referrer in told
    assert fhir.get("Organization/unit-1").status_code == 200


@pytest.mark.fhir(68)
def test_what_nobody_points_at_any_more_goes(fhir: Api) -> None:
    fhir.put(build.organization(1))
    fhir.put(build.endpoint(1))
    fhir.delete("Endpoint/endpoint-1")

    assert fhir.delete("Organization/unit-1").status_code == 200


@pytest.mark.fhir(68)
@pytest.mark.parametrize("name", ["SearchParameter", "OperationDefinition", "StructureDefinition"])
def test_what_the_server_defines_cannot_be_deleted(fhir: Api, name: str) -> None:
    response = fhir.delete(f"{name}/some")

    assert refused(response, 405) == ["not-supported"]
    assert "DELETE" not in response.headers["Allow"]


@pytest.mark.fhir(69)
@pytest.mark.parametrize(
    ("expected", "status"), [('W/"1"', 200), ('"1"', 200), ("*", 200), ('W/"2"', 412), ("9", 412)]
)
def test_a_delete_heeds_if_match(filled: Api, expected: str, status: int) -> None:
    response = filled.delete("Device/device-1", headers={"If-Match": expected})

    assert response.status_code == status
    assert filled.get("Device/device-1").status_code == (410 if status == 200 else 200)


@pytest.mark.fhir(70)
def test_a_conditional_delete_takes_away_the_one_that_matches(filled: Api) -> None:
    response = filled.delete("Device?identifier=device-1")

    assert {severity for severity, _ in web.outcome(response)} == {"information"}
    assert response.status_code == 200
    assert matches(filled, "Device") == ["device-2"]


@pytest.mark.fhir(70)
def test_a_conditional_delete_of_none_says_so(filled: Api) -> None:
    response = filled.delete("Device?identifier=nowhere")

    assert response.status_code == 200
    assert {severity for severity, _ in web.outcome(response)} == {"information"}
    assert total(filled, "Device") == 2


@pytest.mark.fhir(70, 130)
def test_a_conditional_delete_of_several_takes_away_none(filled: Api) -> None:
    assert refused(filled.delete("Device?status=active"), 412) == ["multiple-matches"]
    assert total(filled, "Device") == 2


@pytest.mark.fhir(70)
@pytest.mark.parametrize(
    "criteria",
    ["", "?", "?identifier=", "?colour=red", "?identifier=device-1&colour=red", "?_count=1"],
)
def test_a_delete_without_conditions_takes_away_none(filled: Api, criteria: str) -> None:
    response = filled.delete(f"Device{criteria}")

    assert response.status_code == 400, body(response)
    assert total(filled, "Device") == 2


@pytest.mark.fhir(70, 68)
def test_a_conditional_delete_leaves_what_others_point_at(fhir: Api) -> None:
    fhir.put(build.organization(1))
    fhir.put(build.endpoint(1))

    assert refused(fhir.delete(f"Organization?identifier={build.sor(1)}"), 409) == ["conflict"]
    assert fhir.get("Organization/unit-1").status_code == 200
