"""Who looks a participant up that moved to another SMP, and what an audit says of it."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from builders_smp import (
    AUTHORITY,
    BASE_URL,
    NOW,
    Issuer,
    participant,
    rsa_key,
    service_metadata,
    signed,
    signer,
)
from eer.domain.errors import Absent, Unavailable
from redirects import PATH, THERE, UID, WHAT, WHO, leading, named
from smp import seen
from smp.domain.findings import Finding, Layer
from smp.domain.identifiers import Identifier, ProcessId
from smp.domain.metadata import ServiceMetadata
from smp.domain.naming import DnsName, Naptr, naptr_name
from smp.domain.signed_by import Accepted
from smp.lookup.fetch import Fetched
from smp.lookup.locate import Kind, Located
from smp.lookup.told import Outcome, StepName, Trace, as_json, lines
from smp.pki import certificate, names, trust
from smp.pki.sign import Signer
from smp.pki.verify import Verified
from smp.trace import AccessPoint, trace_answer, trace_document
from smp.xml import parse, render

ZONE = DnsName("sml.example.dk.")
ISSUER = Issuer(rsa_key())


def signer_of(common_name: str, number: int = 1) -> Signer:
    key = rsa_key(number)
    return Signer(key, ISSUER.certificate(key, named(common_name)))


OTHERS = signer_of("Den anden SMP")
PROCESS = ProcessId(Identifier("dk-medcom-messaging", "urn:ehmi:sdn-emergence"))
ANCHORS = trust.anchors(AUTHORITY.read_bytes() + ISSUER.itself().public_bytes(Encoding.PEM))


class Web:
    """What stands at URLs: bytes, or what comes up instead; and which were asked for."""

    def __init__(self, bodies: Mapping[str, bytes | Exception]) -> None:
        self._bodies = bodies
        self.asked: list[str] = []

    def fetch(self, url: str) -> Fetched:
        self.asked.append(url)
        found = self._bodies.get(url, Absent(f"{url}: 404, it is not there"))
        if isinstance(found, Exception):
            raise found
        return Fetched(200, "text/xml; charset=UTF-8", found)


def access_point(web: Web, *signers: str) -> AccessPoint:
    located = Located(naptr_name(WHO, ZONE), 60, BASE_URL, Kind.NAPTR, Naptr(BASE_URL).regexp)

    def check(verified: Verified, at: datetime) -> None:
        trust.check(verified.certificate, ANCHORS, at, verified.others)

    return AccessPoint(
        zone=ZONE,
        processes=(PROCESS,),
        transport_profiles=("bdxr-transport-ebms3-as4-v1p0",),
        locate=lambda _: located,
        fetch=web.fetch,
        trust=check,
        certificate=certificate.read,
        accepted=Accepted(signers),
    )


def by(other: Signer, meta: ServiceMetadata | None = None) -> bytes:
    return other.sign(render.service_metadata(meta or service_metadata()))


def followed(
    there: bytes | Exception | None, here: ServiceMetadata | None = None
) -> tuple[Trace, Web]:
    """Look up who has a redirect here and *there* at the other SMP."""
    web = Web(
        {
            BASE_URL + PATH: signed(here or leading()),
            **({} if there is None else {THERE + PATH: there}),
        }
    )
    return trace_document(WHO, WHAT, access_point(web), NOW), web


def ended(there: bytes | Exception | None, here: ServiceMetadata | None = None) -> tuple[Any, ...]:
    trace, _ = followed(there, here)
    assert trace.failed is not None
    return trace.outcome, trace.failed.name, trace.failed.found


def test_who_moved_is_found_at_the_other_smp_with_every_step_said() -> None:
    trace, web = followed(by(OTHERS))

    assert (trace.outcome, trace.said) == (Outcome.FOUND, service_metadata())
    assert trace.redirect == leading().redirect
    assert web.asked == [BASE_URL + PATH, THERE + PATH]
    assert [step.name.value for step in trace.steps[8:18]] == [
        *("redirect", "URL", "HTTP status", "XML", "schema", "signature", "chain"),
        *("signer that the redirect names", "no second redirect", "ids match"),
    ]
    assert len(trace.steps) == 21


def test_bytes_and_signer_are_those_of_the_smp_that_was_asked() -> None:
    trace, _ = followed(by(OTHERS))

    assert trace.sha256 == sha256(signed(leading())).hexdigest()
    assert trace.signer == signer().fingerprint


def test_where_the_other_smp_has_nothing_this_one_answers_all_the_same() -> None:
    trace, _ = followed(None)

    assert trace.outcome is Outcome.NOT_FOUND
    assert not seen.is_missing(trace)


def test_a_redirect_is_told_to_people_and_to_machines() -> None:
    trace, _ = followed(by(OTHERS))

    told = as_json(trace)["steps"]

    assert f"to {THERE}{PATH}, signed there by {UID}" in lines(trace)[8]
    assert isinstance(told, list)
    assert told[8]["href"] == THERE + PATH
    assert told[8]["certificate_uid"] == UID


@pytest.mark.parametrize(
    "uid",
    [
        "C=DK," + UID.removesuffix(",C=DK"),
        UID.upper().replace("131C", "131c"),
        UID.replace(",", ", ").replace("\\, ", "\\,"),
    ],
)
def test_the_signer_may_be_named_in_any_order_and_case(uid: str) -> None:
    assert followed(by(OTHERS), leading(uid=uid))[0].outcome is Outcome.FOUND


def test_an_answer_that_somebody_else_signed_is_not_trusted() -> None:
    stranger = signer_of("En fremmed SMP", 2)

    outcome, name, found = ended(by(stranger))

    assert (outcome, name) == (Outcome.UNTRUSTED, StepName.SIGNER)
    assert found == f"signed by {names.rfc2253(named('En fremmed SMP'))}, the redirect names {UID}"


def test_what_key_info_says_of_the_signer_is_not_believed() -> None:
    stranger = signer_of("En fremmed SMP", 2)
    body = by(stranger).replace(b"CN=En fremmed SMP,", b"CN=Den anden SMP,")

    assert ended(body)[:2] == (Outcome.UNTRUSTED, StepName.SIGNER)


@pytest.mark.parametrize("told", [None, "C=DK,CN=Den anden SMP"])
def test_a_signer_that_key_info_does_not_name_is_not_trusted_since_clients_go_by_it(
    told: str | None,
) -> None:
    root = parse.document(by(OTHERS))
    (name,) = root.iter("{http://www.w3.org/2000/09/xmldsig#}X509SubjectName")
    if told is None:
        name.getparent().remove(name)  # type: ignore[union-attr]  # it has one
    else:
        name.text = told

    outcome, step, found = ended(render.printed(root))

    assert (outcome, step) == (Outcome.UNTRUSTED, StepName.SIGNER)
    assert f"X509SubjectName {told or 'missing'} in KeyInfo" in found


@pytest.mark.parametrize("uid", ["somebody", "CN=a,"])
def test_a_redirect_that_names_nobody_is_not_trusted(uid: str) -> None:
    assert ended(by(OTHERS), leading(uid=uid))[:2] == (Outcome.UNTRUSTED, StepName.SIGNER)


def test_a_signer_that_is_named_and_not_known_is_not_trusted() -> None:
    unknown = Issuer(rsa_key(3), named("Unknown authority"))
    other = Signer(rsa_key(1), unknown.certificate(rsa_key(1), named("Den anden SMP")))

    assert ended(by(other))[:2] == (Outcome.UNTRUSTED, StepName.CHAIN)


def test_who_signs_at_the_other_smp_is_for_the_redirect_to_say_and_for_no_setting() -> None:
    web = Web({BASE_URL + PATH: signed(leading()), THERE + PATH: by(OTHERS)})

    ours = trace_document(WHO, WHAT, access_point(web, signer().fingerprint), NOW)
    theirs = trace_document(WHO, WHAT, access_point(web, OTHERS.fingerprint), NOW)

    assert ours.outcome is Outcome.FOUND
    assert (theirs.outcome, theirs.failed and theirs.failed.name) == (
        Outcome.UNTRUSTED,
        StepName.CHAIN,
    )
    assert web.asked.count(THERE + PATH) == 1


def test_a_second_redirect_is_not_followed() -> None:
    third = "https://third.example.dk" + PATH

    trace, web = followed(by(OTHERS, leading(third)))

    assert trace.failed is not None
    assert (trace.outcome, trace.failed.name) == (Outcome.UNTRUSTED, StepName.NO_FURTHER)
    assert trace.failed.found.startswith(f"leads on to {third}: access points follow one redirect")
    assert web.asked == [BASE_URL + PATH, THERE + PATH]


def test_a_redirect_in_a_circle_ends() -> None:
    _, web = followed(None, leading(BASE_URL + PATH, names.rfc2253(signer().certificate.subject)))

    assert web.asked == [BASE_URL + PATH] * 2


@pytest.mark.parametrize(
    ("there", "outcome", "name"),
    [
        (None, Outcome.NOT_FOUND, StepName.STATUS),
        (Unavailable("503"), Outcome.NO_ANSWER, StepName.STATUS),
        (b"<html>", Outcome.UNTRUSTED, StepName.XML),
        (by(OTHERS).replace(b"ap.example.dk", b"aq.example.dk"), Outcome.UNTRUSTED, None),
    ],
)
def test_what_the_other_smp_says_decides_the_outcome(
    there: bytes | Exception | None, outcome: Outcome, name: StepName | None
) -> None:
    assert ended(there)[:2] == (outcome, name or StepName.SIGNATURE)


def test_an_answer_about_somebody_else_is_not_trusted() -> None:
    other = service_metadata(participant=participant("5790009000020"))

    assert ended(by(OTHERS, other))[:2] == (Outcome.UNTRUSTED, StepName.IDS)


def test_a_tampered_redirect_is_not_followed() -> None:
    web = Web({BASE_URL + PATH: signed(leading()).replace(b"smp.other", b"smp.evil")})

    trace = trace_document(WHO, WHAT, access_point(web), NOW)

    assert trace.failed is not None
    assert trace.failed.name is StepName.SIGNATURE
    assert trace.redirect is None
    assert web.asked == [BASE_URL + PATH]


def test_what_is_stored_is_looked_at_without_following_it() -> None:
    web = Web({BASE_URL + PATH: signed(leading())})

    trace = trace_answer(WHO, WHAT, access_point(web), NOW)

    assert (trace.outcome, trace.redirect, trace.said) == (
        Outcome.FOUND,
        leading().redirect,
        None,
    )
    assert web.asked == [BASE_URL + PATH]


# What an audit says of it


def audited(trace: Trace, wanted: ServiceMetadata) -> list[Finding]:
    return list(seen.document_findings(trace, wanted, Layer.HTTP))


def test_an_audit_finds_nothing_where_a_redirect_leads_to_an_answer() -> None:
    assert audited(followed(by(OTHERS))[0], leading()) == []


def test_an_audit_tells_what_is_wrong_at_the_other_smp_as_that() -> None:
    missing, silent, stranger = (
        audited(followed(there)[0], leading())
        for there in (None, Unavailable("503"), by(signer_of("En fremmed SMP", 2)))
    )

    assert [(each.layer, each.answered) for each in (*missing, *silent, *stranger)] == [
        (Layer.TARGET, True),
        (Layer.TARGET, False),
        (Layer.TARGET, True),
    ]
    assert missing[0].evidence == (
        f"redirected to {THERE}{PATH}: HTTP status: {THERE}{PATH}: 404, it is not there"
    )


def test_an_audit_finds_a_redirect_that_is_not_the_one_wanted() -> None:
    trace, _ = followed(by(OTHERS))
    here = trace_document(WHO, WHAT, access_point(Web({BASE_URL + PATH: signed()})), NOW)

    other = audited(trace, leading(uid="CN=other"))
    unwanted = audited(trace, service_metadata())
    missing = audited(here, leading())

    assert [each.layer for each in (*other, *unwanted, *missing)] == [Layer.CONTENT] * 3
    assert unwanted[0].evidence == (
        f"a redirect to {THERE}{PATH} (signed there by {UID}) found, the document itself expected"
    )
    assert missing[0].evidence.startswith("the document itself found, a redirect to ")


def test_an_audit_tells_of_a_redirect_that_is_not_served() -> None:
    trace = trace_document(WHO, WHAT, access_point(Web({})), NOW)

    (finding,) = audited(trace, leading())

    assert (finding.layer, finding.evidence[:12]) == (Layer.HTTP, "HTTP status:")
