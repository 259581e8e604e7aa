"""Chains from a certificate to an authority that is trusted."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

import builders_pki as build
from builders_fhir import NOW
from builders_pki import DAY, ISSUING, ROOT, STRANGER, YEAR
from eer.domain.errors import Malformed, Refused
from eer.pki import authorities
from eer.pki.authorities import Authorities

SECOND = timedelta(seconds=1)


def subjects(trusted: Authorities, certificate: x509.Certificate) -> list[str]:
    """Return the names in the chain, from the certificate up."""
    return [each.subject.rfc4514_string() for each in trusted.chain(certificate, NOW)]


def test_a_chain_leads_through_an_issuing_authority_to_the_root() -> None:
    leaf = ISSUING.leaf()

    assert subjects(build.oces(), leaf) == ["CN=ap.example.dk", "CN=Issuing", "CN=Root"]


def test_an_authority_whose_issuer_is_not_in_the_file_is_trusted_for_itself() -> None:
    trusted = build.trusting(build.issuing())

    assert subjects(trusted, ISSUING.leaf()) == ["CN=ap.example.dk", "CN=Issuing"]


def test_what_the_root_issued_itself_is_of_it_too() -> None:
    assert subjects(build.oces(), ROOT.leaf()) == ["CN=ap.example.dk", "CN=Root"]


def test_a_chain_that_is_signed_as_oces3_signs_holds() -> None:
    oces3 = build.Authority("OCES3", rsa.generate_private_key(65537, 2048))

    found = subjects(build.trusting(oces3.itself()), oces3.leaf())

    assert found == ["CN=ap.example.dk", "CN=OCES3"]


@pytest.mark.parametrize(
    "leaf",
    [
        STRANGER.leaf(),
        build.Authority("Issuing", build.ec_key(4)).leaf(),
        build.Authority("ap.example.dk", build.ec_key(9)).leaf(),
    ],
    ids=["of a stranger", "of a name with another key", "of itself"],
)
def test_what_no_authority_issued_has_no_chain(leaf: x509.Certificate) -> None:
    with pytest.raises(Refused, match=r"CN=ap\.example\.dk, issued by CN="):
        build.oces().chain(leaf, NOW)


def test_an_issuer_that_may_not_sign_certificates_makes_no_chain() -> None:
    odd = ROOT.authority(ISSUING, usage="crl_sign")

    with pytest.raises(Refused, match="keyCertSign"):
        build.trusting(build.root(), odd).chain(ISSUING.leaf(), NOW)


def test_an_authority_that_has_expired_makes_no_chain() -> None:
    old = build.trusting(build.root(), ROOT.authority(ISSUING, end=NOW - DAY))

    with pytest.raises(Refused, match="issued by CN=Issuing"):
        old.chain(ISSUING.leaf(), NOW)


@pytest.mark.parametrize("moved", [-2 * YEAR, 10 * YEAR])
def test_the_dates_of_the_certificate_itself_are_not_judged(moved: timedelta) -> None:
    leaf = ISSUING.leaf(end=NOW - DAY) if moved < timedelta() else ISSUING.leaf(begin=NOW + DAY)

    assert len(build.oces().chain(leaf, NOW)) == 3


def test_an_issuer_that_is_no_name_makes_no_chain() -> None:
    spoilt = build.der(ISSUING.leaf()).replace(b"Issuing", b"\xff" * 7)

    with pytest.raises(Refused, match=r"CN=ap\.example\.dk, issued by \?"):
        build.oces().chain(x509.load_der_x509_certificate(spoilt), NOW)


def test_time_alone_changes_chains_when_an_authority_begins_and_behind_its_last_second() -> None:
    trusted = build.trusting(ROOT.itself(end=NOW))

    assert list(trusted.edges()) == [build.BEGIN, NOW + SECOND]
    assert len(trusted.chain(ROOT.leaf(), NOW)) == 2
    with pytest.raises(Refused):
        trusted.chain(ROOT.leaf(), NOW + SECOND)


def test_a_trust_file_without_certificates_is_malformed() -> None:
    with pytest.raises(Malformed, match="EER_AP_TRUST_FILE: expected certificates in PEM"):
        authorities.read("EER_AP_TRUST_FILE", b"nothing")


def test_a_trust_file_holds_authorities_only() -> None:
    with pytest.raises(Refused, match=r"CN=ap\.example\.dk is not a certificate authority's"):
        authorities.read("EER_AP_TRUST_FILE", build.pem(build.root(), ISSUING.leaf()))
