"""A participant that moved to another SMP: the document that says so, and how it is published.

Statements 54 and 55 of the checklist; OASIS SMP 1.0, section 2.3.4.1.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

import builders
import official
from builders import HOMECARE, directory, endpoint, redirected
from builders_smp import GOLDEN, Issuer, rsa_key, service_metadata, signed, signer
from eer.domain.errors import Malformed, Refused
from fakes.publishing import NAMING, TERMS, World, fresh_store, key
from fakes.signing import planned
from redirects import PATH, THERE, UID, leading, named
from smp.domain.identifiers import document_path
from smp.domain.mapping import documents, stopped
from smp.domain.metadata import Redirect, ServiceMetadata
from smp.domain.progress import settings_digest
from smp.pki import names
from smp.signing import proof
from smp.xml import parse, render, validate

SMP = "{http://docs.oasis-open.org/bdxr/ns/SMP/2016/05}"


# What is published


@pytest.mark.smp(54)
def test_each_document_leads_to_the_same_one_at_the_other_smp() -> None:
    found = documents(directory(redirected(1, HOMECARE, to=f"{THERE}/smp")), TERMS, builders.NOW)

    assert found == {
        each: ServiceMetadata(
            each.participant,
            each.document,
            (),
            Redirect(
                f"{THERE}/smp{document_path(each.participant, each.document)}",
                f"CN={builders.certificate().der.hex()}",
            ),
        )
        for each in (key(1), key(1, scheme=1))
    }


def test_a_uid_that_the_register_has_as_text_is_published_verbatim() -> None:
    moved = replace(endpoint(1, HOMECARE), redirect=builders.Redirect(THERE, "cn = Den anden"))

    found = documents(directory(moved), TERMS, builders.NOW)[key(1)]

    assert found.redirect is not None
    assert found.redirect.certificate_uid == "cn = Den anden"


def test_a_stopped_redirect_is_stopped_as_any_document_is() -> None:
    moved = redirected(1, HOMECARE)
    seen = directory(moved, stopped={moved.reference: "wrong SMP"})

    assert documents(seen, TERMS, builders.NOW) == {}
    assert stopped(seen, TERMS, builders.NOW) == {key(1), key(1, scheme=1)}


def test_a_change_of_supplier_may_begin_with_a_redirect() -> None:
    change = builders.NOW + timedelta(days=30)
    here, moved = (
        endpoint(1, HOMECARE, id="here", end=change),
        redirected(1, HOMECARE, begin=change),
    )

    before, after = (
        documents(directory(here, moved), TERMS, at)[key(1)].redirect
        for at in (change - timedelta(seconds=1), change)
    )

    assert before is None
    assert after is not None


def test_how_a_subject_is_printed_is_no_setting() -> None:
    assert settings_digest(TERMS, NAMING) == settings_digest(
        replace(TERMS, certificate_uid=names.of_certificate), NAMING
    )


def test_the_unsigned_redirect_is_the_golden_one() -> None:
    assert (GOLDEN / "redirect.xml").read_bytes() == render.unsigned_bytes(leading())


@pytest.mark.smp(54)
def test_a_redirect_has_an_absolute_link_a_uid_and_nothing_else() -> None:
    root = parse.document(signed(leading()))
    (redirect,) = root[0]

    assert redirect.tag == f"{SMP}Redirect"
    assert redirect.get("href") == (
        f"{THERE}/iso6523-actorid-upis%3A%3A0088%3A5790009000013/services/dk-medcom-messaging%3A%3A"
        "urn%3Adk%3Ahealthcare%3Amedcom%3Amessaging%3Afhir%3Astructuredefinition%3A%3A"
        "homecareobservation-message%23%23urn%3Adk%3Amedcom%3Afhir%3Ahomecareobservation-message"
        "%3A%3A1.2"
    )
    assert [(each.tag, each.text) for each in redirect] == [(f"{SMP}CertificateUID", UID)]
    validate.check(root)
    official.schema().assertValid(root)


@pytest.mark.smp(55)
def test_a_uid_is_the_subject_as_java_prints_it() -> None:
    der = Issuer(rsa_key()).certificate(rsa_key(), named()).public_bytes(Encoding.DER)

    assert names.of_certificate(der) == (
        "CN=Den anden SMP,2.5.4.5=#131c55493a444b2d4f3a473a30303030303030302d303030302d34303030,"
        "O=Prøvestyrelsen\\, Ærø,2.5.4.97=#0c0e4e5452444b2d3939303030303135,C=DK"
    )


def test_a_redirect_that_is_rendered_reads_as_it_was() -> None:
    meta = leading(uid=' CN=\\ #Ærø, "a" <b>\\+c&d ')

    assert parse.redirect(parse.document(render.unsigned_bytes(meta))) == meta.redirect


def test_a_uid_that_xml_cannot_carry_is_malformed() -> None:
    with pytest.raises(Malformed, match="5790009000013"):
        render.service_metadata(leading(uid="CN=a\x00b"))


@pytest.mark.parametrize(
    "href",
    [
        *("/a/services/b", "smp.other.example.dk/a/services/b", "ftp://a.example.dk/b/services/c"),
        *("https://smp.other.example.dk", "https://smp.other.example.dk/a/services/"),
    ],
)
def test_a_link_that_is_no_complete_url_of_a_document_does_not_pass(href: str) -> None:
    root = parse.document(signed(leading(href)))

    with pytest.raises(Malformed, match="against the schema"):
        validate.check(root)


@pytest.mark.smp(54)
def test_a_redirect_is_proved_as_any_document_is() -> None:
    prove = proof(signer())

    prove(planned(leading()), signed(leading()))

    for other in (leading(uid="CN=other"), leading(f"{THERE}/x{PATH}"), service_metadata()):
        with pytest.raises(Refused, match="is not what was meant"):
            prove(planned(other), signed(leading()))


# How it is published


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with fresh_store(tmp_path / "smp.sqlite") as store:
        yield World(store)


def test_who_moves_away_keeps_its_name_and_its_group(world: World) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish_touched()
    before = (world.named(1), world.group(1))

    world.register.put(redirected(1))
    report = world.publisher.publish_touched()

    assert (report.signed, report.added, report.removed) == (4, 0, 0)
    assert f'<Redirect href="{THERE}/' in (world.body(1) or "")
    assert "ServiceInformation" not in (world.body(1) or "")
    assert (world.named(1), world.group(1)) == before


def test_who_comes_back_is_served_here_again(world: World) -> None:
    world.register.put(redirected(1))
    world.publisher.publish_touched()

    world.register.put(endpoint(1))
    world.publisher.publish_touched()

    assert "https://ap.example.dk/as4" in (world.body(1) or "")


def test_a_mass_move_to_another_smp_is_held(world: World) -> None:
    world.register.put(*(endpoint(number) for number in range(1, 21)))
    world.publisher.publish_touched()
    world.register.put(*(redirected(number) for number in range(1, 21)))

    report = world.publisher.publish_touched()

    assert report.signed == 0
    assert len(report.held.documents.replace) == 80
    assert "Redirect" not in (world.body(1) or "Redirect")


@pytest.mark.parametrize("to", [NAMING.base_url.upper(), f"{NAMING.base_url}:443"])
def test_a_redirect_to_this_smp_itself_is_not_stored_and_disturbs_nobody(
    to: str, world: World
) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish_touched()
    world.register.put(redirected(1, to=to), endpoint(2))

    report = world.publisher.publish_touched()

    assert "which is this SMP itself" in report.unproved[key(1).participant].reason
    assert "https://ap.example.dk/as4" in (world.body(1) or "")
    assert world.named(2)


def test_a_redirect_to_a_base_that_was_ours_or_will_be_is_one_to_ourselves(world: World) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish_touched()
    moved = world.based("https://new.example.dk")
    world.register.put(redirected(1, to="https://new.example.dk"))

    before = moved.publish_touched()
    moved.publish(accept=moved.plan().held.digest)
    world.register.put(redirected(1, to="http://smp.example.dk"))
    after = moved.publish_touched()

    for report in (before, after):
        assert "which is this SMP itself" in report.unproved[key(1).participant].reason
