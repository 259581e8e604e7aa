from datetime import datetime, timedelta, timezone

import pytest
from lxml import etree

from builders_smp import BASE_URL, GOLDEN, document_id, endpoint, service_group, service_metadata
from eer.domain.errors import Malformed
from smp.domain.identifiers import DocumentId, Identifier, ParticipantId
from smp.domain.metadata import ServiceGroup
from smp.xml import render

SMP = "{http://docs.oasis-open.org/bdxr/ns/SMP/2016/05}"


def texts(root: etree._Element, name: str) -> list[str | None]:
    return [element.text for element in root.iter(f"{SMP}{name}")]


def test_the_unsigned_document_is_the_golden_one() -> None:
    body = render.unsigned_bytes(service_metadata())

    assert (GOLDEN / "service_metadata.xml").read_bytes() == body


def test_the_group_is_the_golden_one() -> None:
    body = render.service_group(service_group())

    assert (GOLDEN / "service_group.xml").read_bytes() == body


@pytest.mark.smp(32)
def test_bytes_begin_with_a_declaration_in_double_quotes() -> None:
    wanted = b'<?xml version="1.0" encoding="UTF-8"?>\n<'

    assert render.unsigned_bytes(service_metadata()).startswith(wanted)
    assert render.service_group(service_group()).startswith(wanted)


@pytest.mark.smp(33, 35)
def test_the_root_has_the_namespace_as_default_and_no_prefix() -> None:
    root = render.service_metadata(service_metadata())

    assert [(None, SMP.strip("{}"))] == list(root.nsmap.items())
    assert f"{SMP}SignedServiceMetadata" == root.tag
    assert b'\n<SignedServiceMetadata xmlns="http' in render.printed(root)


def test_the_root_holds_only_the_metadata() -> None:
    root = render.service_metadata(service_metadata())

    assert [f"{SMP}ServiceMetadata"] == [child.tag for child in root]


def test_elements_of_an_endpoint_stand_in_the_order_of_the_schema() -> None:
    root = render.service_metadata(service_metadata(endpoint()))

    assert [etree.QName(child).localname for child in next(root.iter(f"{SMP}Endpoint"))] == [
        "EndpointURI",
        "RequireBusinessLevelSignature",
        "ServiceActivationDate",
        "ServiceExpirationDate",
        "Certificate",
        "ServiceDescription",
        "TechnicalContactUrl",
    ]


@pytest.mark.smp(50)
def test_dates_are_whole_seconds_of_utc() -> None:
    danish = datetime(2026, 5, 5, 0, 0, 0, 999, timezone(timedelta(hours=2)))

    root = render.service_metadata(service_metadata(endpoint(activation=danish)))

    assert texts(root, "ServiceActivationDate") == ["2026-05-04T22:00:00Z"]


def test_a_date_that_is_not_known_is_left_out() -> None:
    root = render.service_metadata(service_metadata(endpoint(activation=None, expiration=None)))

    assert texts(root, "ServiceActivationDate") + texts(root, "ServiceExpirationDate") == []


def test_no_business_level_signature_is_asked_for() -> None:
    root = render.service_metadata(service_metadata(endpoint()))

    assert texts(root, "RequireBusinessLevelSignature") == ["false"]


@pytest.mark.smp(49)
def test_an_empty_description_is_an_empty_element() -> None:
    root = render.service_metadata(service_metadata(endpoint(description="")))

    assert texts(root, "ServiceDescription") == [None]


@pytest.mark.smp(56)
def test_danish_letters_are_utf_8() -> None:
    body = render.unsigned_bytes(service_metadata(endpoint(description="æøå ÆØÅ")))

    assert "<ServiceDescription>æøå ÆØÅ</ServiceDescription>".encode() in body


@pytest.mark.smp(58)
def test_the_document_identifier_stays_letter_by_letter() -> None:
    meta = service_metadata()

    root = render.service_metadata(meta)

    assert [meta.document.value] == texts(root, "DocumentIdentifier")


def test_an_identifier_without_a_scheme_has_no_scheme_attribute() -> None:
    participant = ParticipantId(Identifier("", "urn:example:party"))

    root = render.service_metadata(service_metadata(participant=participant))

    assert next(root.iter(f"{SMP}ParticipantIdentifier")).get("scheme") is None


@pytest.mark.smp(41, 42)
def test_links_are_absolute_and_escape_every_reserved_character() -> None:
    document = DocumentId(Identifier("scheme", "urn:a/b::c##d+e"))

    body = render.service_group(service_group(document))

    assert (
        b'href="https://smp.example.dk/iso6523-actorid-upis%3A%3A0088%3A5790009000013'
        b'/services/scheme%3A%3Aurn%3Aa%2Fb%3A%3Ac%23%23d%2Be"'
    ) in body


@pytest.mark.smp(40)
def test_the_group_lists_each_document_once_in_their_order() -> None:
    body = render.service_group(service_group(document_id(), document_id(version="1.1")))

    assert body.index(b"%3A%3A1.2") < body.index(b"%3A%3A1.1")
    assert body.count(b"<ServiceMetadataReference ") == 2


@pytest.mark.parametrize("letter", ["\x00", "\x0b", "\ufffe"])
def test_a_character_that_xml_cannot_carry_is_malformed(letter: str) -> None:
    with pytest.raises(Malformed, match="5790009000013"):
        render.service_metadata(service_metadata(endpoint(description=f"a{letter}b")))


def test_a_group_that_xml_cannot_carry_is_malformed() -> None:
    group = ServiceGroup(ParticipantId(Identifier("scheme", "a\x00b")), (), BASE_URL)

    with pytest.raises(Malformed, match="scheme::a"):
        render.service_group(group)
