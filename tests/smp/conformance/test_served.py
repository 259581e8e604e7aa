"""What access points are given: every group, document and name of the sample, from outside."""

import json
import re
from base64 import b64decode
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pytest
from cryptography import x509
from lxml import etree

import clients_world as world
import official
from clients_world import DS, SMP, Got
from eer.domain.identifiers import Gln
from flows.published import ZONE, PublishedHouse
from sample import register
from smp.domain.identifiers import DocumentKey, ParticipantId, participant_of
from smp.domain.naming import DnsName, cname_name, naptr_name
from smp.settings.defaults import PROCESSES, PROFILES

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def groups(published: PublishedHouse) -> dict[ParticipantId, Got]:
    """Return each participant's ServiceGroup as it is served."""
    return {
        each: world.read(f"{published.base_url}/{quote(str(each), safe='')}")
        for each in published.participants
    }


@pytest.fixture(scope="module")
def documents(published: PublishedHouse) -> dict[DocumentKey, Got]:
    """Return each SignedServiceMetadata as it is served."""
    return {each: world.read(_url(published, each)) for each in published.keys}


@pytest.fixture(scope="module")
def bodies(groups: dict[ParticipantId, Got], documents: dict[DocumentKey, Got]) -> list[bytes]:
    return [got.body for got in (*groups.values(), *documents.values())]


def _url(published: PublishedHouse, key: DocumentKey) -> str:
    who, what = quote(str(key.participant), safe=""), quote(str(key.document), safe="")
    return f"{published.base_url}/{who}/services/{what}"


def _identified(root: etree._Element, name: str) -> str:
    (found,) = root.iter(f"{SMP}{name}")
    return f"{found.get('scheme')}::{found.text}"


def _links(got: Got) -> list[str]:
    references = world.parsed(got.body).iter(f"{SMP}ServiceMetadataReference")
    return [str(each.get("href")) for each in references]


@pytest.mark.smp(1, 2, 8, 9, 11)
def test_everything_published_is_answered_as_xml(
    groups: dict[ParticipantId, Got], documents: dict[DocumentKey, Got]
) -> None:
    answers = [*groups.values(), *documents.values()]

    assert {got.status for got in answers} == {200}
    assert {got.headers["Content-Type"] for got in answers} == {"text/xml; charset=UTF-8"}
    assert all(got.headers["Content-Length"] == str(len(got.body)) for got in answers)


@pytest.mark.smp(32, 36)
def test_nothing_stands_before_the_root_but_the_declaration(bodies: list[bytes]) -> None:
    begins = re.compile(
        rb'<\?xml version="1\.0" encoding="UTF-8"\?>\n'
        rb'<(SignedServiceMetadata|ServiceGroup) xmlns="[^"]+">'
    )

    assert all(begins.match(body) for body in bodies)
    assert not any(b"<!" in body for body in bodies)


@pytest.mark.smp(33, 35)
def test_the_roots_are_those_of_smp_1_and_have_no_prefix(
    groups: dict[ParticipantId, Got], documents: dict[DocumentKey, Got]
) -> None:
    roots = [world.parsed(got.body) for got in (*groups.values(), *documents.values())]

    assert {root.tag for root in roots[: len(groups)]} == {f"{SMP}ServiceGroup"}
    assert {root.tag for root in roots[len(groups) :]} == {f"{SMP}SignedServiceMetadata"}
    assert {root.prefix for root in roots} == {None}


@pytest.mark.smp(34)
def test_everything_is_valid_by_the_standards_own_schema(bodies: list[bytes]) -> None:
    for body in bodies:
        official.schema().assertValid(world.parsed(body))


@pytest.mark.smp(37, 38, 39)
def test_an_answer_names_who_and_what_was_asked_for(
    groups: dict[ParticipantId, Got], documents: dict[DocumentKey, Got]
) -> None:
    of_groups = {
        _identified(world.parsed(got.body), "ParticipantIdentifier") for got in groups.values()
    }
    of_documents = [
        (
            _identified(root, "ParticipantIdentifier"),
            _identified(root, "DocumentIdentifier"),
        )
        for root in (world.parsed(got.body) for got in documents.values())
    ]

    assert of_groups == {str(each) for each in groups}
    assert of_documents == [(str(key.participant), str(key.document)) for key in documents]


@pytest.mark.smp(40, 41, 42)
def test_links_lead_to_exactly_what_is_published(
    published: PublishedHouse,
    groups: dict[ParticipantId, Got],
    documents: dict[DocumentKey, Got],
) -> None:
    links = [link for got in groups.values() for link in _links(got)]
    decoded = {
        unquote(urlsplit(link).path) for link in links if link.startswith(published.base_url)
    }

    assert sorted(links) == sorted(_url(published, key) for key in documents)
    assert decoded == {f"/{key.participant}/services/{key.document}" for key in documents}
    assert not any(re.search(r"[:#+]", link.removeprefix("http://127.0.0.1:")) for link in links)


@pytest.mark.smp(43, 59, 65, 68)
def test_every_document_is_signed_by_this_publisher(
    published: PublishedHouse, documents: dict[DocumentKey, Got]
) -> None:
    certificate = Path(published.house.environment["SMP_SIGNING_CERTIFICATE_FILE"])
    own = x509.load_pem_x509_certificate(certificate.read_bytes())

    for got in documents.values():
        root = world.parsed(got.body)
        assert [each.tag for each in root] == [f"{SMP}ServiceMetadata", f"{DS}Signature"]
        assert world.signer(root, root[-1]) == own
    world.check_trusted(own, published.world.signers, published.world.at)


@pytest.mark.smp(67)
def test_a_changed_letter_is_noticed_by_the_clients(documents: dict[DocumentKey, Got]) -> None:
    for got in documents.values():
        root = world.parsed(got.body.replace(b"https://", b"https:/x", 1))
        with pytest.raises(world.Unusable, match="another digest"):
            world.signer(root, root[-1])


@pytest.mark.smp(45, 46, 57)
def test_every_document_has_each_process_with_each_transport_once(
    documents: dict[DocumentKey, Got],
) -> None:
    for got in documents.values():
        root = world.parsed(got.body)
        processes = list(root.iter(f"{SMP}Process"))
        assert [_identified(each, "ProcessIdentifier") for each in processes] == list(PROCESSES)
        for each in processes:
            profiles = [found.get("transportProfile") for found in each.iter(f"{SMP}Endpoint")]
            assert profiles
            assert len(set(profiles)) == len(profiles)
            assert set(profiles) <= set(PROFILES)


@pytest.mark.smp(47, 48)
def test_every_certificate_is_one_in_der_and_in_its_time(
    published: PublishedHouse, documents: dict[DocumentKey, Got]
) -> None:
    texts = [
        each.text or ""
        for got in documents.values()
        for each in world.parsed(got.body).iter(f"{SMP}Certificate")
    ]
    read = [x509.load_der_x509_certificate(b64decode(text, validate=True)) for text in texts]

    assert not any("-----" in text for text in texts)
    for each in read:
        world.check_trusted(each, published.world.access_points, published.world.at)


@pytest.mark.smp(49)
def test_description_and_contact_are_always_there(documents: dict[DocumentKey, Got]) -> None:
    for got in documents.values():
        for each in world.parsed(got.body).iter(f"{SMP}Endpoint"):
            assert each.find(f"{SMP}ServiceDescription") is not None
            assert each.find(f"{SMP}TechnicalContactUrl") is not None


@pytest.mark.smp(50, 52)
def test_every_endpoint_is_open_now_by_dates_with_a_time_zone(
    published: PublishedHouse, documents: dict[DocumentKey, Got]
) -> None:
    for got in documents.values():
        for each in world.parsed(got.body).iter(f"{SMP}Endpoint"):
            begin = datetime.fromisoformat(world.text(each, "ServiceActivationDate"))
            end = datetime.fromisoformat(world.text(each, "ServiceExpirationDate"))
            assert begin <= published.world.at < end


@pytest.mark.smp(53)
def test_no_extension_is_emitted(bodies: list[bytes]) -> None:
    assert not any(b"Extension" in body for body in bodies)


@pytest.mark.smp(56)
def test_danish_letters_are_there_to_be_read(documents: dict[DocumentKey, Got]) -> None:
    assert any(re.search("[æøåÆØÅ]", got.body.decode()) for got in documents.values())


@pytest.mark.smp(58)
def test_a_document_identifier_keeps_its_colons_and_number_signs(
    documents: dict[DocumentKey, Got],
) -> None:
    for key, got in documents.items():
        assert f">{key.document.value}</DocumentIdentifier>".encode() in got.body
        assert "::" in key.document.value
        assert "##" in key.document.value


@pytest.mark.smp(69)
def test_the_bytes_are_the_same_at_every_read(
    published: PublishedHouse, documents: dict[DocumentKey, Got]
) -> None:
    again = {key: world.read(_url(published, key)) for key in documents}

    assert {key: got.body for key, got in again.items()} == {
        key: got.body for key, got in documents.items()
    }


@pytest.mark.smp(72)
def test_no_group_is_signed(groups: dict[ParticipantId, Got]) -> None:
    assert not any(b"Signature" in got.body for got in groups.values())


@pytest.mark.smp(78, 79, 80, 82)
def test_every_participant_has_exactly_one_record_to_the_base_of_its_links(
    published: PublishedHouse, groups: dict[ParticipantId, Got]
) -> None:
    for participant, got in groups.items():
        (record,) = world.naptrs(published.world, naptr_name(participant, DnsName(ZONE)))
        _, _, base, _ = record.regexp.decode().split("!")

        assert record.to_text() == f'100 10 "U" "Meta:SMP" "!^.*$!{published.base_url}!" .'
        assert all(link.startswith(f"{base}/") for link in _links(got))
        assert world.read(f"{base}/{quote(str(participant), safe='')}").body == got.body


@pytest.fixture(scope="module")
def unpublished() -> tuple[ParticipantId, ...]:
    """Return the participants of the sample that have a reason each not to be published."""
    template = Path(register.__file__).with_name("not-published.json")
    entries = json.loads(template.read_text(encoding="utf-8"))["entry"]
    return tuple(
        participant_of(Gln.parse(each["resource"]["identifier"][0]["value"]))
        for each in entries
        if each["resource"]["resourceType"] == "Endpoint"
    )


@pytest.mark.smp(5, 83, 104, 105, 107)
def test_who_has_nothing_published_has_no_name_and_no_group(
    published: PublishedHouse, unpublished: tuple[ParticipantId, ...]
) -> None:
    assert len(unpublished) >= 17
    for each in unpublished:
        assert world.naptrs(published.world, naptr_name(each, DnsName(ZONE))) == []
        assert world.aliases(published.world, cname_name(each, DnsName(ZONE))) == []
        with pytest.raises(world.NotFound):
            world.read(f"{published.base_url}/{quote(str(each), safe='')}")
