import pytest

import builders_fhir as build
from eer.domain.identifiers import Reference
from eer.domain.model import Certificate, Device, Role, Unreadable
from eer.domain.search import Token
from eer.fhir import canonicals
from eer.fhir.types import device

AP = Reference("Device", "ap-1")
KEY = build.access_point()["extension"][0]
CERTIFICATE, KEY_ID = KEY["extension"]
NAME = build.access_point()["deviceName"][0]
CONTACT = build.access_point()["contact"][0]


def says(json: build.Json) -> Device:
    found = device.reading(AP, json).says
    assert isinstance(found, Device)
    return found


@pytest.mark.parametrize(
    "json",
    [
        build.access_point(),
        build.access_point(meta=None),
        build.access_point(extension=[KEY | {"extension": [CERTIFICATE]}]),
        build.device(),
        build.device(meta=None),
        build.device(type_code="EOJ"),
        build.device(type_code="AP"),
        build.device(identifier=[{"value": "one"}, {"system": "urn:x", "value": "two"}]),
        build.device(url="https://eoj.example.dk", version=[{"value": "1.0"}]),
        build.device(owner={"reference": "Organization/unit-1"}),
    ],
)
def test_a_device_that_keeps_its_profile_has_no_fault(json: build.Json) -> None:
    assert build.faults(json) == set()


NEVER: build.Json = {
    "udiCarrier": [{"deviceIdentifier": "1"}],
    "definition": {"reference": "DeviceDefinition/1"},
    "lotNumber": "1",
    "serialNumber": "1",
    "modelNumber": "1",
    "partNumber": "1",
    "specialization": [{"systemType": {"text": "x"}}],
    "property": [{"type": {"text": "x"}}],
    "patient": {"reference": "Patient/1"},
    "location": {"reference": "Location/1"},
    "safety": [{"text": "x"}],
    "parent": {"reference": "Device/1"},
}
NEVER_OF_AN_AP: build.Json = {
    "statusReason": [{"text": "x"}],
    "distinctIdentifier": "1",
    "manufactureDate": "2026",
    "expirationDate": "2027",
    "version": [{"value": "1.0"}],
}


@pytest.mark.parametrize("name", NEVER)
def test_an_element_no_device_may_have_is_refused(name: str) -> None:
    assert build.refusals(build.device(**{name: NEVER[name]})) == {f"Device.{name}"}


@pytest.mark.parametrize("name", NEVER | NEVER_OF_AN_AP)
def test_an_element_no_access_point_may_have_is_refused(name: str) -> None:
    value = (NEVER | NEVER_OF_AN_AP)[name]

    assert build.refusals(build.access_point(**{name: value})) == {f"Device.{name}"}


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"type": None}, "type"),
        ({"type": build.concept(canonicals.DEVICE_TYPES, "PC")}, "type"),
        ({"type": build.concept("urn:x", "AP")}, "type"),
        ({"identifier": None}, "identifier"),
        ({"identifier": [{"system": "urn:x"}]}, "identifier[0].value"),
        ({"manufacturer": None}, "manufacturer"),
        ({"status": None}, "status"),
        ({"status": "on"}, "status"),
        ({"deviceName": None}, "deviceName"),
        ({"deviceName": [NAME, NAME]}, "deviceName[1]"),
        ({"deviceName": [{"name": "x"}]}, "deviceName[0].type"),
        ({"owner": {"display": "us"}}, "owner.reference"),
        ({"extension": [KEY, KEY]}, "extension[1]"),
        ({"extension": [KEY | {"extension": [KEY_ID]}]}, "extension[0]"),
        ({"extension": [KEY | {"extension": [CERTIFICATE] * 2}]}, "extension[0]"),
        (
            {"extension": [KEY | {"extension": [CERTIFICATE, KEY_ID, KEY_ID]}]},
            "extension[0].extension[2]",
        ),
        (
            {"extension": [KEY, {"url": canonicals.TRANSPORT_PROFILE, "valueCode": "x"}]},
            "extension[1]",
        ),
    ],
)
def test_a_device_that_breaks_its_profile_is_refused(changes: build.Json, place: str) -> None:
    for json in (build.device(**changes), build.access_point(**changes)):
        assert f"Device.{place}" in build.refusals(json)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"extension": None}, "extension"),
        ({"type": build.concept(canonicals.DEVICE_TYPES, "MSH")}, "type"),
        ({"deviceName": [NAME | {"type": "model-name"}]}, "deviceName[0].type"),
        ({"owner": None}, "owner"),
        ({"contact": None}, "contact"),
        ({"contact": [{"system": "email"}]}, "contact[0].value"),
        ({"contact": [{"value": "drift@example.dk"}]}, "contact[0].system"),
        ({"url": None}, "url"),
        ({"url": "ftp://ap.example.dk"}, "url"),
        ({"url": "https:///as4"}, "url"),
        ({"url": "https://ap.example.dk/as4#x"}, "url"),
    ],
)
def test_an_access_point_that_breaks_its_profile_is_refused(
    changes: build.Json, place: str
) -> None:
    assert build.refusals(build.access_point(**changes)) == {f"Device.{place}"}


@pytest.mark.parametrize("text", ["AAAA", "MIIB" + "A" * 400])
def test_a_certificate_that_does_not_parse_is_refused(text: str) -> None:
    broken = CERTIFICATE | {"valueBase64Binary": text}

    found = build.refusals(build.access_point(extension=[KEY | {"extension": [broken]}]))

    assert found == {"Device.extension[0].extension[0].value"}


def test_a_certificate_in_pem_is_refused() -> None:
    armoured = f"-----BEGIN CERTIFICATE-----\n{CERTIFICATE['valueBase64Binary']}\n"
    broken = CERTIFICATE | {"valueBase64Binary": armoured}

    assert build.refusals(build.access_point(extension=[KEY | {"extension": [broken]}])) == {
        "Device.extension[0].extension[0].value"
    }


def test_an_access_point_is_what_says_so_or_has_a_key() -> None:
    without_contact: build.Json = {"contact": None, "meta": None}
    plain = {"profile": [canonicals.DEVICE]}

    assert build.refusals(build.access_point(**without_contact)) == {"Device.contact"}
    assert build.refusals(build.access_point(**without_contact | {"meta": plain})) == set()
    assert build.refusals(build.device(type_code="AP", meta=None)) == set()


def test_an_access_point_reads_as_what_it_says() -> None:
    found = says(
        build.access_point(extension=[KEY, build.worded(canonicals.TRANSPORT_PROFILE, "as4")])
    )

    assert isinstance(found.certificate, Certificate)
    assert found == Device(
        types=("AP",),
        active=True,
        url="https://ap1.example.dk/as4",
        certificate=found.certificate,
        contact_url="mailto:drift@example.dk",
        owner=Reference("Organization", "owner-90"),
        transport_profiles=("as4",),
    )


def test_a_device_reads_without_what_it_has_not() -> None:
    found = says(build.device(status="inactive"))

    assert found == Device(
        ("MSH",), active=False, url=None, certificate=None, contact_url=None, owner=None
    )


def test_a_certificate_that_is_no_text_reads_as_unreadable() -> None:
    empty = KEY | {"extension": [{"url": canonicals.SMP_PUBLIC_CERTIFICATE}]}

    assert isinstance(says(build.access_point(extension=[empty])).certificate, Unreadable)
    assert says(build.access_point(extension=[KEY | {"extension": []}])).certificate is None


@pytest.mark.parametrize(
    ("contacts", "expected"),
    [
        ([{"system": "phone", "value": "+45 70 00 00 00"}], "tel:+4570000000"),
        ([{"system": "url", "value": "https://drift.example.dk"}], "https://drift.example.dk"),
        ([{"system": "fax", "value": "1"}, CONTACT], "mailto:drift@example.dk"),
        ([{"system": "fax", "value": "1"}], None),
        ([{"system": "email"}], None),
    ],
)
def test_the_first_contact_that_is_a_url_is_the_contact(
    contacts: list[build.Json], expected: str | None
) -> None:
    assert says(build.access_point(contact=contacts)).contact_url == expected


@pytest.mark.parametrize("code", ["AP", "MSH", "EUA"])
def test_a_device_stands_for_what_its_type_is(code: str) -> None:
    roles = device.reading(AP, build.device(type_code=code)).roles

    assert roles == {Role.ANY, Role.DEVICE, Role[code]}


def test_an_access_point_wants_an_owner_of_access_points() -> None:
    by_owner = build.device(owner={"reference": "Organization/unit-1"})

    assert device.reading(AP, build.access_point()).links[0].role is Role.AP_OWNER
    assert device.reading(AP, by_owner).links[0].role is Role.ORGANIZATION


def test_an_identifier_is_held_once_with_or_without_a_system() -> None:
    json = build.device(identifier=[{"value": "one"}, {"system": "urn:x", "value": "two"}, {}])

    assert [each.value for each in device.reading(AP, json).claims] == ["|one", "urn:x|two"]
    assert device.identity(json) == (Token("", "one"), Token("urn:x", "two"))
