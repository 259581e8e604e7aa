from datetime import UTC, datetime

import pytest

import builders_fhir as build
from eer.domain.identifiers import Reference
from eer.domain.model import Message, Role
from eer.domain.search import Token
from eer.fhir import canonicals, terminology
from eer.fhir.types import message_definition

DEFINITION = Reference("MessageDefinition", "hco-1.2")
IDENTIFIER = build.message_definition()["identifier"][0]
BASE = {"profile": [f"{canonicals.MESSAGE_DEFINITION}/MedComMessagingMessageDefinition"]}
RESPONSE = {"message": "https://messages.example.dk/MessageDefinition/ack"}
BLANKS = {"name": "Home Care"}


def event(code: str) -> build.Json:
    return {"system": "https://example.dk/events", "code": code}


def without(json: build.Json, name: str) -> build.Json:
    return {key: value for key, value in json.items() if key != name}


@pytest.mark.parametrize(
    "json",
    [
        build.message_definition(),
        build.message_definition(meta=BASE, url=None, purpose=None, contact=None, **BLANKS),
        build.message_definition(meta=None, publisher=None, **BLANKS),
        build.message_definition(eventCoding=event("another-message"), allowedResponse=None),
        build.message_definition(
            eventCoding=event("acknowledgement-message"),
            responseRequired="never",
            allowedResponse=None,
        ),
        build.message_definition(focus=[{"code": "Bundle", "min": 1, "max": "*"}]),
    ],
)
def test_a_definition_that_keeps_its_profile_has_no_fault(json: build.Json) -> None:
    assert build.faults(json) == set()


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"identifier": None}, "identifier"),
        ({"identifier": [IDENTIFIER, IDENTIFIER]}, "identifier"),
        ({"identifier": [without(IDENTIFIER, "type")]}, "identifier[0].type"),
        ({"identifier": [without(IDENTIFIER, "use")]}, "identifier[0].use"),
        ({"identifier": [without(IDENTIFIER, "value")]}, "identifier[0].value"),
        ({"identifier": [without(IDENTIFIER, "period")]}, "identifier[0].period"),
        ({"identifier": [IDENTIFIER | {"period": {"end": "2027"}}]}, "identifier[0].period.start"),
        ({"identifier": [IDENTIFIER | {"type": {"text": "FHIR"}}]}, "identifier[0].type"),
        (
            {"identifier": [IDENTIFIER | {"type": build.concept("urn:x", "HL7v2")}]},
            "identifier[0].type",
        ),
        ({"version": None}, "version"),
        ({"title": None}, "title"),
        ({"publisher": None}, "publisher"),
        ({"publisher": "Somebody"}, "publisher"),
        ({"jurisdiction": None}, "jurisdiction"),
        ({"jurisdiction": [build.concept("urn:iso:std:iso:3166", "SE")]}, "jurisdiction"),
        ({"jurisdiction": [{"coding": [{"display": "DK"}]}]}, "jurisdiction"),
        ({"category": None}, "category"),
        ({"category": "consequence"}, "category"),
        ({"responseRequired": None}, "responseRequired"),
        ({"focus": [{"code": "Bundle", "min": 0, "max": "0"}]}, "focus[0].max"),
        ({"focus": [{"code": "Bundle", "min": 0, "max": "many"}]}, "focus[0].max"),
    ],
)
def test_a_definition_that_breaks_medcoms_profile_is_refused(
    changes: build.Json, place: str
) -> None:
    assert f"MessageDefinition.{place}" in build.refusals(
        build.message_definition(meta=BASE, **changes)
    )


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"url": None}, "url"),
        ({"description": None}, "description"),
        ({"purpose": None}, "purpose"),
        ({"contact": None}, "contact"),
        ({"contact": [{"name": "MedCom FHIR Team"}]}, "contact"),
        ({"contact": build.message_definition()["contact"] * 2}, "contact"),
        ({"useContext": None}, "useContext"),
        (BLANKS, "name"),
        (
            {"identifier": [IDENTIFIER | {"type": build.concept("urn:x", "EDIFACT")}]},
            "identifier[0].type",
        ),
        ({"responseRequired": "never"}, "responseRequired"),
        ({"allowedResponse": None}, "allowedResponse"),
        ({"eventCoding": event("care-communication-message")}, "allowedResponse"),
        (
            {"eventCoding": event("acknowledgement-message"), "allowedResponse": None},
            "responseRequired",
        ),
        (
            {"eventCoding": event("acknowledgement-message"), "responseRequired": "never"},
            "allowedResponse",
        ),
    ],
)
def test_a_definition_that_breaks_the_profile_of_fhir_messages_is_refused(
    changes: build.Json, place: str
) -> None:
    assert build.refusals(build.message_definition(**changes)) == {f"MessageDefinition.{place}"}


def test_what_fhir_itself_demands_is_demanded_of_every_definition() -> None:
    assert build.refusals(build.message_definition(meta=None, date=None, status=None)) == {
        "MessageDefinition.date",
        "MessageDefinition.status",
    }
    assert build.refusals(build.message_definition(meta=None, eventCoding=None)) == {
        "MessageDefinition.event"
    }


def test_an_identifier_that_is_no_payload_code_is_worth_a_warning() -> None:
    other = build.message_definition(identifier=[IDENTIFIER | {"value": "urn:x:1.2"}])

    assert build.faults(other) == {("warning", "MessageDefinition.identifier[0].value")}


def test_a_definition_says_which_payload_it_is_of_and_whom_it_replaces() -> None:
    json = build.message_definition(replaces=["https://messages.example.dk/hco|1.1"])

    found = message_definition.reading(DEFINITION, json)

    assert (found.roles, found.links, found.claims) == (
        frozenset({Role.ANY, Role.MESSAGE_DEFINITION}),
        (),
        (),
    )
    assert found.says == Message(
        codes=(build.HCO_1_2,),
        status="active",
        date=datetime(2025, 12, 31, 23, tzinfo=UTC),
        url="https://messages.example.dk/MessageDefinition/hco",
        version="1.2",
        replaces=("https://messages.example.dk/hco|1.1",),
    )


def test_a_definition_is_known_by_its_identifiers() -> None:
    json = build.message_definition()

    assert message_definition.identity(json) == (Token("", build.HCO_1_2),)
    assert message_definition.identity({"identifier": [{"system": "urn:x"}]}) == ()
    assert RESPONSE in json["allowedResponse"]


def test_a_contact_of_the_wrong_shape_is_a_fault_and_no_failure() -> None:
    profile = f"{canonicals.MESSAGE_DEFINITION}/MedComMessagingMessageDefinition-Fhir"
    json = build.message_definition(meta={"profile": [profile]}, contact=[{"name": ["x"]}])

    found = [issue.expression for issue in message_definition.issues(json, terminology.shipped())]

    assert "MessageDefinition.contact" in found
