"""What the server says it can do (R4 http, capabilities); its claims are tried in test_claims."""

import re

import pytest
from fhir.resources.R4B.capabilitystatement import CapabilityStatement

import builders_fhir as build
import builders_web as web
from builders_fhir import Json
from builders_web import BASE, FHIR_JSON, FHIR_XML, Api
from eer.register.counter import Counter
from exchanges import SUBSETTED, done, root, values

EER = ["Organization", "Endpoint", "Device", "MessageDefinition"]
MCSD_KINDS = ["Location", "HealthcareService", "OrganizationAffiliation"]
MCSD = "https://profiles.ihe.net/ITI/mCSD/StructureDefinition/IHE.mCSD."


@pytest.fixture
def statement(fhir: Api) -> Json:
    """Return the CapabilityStatement, as somebody without a token gets it."""
    return done(fhir.as_(None).get("metadata"))


def resources(statement: Json) -> dict[str, Json]:
    return {each["type"]: each for each in statement["rest"][0]["resource"]}


@pytest.mark.fhir(125)
def test_the_statement_is_public_in_both_forms(fhir: Api) -> None:
    anybody = fhir.as_(None)

    response = anybody.get("metadata", headers={"Accept": FHIR_XML})

    assert (response.status_code, root(response)) == (200, "CapabilityStatement")
    assert values(response, "f:implementation/f:url") == [BASE]
    told = {each["type"] for each in anybody.get("metadata").get_json()["rest"][0]["resource"]}
    assert set(values(response, "f:rest/f:resource/f:type")) == told


@pytest.mark.fhir(125)
def test_the_statement_is_of_this_server_and_of_r4(statement: Json) -> None:
    assert statement["resourceType"] == "CapabilityStatement"
    assert (statement["status"], statement["kind"]) == ("active", "instance")
    assert (statement["implementation"]["url"], statement["fhirVersion"]) == (BASE, "4.0.1")
    assert statement["implementation"]["description"]
    assert statement["software"]["name"]
    assert re.fullmatch(r"20\d\d-\d\d(-\d\d.*)?", statement["date"])
    assert {FHIR_JSON, FHIR_XML} <= set(statement["format"])
    assert [each["mode"] for each in statement["rest"]] == ["server"]


@pytest.mark.fhir(125)
def test_the_statement_has_the_shape_that_others_expect(statement: Json) -> None:
    CapabilityStatement.model_validate(statement)


@pytest.mark.fhir(125)
def test_each_type_and_each_of_its_parts_is_stated_once(statement: Json) -> None:
    types = [each["type"] for each in statement["rest"][0]["resource"]]

    assert len(types) == len(set(types))
    for each in statement["rest"][0]["resource"]:
        for part, key in (("searchParam", "name"), ("interaction", "code"), ("operation", "name")):
            named = [found[key] for found in each.get(part, [])]
            assert len(named) == len(set(named)), (each["type"], part)


@pytest.mark.fhir(125)
def test_the_types_of_eer_and_of_mcsd_are_stated(statement: Json) -> None:
    ours = {"SearchParameter", "OperationDefinition", "StructureDefinition"}

    assert {*EER, *MCSD_KINDS, "DeviceDefinition", *ours} <= resources(statement).keys()


@pytest.mark.fhir(126)
@pytest.mark.parametrize("name", EER)
def test_a_type_says_how_it_is_versioned_and_written(statement: Json, name: str) -> None:
    found = resources(statement)[name]

    assert found["versioning"] in ("versioned", "versioned-update")
    assert (found["readHistory"], found["updateCreate"]) == (True, True)
    assert (found["conditionalCreate"], found["conditionalUpdate"]) == (True, True)
    assert found["conditionalRead"] == "full-support"
    assert found["conditionalDelete"] == "single"
    assert set(found["referencePolicy"]) <= {"literal", "logical", "resolves", "enforced", "local"}
    assert {each["code"] for each in found["interaction"]} == {
        *("read", "vread", "update", "patch", "delete", "create", "search-type"),
        *("history-instance", "history-type"),
    }


@pytest.mark.fhir(126)
def test_includes_and_operations_are_stated(statement: Json) -> None:
    found = resources(statement)

    assert {"Organization:endpoint", "Organization:partof"} <= set(
        found["Organization"]["searchInclude"]
    )
    assert "Endpoint:organization" in found["Organization"]["searchRevInclude"]
    assert "Endpoint:organization" in found["Endpoint"]["searchInclude"]
    assert {each["name"] for each in found["Organization"]["operation"]} >= {
        *("validate", "getEerReceiverDataBySORId", "addressability"),
    }
    for each in found.values():
        for operation in each.get("operation", []):
            assert operation["definition"].startswith("http")


@pytest.mark.fhir(126)
def test_the_whole_server_says_what_it_does(statement: Json) -> None:
    (rest,) = statement["rest"]

    assert {each["code"] for each in rest["interaction"]} == {
        *("transaction", "batch", "search-system", "history-system")
    }
    assert set(statement["patchFormat"]) >= {"application/json-patch+json", FHIR_JSON, FHIR_XML}


@pytest.mark.fhir(127)
def test_the_statement_is_not_sent_again_to_who_has_it(fhir: Api) -> None:
    first, second = fhir.get("metadata"), fhir.get("metadata")
    etag = first.headers["ETag"]

    held = fhir.get("metadata", headers={"If-None-Match": etag})

    assert second.headers["ETag"] == etag
    assert (held.status_code, held.data, held.headers["ETag"]) == (304, b"", etag)
    assert fhir.get("metadata", headers={"If-None-Match": '"x"'}).status_code == 200


@pytest.mark.fhir(127)
def test_another_statement_has_another_etag(
    fhir: Api, counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = fhir.get("metadata")
    monkeypatch.setattr(web, "BASE", "https://eer.example.dk/fhir")
    elsewhere = web.api(counter).get("metadata")

    assert "eer.example.dk" in elsewhere.get_data(as_text=True)
    assert here.headers["ETag"] != elsewhere.headers["ETag"]


@pytest.mark.fhir(127)
@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("full", {"CapabilityStatement"}),
        ("normative", {"CapabilityStatement"}),
        ("terminology", {"CapabilityStatement", "TerminologyCapabilities"}),
    ],
)
def test_the_statement_may_be_asked_for_in_a_mode(fhir: Api, mode: str, expected: set[str]) -> None:
    found = done(fhir.get(f"metadata?mode={mode}"))

    assert found["resourceType"] in expected
    assert mode != "full" or found == done(fhir.get("metadata"))


@pytest.mark.fhir(127)
@pytest.mark.parametrize(
    ("asked", "kept", "left_out"),
    [
        ("_summary=true", {"kind", "fhirVersion", "format", "software", "rest"}, {"text"}),
        ("_elements=software", {"software", "status", "date", "kind", "format"}, {"rest"}),
        ("_elements=rest", {"rest"}, {"software", "implementation"}),
    ],
)
def test_the_statement_is_had_in_part(
    fhir: Api, asked: str, kept: set[str], left_out: set[str]
) -> None:
    found = done(fhir.get(f"metadata?{asked}"))

    assert kept <= found.keys()
    assert found.keys() & left_out == set()
    assert SUBSETTED in [{k: each[k] for k in SUBSETTED} for each in found["meta"]["tag"]]


@pytest.mark.fhir(127)
def test_options_are_not_how_the_statement_is_asked_for(fhir: Api) -> None:
    response = fhir.as_(None).ask("OPTIONS", "")

    assert b"CapabilityStatement" not in response.data


@pytest.mark.fhir(128)
def test_the_statement_says_how_access_is_secured(statement: Json) -> None:
    security = statement["rest"][0]["security"]

    codings = [each for service in security["service"] for each in service["coding"]]
    assert security["cors"] is True
    assert security["description"]
    assert ("http://terminology.hl7.org/CodeSystem/restful-security-service", "SMART-on-FHIR") in [
        (each["system"], each["code"]) for each in codings
    ]


@pytest.mark.fhir(128)
def test_the_profiles_of_ehmi_are_stated(statement: Json) -> None:
    found = resources(statement)

    for each in [*build.registered(), build.device()]:
        profiles = set(each["meta"]["profile"])
        assert profiles <= set(found[each["resourceType"]]["supportedProfile"])


@pytest.mark.fhir(128)
@pytest.mark.parametrize("name", ["Organization", "Endpoint"])
def test_the_profiles_of_mcsd_are_stated(statement: Json, name: str) -> None:
    assert f"{MCSD}{name}" in resources(statement)[name]["supportedProfile"]
