"""Does the sample register keep every rule, and does it show what it is there to show?"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from eer.domain import eligibility
from eer.domain.eligibility import Reason
from eer.domain.identifiers import CVR_SYSTEM, GLN_SYSTEMS, SOR_SYSTEM, Cvr, Gln, SorId
from eer.domain.model import Directory
from eer.fhir import canonicals
from eer.pki import authorities
from eer.pki.lists import Folder
from eer.pki.trust import Trust
from eer.register.directory import standing
from eer.register.load import Report
from eer.settings import Settings
from eer.wiring import directory as registers
from eer.wiring import load, schema
from sample import certificates, directions, register

# The rules of the register refuse these at write, a stop is an operator's act, not data, and how a
# certificate stands is said by files.
NOT_SHOWN_BY_DATA = {
    Reason.TWO_APS,
    Reason.NOT_AN_AP,
    Reason.CERTIFICATE_UNREADABLE,
    Reason.CERTIFICATE_UNTRUSTED,
    Reason.CERTIFICATE_REVOKED,
    Reason.CERTIFICATE_OF_TEST,
    Reason.REDIRECT_UNUSABLE,
    Reason.ORGANIZATION_MISSING,
    Reason.PARTICIPANT_MALFORMED,
    Reason.CONFLICT,
    Reason.STOPPED,
}
RECEIPT = (
    "urn:dk:healthcare:messaging:oasis:ebxml:schema:xsd"
    "::ehmisbdh-acknowledgement##urn:dk:ehmi:sbdh:ehmisbdh-acknowledgement::1.0"
)

Json = Mapping[str, Any]


@pytest.fixture(scope="module")
def now() -> datetime:
    return datetime(2026, 9, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, now: datetime) -> Path:
    return register.write(tmp_path_factory.mktemp("sample"), now)


@pytest.fixture(scope="module")
def resources(written: Path) -> list[Json]:
    return [entry["resource"] for entry in json.loads(written.read_text("utf-8"))["entry"]]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    database = tmp_path_factory.mktemp("register") / "register.sqlite"
    return Settings(database_url=f"sqlite:///{database}", base_url="http://127.0.0.1:8080/fhir")


@pytest.fixture(scope="module")
def report(settings: Settings, written: Path) -> Report:
    schema.migrate(settings)
    return load.load_files(settings, [written], lambda _: None)


@pytest.fixture(scope="module")
def directory(settings: Settings, report: Report) -> Directory:
    assert report.refused == ()
    return registers.register(settings).directory(None)


def identifiers(resources: list[Json], *systems: str) -> list[str]:
    return [
        each["value"]
        for resource in resources
        for each in resource["identifier"]
        if each.get("system") in systems
    ]


def of_type(resources: list[Json], name: str) -> list[Json]:
    return [resource for resource in resources if resource["resourceType"] == name]


def references(value: object) -> Iterator[str]:
    """Yield every Reference.reference in *value*."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def levels(resources: list[Json]) -> list[str]:
    return [
        coding["code"]
        for organization in of_type(resources, "Organization")
        for concept in organization.get("type", ())
        for coding in concept["coding"]
        if coding["system"] == canonicals.HIERARCHY
    ]


def certificate_of(device: Json) -> x509.Certificate:
    key = next(each for each in device["extension"] if each["url"] == canonicals.SMP_PUBLIC_KEY)
    text = next(
        each["valueBase64Binary"]
        for each in key["extension"]
        if each["url"] == canonicals.SMP_PUBLIC_CERTIFICATE
    )
    return x509.load_pem_x509_certificate(
        f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n".encode()
    )


def subject(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    return str(certificate.subject.get_attributes_for_oid(oid)[0].value)


def test_every_gln_is_of_the_invented_range_and_has_its_check_digit(resources: list[Json]) -> None:
    glns = identifiers(of_type(resources, "Endpoint"), *GLN_SYSTEMS)

    assert all(str(Gln.parse(each)).startswith("5790009") for each in glns)
    assert len(set(glns)) == len(of_type(resources, "Endpoint"))


def test_every_sor_id_is_of_the_invented_range_and_has_its_check_digit(
    resources: list[Json],
) -> None:
    ids = identifiers(resources, SOR_SYSTEM)

    assert all(SorId.parse(each).has_check_digit for each in ids)
    assert all(re.fullmatch(r"5\d{5}100001600\d", each) for each in ids)
    assert sorted(set(ids)) == sorted(ids)


def test_every_cvr_is_of_the_invented_range_and_keeps_modulus_eleven(
    resources: list[Json],
) -> None:
    numbers = identifiers(resources, CVR_SYSTEM)

    assert all(str(Cvr.parse(each)).startswith("9900") for each in numbers)


def test_every_host_is_an_example(written: Path) -> None:
    hosts = set(re.findall(r"https?://([^/\"\s]+)", written.read_text("utf-8")))
    codes = {"hl7.org", "terminology.hl7.org", "medcomehmi.dk", "medcomfhir.dk"}
    codes |= {urlsplit(canonicals.OUR_ROOT).hostname}
    systems = {"cvr.dk", "www.gs1.org"}

    assert {each for each in hosts - codes - systems if not each.endswith(".example.dk")} == set()


def test_every_reference_resolves_inside_the_sample(resources: list[Json]) -> None:
    there = {f"{each['resourceType']}/{each['id']}" for each in resources}

    assert set(references(resources)) - there == set()


def test_no_placeholder_is_left(written: Path) -> None:
    assert "@certificate" not in written.read_text("utf-8")


def test_twelve_organisations_and_more_stand_in_three_levels(resources: list[Json]) -> None:
    found = levels(resources)

    assert len(found) >= 12
    assert set(found) == {"IE", "SI", "OE"}


def test_everybody_below_an_owner_says_of_whom_they_are_part(resources: list[Json]) -> None:
    for organization in of_type(resources, "Organization"):
        if "type" in organization:
            is_owner = levels([organization]) == ["IE"]

            assert is_owner == ("partOf" not in organization), organization["id"]


def test_an_msh_and_an_eua_are_registered_and_pointed_at(resources: list[Json]) -> None:
    types = {
        f"Device/{device['id']}": device["type"]["coding"][0]["code"]
        for device in of_type(resources, "Device")
    }
    pointed_at = {types[each] for each in references(resources) if each in types}

    assert pointed_at == {"AP", "EUA", "MSH"}


def test_every_endpoint_can_receive_the_receipt_for_an_envelope(resources: list[Json]) -> None:
    for endpoint in of_type(resources, "Endpoint"):
        codes = [each["coding"][0]["code"] for each in endpoint["payloadType"]]

        assert RECEIPT in codes, endpoint["id"]


def test_each_payload_has_its_message_definition(resources: list[Json]) -> None:
    offered = {
        each["coding"][0]["code"]
        for endpoint in of_type(resources, "Endpoint")
        for each in endpoint["payloadType"]
    }
    defined = {each["identifier"][0]["value"] for each in of_type(resources, "MessageDefinition")}

    assert offered == defined
    assert len(defined) == 5


def test_the_register_takes_all_of_it_without_a_warning_but_of_certificates(
    report: Report, resources: list[Json]
) -> None:
    remarks = {(each.name, each.issue.expression) for each in report.warnings}

    assert report.refused == ()
    assert len(report.created) == len(resources)
    assert remarks == {
        ("Device/ap-with-certificate-expired", "Device.extension"),
        ("Device/ap-with-certificate-not-yet-valid", "Device.extension"),
    }


def test_nine_endpoints_may_be_published(directory: Directory, now: datetime) -> None:
    found = eligibility.obstacles(directory, now)

    assert len([each for each, reasons in found.items() if not reasons]) == 9


def test_three_access_points_carry_what_is_published(directory: Directory, now: datetime) -> None:
    found = eligibility.obstacles(directory, now)
    used = {
        each.access_points[0].reference
        for each in directory.endpoints
        if not found[each.reference] and each.access_points[0] is not None
    }

    assert len(used) == 3


def test_each_reason_that_data_can_show_is_shown_by_one_endpoint_of_its_name(
    directory: Directory, now: datetime
) -> None:
    found = eligibility.obstacles(directory, now)
    shown = {str(each): reasons for each, reasons in found.items() if reasons}

    assert shown == {
        f"Endpoint/not-published-{reason}": (reason,) for reason in set(Reason) - NOT_SHOWN_BY_DATA
    }


def test_a_name_says_why_an_endpoint_is_not_published(directory: Directory, now: datetime) -> None:
    found = eligibility.obstacles(directory, now)

    for endpoint in directory.endpoints:
        for reason in found[endpoint.reference]:
            assert endpoint.name == f"Not published: {eligibility.SENTENCES[reason]}"


def test_the_participant_to_try_may_be_published(directory: Directory, now: datetime) -> None:
    found = eligibility.obstacles(directory, now)
    tried = [each for each in directory.endpoints if each.gln == directions.GLN]

    assert [found[each.reference] for each in tried] == [()]


def test_each_certificate_names_its_company_and_system_as_oces_does(
    resources: list[Json],
) -> None:
    wanted = {each.name: each for each in certificates.wanted()}

    for device in of_type(resources, "Device"):
        if device["id"] in wanted:
            certificate, facts = certificate_of(device), wanted[device["id"]]

            assert f"NTRDK-{facts.cvr}" == subject(certificate, NameOID.ORGANIZATION_IDENTIFIER)
            assert f"UI:DK-O:G:{facts.uuid}" == subject(certificate, NameOID.SERIAL_NUMBER)
            assert facts.common_name == subject(certificate, NameOID.COMMON_NAME)
            assert facts.organization == subject(certificate, NameOID.ORGANIZATION_NAME)
            assert subject(certificate, NameOID.COUNTRY_NAME) == "DK"


def test_the_sample_authority_issued_every_certificate(
    resources: list[Json], written: Path
) -> None:
    pem = written.with_name("ap-authority.pem").read_bytes()
    authority = x509.load_pem_x509_certificate(pem)
    names = {each.name for each in certificates.wanted()}

    for device in of_type(resources, "Device"):
        if device["id"] in names:
            certificate_of(device).verify_directly_issued_by(authority)


def test_every_certificate_stands_well_with_the_sample_authority_and_its_list(
    directory: Directory, written: Path, now: datetime
) -> None:
    trusted = authorities.read("", written.with_name("ap-authority.pem").read_bytes())
    lists = Folder(written.with_name("crl"), trusted.certificates)
    trust = Trust(authorities=trusted, folder=lists)

    judged = replace(
        directory, endpoints=tuple(standing(each, trust, now) for each in directory.endpoints)
    )

    assert trust.remarks(now + timedelta(days=5000)) == trust.unchecked() == ()
    assert eligibility.obstacles(judged, now) == eligibility.obstacles(directory, now)


def test_every_certificate_has_an_rsa_key_of_3072_bits(resources: list[Json]) -> None:
    names = {each.name for each in certificates.wanted()}
    keys = [certificate_of(each).public_key() for each in resources if each["id"] in names]

    assert [key.key_size for key in keys if isinstance(key, rsa.RSAPublicKey)] == [3072] * 9


def test_a_certificate_is_valid_at_once_and_for_years(resources: list[Json], now: datetime) -> None:
    (device,) = [each for each in resources if each["id"] == "nordlys-ap"]
    certificate = certificate_of(device)

    assert certificate.not_valid_before_utc < now
    assert now + timedelta(days=365) < certificate.not_valid_after_utc
