"""FHIR R4 operations: $validate, and how operations are called at all.

https://hl7.org/fhir/R4/resource-operation-validate.html and /operations.html
"""

from collections.abc import Iterator

import pytest

import builders_fhir as build
import builders_web as web
import searches
from builders_fhir import Json
from builders_web import FHIR_XML, Api
from eer.fhir import canonicals, codec_xml

GOOD, BAD = build.device(7), build.device(7, manufacturer=None, status="bogus")


def parameters(resource: Json | None = None, **said: str) -> Json:
    """Return a Parameters with a resource, and with `mode` (a code) or `profile` (a uri)."""
    types = {"mode": "valueCode", "profile": "valueUri"}
    found: list[Json] = [{"name": name, types[name]: value} for name, value in said.items()]
    if resource is not None:
        found.append({"name": "resource", "resource": resource})
    return {"resourceType": "Parameters", "parameter": found}


def validated(fhir: Api, path: str, body: Json) -> list[tuple[str, str]]:
    """Validate, and return severity and code of each issue."""
    response = fhir.send("POST", path, body)
    assert response.status_code == 200, response.get_json()
    return web.outcome(response)


def errors(issues: list[tuple[str, str]]) -> list[str]:
    return sorted(code for severity, code in issues if severity in ("error", "fatal"))


@pytest.fixture
def filled(fhir: Api) -> Api:
    return searches.registered(fhir, build.device(1), build.organization(1), build.endpoint(1))


@pytest.mark.fhir(101, 102)
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("Device/$validate", GOOD),
        ("Device/$validate", parameters(GOOD)),
        ("Device/$validate", parameters(GOOD, mode="create")),
        ("Device/$validate", build.device(7, id=None)),
        ("Device/device-1/$validate", build.device(1, manufacturer="Et andet hus")),
        ("Device/device-1/$validate", parameters(build.device(1))),
        ("Device/$validate?mode=create", GOOD),
        (f"Device/$validate?profile={canonicals.DEVICE}", GOOD),
    ],
)
def test_what_is_right_is_said_to_be(filled: Api, path: str, body: Json) -> None:
    issues = validated(filled, path, body)

    assert errors(issues) == []
    assert ("information", "informational") in issues


@pytest.mark.fhir(101, 102)
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("Device/$validate", BAD),
        ("Device/$validate", parameters(BAD)),
        ("Device/$validate", parameters(BAD, mode="create")),
        ("Device/device-7/$validate", BAD),
    ],
)
def test_everything_wrong_is_said_and_the_answer_is_still_ok(
    filled: Api, path: str, body: Json
) -> None:
    response = filled.send("POST", path, body)

    assert response.status_code == 200
    assert errors(web.outcome(response)) == ["code-invalid", "required"]
    places = {issue["expression"][0] for issue in response.get_json()["issue"]}
    assert places == {"Device.status", "Device.manufacturer"}


@pytest.mark.fhir(102)
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (build.device(7, colour="red"), "structure"),
        (build.device(7, status=5), "value"),
        (build.device(7, type=build.concept(canonicals.DEVICE_TYPES, "ABC")), "code-invalid"),
        (build.device(7, owner={"reference": "Organization/nowhere"}), "not-found"),
        (build.device(7, identifier=[{"value": "device-1"}]), "duplicate"),
    ],
)
def test_each_kind_of_fault_is_found(filled: Api, body: Json, code: str) -> None:
    assert code in errors(validated(filled, "Device/$validate", parameters(body, mode="create")))


@pytest.mark.fhir(102)
def test_a_warning_is_none_of_an_error(filled: Api) -> None:
    second = build.endpoint(2, managingOrganization={"reference": "Organization/unit-1"})

    issues = validated(filled, "Endpoint/$validate", parameters(second, mode="create"))

    assert errors(issues) == []
    assert ("warning", "business-rule") in issues


@pytest.mark.fhir(101)
@pytest.mark.parametrize("path", ["Device/device-1/$validate", "Endpoint/endpoint-1/$validate"])
def test_what_is_kept_is_validated_by_get(filled: Api, path: str) -> None:
    response = filled.get(path)

    assert response.status_code == 200
    assert errors(web.outcome(response)) == []


@pytest.mark.fhir(101)
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("Device/nowhere/$validate", 404),
        ("Patient/1/$validate", 404),
        ("Device/gone/$validate", 410),
    ],
)
def test_what_is_not_there_is_not_validated(filled: Api, path: str, status: int) -> None:
    searches.registered(filled, build.device(2, id="gone"))
    filled.delete("Device/gone")

    assert filled.get(path).status_code == status


@pytest.mark.fhir(101)
def test_a_resource_in_xml_is_validated_in_xml(filled: Api) -> None:
    response = filled.ask(
        "POST",
        "Device/$validate",
        data=codec_xml.printed(parameters(BAD)),
        content_type=FHIR_XML,
        headers={"Accept": FHIR_XML},
    )

    found = codec_xml.parse(response.data)
    assert (response.status_code, found["resourceType"]) == (200, "OperationOutcome")
    assert sorted(issue["code"] for issue in found["issue"]) == ["code-invalid", "required"]


@pytest.mark.fhir(102)
@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"null", b'"text"', b"{}", b"\xff"),
        b'{"resourceType":"Parameters","parameter":[{"name":"mode","valueCode":"create"}]}',
        b'{"resourceType":"Parameters","parameter":[{"name":"resource","valueString":"x"}]}',
    ],
)
def test_what_is_no_resource_is_a_bad_request(filled: Api, body: bytes) -> None:
    response = filled.ask("POST", "Device/$validate", data=body, content_type=web.FHIR_JSON)

    assert response.status_code == 400
    assert errors(web.outcome(response)) != []


@pytest.mark.fhir(103)
@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("Device/$validate", parameters(build.device(1), mode="create"), ["duplicate"]),
        ("Device/device-1/$validate", parameters(build.device(1), mode="update"), []),
        ("Device/device-1/$validate", parameters(mode="delete"), []),
        ("Endpoint/endpoint-1/$validate", parameters(mode="delete"), []),
        ("Organization/unit-1/$validate", parameters(mode="delete"), ["conflict"]),
        ("Device/$validate", parameters(GOOD, profile=canonicals.DEVICE), []),
        ("Device/$validate", parameters(GOOD, mode="profile", profile=canonicals.DEVICE), []),
    ],
)
def test_a_resource_is_validated_for_what_is_to_be_done(
    filled: Api, path: str, body: Json, expected: list[str]
) -> None:
    assert errors(validated(filled, path, body)) == expected


@pytest.mark.fhir(103)
def test_an_update_of_another_id_is_found(filled: Api) -> None:
    body = parameters(build.device(2), mode="update")

    assert errors(validated(filled, "Device/device-1/$validate", body)) != []


@pytest.mark.fhir(103)
def test_a_resource_is_validated_by_the_profile_that_is_asked_for(filled: Api) -> None:
    body = parameters(build.device(7, meta=None), profile=canonicals.AP_DETAILS)

    issues = errors(validated(filled, "Device/$validate", body))

    assert "required" in issues


@pytest.mark.fhir(103)
def test_a_profile_that_is_not_known_is_said_to_be_so(filled: Api) -> None:
    unknown = "https://profiles.example.dk/StructureDefinition/nothing"

    issues = validated(filled, "Device/$validate", parameters(GOOD, profile=unknown))

    said = {code for severity, code in issues if severity in ("error", "warning")}
    assert said & {"not-supported", "not-found"}


@pytest.mark.fhir(103)
def test_a_mode_that_is_not_known_is_said_to_be_so(filled: Api) -> None:
    response = filled.send("POST", "Device/$validate", parameters(GOOD, mode="colour"))

    assert response.status_code in (200, 400)
    assert errors(web.outcome(response)) != []


@pytest.mark.fhir(104)
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("Device/$validate", GOOD),
        ("Device/$validate", parameters(GOOD, mode="create")),
        ("Device/device-1/$validate", build.device(1, manufacturer="Et andet hus")),
        ("Device/device-1/$validate", parameters(mode="delete")),
        ("Device/$validate", BAD),
    ],
)
def test_validation_changes_nothing(filled: Api, path: str, body: Json) -> None:
    before = filled.get("Device/device-1").get_json()

    filled.send("POST", path, body)

    assert searches.found(filled, "Device") == ["device-1"]
    assert filled.get("Device/device-1").get_json() == before
    assert filled.get("_history").get_json()["total"] == 3
    assert searches.registered(filled, GOOD).get("Device/device-7").headers["ETag"] == 'W/"1"'


@pytest.mark.fhir(104)
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "path", ["$nothing", "Organization/$nothing", "Device/device-1/$nothing", "Device/$Validate"]
)
def test_an_operation_that_is_not_known_is_not_found(filled: Api, method: str, path: str) -> None:
    more = {"data": "{}", "content_type": web.FHIR_JSON} if method == "POST" else {}

    response = filled.ask(method, path, **more)

    assert response.status_code == 404
    assert web.outcome(response) == [("error", "not-supported")]


HL7S = "http://hl7.org/fhir/OperationDefinition/"


def operations(fhir: Api) -> Iterator[tuple[str, str, str]]:
    """Yield the type, the name and the definition of each operation that is listed."""
    rest = fhir.get("metadata").get_json()["rest"][0]
    for each in rest.get("operation", []):
        yield "", each["name"], each["definition"]
    for resource in rest["resource"]:
        for each in resource.get("operation", []):
            yield resource["type"], each["name"], each["definition"]


def definition(fhir: Api, url: str) -> Json:
    """Return an OperationDefinition; what HL7 defines here, `validate`, is not kept."""
    if url.startswith(HL7S):
        return {"code": "validate", "instance": True, "affectsState": False}
    (found,) = searches.resources(searches.page(fhir, f"OperationDefinition?url={url}"))
    return found


@pytest.mark.fhir(104, 105)
def test_each_operation_that_is_listed_can_be_read_about(fhir: Api) -> None:
    listed = list(operations(fhir))

    assert ("Device", "validate") in {(type_name, name) for type_name, name, _ in listed}
    assert all(definition(fhir, url)["code"] == name for _, name, url in listed)


@pytest.mark.fhir(105)
def test_an_operation_is_called_by_get_when_it_changes_nothing(fhir: Api) -> None:
    for type_name, name, url in operations(fhir):
        defined = definition(fhir, url)
        parts = (type_name, "some-id" if defined["instance"] else "", f"${name}")

        status = fhir.get("/".join(part for part in parts if part)).status_code

        assert (status == 405) is defined.get("affectsState", False), parts
