from typing import Any

import pytest

import builders_fhir as build
from eer.domain.identifiers import Cvr, Reference, SorId
from eer.domain.model import Organization, Role
from eer.domain.search import Token
from eer.fhir import canonicals
from eer.fhir.types import organization

UNIT = Reference("Organization", "unit-1")
SOR, CVR = build.organization()["identifier"]
OWN_CVR = build.owner()["identifier"][0]
KEY = build.owner()["extension"][0]
SUBJECT, KEY_ID = KEY["extension"]
SI, MUNICIPALITY = (
    build.concept(canonicals.HIERARCHY, "SI"),
    build.concept(canonicals.UNIT_TYPES, "kommune"),
)
OWNER_CONTACT: build.Json = {
    "purpose": build.concept(canonicals.CONTACT_TYPES, "ADMIN"),
    "extension": [build.linked(canonicals.INSTITUTION_OWNER, "Organization/unit-9")],
}


def of_sor(*contacts: Any, **changes: Any) -> build.Json:
    profile = {"profile": [canonicals.SOR_ORGANIZATION]}
    return build.organization(meta=profile, contact=list(contacts), **changes)


def says(json: build.Json) -> Organization:
    found = organization.reading(UNIT, json).says
    assert isinstance(found, Organization)
    return found


@pytest.mark.parametrize(
    "json",
    [
        build.organization(),
        build.organization(meta=None),
        build.organization(type=[MUNICIPALITY, SI]),
        build.organization(identifier=[SOR]),
        build.organization(partOf={"reference": "Organization/unit-2"}),
        of_sor(OWNER_CONTACT, {"purpose": build.concept(canonicals.CONTACT_TYPES, "PRESS")}),
        build.owner(),
        build.owner(meta=None),
        build.owner(extension=[KEY, KEY, build.worded(canonicals.SMP_ORGANIZATION_ID, "15")]),
    ],
)
def test_an_organisation_that_keeps_its_profile_has_no_fault(json: build.Json) -> None:
    assert build.faults(json) == set()


@pytest.mark.parametrize("code", ["IE", "SI", "OE", "IO", "HI", "OU"])
def test_the_hierarchy_is_told_in_danish_or_english(code: str) -> None:
    assert (
        build.faults(build.organization(type=[build.concept(canonicals.HIERARCHY, code)])) == set()
    )


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"identifier": None}, "identifier"),
        ({"identifier": [CVR]}, "identifier"),
        ({"identifier": [SOR, SOR]}, "identifier[1]"),
        ({"identifier": [SOR, CVR, CVR]}, "identifier[2]"),
        ({"identifier": [SOR | {"use": "old"}]}, "identifier[0].use"),
        ({"identifier": [SOR | {"value": "123"}]}, "identifier[0].value"),
        ({"identifier": [SOR, CVR | {"value": "99000001"}]}, "identifier[1].value"),
        ({"identifier": [SOR, {"system": "http://cvr.dk"}]}, "identifier[1].value"),
        ({"name": None}, "name"),
        ({"active": None}, "active"),
        ({"type": None}, "type"),
        ({"type": [MUNICIPALITY]}, "type"),
        ({"type": [SI, SI]}, "type"),
        ({"type": [SI, MUNICIPALITY, MUNICIPALITY]}, "type"),
        ({"type": [build.concept(canonicals.HIERARCHY, "SX")]}, "type[0]"),
        ({"type": [SI, build.concept(canonicals.UNIT_TYPES, "hospital")]}, "type[1]"),
        ({"implicitRules": "https://example.dk/rules"}, "implicitRules"),
        (
            {"modifierExtension": [build.worded("https://example.dk/extension", "x")]},
            "modifierExtension",
        ),
        ({"partOf": {"display": "somewhere"}}, "partOf.reference"),
        ({"partOf": {"reference": "https://other.dk/Organization/1"}}, "partOf.reference"),
        ({"partOf": {"reference": "Endpoint/endpoint-1"}}, "partOf.reference"),
        ({"endpoint": [{"reference": "urn:uuid:" + "0" * 8}]}, "endpoint[0].reference"),
        ({"address": [{"use": "home", "city": "Nykøbing"}]}, "address[0].use"),
        (
            {"telecom": [{"use": "home", "system": "phone", "value": "70000000"}]},
            "telecom[0].use",
        ),
        (
            {"extension": [{"url": canonicals.EUA_SYSTEM, "valueString": "a device"}]},
            "extension[0].value.reference",
        ),
        (
            {"extension": [build.linked(canonicals.MSH_SYSTEM, "Organization/unit-2")] * 2},
            None,
        ),
    ],
)
def test_a_unit_that_breaks_its_profile_is_refused(changes: build.Json, place: str | None) -> None:
    expected = {f"Organization.{place}"} if place else set()

    assert build.refusals(build.organization(**changes)) == expected


@pytest.mark.parametrize(
    ("contacts", "place"),
    [
        ([], "contact"),
        ([OWNER_CONTACT, OWNER_CONTACT], "contact[1]"),
        ([OWNER_CONTACT | {"extension": None}], "contact[0]"),
        ([OWNER_CONTACT | {"extension": OWNER_CONTACT["extension"] * 2}], "contact[0]"),
        ([OWNER_CONTACT | {"name": {"text": "Ann"}}], "contact[0].name"),
        ([OWNER_CONTACT | {"address": {"city": "Nykøbing"}}], "contact[0].address"),
        (
            [OWNER_CONTACT | {"telecom": [{"system": "phone", "value": "7"}]}],
            "contact[0].telecom",
        ),
        (
            [OWNER_CONTACT | {"purpose": build.concept("https://example.dk/x", "ADMIN")}],
            "contact[0].purpose",
        ),
    ],
)
def test_a_unit_of_sor_that_breaks_its_profile_is_refused(
    contacts: list[build.Json], place: str
) -> None:
    contacts = [{k: v for k, v in each.items() if v is not None} for each in contacts]
    json = of_sor(*contacts)
    if not contacts:
        del json["contact"]

    assert build.refusals(json) == {f"Organization.{place}"}


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"identifier": None}, "identifier"),
        ({"identifier": [{"system": "urn:ietf:rfc:3986", "value": "x"}]}, "identifier"),
        ({"identifier": [OWN_CVR, OWN_CVR]}, "identifier[1]"),
        ({"name": None}, "name"),
        ({"extension": None}, "extension"),
        ({"extension": [KEY | {"extension": [KEY_ID]}]}, "extension[0]"),
        ({"extension": [KEY | {"extension": [SUBJECT, SUBJECT]}]}, "extension[0]"),
        (
            {"extension": [KEY | {"extension": [SUBJECT, KEY_ID, KEY_ID]}]},
            "extension[0].extension[2]",
        ),
        (
            {"extension": [KEY | {"extension": [{"url": SUBJECT["url"], "valueCode": "x"}]}]},
            "extension[0].extension[0]",
        ),
        (
            {
                "extension": [
                    KEY | {"extension": [SUBJECT, {"url": KEY_ID["url"], "valueInteger": 75}]}
                ]
            },
            "extension[0].extension[1]",
        ),
        (
            {"extension": [KEY, *[build.worded(canonicals.SMP_ORGANIZATION_ID, "15")] * 2]},
            "extension[2]",
        ),
        (
            {"extension": [KEY, {"url": canonicals.SMP_ORGANIZATION_ID, "valueInteger": 15}]},
            "extension[1]",
        ),
        ({"type": [SI]}, "type"),
        ({"telecom": [{"system": "phone", "value": "70000000"}]}, "telecom"),
        ({"address": [{"city": "Nykøbing"}]}, "address"),
        ({"partOf": {"reference": "Organization/unit-1"}}, "partOf"),
        ({"contact": [{"name": {"text": "Ann"}}]}, "contact"),
        ({"endpoint": [{"reference": "Endpoint/endpoint-1"}]}, "endpoint"),
    ],
)
def test_an_owner_that_breaks_its_profile_is_refused(changes: build.Json, place: str) -> None:
    assert f"Organization.{place}" in build.refusals(build.owner(**changes))


def test_what_live_pilot_data_has_is_a_warning() -> None:
    placeholder = [{"system": "urn:oid:1.2.208.176.1.1", "value": "99999999999"}]

    found = build.faults(build.organization(identifier=placeholder))

    assert found == {("warning", "Organization.identifier[0].value")}
    assert build.faults(build.owner(active=None)) == {("warning", "Organization.active")}


def test_everything_wrong_is_said_at_once() -> None:
    json = build.organization(identifier=[CVR | {"value": "1"}], name=None, active=None, type=None)

    assert build.refusals(json) == {
        "Organization.identifier[0].value",
        "Organization.identifier",
        "Organization.name",
        "Organization.active",
        "Organization.type",
    }


def test_without_a_profile_the_sor_id_tells_a_unit_from_an_owner() -> None:
    assert not organization.is_owner(build.organization(meta=None))
    assert organization.is_owner(build.owner(meta=None))


def test_the_profile_claimed_decides_before_the_sor_id() -> None:
    unit = {"profile": [f"{canonicals.MESSAGING_ORGANIZATION}|3.0.0"]}
    owner = {"profile": [canonicals.AP_OWNER]}

    assert not organization.is_owner(build.organization(identifier=[CVR], meta=unit))
    assert organization.is_owner(build.organization(meta=owner))


def test_a_unit_reads_as_what_it_says() -> None:
    above = {"reference": "Organization/unit-2"}

    assert says(build.organization(partOf=above)) == Organization(
        reference=UNIT,
        name="Lægehuset på Ærøvej 1",
        active=True,
        sor=SorId(build.sor(1)),
        cvr=Cvr(build.cvr(1)),
        part_of=Reference("Organization", "unit-2"),
    )


def test_what_cannot_be_read_reads_as_nothing() -> None:
    broken = [SOR | {"value": "1"}, CVR | {"value": "1"}]

    found = says(build.organization(identifier=broken, active=None, partOf={"reference": "#x"}))

    assert (found.sor, found.cvr, found.active, found.part_of) == (None, None, False, None)


@pytest.mark.parametrize(
    ("json", "roles"),
    [
        (build.organization(), {Role.MESSAGING_ORGANIZATION}),
        (
            build.organization(type=[build.concept(canonicals.HIERARCHY, "IO")]),
            {Role.MESSAGING_ORGANIZATION, Role.INSTITUTION_OWNER},
        ),
        (of_sor(OWNER_CONTACT), {Role.MESSAGING_ORGANIZATION, Role.SOR_ORGANIZATION}),
        (build.owner(), {Role.AP_OWNER}),
    ],
)
def test_an_organisation_stands_for_what_it_is(json: build.Json, roles: set[Role]) -> None:
    assert organization.reading(UNIT, json).roles == {Role.ANY, Role.ORGANIZATION} | roles


def test_every_reference_is_a_link_to_what_it_must_lead_to() -> None:
    json = of_sor(
        OWNER_CONTACT,
        partOf={"reference": "Organization/unit-2"},
        endpoint=[{"reference": "Endpoint/endpoint-1"}],
        extension=[
            build.linked(canonicals.EUA_SYSTEM, "Device/device-1"),
            build.linked(canonicals.MSH_SYSTEM, "Device/device-2"),
        ],
    )

    links = organization.reading(UNIT, json).links

    assert {(each.expression, str(each.target), each.role) for each in links} == {
        ("Organization.partOf", "Organization/unit-2", Role.SOR_ORGANIZATION),
        ("Organization.endpoint[0]", "Endpoint/endpoint-1", Role.SOR_ENDPOINT),
        ("Organization.extension[0].value", "Device/device-1", Role.EUA),
        ("Organization.extension[1].value", "Device/device-2", Role.MSH),
        (
            "Organization.contact[0].extension[0].value",
            "Organization/unit-9",
            Role.INSTITUTION_OWNER,
        ),
    }


def test_a_sor_id_is_held_once_and_a_cvr_by_as_many_as_will() -> None:
    assert [each.value for each in organization.reading(UNIT, build.organization()).claims] == [
        build.sor(1)
    ]
    assert organization.reading(UNIT, build.owner()).claims == ()


def test_a_unit_is_known_by_its_sor_id_and_an_owner_by_its_cvr() -> None:
    assert organization.identity(build.organization()) == (Token(SOR["system"], SOR["value"]),)
    assert organization.identity(build.owner()) == (Token("http://cvr.dk", build.cvr(90)),)
    assert organization.identity(build.owner(identifier=None)) == ()
