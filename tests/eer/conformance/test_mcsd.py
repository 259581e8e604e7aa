"""IHE mCSD 4.0: the directory as ITI-90, ITI-91 and ITI-130 have it.

https://profiles.ihe.net/ITI/mCSD
"""

import pytest

import builders_bundle as bundles
import builders_fhir as build
import builders_plain as plain
import searches
from builders_fhir import Json
from builders_web import BASE, FHIR_JSON, FHIR_XML, Api
from eer.fhir import codec_xml

PURPOSE = "https://profiles.ihe.net/ITI/mCSD/StructureDefinition/IHE.mCSD.PurposeOfUse"
SOR = "urn:oid:1.2.208.176.1.1"


@pytest.fixture
def filled(fhir: Api) -> Api:
    return searches.directory(fhir)


@pytest.fixture
def whole(filled: Api) -> Api:
    return searches.registered(
        filled, plain.location(), plain.healthcare_service(), plain.affiliation()
    )


FINDS = [
    ("Organization", "active=false", ["unit-2"]),
    ("Organization", f"identifier={SOR}|{build.sor(1)}", ["unit-1"]),
    ("Organization", "name=plejehjemmet", ["unit-2"]),
    ("Organization", "name:contains=FYN", ["unit-3"]),
    ("Organization", "name:exact=Region Fyn", ["unit-3"]),
    ("Organization", "type=IE", ["unit-3"]),
    ("Organization", "partof=Organization/unit-3", ["unit-1"]),
    ("Organization", "_id=unit-1&_include=Organization:endpoint", ["unit-1"]),
    ("Endpoint", f"identifier=https://www.gs1.org/gln|{build.gln(2)}", ["endpoint-2"]),
    ("Endpoint", "organization=Organization/unit-1", ["endpoint-1"]),
    ("Endpoint", "status=suspended", ["endpoint-2"]),
    (
        "Endpoint",
        "_id=endpoint-1,endpoint-2&_lastUpdated=gt2020-01-01",
        ["endpoint-1", "endpoint-2"],
    ),
]


@pytest.mark.fhir(131, 132, 133)
@pytest.mark.parametrize(("type_name", "parameters", "expected"), FINDS)
@pytest.mark.parametrize("form", [FHIR_JSON, FHIR_XML])
def test_the_directory_is_searched_by_get_and_post_in_both_forms(
    filled: Api, type_name: str, parameters: str, expected: list[str], form: str
) -> None:
    accept = {"headers": {"Accept": form}}

    for response in (
        searches.asked(filled, f"{type_name}?{parameters}", **accept),
        searches.sent(filled, f"{type_name}/_search", parameters, **accept),
    ):
        bundle = codec_xml.parse(response.data) if form == FHIR_XML else response.get_json()
        assert response.status_code == 200
        assert response.headers["Content-Type"].startswith(form)
        assert (bundle["total"], searches.matches(bundle)) == (len(expected), expected)


@pytest.mark.fhir(132)
def test_a_unit_comes_with_its_endpoints(filled: Api) -> None:
    bundle = searches.page(filled, "Organization?active=true&_include=Organization:endpoint")

    assert searches.included(bundle) == ["Endpoint/endpoint-1"]


@pytest.mark.fhir(133)
@pytest.mark.parametrize("prefix", ["gt", "lt", "ge", "le", "sa", "eb"])
@pytest.mark.parametrize("type_name", ["Organization", "Endpoint"])
def test_each_prefix_of_the_directory_works_on_times(
    filled: Api, type_name: str, prefix: str
) -> None:
    earlier, later = (
        searches.page(filled, f"{type_name}?_lastUpdated={prefix}{day}")["total"]
        for day in ("2026-05-04", "2026-05-06")
    )

    everything = searches.page(filled, type_name)["total"]
    is_upward = prefix in ("gt", "ge", "sa")
    assert (earlier, later) == ((everything, 0) if is_upward else (0, everything))


@pytest.mark.fhir(131)
def test_what_the_directory_has_beside_units_is_found(whole: Api) -> None:
    expected = {
        "Location?name=havnehuset": ["location-1"],
        "Location?name:contains=PAKHUS": ["location-1"],
        "Location?name:exact=Havnehuset 1": ["location-1"],
        f"Location?identifier={plain.PLACES}|sted-1": ["location-1"],
        "Location?organization=unit-1": ["location-1"],
        "Location?status=active&type=COMM": ["location-1"],
        "Location?operational-status=O": ["location-1"],
        "Location?address=ærøsk&address-city=Ærøskøbing&address-use=work": ["location-1"],
        "Location?address-postalcode=5970&address-country=DK": ["location-1"],
        "Location?organization.name=laegehuset": ["location-1"],
        "HealthcareService?name=saarpleje&active=true": ["service-1"],
        "HealthcareService?location=location-1&organization=unit-1": ["service-1"],
        "HealthcareService?service-type=57&service-category=17": ["service-1"],
        "HealthcareService?specialty=394814009&program=1": ["service-1"],
        "HealthcareService?coverage-area=location-1&endpoint=endpoint-1": ["service-1"],
        "HealthcareService?characteristic=228158008": ["service-1"],
        "HealthcareService?location.address-city=aeroe": ["service-1"],
        "OrganizationAffiliation?active=true&date=2026": ["affiliation-1"],
        "OrganizationAffiliation?date=gt2026-03-01&role=member": ["affiliation-1"],
        f"OrganizationAffiliation?identifier={plain.PLACES}|aftale-1": ["affiliation-1"],
        "OrganizationAffiliation?primary-organization=unit-1": ["affiliation-1"],
        "OrganizationAffiliation?participating-organization=unit-2": ["affiliation-1"],
        "OrganizationAffiliation?network=unit-2&specialty=394814009": ["affiliation-1"],
        "OrganizationAffiliation?location=location-1&service=service-1": ["affiliation-1"],
        "OrganizationAffiliation?email=aftaler@example.dk": ["affiliation-1"],
        "OrganizationAffiliation?phone=%2B4512345678": ["affiliation-1"],
        "OrganizationAffiliation?telecom=aftaler@example.dk": ["affiliation-1"],
        "OrganizationAffiliation?endpoint=endpoint-1": ["affiliation-1"],
        "Organization?_has:Location:organization:status=active": ["unit-1"],
    }

    assert searches.findings(whole, expected) == expected


@pytest.mark.fhir(131)
def test_what_the_directory_does_not_have_is_not_found(whole: Api) -> None:
    absent = [
        *("Location?name=nothing", "Location?status=inactive", "Location?organization=unit-2"),
        *("HealthcareService?active=false", "HealthcareService?service-type=99"),
        *("OrganizationAffiliation?date=2027", "OrganizationAffiliation?role=provider"),
        *("OrganizationAffiliation?phone=aftaler@example.dk", "DeviceDefinition?type=706689003"),
    ]

    assert not any(searches.findings(whole, absent).values())


@pytest.mark.fhir(131)
def test_kinds_of_devices_are_found(fhir: Api) -> None:
    child = plain.device_definition(2, parentDevice={"reference": "DeviceDefinition/definition-1"})
    searches.registered(fhir, plain.device_definition(), child)

    both = ["definition-1", "definition-2"]
    assert searches.found(fhir, "DeviceDefinition?identifier=model-1") == ["definition-1"]
    assert searches.found(fhir, "DeviceDefinition?type=706689003") == both
    assert searches.found(fhir, "DeviceDefinition?parent=definition-1") == ["definition-2"]
    assert searches.found(fhir, "DeviceDefinition?parent.identifier=model-1") == ["definition-2"]


@pytest.mark.fhir(134)
@pytest.mark.parametrize(
    "path", ["Organization/unit-1", "Endpoint/endpoint-1", "Location/location-1"]
)
def test_what_is_there_is_retrieved(whole: Api, path: str) -> None:
    response = whole.get(path)

    assert response.status_code == 200
    assert str(build.ref(response.get_json())) == path


@pytest.mark.fhir(134)
@pytest.mark.parametrize("type_name", ["Organization", "Endpoint", "Location", "HealthcareService"])
@pytest.mark.parametrize("form", [FHIR_JSON, FHIR_XML])
def test_what_is_not_there_is_told_by_an_outcome(fhir: Api, type_name: str, form: str) -> None:
    response = fhir.get(f"{type_name}/nowhere", headers={"Accept": form})

    body = codec_xml.parse(response.data) if form == FHIR_XML else response.get_json()
    assert (response.status_code, body["resourceType"]) == (404, "OperationOutcome")
    assert [(each["severity"], each["code"]) for each in body["issue"]] == [("error", "not-found")]


def references(value: object) -> list[str]:
    """Return each literal reference that stands anywhere in *value*."""
    if isinstance(value, list):
        return [found for each in value for found in references(each)]
    if not isinstance(value, dict):
        return []
    own = value.get("reference")
    inner = [found for each in value.values() for found in references(each)]
    return [own, *inner] if isinstance(own, str) else inner


@pytest.mark.fhir(135)
@pytest.mark.parametrize("type_name", ["Organization", "Endpoint", "Device"])
def test_each_reference_in_an_answer_can_be_followed(filled: Api, type_name: str) -> None:
    found = references(searches.page(filled, type_name))

    statuses = {each: filled.get(each.removeprefix(f"{BASE}/")).status_code for each in found}

    assert statuses
    assert set(statuses.values()) == {200}


@pytest.mark.fhir(135)
def test_each_reference_of_the_directory_can_be_followed(whole: Api) -> None:
    for type_name in ("Location", "HealthcareService", "OrganizationAffiliation"):
        for each in references(searches.page(whole, type_name)):
            assert whole.get(each.removeprefix(f"{BASE}/")).status_code == 200, each


MODIFIER = [{"url": "https://extensions.example.dk/not", "valueBoolean": True}]


@pytest.mark.fhir(136)
@pytest.mark.parametrize(
    ("resource", "place"),
    [
        (build.organization(9, type=None), "Organization.type"),
        (build.organization(9, name=None), "Organization.name"),
        (build.organization(9, implicitRules="urn:x"), "Organization.implicitRules"),
        (build.organization(9, modifierExtension=MODIFIER), "Organization.modifierExtension"),
        (build.endpoint(1, managingOrganization=None), "Endpoint.managingOrganization"),
        (build.endpoint(1, implicitRules="urn:x"), "Endpoint.implicitRules"),
        (build.endpoint(1, modifierExtension=MODIFIER), "Endpoint.modifierExtension"),
        (build.endpoint(1, status=None), "Endpoint.status"),
    ],
)
def test_what_breaks_a_profile_of_the_directory_is_not_taken(
    filled: Api, resource: Json, place: str
) -> None:
    response = filled.put(resource)

    assert response.status_code in (400, 422)
    assert place in bundles.places(response)


@pytest.mark.fhir(136)
@pytest.mark.parametrize(
    "resource",
    [
        build.organization(9),
        build.endpoint(9, managingOrganization={"reference": "Organization/unit-1"}),
    ],
)
def test_what_an_endpoint_is_for_may_be_said(filled: Api, resource: Json) -> None:
    purpose = build.concept("http://terminology.hl7.org/CodeSystem/v3-ActReason", "TREAT")
    extension = [{"url": PURPOSE, "valueCodeableConcept": purpose}]

    response = filled.put(resource | {"extension": extension})

    assert response.status_code == 201
    assert filled.get(str(build.ref(resource))).get_json()["extension"] == extension
