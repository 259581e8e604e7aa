from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from builders_smp import document_id, service_group, service_metadata
from eer.domain.errors import Malformed, Refused
from smp.domain.identifiers import DocumentId, Identifier, ParticipantId, ProcessId
from smp.domain.metadata import Endpoint, Process, Redirect, ServiceGroup, ServiceMetadata
from smp.xml import parse, render

NAMESPACE = "http://docs.oasis-open.org/bdxr/ns/SMP/2016/05"
REDIRECT = f"""<ServiceMetadata xmlns="{NAMESPACE}"><Redirect href="https://other.example.dk/x">
<CertificateUID>CN=other</CertificateUID></Redirect></ServiceMetadata>""".encode()

# Without a zone, since hypothesis puts one on.
EARLIEST, LATEST = datetime(1, 1, 2), datetime(9999, 12, 30)  # noqa: DTZ001

letters = st.one_of(
    st.sampled_from("æøåÆØÅ éü:#/+%&<>\"'"),
    st.characters(min_codepoint=0x20, max_codepoint=0xD7FF, exclude_categories=("Cc", "Cs")),
)
texts = st.text(letters, max_size=20)
words = st.text(letters, min_size=1, max_size=20)
schemes = st.from_regex(r"[a-z]{1,8}-[a-z]{1,8}", fullmatch=True)
identifiers = st.builds(Identifier, schemes, words)
addresses = st.from_regex(r"https://[a-z]{1,9}\.example\.dk(/[a-z0-9]{1,5}){0,2}", fullmatch=True)
moments = st.datetimes(EARLIEST, LATEST, timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)
endpoints = st.builds(
    Endpoint,
    transport_profile=words,
    uri=addresses,
    certificate=st.binary(min_size=1, max_size=40),
    activation=st.none() | moments,
    expiration=st.none() | moments,
    description=texts,
    contact_url=st.just("") | addresses,
)
processes = st.builds(
    Process,
    identifiers.map(ProcessId),
    st.lists(endpoints, min_size=1, max_size=3).map(tuple),
)
metadata = st.builds(
    ServiceMetadata,
    identifiers.map(ParticipantId),
    identifiers.map(DocumentId),
    st.lists(processes, min_size=1, max_size=2).map(tuple),
)
participants = st.builds(
    Identifier, schemes, words.filter(lambda text: "/services/" not in text)
).map(ParticipantId)
groups = st.builds(
    ServiceGroup,
    participants,
    st.lists(identifiers.map(DocumentId), min_size=1, max_size=4).map(tuple),
    addresses,
)


def replaced(found: str, put: str) -> bytes:
    body = render.unsigned_bytes(service_metadata()).decode()
    assert found in body
    return body.replace(found, put, 1).encode()


@given(metadata)
def test_what_is_rendered_reads_as_it_was(meta: ServiceMetadata) -> None:
    assert meta == parse.service_metadata(parse.document(render.unsigned_bytes(meta)))


@given(groups)
def test_a_rendered_group_reads_as_it_was(group: ServiceGroup) -> None:
    assert group == parse.service_group(parse.document(render.service_group(group)))


@settings(max_examples=300)
@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: f"<a>{text}</a>".encode()))
def test_whatever_comes_is_read_or_malformed(body: bytes) -> None:
    try:
        root = parse.document(body)
    except Malformed:
        return

    assert isinstance(root, etree._Element)


def test_the_metadata_alone_reads_as_inside_its_envelope() -> None:
    root = render.service_metadata(service_metadata())

    assert service_metadata() == parse.service_metadata(root[0])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not well-formed"),
        (b"<a><b></a>", "not well-formed"),
        (b"<!DOCTYPE a><a/>", "DOCTYPE"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>', "DOCTYPE"),
        (b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]><a>&e;</a>', "DOCTYPE"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\xe6</a>', "ISO-8859-1"),
        (b"<?sheet a?><a/>", "processing instruction"),
        (b"<a>b<?sheet a?>c</a>", "processing instruction"),
        (b"<a/><?sheet a?>", "processing instruction"),
        (b"<a>" + b" " * parse.LARGEST + b"</a>", "at most 1048576"),
        (b"<a>" * 300 + b"</a>" * 300, "not well-formed"),
    ],
)
def test_a_document_that_may_not_be_read_is_malformed(body: bytes, said: str) -> None:
    with pytest.raises(Malformed, match=said):
        parse.document(body)


def test_entities_that_multiply_are_malformed_before_they_grow() -> None:
    declared = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 20}">' for n in range(1, 9))
    body = f'<!DOCTYPE a [<!ENTITY e0 "xxxx">{declared}]><a>&e8;</a>'.encode()

    with pytest.raises(Malformed):
        parse.document(body)


def test_a_document_of_just_the_largest_size_is_read() -> None:
    body = b"<a>" + b" " * (parse.LARGEST - 7) + b"</a>"

    assert parse.document(body).tag == "a"


def test_a_comment_does_not_cut_an_identifier_short() -> None:
    body = replaced("0088:5790009000013", "0088:5790009<!-- -->000013")

    assert service_metadata() == parse.service_metadata(parse.document(body))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (render.service_group(service_group()), "found ServiceGroup in http://docs.oasis-open"),
        (
            b'<SignedServiceMetadata xmlns="http://busdox.org/serviceMetadata/publishing/1.0/"/>',
            "found SignedServiceMetadata in http://busdox.org",
        ),
        (b"<SignedServiceMetadata/>", "found SignedServiceMetadata in no namespace"),
        (
            replaced("<TechnicalContactUrl>mailto:drift@example.dk</TechnicalContactUrl>", ""),
            "Endpoint: expected one TechnicalContactUrl, found 0",
        ),
        (replaced("2026-05-04T22:00:00Z", "2026-05-04T22:00:00"), "time zone"),
        (replaced("2026-05-04T22:00:00Z", "tomorrow"), "'tomorrow'"),
        (replaced("<Certificate>", "<Certificate>-----BEGIN CERTIFICATE-----"), "base64"),
        (replaced(' transportProfile="bdxr-transport-ebms3-as4-v1p0"', ""), "transportProfile"),
    ],
)
def test_what_is_no_service_metadata_is_said_in_words(body: bytes, said: str) -> None:
    with pytest.raises(Malformed, match=said):
        parse.service_metadata(parse.document(body))


def test_line_breaks_in_a_certificate_do_not_matter() -> None:
    body = replaced("<Certificate>M", "<Certificate>\n  M\n")

    assert service_metadata() == parse.service_metadata(parse.document(body))


def test_a_local_time_is_the_same_moment() -> None:
    body = replaced("2026-05-04T22:00:00Z", "2026-05-05T00:00:00+02:00")

    assert service_metadata() == parse.service_metadata(parse.document(body))


def test_a_redirect_is_recognised() -> None:
    found = parse.redirect(parse.document(REDIRECT))

    assert Redirect("https://other.example.dk/x", "CN=other") == found


def test_a_document_is_no_redirect() -> None:
    assert parse.redirect(render.service_metadata(service_metadata())) is None


def test_a_redirect_is_not_taken_for_the_document() -> None:
    with pytest.raises(Refused, match=r"a redirect to https://other\.example\.dk/x"):
        parse.service_metadata(parse.document(REDIRECT))


def test_a_group_without_links_has_no_documents() -> None:
    body = render.service_group(ServiceGroup(service_group().participant, (), "https://a"))

    assert parse.service_group(parse.document(body)).documents == ()


def test_links_read_the_same_whether_escaped_or_not() -> None:
    body = render.service_group(service_group(document_id()))
    plain = body.replace(b"%3A", b":").replace(b"%23", b"%23".lower())

    assert service_group(document_id()) == parse.service_group(parse.document(plain))


@pytest.mark.parametrize(
    ("found", "put"),
    [
        (b"https://smp.example.dk/", b"https://other.example.dk/"),
        (b"%3A5790009000013", b"%3A5790009000020"),
        (b"/services/", b"/service/"),
        (b"dk-medcom-messaging%3A%3A", b"%3A%3A"),
        (b"%3A", b"%FF"),
    ],
)
def test_a_group_whose_links_disagree_is_malformed(found: bytes, put: bytes) -> None:
    body = render.service_group(service_group()).replace(found, put, 1)

    with pytest.raises(Malformed):
        parse.service_group(parse.document(body))


def test_a_document_is_no_group() -> None:
    with pytest.raises(Malformed, match="expected ServiceGroup"):
        parse.service_group(render.service_metadata(service_metadata()))


def test_the_pilot_documents_are_read(shared: Path) -> None:
    files = (shared / "data/smp-examples").glob("*-oasis-*[0-9].xml")

    read = [parse.service_metadata(parse.document(file.read_bytes())) for file in files]

    assert {"iso6523-actorid-upis"} == {meta.participant.scheme for meta in read}
    assert len(read) == 5
    assert all(meta.addresses for meta in read)


def test_the_pilot_groups_are_read(shared: Path) -> None:
    groups = (shared / "data/smp-examples").glob("*-oasis-ServiceGroup.xml")

    read = [parse.service_group(parse.document(path.read_bytes())) for path in groups]

    assert len(read) == 2
    assert all(group.documents for group in read)
