from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from builders_smp import (
    AUTHORITY,
    BASE_URL,
    GLN,
    NOW,
    document_id,
    endpoint,
    participant,
    service_group,
    service_metadata,
    signed,
    signer,
)
from eer.domain.errors import Absent, Failure, Malformed, Refused, Unavailable
from smp.domain.identifiers import Identifier, ParticipantId, ProcessId
from smp.domain.metadata import Process, ServiceGroup, ServiceMetadata
from smp.domain.naming import DnsName, Naptr, naptr_name
from smp.lookup import asked
from smp.lookup.fetch import Fetched, document_url, group_url
from smp.lookup.locate import Kind, Located
from smp.lookup.told import Outcome, StepName, as_json, lines, printable
from smp.pki import certificate, trust
from smp.pki.verify import Verified
from smp.trace import AccessPoint, trace_document, trace_group
from smp.xml import render

ZONE = DnsName("sml.example.dk.")
WHO = participant()
WHAT = document_id()
PROCESS = ProcessId(Identifier("dk-medcom-messaging", "urn:ehmi:sdn-emergence"))
PROFILES = ("bdxr-transport-ebms3-as4-v1p0", "peppol-transport-as4-v2_0")
SCHEMES = ("dk-medcom-messaging", "busdox-docid-qns")
LOCATED = Located(naptr_name(WHO, ZONE), 60, BASE_URL, Kind.NAPTR, Naptr(BASE_URL).regexp)
URL = document_url(BASE_URL, WHO, WHAT)


def raising(fault: Failure) -> Callable[[Any], Any]:
    def raise_it(_: object) -> None:
        raise fault

    return raise_it


def serving(bodies: Mapping[str, bytes]) -> Callable[[str], Fetched]:
    def fetch(url: str) -> Fetched:
        if url not in bodies:
            raise Absent(f"{url}: 404, it is not there")
        return Fetched(200, "text/xml; charset=UTF-8", bodies[url])

    return fetch


def trusting(pem: bytes = AUTHORITY.read_bytes()) -> Callable[[Verified, datetime], None]:
    anchors = trust.anchors(pem)

    def check(verified: Verified, at: datetime) -> None:
        trust.check(verified.certificate, anchors, at, verified.others)

    return check


def client(body: bytes = b"", **changes: Any) -> AccessPoint:
    """Return an access point for whom *body* stands at the URL of document and group."""
    kept: dict[str, Any] = {
        "zone": ZONE,
        "processes": (PROCESS,),
        "transport_profiles": PROFILES,
        "locate": lambda _: LOCATED,
        "fetch": serving({URL: body, group_url(BASE_URL, WHO): body}),
        "trust": trusting(),
        "certificate": certificate.read,
    }
    return AccessPoint(**{**kept, **changes})


def ended(access_point: AccessPoint, at: datetime = NOW) -> tuple[Outcome, StepName | None]:
    trace = trace_document(WHO, WHAT, access_point, at)
    return trace.outcome, None if trace.failed is None else trace.failed.name


def group_ended(access_point: AccessPoint) -> tuple[Outcome, StepName | None]:
    trace = trace_group(WHO, access_point)
    return trace.outcome, None if trace.failed is None else trace.failed.name


def test_a_published_document_is_found_with_every_step_said() -> None:
    trace = trace_document(WHO, WHAT, client(signed()), NOW)

    assert (trace.outcome, trace.failed, trace.said) == (Outcome.FOUND, None, service_metadata())
    assert [step.name.value for step in trace.steps] == [
        "name hashed",
        "NAPTR answer and TTL",
        "URL",
        "HTTP status",
        "XML",
        "schema",
        "signature",
        "chain",
        "ids match",
        "process and transport chosen",
        "endpoint",
        "certificate subject and expiry",
    ]


def test_the_steps_hold_what_machines_want_to_know() -> None:
    trace = trace_document(WHO, WHAT, client(signed()), NOW)

    facts = {step.name: dict(step.facts) for step in trace.steps}

    assert facts[StepName.NAPTR]["ttl"] == 60
    assert facts[StepName.URL] == {"url": URL}
    assert facts[StepName.STATUS]["bytes"] == len(signed())
    assert facts[StepName.STATUS]["sha256"] == trace.sha256 == sha256(signed()).hexdigest()
    assert facts[StepName.SIGNATURE]["fingerprint"] == trace.signer == signer().fingerprint
    assert facts[StepName.CHOICE] == {"process": str(PROCESS), "transport_profile": PROFILES[0]}
    assert facts[StepName.ENDPOINT]["uri"] == "https://ap.example.dk/as4"
    assert set(facts[StepName.CERTIFICATE]) == {"subject", "not_after"}


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Absent("no such name"), Outcome.NOT_FOUND),
        (Unavailable("SERVFAIL"), Outcome.NO_ANSWER),
        (Malformed("a bad NAPTR"), Outcome.UNTRUSTED),
    ],
)
def test_what_dns_says_decides_the_outcome(fault: Failure, outcome: Outcome) -> None:
    assert ended(client(locate=raising(fault))) == (outcome, StepName.NAPTR)


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Absent("404"), Outcome.NOT_FOUND),
        (Unavailable("503"), Outcome.NO_ANSWER),
        (Refused("301"), Outcome.UNTRUSTED),
    ],
)
def test_what_http_says_decides_the_outcome(fault: Failure, outcome: Outcome) -> None:
    assert ended(client(fetch=raising(fault))) == (outcome, StepName.STATUS)


def test_what_is_no_xml_is_not_trusted() -> None:
    assert ended(client(b"<html>")) == (Outcome.UNTRUSTED, StepName.XML)
    assert ended(client(b"<!DOCTYPE x><x/>")) == (Outcome.UNTRUSTED, StepName.XML)


def test_what_is_of_another_shape_is_not_trusted() -> None:
    unsigned = render.unsigned_bytes(service_metadata())

    assert ended(client(b"<html/>")) == (Outcome.UNTRUSTED, StepName.SCHEMA)
    assert ended(client(unsigned)) == (Outcome.UNTRUSTED, StepName.SCHEMA)


def test_one_changed_letter_is_not_trusted() -> None:
    tampered = signed().replace(b"https://ap.example.dk", b"https://ap.example.xy")

    assert ended(client(tampered)) == (Outcome.UNTRUSTED, StepName.SIGNATURE)


def test_a_signer_of_another_authority_is_not_trusted() -> None:
    stranger = client(signed(), trust=lambda *_: raising(Refused("not issued by any"))(None))

    assert ended(stranger) == (Outcome.UNTRUSTED, StepName.CHAIN)


def test_a_signer_that_has_expired_is_not_trusted() -> None:
    assert ended(client(signed()), NOW + timedelta(days=36_500)) == (
        Outcome.UNTRUSTED,
        StepName.CHAIN,
    )


def test_a_rightly_signed_answer_about_others_is_not_trusted() -> None:
    of_other = signed(service_metadata(participant=participant("5790009000020")))
    of_another = signed(service_metadata(document=document_id(version="1.1")))

    assert ended(client(of_other)) == (Outcome.UNTRUSTED, StepName.IDS)
    assert ended(client(of_another)) == (Outcome.UNTRUSTED, StepName.IDS)


def test_ids_match_in_any_case() -> None:
    loud = Identifier(WHAT.scheme, WHAT.value.upper())

    assert ended(client(signed(service_metadata(document=loud))))[0] is Outcome.FOUND


def test_the_preferred_transport_is_chosen_whatever_the_order_in_the_document() -> None:
    meta = service_metadata(
        endpoint(PROFILES[1], uri="https://b.example.dk"),
        endpoint(PROFILES[0], uri="https://a.example.dk"),
    )

    def reached(*profiles: str) -> object:
        trace = trace_document(WHO, WHAT, client(signed(meta), transport_profiles=profiles), NOW)
        return next(s for s in trace.steps if s.name is StepName.ENDPOINT).facts["uri"]

    assert reached(*PROFILES) == "https://a.example.dk"
    assert reached(*reversed(PROFILES)) == "https://b.example.dk"
    assert reached("unheard-of", PROFILES[1]) == "https://b.example.dk"


def test_the_preferred_process_is_chosen_before_the_preferred_transport() -> None:
    other = ProcessId(Identifier("dk-messaging-procid", "sdn-emergence"))
    meta = ServiceMetadata(
        WHO,
        WHAT,
        (
            Process(PROCESS, (endpoint(PROFILES[0], uri="https://a.example.dk"),)),
            Process(other, (endpoint(PROFILES[1], uri="https://b.example.dk"),)),
        ),
    )

    trace = trace_document(WHO, WHAT, client(signed(meta), processes=(other, PROCESS)), NOW)

    assert trace.steps[9].facts == {"process": str(other), "transport_profile": PROFILES[1]}


def test_who_speaks_all_takes_what_it_does_not_prefer_as_it_comes() -> None:
    asked = client(signed(), transport_profiles=("another",), speaks_all=True)

    trace = trace_document(WHO, WHAT, asked, NOW)

    assert trace.outcome is Outcome.FOUND
    facts = {step.name: dict(step.facts) for step in trace.steps}
    assert facts[StepName.CHOICE] == {"process": str(PROCESS), "transport_profile": PROFILES[0]}


def test_a_process_or_transport_that_is_not_spoken_is_not_found() -> None:
    stranger = ProcessId(Identifier("dk-medcom-messaging", "urn:other"))

    assert ended(client(signed(), processes=(stranger,))) == (Outcome.NOT_FOUND, StepName.CHOICE)
    assert ended(client(signed(), transport_profiles=("x",))) == (
        Outcome.NOT_FOUND,
        StepName.CHOICE,
    )


@pytest.mark.parametrize(
    ("activation", "expiration", "name"),
    [
        (NOW, None, None),
        (None, None, None),
        (NOW + timedelta(seconds=1), None, StepName.ENDPOINT),
        (None, NOW, StepName.ENDPOINT),
        (None, NOW + timedelta(seconds=1), None),
    ],
)
def test_an_endpoint_is_used_from_its_activation_until_its_expiration(
    activation: datetime | None, expiration: datetime | None, name: StepName | None
) -> None:
    meta = service_metadata(endpoint(activation=activation, expiration=expiration))

    assert ended(client(signed(meta)))[1] is name


@pytest.mark.parametrize("off", [timedelta(seconds=1), -timedelta(seconds=1)])
def test_an_access_point_whose_certificate_is_out_of_date_is_not_trusted(off: timedelta) -> None:
    meta = service_metadata(endpoint(activation=None, expiration=None))
    found = certificate.read(endpoint().certificate)
    at = found.not_after + off if off > timedelta() else found.not_before + off
    careless = client(signed(meta), trust=lambda *_: None)

    assert ended(careless, at) == (Outcome.UNTRUSTED, StepName.CERTIFICATE)
    assert ended(careless, at - off)[0] is Outcome.FOUND


def test_by_setting_an_access_point_whose_certificate_has_expired_is_sent_to() -> None:
    meta = service_metadata(endpoint(activation=None, expiration=None))
    found = certificate.read(endpoint().certificate)
    careless = client(signed(meta), trust=lambda *_: None, tolerates_expired=True)

    assert ended(careless, found.not_after + timedelta(days=1))[0] is Outcome.FOUND
    assert ended(careless, found.not_before - timedelta(days=1))[0] is Outcome.UNTRUSTED


def test_an_unreadable_certificate_is_not_trusted() -> None:
    stranger = client(signed(), certificate=raising(Malformed("not DER")))

    assert ended(stranger) == (Outcome.UNTRUSTED, StepName.CERTIFICATE)


def test_without_a_document_the_group_is_listed() -> None:
    group = service_group()

    trace = trace_group(WHO, client(render.service_group(group)))

    assert (trace.outcome, trace.said) == (Outcome.FOUND, group)
    assert trace.steps[-1].facts["documents"] == tuple(map(str, group.documents))


@pytest.mark.parametrize(
    "group",
    [
        ServiceGroup(participant("5790009000020"), (WHAT,), BASE_URL),
        ServiceGroup(WHO, (WHAT,), "https://smp.example.dk:8443"),
        ServiceGroup(WHO, (WHAT,), "http://smp.example.dk"),
    ],
)
def test_a_group_of_others_or_with_links_elsewhere_is_not_trusted(group: ServiceGroup) -> None:
    outcome, _ = group_ended(client(render.service_group(group)))

    assert outcome is Outcome.UNTRUSTED


def test_a_group_with_a_link_to_another_participant_is_not_trusted() -> None:
    body = render.service_group(service_group())
    other = body.replace(b"5790009000013/services", b"5790009000020/services", 1)

    assert group_ended(client(other)) == (Outcome.UNTRUSTED, StepName.IDS)


def test_a_group_without_documents_is_not_found() -> None:
    body = render.service_group(ServiceGroup(WHO, (), BASE_URL))

    assert group_ended(client(body)) == (Outcome.NOT_FOUND, StepName.DOCUMENTS)


def test_a_group_found_by_its_legacy_name_may_link_to_the_base_url() -> None:
    located = Located(ZONE, 60, "http://smp.publisher.example.dk", Kind.CNAME, "smp.publisher.")
    body = render.service_group(service_group())
    fetch = serving({group_url(located.base_url, WHO): body})

    trace = trace_group(WHO, client(locate=lambda _: located, fetch=fetch))

    assert trace.outcome is Outcome.FOUND


def test_a_trace_is_told_to_people() -> None:
    found = lines(trace_document(WHO, WHAT, client(signed()), NOW))
    missing = lines(trace_document(WHO, WHAT, client(fetch=raising(Absent("404"))), NOW))
    group = lines(trace_group(WHO, client(render.service_group(service_group()))))

    assert (len(found), found[-1]) == (13, "found")
    assert all(line.startswith("ok ") for line in found[:-1])
    assert missing[-2].split() == ["FAILED", "HTTP", "status", "404"]
    assert missing[-1] == "not found, at: HTTP status"
    assert [line.strip() for line in group[8:10]] == [str(d) for d in service_group().documents]


def test_what_strangers_say_cannot_touch_the_terminal() -> None:
    evil = "text/xml\x1b[2J\r\x9b1m\u202e\nfound"
    trace = trace_document(WHO, WHAT, client(fetch=lambda _: Fetched(200, evil, b"<x/>")), NOW)

    said = lines(trace)

    assert all(line.isprintable() for line in said)
    assert r"text/xml\x1b[2J\r\x9b1m\u202e\nfound" in said[3]


def test_danish_letters_are_told_as_they_are() -> None:
    assert printable("Prøvekommunens omsorg på Ærø") == "Prøvekommunens omsorg på Ærø"


def test_a_trace_is_told_to_machines() -> None:
    told = as_json(trace_document(WHO, WHAT, client(fetch=raising(Unavailable("503"))), NOW))

    assert told["outcome"] == "no_answer"
    assert (told["participant"], told["document"]) == (str(WHO), str(WHAT))
    assert told["steps"] == [
        {"step": "name hashed", "ok": True, "found": LOCATED.name, "name": LOCATED.name},
        {
            "step": "NAPTR answer and TTL",
            "ok": True,
            "found": f"NAPTR {LOCATED.record}, 60 s",
            "name": LOCATED.name,
            "kind": "NAPTR",
            "record": LOCATED.record,
            "ttl": 60,
        },
        {"step": "URL", "ok": True, "found": URL, "url": URL},
        {"step": "HTTP status", "ok": False, "found": "503"},
    ]


@pytest.mark.parametrize(
    "text",
    [
        *(GLN, f" {GLN}\n", f"0088:{GLN}", f"iso6523-actorid-upis::0088:{GLN}"),
        f"ISO6523-ACTORID-UPIS::0088:{GLN}",
    ],
)
def test_a_participant_may_be_written_in_several_ways(text: str) -> None:
    assert asked.parse_participant(text) == WHO


def test_participants_of_other_kinds_are_left_as_they_are() -> None:
    other = ParticipantId(Identifier("iso6523-actorid-upis", "9915:test"))
    elsewhere = ParticipantId(Identifier("dk-test-actorid", "0088:test01"))

    assert asked.parse_participant("9915:test") == other
    assert asked.parse_participant("dk-test-actorid::0088:test01") == elsewhere


@pytest.mark.parametrize(
    "text",
    [
        *("", "579000900001", "5790009000014", "0088:5790009000014", "gln", "0088:", "::0088:x"),
        *("iso6523-actorid-upis::", f"iso_6523::0088:{GLN}", "0088:5790 09000013", "0184:æ"),
    ],
)
def test_what_is_no_participant_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        asked.parse_participant(text)


def test_a_document_may_be_written_with_its_scheme_or_without() -> None:
    other = document_id(scheme="busdox-docid-qns")

    assert asked.parse_document(str(WHAT), SCHEMES) == WHAT
    assert asked.parse_document(f" {WHAT.value} ", SCHEMES) == WHAT
    assert asked.parse_document(f"::{WHAT.value}", SCHEMES) == WHAT
    assert asked.parse_document(str(other), SCHEMES) == other
    assert asked.parse_document(str(other).replace("busdox", "BUSDOX"), SCHEMES) == other


def test_a_document_may_be_written_by_its_short_name() -> None:
    aliases = {"HomeCareObservation 1.2": WHAT.value}

    assert asked.parse_document("homecareobservation 1.2", SCHEMES, aliases) == WHAT


@pytest.mark.parametrize("text", ["", "  ", "::"])
def test_no_document_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        asked.parse_document(text, SCHEMES)
