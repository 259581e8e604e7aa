from datetime import UTC, datetime

import pytest

import builders_fhir as build
from eer.domain.identifiers import Reference
from eer.domain.model import EndpointStatus, Mailbox, Role
from eer.domain.period import Period
from eer.domain.search import Token
from eer.fhir import canonicals, terminology
from eer.fhir.types import endpoint

MAILBOX = Reference("Endpoint", "endpoint-1")
GLN = build.endpoint()["identifier"][0]
CONNECTION = build.endpoint()["connectionType"]
AP = build.linked(canonicals.AP_SYSTEM, "Device/ap-1")
MSH = build.linked(canonicals.MSH_SYSTEM, "Device/device-1")
IDS = [
    build.worded(canonicals.SMP_PARTICIPANT_ID, "390373"),
    build.worded(canonicals.SMP_RECEIVER_SERVICE_ID, "178933"),
]


def says(json: build.Json) -> Mailbox:
    found = endpoint.reading(MAILBOX, json).says
    assert isinstance(found, Mailbox)
    return found


@pytest.mark.parametrize(
    "json",
    [
        build.endpoint(),
        build.endpoint(meta=None),
        build.endpoint(name=None),
        build.endpoint(extension=[AP, MSH, MSH, *IDS]),
        build.endpoint(identifier=[GLN | {"system": "http://www.gs1.org/gln"}]),
        build.endpoint(identifier=[GLN | {"use": "official"}, {"system": "urn:x", "value": "1"}]),
        build.endpoint(period={"start": "2026-05-05", "end": "2026-05-05"}),
        build.endpoint(connectionType=CONNECTION | {"code": "vansMessaging"}),
    ],
)
def test_an_endpoint_that_keeps_its_profile_has_no_fault(json: build.Json) -> None:
    assert build.faults(json) == set()


def test_a_gln_that_ends_in_0_is_right() -> None:
    number = next(n for n in range(100) if build.gln(n).endswith("0"))

    assert build.faults(build.endpoint(number)) == set()


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"identifier": None}, "identifier"),
        ({"identifier": [{"system": "urn:x", "value": build.gln()}]}, "identifier"),
        ({"identifier": [GLN | {"value": "5790009000012"}]}, "identifier[0].value"),
        ({"identifier": [GLN | {"value": "57900090000"}]}, "identifier[0].value"),
        ({"identifier": [GLN | {"use": "secondary"}]}, "identifier[0].use"),
        ({"identifier": [GLN, GLN | {"system": "http://www.gs1.org/gln"}]}, "identifier[1]"),
        ({"status": None}, "status"),
        ({"status": "bogus"}, "status"),
        ({"connectionType": None}, "connectionType"),
        ({"connectionType": CONNECTION | {"code": "Edelivery"}}, "connectionType.code"),
        ({"connectionType": {"system": CONNECTION["system"]}}, "connectionType.code"),
        ({"connectionType": CONNECTION | {"system": "urn:x"}}, "connectionType.system"),
        ({"managingOrganization": None}, "managingOrganization"),
        ({"managingOrganization": {"display": "us"}}, "managingOrganization.reference"),
        ({"managingOrganization": {"reference": "#us"}}, "managingOrganization.reference"),
        ({"period": None}, "period"),
        ({"period": {"start": "2026-05-06", "end": "2026-05-05"}}, "period"),
        ({"period": {"start": build.START, "end": build.START}}, "period"),
        ({"payloadType": None}, "payloadType"),
        ({"payloadType": []}, "payloadType"),
        ({"payloadType": [{"text": "observations"}]}, "payloadType[0]"),
        ({"payloadType": build.payloads(build.HCO_1_2, "nothing")}, "payloadType[1]"),
        ({"payloadMimeType": None}, "payloadMimeType"),
        ({"address": None}, "address"),
        ({"extension": [AP, AP]}, "extension[1]"),
        ({"extension": [*IDS, IDS[0]]}, "extension[2]"),
        ({"extension": [*IDS, IDS[1]]}, "extension[2]"),
        (
            {"extension": [{"url": canonicals.SMP_PARTICIPANT_ID, "valueInteger": 1}]},
            "extension[0]",
        ),
        (
            {"extension": [{"url": canonicals.AP_SYSTEM, "valueString": "ap-1"}]},
            "extension[0].value.reference",
        ),
        ({"implicitRules": "https://example.dk/rules"}, "implicitRules"),
        ({"modifierExtension": [build.worded("https://example.dk/x", "x")]}, "modifierExtension"),
    ],
)
def test_an_endpoint_that_breaks_its_profile_is_refused(changes: build.Json, place: str) -> None:
    found = build.refusals(build.endpoint(**changes))

    assert f"Endpoint.{place}" in found
    assert all(each.startswith(f"Endpoint.{place.partition('.')[0]}") for each in found)


def test_an_unknown_payload_code_is_told_with_the_one_probably_meant() -> None:
    single = build.HCO_1_2.replace("::", ":").replace("##", "#")

    issue = next(
        iter(
            endpoint.issues(
                build.endpoint(payloadType=build.payloads(single)), terminology.shipped()
            )
        )
    )

    assert issue.expression == "Endpoint.payloadType[0]"
    assert f"did you mean {build.HCO_1_2}" in issue.text


def test_a_placeholder_for_an_address_is_a_warning() -> None:
    found = build.faults(build.endpoint(address="https://found-inside-the-ap-extension.com"))

    assert found == {("warning", "Endpoint.address")}


def test_everything_wrong_is_said_at_once() -> None:
    json = build.endpoint(identifier=[GLN | {"value": "1"}], period=None, payloadMimeType=None)

    assert build.refusals(json) == {
        "Endpoint.identifier[0].value",
        "Endpoint.period",
        "Endpoint.payloadMimeType",
    }


def test_an_endpoint_reads_as_what_it_says() -> None:
    json = build.endpoint(extension=[AP, MSH], payloadType=build.payloads(build.ACK_2_0) * 2)

    assert says(json) == Mailbox(
        gln=build.gln(1),
        status=EndpointStatus.ACTIVE,
        period=Period(datetime(2026, 5, 4, 22, tzinfo=UTC), None),
        connection_type="EerMessagingEdelivery",
        documents=(build.ACK_2_0,),
        name="Lægehuset 1 i EHMI",
        access_points=(Reference("Device", "ap-1"),),
        organization=Reference("Organization", "unit-1"),
    )


def test_what_cannot_be_read_reads_as_what_is_not_published() -> None:
    found = says({"resourceType": "Endpoint", "status": "bogus", "period": {"start": "soon"}})

    assert found.status is EndpointStatus.ENTERED_IN_ERROR
    assert (found.gln, found.documents, found.organization) == ("", (), None)


def test_an_endpoint_of_sor_wants_a_unit_of_sor() -> None:
    of_sor = build.endpoint(meta={"profile": [canonicals.SOR_ENDPOINT]})

    reading = endpoint.reading(MAILBOX, of_sor)

    assert reading.links[0].role is Role.SOR_ORGANIZATION
    assert Role.SOR_ENDPOINT in reading.roles


def test_an_active_endpoint_claims_each_document_from_its_start() -> None:
    values = [each.value for each in endpoint.reading(MAILBOX, build.endpoint()).claims]

    assert values == [
        f"{build.gln(1)} {document} from 2026-05-04T22:00:00+00:00"
        for document in (build.HCO_1_2, build.RECEIPT)
    ]


@pytest.mark.parametrize(
    "changes",
    [{"status": "suspended"}, {"connectionType": CONNECTION | {"code": "vansMessaging"}}],
)
def test_an_endpoint_that_receives_nothing_claims_nothing(changes: build.Json) -> None:
    assert endpoint.reading(MAILBOX, build.endpoint(**changes)).claims == ()


def test_an_endpoint_of_an_open_period_claims_from_ever() -> None:
    ever = build.endpoint(period={"end": "2026-12-31"})

    assert endpoint.reading(MAILBOX, ever).claims[0].value.endswith(" from ")


def test_an_endpoint_is_known_by_its_gln_however_its_system_is_spelt() -> None:
    other = GLN | {"system": "http://www.gs1.org/gln"}

    for identifier in (GLN, other):
        assert endpoint.identity(build.endpoint(identifier=[identifier])) == (
            Token("https://www.gs1.org/gln", build.gln(1)),
        )
    assert endpoint.identity(build.endpoint(identifier=None)) == ()
