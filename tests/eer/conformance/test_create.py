"""How a resource comes to be (R4 http, create and conditional create)."""

import json
from email.utils import parsedate_to_datetime

import pytest

import builders_fhir as build
from builders_fhir import Clock, Json
from builders_web import BASE, FHIR_JSON, Api
from exchanges import at_once, body, done, matches, pass_on, refused


def create(fhir: Api, resource: Json, criteria: str) -> tuple[int, str]:
    """Create *resource* unless *criteria* match; return the status and where it is said to be."""
    response = fhir.post(resource, headers={"If-None-Exist": criteria})
    return response.status_code, response.headers.get("Location", "")


@pytest.mark.fhir(39)
def test_a_create_answers_with_its_place_version_and_time(fhir: Api, clock: Clock) -> None:
    response = fhir.post(build.device(id="theirs"))

    found = done(response, 201)
    assert response.headers["Location"] == f"{BASE}/Device/{found['id']}/_history/1"
    assert response.headers["ETag"] == 'W/"1"'
    assert parsedate_to_datetime(response.headers["Last-Modified"]) == clock.at
    assert found["id"] != "theirs"
    assert fhir.get("Device/theirs").status_code == 404
    assert done(fhir.get(f"Device/{found['id']}")) == found


@pytest.mark.fhir(39)
def test_of_the_meta_only_version_and_time_are_ours(fhir: Api) -> None:
    meta = {
        "profile": [*build.device()["meta"]["profile"], "https://other.example.dk/profile"],
        "tag": [{"system": "urn:x", "code": "a"}],
        "security": [{"system": "urn:x", "code": "b"}],
        "source": "https://other.example.dk/source",
    }
    theirs = {"versionId": "77", "lastUpdated": "2001-01-01T00:00:00Z"}

    found = done(fhir.post(build.device(meta=meta | theirs)), 201)["meta"]

    assert found == meta | {"versionId": "1", "lastUpdated": found["lastUpdated"]}
    assert found["lastUpdated"].startswith("2026-05-05T12:00:00")


@pytest.mark.fhir(40)
@pytest.mark.parametrize("path", ["Endpoint", "Organization"])
def test_a_resource_of_another_type_than_the_url_is_a_bad_request(fhir: Api, path: str) -> None:
    assert refused(fhir.send("POST", path, build.device()), 400)[0] in ("invalid", "value")
    assert matches(fhir, "Device") == matches(fhir, path) == []


def endpoint_without(name: str) -> Json:
    return build.endpoint(1, **{name: None})


@pytest.mark.fhir(41, 130)
@pytest.mark.parametrize(
    ("resource", "code", "place"),
    [
        (build.device(colour="red"), "structure", "Device"),
        (build.device(identifier={"value": "x"}), "structure", "Device.identifier"),
        (build.device(identifier=[]), "structure", "Device.identifier"),
        (build.device(manufacturer=7), "value", "Device.manufacturer"),
        (build.device(expirationDate="i går"), "value", "Device.expirationDate"),
        (build.device(status="bogus"), "code-invalid", "Device.status"),
        (endpoint_without("status"), "required", "Endpoint.status"),
        (endpoint_without("address"), "required", "Endpoint.address"),
        (endpoint_without("payloadType"), "required", "Endpoint.payloadType"),
    ],
)
def test_what_has_the_wrong_shape_is_a_bad_request(
    fhir: Api, resource: Json, code: str, place: str
) -> None:
    fhir.put(build.organization(1))

    response = fhir.post(resource)

    assert response.status_code == 400
    assert (code, place) in places(body(response))


@pytest.mark.fhir(41, 130)
@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"resourceType": "Device"', "<Device/>"])
def test_what_cannot_be_read_is_a_bad_request(fhir: Api, text: str) -> None:
    response = fhir.ask("POST", "Device", data=text, content_type=FHIR_JSON)

    assert set(refused(response, 400)) <= {"structure", "invalid", "value", "required"}


@pytest.mark.fhir(41, 130)
@pytest.mark.parametrize(
    ("resource", "codes", "place"),
    [
        (
            build.endpoint(payloadType=build.payloads("urn:dk:unknown", build.RECEIPT)),
            {"code-invalid", "business-rule"},
            "Endpoint.payloadType[0]",
        ),
        (
            build.endpoint(period={"start": "2026-05-05", "end": "2026-05-04"}),
            {"invariant"},
            "Endpoint.period",
        ),
        (
            build.endpoint(managingOrganization={"reference": "Organization/nowhere"}),
            {"not-found", "business-rule"},
            "Endpoint.managingOrganization",
        ),
        (build.device(manufacturer=None), {"required", "business-rule"}, "Device.manufacturer"),
    ],
)
def test_what_breaks_a_rule_is_not_processable(
    fhir: Api, resource: Json, codes: set[str], place: str
) -> None:
    fhir.put(build.organization(1))

    response = fhir.post(resource)

    assert response.status_code == 422, body(response)
    found = [each for each in places(body(response)) if each[1].startswith(place)]
    assert {code for code, _ in found} & codes


@pytest.mark.fhir(41)
def test_everything_wrong_is_told_at_once_with_its_place(fhir: Api) -> None:
    fhir.put(build.organization(1))
    wrong = build.endpoint(
        1,
        identifier=[{"system": "https://www.gs1.org/gln", "value": "5790009000011"}],
        status="bogus",
        payloadType=build.payloads("urn:dk:unknown"),
        address=None,
        colour="red",
    )

    response = fhir.post(wrong)

    told = {place for _, place in places(body(response))}
    assert response.status_code == 400
    assert {"Endpoint.status", "Endpoint.address", "Endpoint"} <= told
    assert [each for each in told if each.startswith("Endpoint.identifier[0]")]
    assert [each for each in told if each.startswith("Endpoint.payloadType[0]")]
    assert fhir.get("Endpoint").get_json()["total"] == 0


def places(outcome: Json) -> set[tuple[str, str]]:
    """Return code and place of each error of an OperationOutcome."""
    assert outcome["resourceType"] == "OperationOutcome", outcome
    return {
        (each["code"], place)
        for each in outcome["issue"]
        if each["severity"] in ("error", "fatal")
        for place in each.get("expression", [""])
    }


@pytest.mark.fhir(42)
def test_a_conditional_create_creates_what_nothing_matches(fhir: Api) -> None:
    fhir.put(build.device(2))

    status, place = create(fhir, build.device(1), "identifier=device-1")

    assert (status, place) == (201, f"{BASE}/Device/minted-1/_history/1")


@pytest.mark.fhir(42)
def test_a_conditional_create_answers_with_the_one_that_matches(fhir: Api, clock: Clock) -> None:
    fhir.put(build.device(1))
    fhir.put(build.device(1, version=None, manufacturer="Et andet hus"))
    pass_on(clock)

    response = fhir.post(
        build.device(1, manufacturer="Et tredje"), headers={"If-None-Exist": "identifier=device-1"}
    )

    assert response.status_code == 200
    assert response.headers["ETag"] == 'W/"2"'
    assert response.headers["Location"] == f"{BASE}/Device/device-1/_history/2"
    assert matches(fhir, "Device") == ["device-1"]
    found = done(fhir.get("Device/device-1"))
    assert (found["manufacturer"], found["meta"]["versionId"]) == ("Et andet hus", "2")


@pytest.mark.fhir(42, 130)
def test_a_conditional_create_that_matches_several_fails(fhir: Api) -> None:
    fhir.put(build.device(1))
    fhir.put(build.device(2))

    response = fhir.post(build.device(3), headers={"If-None-Exist": "status=active"})

    assert refused(response, 412) == ["multiple-matches"]
    assert matches(fhir, "Device") == ["device-1", "device-2"]


@pytest.mark.fhir(42)
def test_what_was_deleted_matches_no_condition(fhir: Api) -> None:
    fhir.put(build.device(1))
    fhir.delete("Device/device-1")

    assert create(fhir, build.device(1), "identifier=device-1")[0] == 201


@pytest.mark.fhir(43)
@pytest.mark.parametrize(
    "criteria",
    [
        *("", "?", "&", "identifier=", "colour=red", "colour=red&identifier=device-1"),
        *("identifier=device-1&_count=1", "_count=1", "_sort=_id", "_summary=true", "_total=none"),
        *("_include=Device:organization", "_elements=id", "_format=json", "identifier:odd=x"),
    ],
)
def test_a_condition_that_is_none_is_a_bad_request(fhir: Api, criteria: str) -> None:
    fhir.put(build.device(1))

    response = fhir.post(build.device(2), headers={"If-None-Exist": criteria})

    assert refused(response, 400)
    assert matches(fhir, "Device") == ["device-1"]


@pytest.mark.fhir(44)
@pytest.mark.parametrize("criteria", ["identifier=device-1", "type=MSH"])
def test_conditional_creates_at_the_same_time_make_one_resource(fhir: Api, criteria: str) -> None:
    """The second condition is over what no index keeps unique."""
    same = "identifier" in criteria
    made = [build.device(1 if same else number) for number in range(1, 6)]

    answers = at_once(
        fhir,
        *(
            lambda api, each=each: api.post(each, headers={"If-None-Exist": criteria})
            for each in made
        ),
    )

    statuses = sorted(each.status_code for each in answers)
    assert statuses == [200, 200, 200, 200, 201]
    assert len({each.headers["Location"] for each in answers}) == 1
    assert len(matches(fhir, "Device")) == 1


@pytest.mark.fhir(45)
def test_nothing_is_created_at_the_url_of_a_resource(fhir: Api) -> None:
    response = fhir.send("POST", "Device/device-1", build.device())

    assert refused(response, 405)
    assert {"GET", "PUT", "DELETE"} <= set(response.headers["Allow"].replace(" ", "").split(","))
    assert fhir.get("Device/device-1").status_code == 404


@pytest.mark.fhir(45)
@pytest.mark.parametrize("data", [b"", b" ", b"\n"])
def test_a_create_of_nothing_is_a_bad_request(fhir: Api, data: bytes) -> None:
    assert refused(fhir.ask("POST", "Device", data=data, content_type=FHIR_JSON), 400)


@pytest.mark.fhir(46, 130)
@pytest.mark.parametrize(
    ("holder", "rival"),
    [
        (build.organization(1), build.organization(1, id="rival")),
        (build.device(1), build.device(1, id="rival")),
        (build.endpoint(1), build.endpoint(1, id="rival")),
    ],
    ids=["Organization", "Device", "Endpoint"],
)
def test_an_identifier_that_is_taken_is_a_duplicate_of_its_holder(
    fhir: Api, holder: Json, rival: Json
) -> None:
    fhir.put(build.organization(1))
    fhir.put(holder)

    for response in (fhir.post(rival), fhir.put(rival)):
        assert set(refused(response, 409)) == {"duplicate"}
        assert str(build.ref(holder)) in json.dumps(body(response))
    assert fhir.get(str(build.ref(rival))).status_code == 404
