"""FHIR R4 search: codes, identifiers and booleans, with their systems and modifiers.

https://hl7.org/fhir/R4/search.html#token
"""

import pytest

import builders_fhir as build
import searches
from builders_web import Api
from eer.fhir import canonicals

HTTPS, HTTP = "https://www.gs1.org/gln", "http://www.gs1.org/gln"
SOR, CVR = "urn:oid:1.2.208.176.1.1", "http://cvr.dk"
TYPES = "http://terminology.hl7.org/CodeSystem/v2-0203"
LOCAL = "https://local.example.dk"


def typed(*codes: str, text: str | None = None) -> list[build.Json]:
    """Return the types of a unit; *text* is what people call the first."""
    systems = {"SI": canonicals.HIERARCHY, "HI": canonicals.HIERARCHY, "IE": canonicals.HIERARCHY}
    found = [build.concept(systems.get(code, canonicals.UNIT_TYPES), code) for code in codes]
    return [found[0] | ({} if text is None else {"text": text}), *found[1:]]


def identified(number: int) -> list[build.Json]:
    """Return the SOR id of a unit and a number of its own, whose kind is said."""
    kind = {"coding": [{"system": TYPES, "code": "PRN"}], "text": "Ydernummer"}
    return [
        {"system": SOR, "value": build.sor(number)},
        {"type": kind, "system": LOCAL, "value": f"07770{number}"},
    ]


@pytest.fixture
def filled(fhir: Api) -> Api:
    http_gln = [{"system": HTTP, "value": build.gln(2)}]
    edelivery = {"system": canonicals.CONNECTION_TYPES, "code": "EerMessagingEdelivery"}
    return searches.registered(
        fhir,
        build.owner(),
        build.organization(1, type=typed("SI", "plejehjem", text="Et plejehjem")),
        build.organization(2, type=typed("HI"), active=False),
        build.organization(3, type=typed("IE"), identifier=identified(3)),
        build.endpoint(1, connectionType=edelivery | {"display": "EHMI messaging via eDelivery"}),
        build.endpoint(2, identifier=http_gln, status="suspended"),
        build.device(1),
        build.device(2, identifier=[{"system": LOCAL, "value": "device-1"}]),
    )


@pytest.mark.fhir(79)
def test_an_identifier_is_found_with_its_system_or_without(filled: Api) -> None:
    expected = {
        "Device?identifier=device-1": ["device-1", "device-2"],
        f"Device?identifier={LOCAL}|device-1": ["device-2"],
        "Device?identifier=|device-1": ["device-1"],
        f"Device?identifier={LOCAL}|": ["device-2"],
        "Device?identifier=urn:x|device-1": [],
        "Device?identifier=device": [],
        "Device?identifier=device-1,|nowhere": ["device-1", "device-2"],
        f"Organization?identifier={SOR}|{build.sor(1)}": ["unit-1"],
        f"Organization?identifier={CVR}|": ["owner-90", "unit-1", "unit-2"],
        f"Organization?identifier={CVR}|{build.sor(1)}": [],
    }

    assert searches.findings(filled, expected) == expected


@pytest.mark.fhir(79)
def test_a_concept_a_coding_a_code_and_a_boolean_are_tokens(filled: Api) -> None:
    expected = {
        "Organization?type=plejehjem": ["unit-1"],
        f"Organization?type={canonicals.UNIT_TYPES}|plejehjem": ["unit-1"],
        f"Organization?type={canonicals.UNIT_TYPES}|": ["unit-1"],
        f"Organization?type={canonicals.HIERARCHY}|plejehjem": [],
        "Organization?type=|plejehjem": [],
        "Endpoint?connection-type=EerMessagingEdelivery": ["endpoint-1", "endpoint-2"],
        f"Endpoint?connection-type={canonicals.CONNECTION_TYPES}|": ["endpoint-1", "endpoint-2"],
        "Endpoint?connection-type=ihe-xds": [],
        "Endpoint?status=active": ["endpoint-1"],
        "Endpoint?status=http://hl7.org/fhir/endpoint-status|active": ["endpoint-1"],
        "Endpoint?status=http://hl7.org/fhir/endpoint-status|": ["endpoint-1", "endpoint-2"],
        "Endpoint?status=http://hl7.org/fhir/device-status|active": [],
        "Endpoint?status=|active": ["endpoint-1"],
        "Endpoint?status=urn:x|active": [],
        "Organization?active=true": ["owner-90", "unit-1", "unit-3"],
        "Organization?active=false": ["unit-2"],
        "Device?type=MSH": ["device-1", "device-2"],
        f"Endpoint?payload-type={searches.quoted(build.HCO_1_2)}": ["endpoint-1", "endpoint-2"],
        f"Endpoint?payload-type={searches.quoted(build.ACK_2_0)}": [],
    }

    assert searches.findings(filled, expected) == expected


@pytest.mark.fhir(79)
@pytest.mark.parametrize("system", [HTTPS, HTTP])
def test_both_systems_of_the_gln_are_one(filled: Api, system: str) -> None:
    for number in (1, 2):
        search = f"Endpoint?identifier={system}|{build.gln(number)}"
        assert searches.found(filled, search) == [f"endpoint-{number}"]
    assert searches.found(filled, f"Endpoint?identifier={system}|") == ["endpoint-1", "endpoint-2"]


@pytest.mark.fhir(79)
@pytest.mark.parametrize(("danish", "english"), [("IE", "IO"), ("SI", "HI"), ("OE", "OU")])
def test_the_danish_and_the_english_step_of_the_hierarchy_are_one(
    fhir: Api, danish: str, english: str
) -> None:
    for number, code in enumerate((danish, english)):
        step = [build.concept(canonicals.HIERARCHY, code)]
        searches.registered(fhir, build.organization(number, type=step))

    for code in (danish, english):
        for written in (code, f"{canonicals.HIERARCHY}|{code}"):
            assert searches.found(fhir, f"Organization?type={written}") == ["unit-0", "unit-1"]
        assert searches.found(fhir, f"Organization?type:not={code}") == []


@pytest.mark.fhir(79)
def test_not_finds_the_others_and_those_that_say_nothing(filled: Api) -> None:
    expected = {
        "Endpoint?status:not=active": ["endpoint-2"],
        "Endpoint?status:not=off": ["endpoint-1", "endpoint-2"],
        "Endpoint?status:not=http://hl7.org/fhir/endpoint-status|active": ["endpoint-2"],
        "Endpoint?status:not=active,suspended": [],
        "Organization?type:not=plejehjem": ["owner-90", "unit-2", "unit-3"],
        "Organization?type:not=SI": ["owner-90", "unit-3"],
        f"Organization?type:not={canonicals.UNIT_TYPES}|": ["owner-90", "unit-2", "unit-3"],
        "Organization?active:not=true": ["unit-2"],
        f"Device?identifier:not={LOCAL}|device-1": ["device-1"],
        "Organization?type:not=SI&active=true": ["owner-90", "unit-3"],
    }

    assert searches.findings(filled, expected) == expected


@pytest.mark.fhir(79)
def test_text_is_what_people_call_a_code(filled: Api) -> None:
    expected = {
        "Organization?type:text=et pleje": ["unit-1"],
        "Organization?type:text=ET PLEJEHJEM": ["unit-1"],
        "Organization?type:text=bosted": [],
        "Endpoint?connection-type:text=ehmi messaging": ["endpoint-1"],
        "Organization?identifier:text=ydernummer": ["unit-3"],
    }

    assert searches.findings(filled, expected) == expected


@pytest.mark.fhir(79)
def test_an_identifier_is_found_by_its_kind(filled: Api) -> None:
    expected = {
        f"{TYPES}|PRN|077703": ["unit-3"],
        f"{TYPES}|PRN|nothing": [],
        f"{TYPES}|XX|077703": [],
        "urn:x|PRN|077703": [],
        f"{TYPES}|PRN|nothing,{TYPES}|PRN|077703": ["unit-3"],
    }

    assert searches.findings(filled, expected, "Organization?identifier:of-type=") == expected


@pytest.mark.fhir(76, 79)
@pytest.mark.parametrize("value", ["077703", "PRN|077703"])
def test_a_kind_of_identifier_has_three_parts(filled: Api, value: str) -> None:
    response = searches.asked(filled, f"Organization?identifier:of-type={value}")

    assert response.status_code == 400


@pytest.mark.fhir(79)
def test_what_smp_knows_a_resource_by_is_found(fhir: Api) -> None:
    searches.registered(
        fhir,
        build.owner(
            extension=[
                build.mtls_key(build.cvr(90)),
                build.worded(canonicals.SMP_ORGANIZATION_ID, "8311"),
            ]
        ),
        build.access_point(),
        build.organization(1),
        build.endpoint(
            1,
            extension=[
                build.worded(canonicals.SMP_PARTICIPANT_ID, "390373"),
                build.worded(canonicals.SMP_RECEIVER_SERVICE_ID, "178933"),
            ],
        ),
        build.device(1),
    )
    subject = build.mtls_key(build.cvr(90))["extension"][0]["valueString"]

    for search, expected in (
        ("Endpoint?smp-participant-id=390373", ["endpoint-1"]),
        ("Endpoint?smp-participant-id=|390373", ["endpoint-1"]),
        ("Endpoint?smp-participant-id=390373,1", ["endpoint-1"]),
        ("Endpoint?smp-participant-id=39037", []),
        ("Endpoint?smp-participant-id=178933", []),
        ("Endpoint?smp-receiver-service-id=178933", ["endpoint-1"]),
        ("Organization?smp-organization-id=8311", ["owner-90"]),
        ("Organization?smp-certificate-id=75", ["owner-90"]),
        ("Organization?smp-certificate-id=401", []),
        (f"Organization?smp-certificate-subject={subject}", ["owner-90"]),
        ("Device?smp-certificate-id=401", ["ap-1"]),
        ("Device?smp-certificate-id:not=401", ["device-1"]),
    ):
        assert searches.found(fhir, search) == expected, search


USES = "http://terminology.hl7.org/CodeSystem/usage-context-type"


@pytest.mark.fhir(79)
def test_what_a_message_is_used_for_is_found(fhir: Api) -> None:
    definition = build.message_definition()
    definition["useContext"] += [
        {
            "code": {"system": USES, "code": "venue"},
            "valueCodeableConcept": build.concept(LOCAL, "home"),
        },
        {"code": {"system": USES, "code": "age"}, "valueQuantity": {"value": 18, "unit": "a"}},
    ]
    searches.registered(fhir, definition)
    times = {
        "event=homecareobservation-message": 1,
        "event=acknowledgement-message": 0,
        "category=notification": 1,
        "jurisdiction=urn:iso:std:iso:3166|DK": 1,
        "version=1.2": 1,
        "version=1": 0,
        f"identifier={searches.quoted(build.HCO_1_2)}": 1,
        "context-type=workflow": 1,
        f"context-type={USES}|workflow": 1,
        "context:text=messaging": 1,
        "context=nothing,home": 1,
        f"context-type-value={USES}|venue$home": 1,
        "context-type-value=venue$home": 1,
        f"context-type-value={USES}|workflow$home": 0,
        "context-type-value=workflow$home,venue$home": 1,
        "context-quantity=gt10": 1,
        "context-quantity=gt100": 0,
        f"context-type-quantity={USES}|age$18": 1,
        f"context-type-quantity={USES}|venue$18": 0,
    }

    found = searches.findings(fhir, times, "MessageDefinition?")

    assert {search: len(ids) for search, ids in found.items()} == times
