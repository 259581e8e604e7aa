"""Revocation lists: whose they are, whom they name, and which ones are not understood."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding

import builders_pki as build
from builders_fhir import NOW
from builders_pki import DAY, ISSUING, ROOT, STRANGER
from eer.domain.errors import Malformed, Refused

HERE = x509.UniformResourceIdentifier("http://crl.example.dk/part-1.crl")
THERE = x509.UniformResourceIdentifier("http://crl.example.dk/part-2.crl")


def point(**parts: object) -> x509.IssuingDistributionPoint:
    usual: dict[str, object] = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return x509.IssuingDistributionPoint(**(usual | parts))  # type: ignore[arg-type]  # by name


def found_at(*names: x509.UniformResourceIdentifier) -> x509.CRLDistributionPoints:
    return x509.CRLDistributionPoints([x509.DistributionPoint(list(names), None, None, None)])


def test_a_list_names_who_is_revoked_and_since_when() -> None:
    bad, good = ISSUING.leaf(), ISSUING.leaf()

    found = build.listed(ISSUING.revoking(bad, since=NOW - DAY))

    assert found.revoked(bad) == NOW - DAY
    assert found.revoked(good) is None
    assert (found.issuer, found.issued, found.next) == ("CN=Issuing", NOW - DAY, NOW + DAY)


def test_a_list_in_pem_is_read_as_well() -> None:
    der = x509.load_der_x509_crl(ISSUING.revoking())

    assert build.listed(b"\n" + der.public_bytes(Encoding.PEM)).issuer == "CN=Issuing"


def test_a_list_that_is_signed_as_oces3_signs_holds() -> None:
    oces3 = build.Authority("OCES3", rsa.generate_private_key(65537, 2048))

    assert build.listed(oces3.revoking(), oces3.itself()).issuer == "CN=OCES3"


def test_a_list_is_about_its_authoritys_certificates_only() -> None:
    found = build.listed(ISSUING.revoking())

    assert found.covers(ISSUING.leaf(), build.issuing())
    assert not found.covers(build.issuing(), build.root())
    assert not found.covers(ISSUING.leaf(), build.Authority("Issuing", build.ec_key(5)).itself())


def test_a_list_that_somebody_else_signed_is_refused() -> None:
    with pytest.raises(Refused, match="the signature of CN=Issuing does not hold"):
        build.listed(ISSUING.revoking(key=STRANGER.key))


def test_a_list_of_a_stranger_is_refused() -> None:
    with pytest.raises(Refused, match="issued by CN=Stranger, expected an authority"):
        build.listed(STRANGER.revoking())


def test_an_authority_that_may_not_sign_lists_signs_none() -> None:
    odd = ROOT.itself(usage="key_cert_sign")

    with pytest.raises(Refused, match="expected an authority"):
        build.listed(ROOT.revoking(), odd)
    assert build.listed(ROOT.revoking(), ROOT.itself(usage="crl_sign key_cert_sign"))


def test_of_two_authorities_of_a_name_the_one_whose_key_it_is_signed() -> None:
    other = build.Authority("Root", build.ec_key(6))
    itself = other.itself()

    assert build.listed(other.revoking(), build.root(), itself).authority == itself


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"<html>", b"-----BEGIN X509 CRL-----\nAAAA\n"),
        ISSUING.revoking().replace(b"Issuing", b"\xff" * 7),
    ],
)
def test_what_is_no_list_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed, match="not a revocation list in PEM or DER"):
        build.listed(body)


@pytest.mark.parametrize(
    "extension",
    [
        x509.DeltaCRLIndicator(1),
        point(indirect_crl=True),
        point(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise})),
        point(only_contains_attribute_certs=True),
        point(relative_name=x509.RelativeDistinguishedName(list(build.name("part")))),
    ],
    ids=["delta", "indirect", "by reasons", "of attributes", "relative"],
)
def test_a_list_that_does_not_tell_all_is_refused(extension: x509.ExtensionType) -> None:
    with pytest.raises(Refused, match="expected a complete one"):
        build.listed(ISSUING.revoking(critical=[extension]))


def test_a_list_may_be_for_certificates_or_for_authorities() -> None:
    users = build.listed(ROOT.revoking(critical=[point(only_contains_user_certs=True)]))
    others = build.listed(ROOT.revoking(critical=[point(only_contains_ca_certs=True)]))

    assert users.covers(ROOT.leaf(), build.root())
    assert others.covers(build.issuing(), build.root())
    assert not users.covers(build.issuing(), build.root())
    assert not others.covers(ROOT.leaf(), build.root())


def test_a_part_of_a_list_is_for_those_who_name_its_place() -> None:
    part = build.listed(ISSUING.revoking(critical=[point(full_name=[HERE])]))

    assert part.covers(ISSUING.leaf(further=[found_at(THERE, HERE)]), build.issuing())
    assert not part.covers(ISSUING.leaf(further=[found_at(THERE)]), build.issuing())
    assert not part.covers(ISSUING.leaf(), build.issuing())


def test_two_parts_do_not_take_each_others_place() -> None:
    parts = [
        build.listed(ISSUING.revoking(critical=[point(full_name=[each])])) for each in (HERE, THERE)
    ]

    assert len({each.scope for each in (*parts, build.listed(ISSUING.revoking()))}) == 3


def test_a_list_lapses_when_the_next_one_should_be_there() -> None:
    found = build.listed(ISSUING.revoking(next=NOW))

    assert not found.lapsed(NOW)
    assert found.lapsed(NOW + timedelta(seconds=1))


def test_a_key_that_signs_nothing_has_signed_no_list() -> None:
    basic = x509.BasicConstraints(ca=True, path_length=None)
    odd = ROOT.issue(build.name("Issuing"), x25519.X25519PrivateKey.generate(), further=[basic])

    with pytest.raises(Refused, match="the signature of CN=Issuing does not hold"):
        build.listed(ISSUING.revoking(), odd)
