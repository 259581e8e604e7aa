"""What is said to a central SML, and what every answer and every missing answer is taken for."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from builders import gln
from eer.domain.errors import Malformed, Refused, Unavailable
from eer.domain.identifiers import Gln
from fakes.servers import free_port
from fakes.sml import FakeSml, SoapFault, envelope, fault_body
from fakes.sml_certificates import Authority, Pair
from fakes.sml_rules import SHAPES
from smls import IMPATIENT, OURS, THEIRS, THEM, US, Speak
from smp.domain.central import Registration
from smp.domain.identifiers import participant_of
from smp.domain.sml_fault import Fault, Kind
from smp.sml import messages, post
from smp.sml.bdmsl import Sml

ONE, TWO, THREE = (participant_of(Gln.parse(gln(number))) for number in (1, 2, 3))
KEY = "aZ19#_aZ19#_"
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def everything(sml: Sml, today: object) -> None:
    """Say everything that can be said, once."""
    sml.register(OURS)
    sml.registration()
    sml.update(OURS)
    sml.add([ONE])
    sml.add([TWO, THREE])
    list(sml.participants())
    sml.prepare_migration(ONE, KEY)
    sml.migrate(ONE, KEY)
    sml.drop([ONE])
    sml.drop([TWO, THREE])
    sml.prepare_certificate(PEM, today)  # type: ignore[arg-type]  # a date
    sml.remove()


@pytest.mark.smp(110)
def test_what_was_registered_is_read_back_as_it_was_sent(sml: FakeSml, speak: Speak) -> None:
    with speak() as ours:
        assert ours.register(OURS) is None

        assert ours.registration() == OURS
    assert sml.smps[US].logical == OURS.logical
    assert sml.smps[US].physical == OURS.physical


def test_a_final_slash_of_an_address_makes_no_difference(sml: FakeSml, speak: Speak) -> None:
    with speak() as ours:
        ours.register(Registration(US, f"{OURS.logical}/", OURS.physical))

        assert ours.registration() == OURS
    assert sml.smps[US].logical == f"{OURS.logical}/"


def test_every_request_is_one_that_the_schemas_allow(sml: FakeSml, speak: Speak) -> None:
    with speak() as ours:
        everything(ours, sml.today)

    assert {str(each.content.tag) for each in sml.asked} == SHAPES.keys()
    assert sml.invalid == []
    assert sml.smps == {}


@pytest.mark.smp(114)
def test_each_action_is_the_one_in_the_wsdl_with_its_nine_blanks(
    sml: FakeSml, speak: Speak, shared: Path
) -> None:
    with speak() as ours:
        everything(ours, sml.today)

    files = sorted((shared / "data" / "xsd" / "sml").glob("*.wsdl"))
    said = {
        found for file in files for found in re.findall(r'soapAction="([^"]+)"', file.read_text())
    }
    actions = {each.action for each in sml.asked}
    assert {action.strip('"') for action in actions} <= said
    assert all(action.startswith('"') and action.endswith('"') for action in actions)
    assert f'"{messages.PARTICIPANTS.action}listIn"' in actions
    assert " " * 9 + ":" in messages.PARTICIPANTS.action


@pytest.mark.smp(114)
@pytest.mark.parametrize("action", ["", "urn:something:else", messages.PARTICIPANTS.action])
def test_the_sml_goes_by_the_element_in_the_body(action: str, sml: FakeSml, speak: Speak) -> None:
    with speak() as ours:
        message = envelope(messages.create(OURS).content)

        answer = ours._post.send("manageservicemetadata", action, message)

    assert answer.status == 200
    assert sml.smps.keys() == {US}


def test_each_service_has_its_own_address(sml: FakeSml, speak: Speak) -> None:
    with speak() as ours:
        everything(ours, sml.today)

    assert {each.path.removeprefix("/edelivery-sml/") for each in sml.asked} == {
        "manageservicemetadata",
        "manageparticipantidentifier",
        "bdmslservice",
    }


@pytest.mark.smp(113)
@pytest.mark.parametrize(("page", "repeats"), [(1, False), (2, False), (2, True), (100, False)])
def test_the_list_is_read_to_its_last_page(
    page: int,
    repeats: bool,  # noqa: FBT001
    sml: FakeSml,
    speak: Speak,
) -> None:
    sml.page, sml.repeats = page, repeats
    with speak() as ours:
        ours.register(OURS)
        ours.add([ONE, TWO, THREE])

        assert sorted(set(ours.participants())) == [ONE, TWO, THREE]


def test_whoever_has_no_scheme_or_no_value_is_none_of_our_business(
    sml: FakeSml, speak: Speak
) -> None:
    page = f"""<ParticipantIdentifierPage xmlns="{messages.LOCATOR}"
        xmlns:i="{messages.IDENTIFIERS}">
      <i:ParticipantIdentifier>urn:x:y</i:ParticipantIdentifier>
      <i:ParticipantIdentifier scheme="a-b"/>
      <i:ParticipantIdentifier scheme="{ONE.scheme}"> {ONE.value} </i:ParticipantIdentifier>
    </ParticipantIdentifierPage>"""
    sml.answers("PageRequest", 200, envelope(etree.fromstring(page)))

    with speak() as ours:
        assert list(ours.participants()) == [ONE]


def test_pages_that_lead_round_in_a_circle_are_no_list(sml: FakeSml, speak: Speak) -> None:
    page = f"""<ParticipantIdentifierPage xmlns="{messages.LOCATOR}">
      <NextPageIdentifier>7</NextPageIdentifier></ParticipantIdentifierPage>"""
    for _ in range(2):
        sml.answers("PageRequest", 200, envelope(etree.fromstring(page)))

    with speak() as ours, pytest.raises(Unavailable, match="'7' of the list leads back"):
        list(ours.participants())


FAULTS = [
    SoapFault("BadRequestFault", "[ERR-106] The SMP 'smp-one' already exists"),
    SoapFault("InternalErrorFault", "no database"),
    SoapFault("NotFoundFault", "[ERR-100] The SMP 'smp-one' doesn't exist"),
    SoapFault("UnauthorizedFault", "[ERR-101] The SMP [smp-one] was not created with it"),
]


@pytest.mark.smp(115)
@pytest.mark.parametrize("status", [200, 400, 401, 404, 500])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.kind)
def test_each_fault_is_read_whatever_the_status(
    fault: SoapFault, status: int, sml: FakeSml, speak: Speak
) -> None:
    sml.answers("CreateParticipantIdentifier", status, fault_body(fault))

    with speak() as ours:
        assert ours.add([ONE]) == Fault(Kind(fault.kind), fault.text)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "<faultcode>s:Client</faultcode><faultstring>bad</faultstring>",
            (Kind.BAD_REQUEST, "bad"),
        ),
        (
            "<faultcode>s:Server</faultcode><faultstring>ill</faultstring>",
            (Kind.INTERNAL_ERROR, "ill"),
        ),
        ("<faultcode>s:Server</faultcode><detail><x/></detail>", (Kind.INTERNAL_ERROR, "")),
        (
            "<faultstring>two\n lines\x9b</faultstring><detail><!-- - --><NotFoundFault/></detail>",
            (Kind.NOT_FOUND, "two lines "),
        ),
    ],
)
def test_a_fault_without_its_detail_is_read_by_its_code(
    body: str, expected: tuple[Kind, str], sml: FakeSml, speak: Speak
) -> None:
    soap = "http://schemas.xmlsoap.org/soap/envelope/"
    text = f'<s:Envelope xmlns:s="{soap}"><s:Body><s:Fault>{body}</s:Fault></s:Body></s:Envelope>'
    sml.answers("CreateParticipantIdentifier", 500, text.encode())

    with speak() as ours:
        assert ours.add([ONE]) == Fault(*expected)


HALVES: dict[str, Callable[[FakeSml, str], None]] = {
    "silence": lambda sml, operation: sml.falls_silent(operation, done=True),
    "half an answer": lambda sml, operation: sml.answers_half(operation, done=True),
    "no answer": lambda sml, operation: sml.answers(operation, 200, b"", done=True),
    "a page for people": lambda sml, operation: sml.answers(operation, 200, b"<html/>", done=True),
    "half a document": lambda sml, operation: sml.answers(
        operation, 200, envelope(None)[:60], done=True
    ),
    "a document with a DTD": lambda sml, operation: sml.answers(
        operation, 200, b"<!DOCTYPE x [<!ENTITY y 'z'>]><x>&y;</x>", done=True
    ),
    "a document with an instruction": lambda sml, operation: sml.answers(
        operation, 200, envelope(None).replace(b"?>", b"?><?x y?>", 1), done=True
    ),
    "an error without a fault": lambda sml, operation: sml.answers(
        operation, 500, envelope(None), done=True
    ),
    "a proxy's error": lambda sml, operation: sml.answers(operation, 502, b"bad", done=True),
    "too many requests": lambda sml, operation: sml.answers(operation, 429, b"later", done=True),
}


@pytest.mark.parametrize("half", HALVES)
def test_what_was_not_answered_whole_is_not_believed_done(
    half: str, sml: FakeSml, speak: Speak
) -> None:
    with speak() as ours:
        ours.register(OURS)
    HALVES[half](sml, "CreateParticipantIdentifier")

    with speak(seconds=IMPATIENT) as ours, pytest.raises(Unavailable, match="try again later"):
        ours.add([ONE])
    with speak() as ours:
        assert list(ours.participants()) == [ONE]


@pytest.mark.parametrize("half", [*HALVES, "an empty answer", "another answer"])
def test_half_a_list_is_no_list(half: str, sml: FakeSml, speak: Speak) -> None:
    with speak() as ours:
        ours.register(OURS)
    if half == "an empty answer":
        sml.answers("PageRequest", 200, envelope(None))
    elif half == "another answer":
        sml.answers("PageRequest", 200, envelope(etree.fromstring("<x/>")))
    else:
        HALVES[half](sml, "PageRequest")

    with speak(seconds=IMPATIENT) as ours, pytest.raises(Unavailable, match="try again later"):
        list(ours.participants())


@pytest.mark.parametrize("inside", ["", "<PublisherEndpoint/>"])
def test_half_a_registration_is_none(inside: str, sml: FakeSml, speak: Speak) -> None:
    name = "ServiceMetadataPublisherService"
    half = f'<{name} xmlns="{messages.LOCATOR}">{inside}</{name}>'
    sml.answers(f"Read{name}", 200, envelope(etree.fromstring(half)))

    with speak() as ours, pytest.raises(Unavailable, match="expected its endpoint"):
        ours.registration()


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "does not let our certificate in"),
        (403, "does not let our certificate in"),
        (404, "correct SMP_SML_URL"),
        (301, "correct SMP_SML_URL"),
        (405, "correct SMP_SML_URL"),
    ],
)
def test_an_answer_that_is_no_soap_says_by_its_status_what_to_do(
    status: int, said: str, sml: FakeSml, speak: Speak
) -> None:
    sml.answers("CreateParticipantIdentifier", status, b"no")

    with speak() as ours, pytest.raises(Refused, match=said):
        ours.add([ONE])


def test_an_endless_answer_is_not_read(
    sml: FakeSml, speak: Speak, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post, "LARGEST", 1000)
    sml.answers("CreateParticipantIdentifier", 200, b"x" * 1001)

    with speak() as ours, pytest.raises(Refused, match="more than 1000 bytes"):
        ours.add([ONE])


def test_an_sml_that_is_down_is_unavailable(
    sml_authority: Authority, pairs: dict[str, Pair]
) -> None:
    tls = post.tls(pairs[US].certificate, pairs[US].key, sml_authority.file)
    place = post.Place(f"https://127.0.0.1:{free_port()}/sml", tls)

    with Sml(place, US) as ours, pytest.raises(Unavailable, match="try again later"):
        ours.add([ONE])


@pytest.mark.smp(118)
def test_another_publishers_certificate_changes_nothing_of_ours(speak: Speak) -> None:
    with speak() as ours:
        ours.register(OURS)
        ours.add([ONE, TWO])

    with speak(US, by=THEM) as thief:
        faults = [
            thief.update(Registration(US, THEIRS.logical, THEIRS.physical)),
            thief.remove(),
            thief.add([THREE]),
            thief.drop([ONE]),
            thief.drop([ONE, TWO]),
            thief.prepare_migration(ONE, KEY),
        ]

    assert [fault and fault.code for fault in faults] == [101] * 6
    with speak() as ours:
        assert ours.registration() == OURS
        assert sorted(ours.participants()) == [ONE, TWO]


@pytest.mark.smp(119)
def test_a_certificate_in_a_header_is_believed_only_from_the_trusted_proxy(
    sml: FakeSml, speak: Speak
) -> None:
    with speak() as ours:
        ours.register(OURS)

    def removed() -> int:
        with speak(US, by=THEM) as thief:
            thief._post._client.headers["Client-Cert"] = f"sno=1&subject=CN={US}&issuer=CN=x"
            thief.remove()
        return len(sml.smps)

    assert removed() == 1
    sml.trusted_proxies = frozenset({"127.0.0.1"})
    assert removed() == 0


@pytest.mark.smp(119)
def test_we_are_known_by_our_certificate_and_say_nothing_of_it(sml: FakeSml, speak: Speak) -> None:
    with speak() as ours:
        everything(ours, sml.today)

    said = {name for each in sml.asked for name in each.headers}
    assert said & {"client-cert", "sslclientcert", "authorization"} == set()
    assert {each.caller for each in sml.asked} == {US}


def test_an_sml_that_nobody_vouches_for_is_told_nothing(
    sml: FakeSml, speak: Speak, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path, "stranger").file

    with speak(trust=stranger) as ours, pytest.raises(Refused, match="SMP_SML_TRUST_FILE"):
        ours.add([ONE])
    assert sml.asked == []


def test_an_sml_that_does_not_know_our_issuer_says_so(
    sml: FakeSml, sml_authority: Authority, tmp_path: Path
) -> None:
    pair = Authority(tmp_path, "stranger").pair(US)
    tls = post.tls(pair.certificate, pair.key, sml_authority.file)

    with (
        Sml(post.Place(sml.url, tls), US) as ours,
        pytest.raises(Refused, match="SMP_SML_CERTIFICATE_FILE"),
    ):
        ours.add([ONE])


def test_files_that_are_no_certificates_are_named(pairs: dict[str, Pair], tmp_path: Path) -> None:
    junk = tmp_path / "junk"
    junk.write_text("junk")

    with pytest.raises(Malformed, match="SMP_SML_TRUST_FILE"):
        post.tls(pairs[US].certificate, pairs[US].key, junk)
    with pytest.raises(Malformed, match="SMP_SML_CERTIFICATE_FILE"):
        post.tls(junk, pairs[US].key, None)
    with pytest.raises(Malformed, match="SMP_SML_KEY_FILE"):
        post.tls(pairs[US].certificate, pairs[THEM].key, None)
