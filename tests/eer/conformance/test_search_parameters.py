"""FHIR R4 search: the parameters of each type, those all types have, and searches over types.

https://hl7.org/fhir/R4/searchparameter-registry.html and /search.html#all
"""

from collections.abc import Iterator

import pytest

import builders_fhir as build
import builders_plain as plain
import builders_web as web
import searches
from builders_web import Api
from eer.fhir import canonicals

ADDRESS = (
    *("address", "address-city", "address-country", "address-postalcode", "address-state"),
    "address-use",
)
CANONICAL = (
    *("context", "context-quantity", "context-type", "date", "description", "identifier"),
    *("jurisdiction", "name", "publisher", "status", "title", "url", "version"),
)
PARAMETERS = {
    "Organization": (
        *(*ADDRESS, "active", "endpoint", "identifier", "name", "partof", "phonetic", "type"),
        *("messageType", "smp-organization-id", "smp-certificate-id", "smp-certificate-subject"),
    ),
    "Endpoint": (
        *("connection-type", "identifier", "name", "organization", "payload-type", "status"),
        *("smp-participant-id", "smp-receiver-service-id"),
    ),
    "Device": (
        *("device-name", "identifier", "location", "manufacturer", "model", "organization"),
        *("patient", "status", "type", "udi-carrier", "udi-di", "url", "smp-certificate-id"),
    ),
    "DeviceDefinition": ("identifier", "parent", "type"),
    "MessageDefinition": (*CANONICAL, "category", "event", "focus", "parent"),
    "Location": (
        *(*ADDRESS, "endpoint", "identifier", "name", "operational-status", "organization"),
        *("partof", "status", "type"),
    ),
    "HealthcareService": (
        *("active", "characteristic", "coverage-area", "endpoint", "identifier", "location"),
        *("name", "organization", "program", "service-category", "service-type", "specialty"),
    ),
    "OrganizationAffiliation": (
        *("active", "date", "email", "endpoint", "identifier", "location", "network"),
        *("participating-organization", "phone", "primary-organization", "role", "service"),
        *("specialty", "telecom"),
    ),
    "CodeSystem": (*CANONICAL, "code", "content-mode", "language", "supplements", "system"),
    "ValueSet": (*CANONICAL, "code", "expansion", "reference"),
}
COMMON = ("_id", "_lastUpdated", "_profile", "_security", "_source", "_tag")
COMPOSITE = ("context-type-quantity", "context-type-value")


@pytest.mark.fhir(75, 80)
@pytest.mark.parametrize("type_name", PARAMETERS)
def test_each_parameter_of_r4_can_be_asked_whether_it_has_a_value(
    fhir: Api, type_name: str
) -> None:
    refused = [
        (name, value)
        for name in (*COMMON, *PARAMETERS[type_name])
        for value in ("true", "false")
        if searches.strictly(fhir, f"{type_name}?{name}:missing={value}").status_code != 200
    ]

    assert refused == []


@pytest.mark.fhir(75)
@pytest.mark.parametrize("type_name", ["MessageDefinition", "CodeSystem", "ValueSet"])
def test_a_parameter_of_two_parts_is_known(fhir: Api, type_name: str) -> None:
    usage = "http://terminology.hl7.org/CodeSystem/usage-context-type"

    for name in COMPOSITE:
        response = searches.strictly(fhir, f"{type_name}?{name}={usage}|x$5")
        assert searches.read(response)["total"] == 0


@pytest.fixture
def filled(fhir: Api) -> Api:
    return searches.registered(
        searches.directory(fhir), build.message_definition(), build.device(2, meta=None)
    )


def stated(fhir: Api) -> Iterator[tuple[str, str]]:
    """Yield each parameter that the CapabilityStatement lists and that has single values."""
    for resource in fhir.get("metadata").get_json()["rest"][0]["resource"]:
        for each in resource.get("searchParam", []):
            if each["type"] not in ("composite", "special"):
                yield resource["type"], each["name"]


@pytest.mark.fhir(80)
def test_each_resource_has_a_value_for_a_parameter_or_has_none(filled: Api) -> None:
    wrong = []

    for type_name, name in stated(filled):
        everything = searches.page(filled, type_name)["total"]
        totals = [
            searches.page(filled, f"{type_name}?{name}:missing={value}")["total"]
            for value in ("true", "false")
        ]
        if sum(totals) != everything:
            wrong.append((type_name, name, totals, everything))

    assert wrong == []


@pytest.mark.fhir(80)
def test_what_is_missing_is_what_was_not_said(filled: Api) -> None:
    expected = {
        "Endpoint?name:missing=true": ["endpoint-2"],
        "Endpoint?name:missing=false": ["endpoint-1"],
        "Organization?type:missing=true": ["owner-90"],
        "Organization?partof:missing=false": ["unit-1"],
        "Organization?endpoint:missing=true&type:missing=false": ["unit-2", "unit-3"],
        "Organization?smp-certificate-id:missing=false": ["owner-90"],
        "Organization?messageType:missing=false": ["unit-1", "unit-2"],
        "Organization?active:missing=true": [],
        "Device?url:missing=false": ["ap-1"],
        "Device?organization:missing=true": ["device-1", "device-2"],
        "Device?_profile:missing=true": ["device-2"],
        "Device?_tag:missing=false": [],
        "Device?_lastUpdated:missing=true": [],
        "Device?location:missing=true&udi-di:missing=true&type=AP": ["ap-1"],
        "MessageDefinition?date:missing=false": ["hco-1.2"],
        "MessageDefinition?focus:missing=true": ["hco-1.2"],
        "MessageDefinition?context-quantity:missing=true": ["hco-1.2"],
    }

    assert searches.findings(filled, expected) == expected


TAG, LABEL = "https://codes.example.dk/CodeSystem/tags", "https://codes.example.dk/labels"
SOURCE = "https://sor.example.dk/export#42"


@pytest.fixture
def tagged(fhir: Api) -> Api:
    meta = {
        "profile": [f"{canonicals.DEVICE}|3.0.0", "https://profiles.example.dk/Own"],
        "source": SOURCE,
        "tag": [{"system": TAG, "code": "pilot", "display": "Pilotdrift"}],
        "security": [{"system": LABEL, "code": "N"}],
    }
    return searches.registered(fhir, build.device(1, meta=meta), build.device(2))


@pytest.mark.fhir(84)
def test_what_meta_says_is_searched_for(tagged: Api) -> None:
    expected = {
        "_id=device-2": ["device-2"],
        "_id=device-2,device-1,nowhere": ["device-1", "device-2"],
        "_id=Device-1": [],
        "_id=device-1&_id=device-2": [],
        "_tag=pilot": ["device-1"],
        f"_tag={TAG}|pilot": ["device-1"],
        f"_tag={TAG}|": ["device-1"],
        "_tag=|pilot": [],
        "_tag:not=pilot": ["device-2"],
        "_tag:text=pilotdrift": ["device-1"],
        f"_security={LABEL}|N": ["device-1"],
        "_security=R": [],
        f"_source={searches.quoted(SOURCE)}": ["device-1"],
        "_source=https://sor.example.dk/export": [],
        "_source:below=https://sor.example.dk/": ["device-1"],
        f"_profile={canonicals.DEVICE}": ["device-1", "device-2"],
        "_profile=https://profiles.example.dk/Own": ["device-1"],
        "_profile=https://profiles.example.dk/own": [],
    }

    assert searches.findings(tagged, expected, "Device?") == expected


@pytest.mark.fhir(82, 84)
def test_a_profile_is_found_with_its_version_and_without(tagged: Api) -> None:
    versioned = f"Device?_profile={canonicals.DEVICE}|"

    assert searches.found(tagged, f"{versioned}3.0.0") == ["device-1"]
    assert searches.found(tagged, f"{versioned}2.0.1") == []


@pytest.mark.fhir(84)
@pytest.mark.parametrize("type_name", [*PARAMETERS, "SearchParameter", "StructureDefinition"])
def test_every_type_has_the_common_parameters(fhir: Api, type_name: str) -> None:
    search = f"{type_name}?_id=x&_lastUpdated=gt2020&_tag=x&_profile=urn:x&_security=x&_source=x"

    assert searches.read(searches.strictly(fhir, search))["total"] == 0


def types(bundle: build.Json) -> list[str]:
    return sorted({each["resourceType"] for each in searches.resources(bundle)})


@pytest.mark.fhir(97)
def test_several_types_are_searched_at_once(filled: Api) -> None:
    bundle = searches.page(filled, "?_type=Organization,Endpoint&_lastUpdated=gt2020-01-01")

    assert types(bundle) == ["Endpoint", "Organization"]
    assert bundle["total"] == len(searches.matches(bundle)) == 6


@pytest.mark.fhir(97)
def test_a_search_over_types_narrows_by_what_they_share(filled: Api) -> None:
    both = "?_type=Organization,Device"

    assert searches.found(filled, f"{both}&_id=ap-1,unit-1,endpoint-1") == ["ap-1", "unit-1"]
    assert searches.found(filled, f"{both}&_lastUpdated=lt2020-01-01") == []
    assert searches.found(filled, f"{both}&_profile={canonicals.AP_DETAILS}") == ["ap-1"]


@pytest.mark.fhir(97)
def test_one_type_may_be_searched_for_at_the_base(filled: Api) -> None:
    assert types(searches.page(filled, "?_type=Device&_id=ap-1")) == ["Device"]


@pytest.mark.fhir(94, 97)
def test_a_search_over_types_has_pages(filled: Api) -> None:
    pages = list(searches.walk(filled, "?_type=Organization,Endpoint,Device&_count=2"))

    seen = [str(build.ref(each)) for page in pages for each in searches.resources(page)]
    assert len(seen) == len(set(seen)) == pages[0]["total"] == 9
    assert max(len(searches.resources(page)) for page in pages) == 2


@pytest.mark.fhir(97)
@pytest.mark.parametrize(
    "search",
    [
        "_type=Organization,Endpoint&status=active",
        "_type=Organization,Device&manufacturer=x",
        "_type=Organization,Endpoint&name=x&status=active",
    ],
)
def test_a_search_over_types_takes_only_what_all_of_them_have(filled: Api, search: str) -> None:
    assert searches.asked(filled, f"?{search}").status_code == 400


@pytest.mark.fhir(16, 97)
@pytest.mark.parametrize("types", ["Organization,Patient", "Patient", "organization"])
def test_a_search_over_types_is_of_types_that_are_kept(filled: Api, types: str) -> None:
    response = searches.asked(filled, f"?_type={types}&_id=x")

    assert response.status_code in (400, 404)
    assert web.outcome(response) == [("error", "not-supported")]


@pytest.mark.fhir(79, 81)
@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("code=messageType&base=Organization", ["messageType"]),
        ("code=smp-participant-id&base=Endpoint", ["smp-participant-id"]),
        ("code=messageType&base=Device", []),
    ],
)
def test_the_searches_of_the_register_can_be_read_about(
    fhir: Api, search: str, expected: list[str]
) -> None:
    bundle = searches.page(fhir, f"SearchParameter?{search}")

    assert [each["code"] for each in searches.resources(bundle)] == expected


@pytest.mark.fhir(79, 82)
def test_terminology_is_searched_for(fhir: Api) -> None:
    searches.registered(fhir, plain.code_system(), plain.value_set("red"))

    for search in (
        *(f"CodeSystem?url={plain.COLOURS}", "CodeSystem?code=blue", "CodeSystem?version=1.0"),
        *("CodeSystem?content-mode=complete", "CodeSystem?language=de", "CodeSystem?title=farver"),
        *(f"CodeSystem?system={plain.COLOURS}", "CodeSystem?date=2026-01", "CodeSystem?name=col"),
        *(f"ValueSet?url={plain.WARM}", "ValueSet?code=red", f"ValueSet?reference={plain.COLOURS}"),
        *("ValueSet?status=active", "ValueSet?publisher=malermester", "ValueSet?jurisdiction=DK"),
    ):
        assert len(searches.found(fhir, search)) == 1, search
