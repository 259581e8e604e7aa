from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID

from builders_smp import AUTHORITY, NOW, Issuer, access_point_certificate, rsa_key, signer, subject
from eer.domain.errors import Malformed, Refused
from smp.pki import trust

DAY = timedelta(days=1)


def root(*, pss: bool = False) -> Issuer:
    return Issuer(rsa_key(0), subject("Root"), pss)


def issuing(*, pss: bool = False) -> Issuer:
    return Issuer(rsa_key(1), subject("Issuing"), pss)


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


@pytest.mark.smp(68)
def test_a_signer_issued_by_an_anchor_is_trusted() -> None:
    trust.check(signer().certificate, trust.anchors(AUTHORITY.read_bytes()), NOW)


def test_a_certificate_signed_as_oces3_signs_is_trusted() -> None:
    certificate = x509.load_der_x509_certificate(access_point_certificate())

    trust.check(certificate, trust.anchors(AUTHORITY.read_bytes()), NOW)


@pytest.mark.parametrize("pss", [False, True])
def test_a_chain_is_followed_through_an_intermediate(pss: bool) -> None:  # noqa: FBT001
    between = root(pss=pss).certificate(rsa_key(1), subject("Issuing"), authority=True)
    leaf = issuing(pss=pss).certificate(rsa_key(2))

    trust.check(leaf, [root(pss=pss).itself()], NOW, [between])


def test_an_intermediate_in_the_trust_file_is_an_anchor() -> None:
    between = root().certificate(rsa_key(1), subject("Issuing"), authority=True)
    leaf = issuing().certificate(rsa_key(2))

    trust.check(leaf, trust.anchors(pem(root().itself(), between)), NOW)


def test_one_of_several_anchors_suffices() -> None:
    leaf = issuing().certificate(rsa_key(2))

    trust.check(leaf, [root().itself(), issuing().itself()], NOW)


def test_a_chain_without_its_intermediate_is_refused() -> None:
    leaf = issuing().certificate(rsa_key(2))

    with pytest.raises(Refused, match="CN=Signer,C=DK: not issued by any of 1 anchors"):
        trust.check(leaf, [root().itself()], NOW)


def test_an_intermediate_is_not_trusted_for_itself() -> None:
    leaf = issuing().certificate(rsa_key(2))

    with pytest.raises(Refused, match="not issued by any"):
        trust.check(leaf, [root().itself()], NOW, [issuing().itself()])


def test_an_issuer_of_the_same_name_and_another_key_is_refused() -> None:
    leaf = Issuer(rsa_key(2), root().name).certificate(rsa_key(1))

    with pytest.raises(Refused, match="not issued by any"):
        trust.check(leaf, [root().itself()], NOW)


def test_an_issuer_that_is_no_authority_is_refused() -> None:
    between = root().certificate(rsa_key(1), subject("Issuing"), usage="key_cert_sign")
    leaf = issuing().certificate(rsa_key(2))

    with pytest.raises(Refused, match="not issued by any"):
        trust.check(leaf, [root().itself()], NOW, [between])


def test_an_issuer_that_may_not_sign_certificates_is_refused() -> None:
    between = root().certificate(rsa_key(1), subject("Issuing"), authority=True, usage="crl_sign")
    leaf = issuing().certificate(rsa_key(2))

    with pytest.raises(Refused, match="not issued by any"):
        trust.check(leaf, [root().itself()], NOW, [between])


def test_an_expired_intermediate_is_refused() -> None:
    between = root().certificate(rsa_key(1), subject("Issuing"), authority=True, end=NOW + DAY)
    leaf = issuing().certificate(rsa_key(2))

    with pytest.raises(Refused, match="not valid at validation time"):
        trust.check(leaf, [root().itself()], NOW + 2 * DAY, [between])


def test_an_expired_anchor_is_refused() -> None:
    leaf = root().certificate(rsa_key(2))

    with pytest.raises(Refused, match="not issued by any"):
        trust.check(leaf, [root().itself(end=NOW + DAY)], NOW + 2 * DAY)


def test_a_signer_is_not_its_own_anchor() -> None:
    alone = Issuer(rsa_key(0), subject("Signer")).certificate(rsa_key(0))

    with pytest.raises(Refused, match="expected the certificate of an authority"):
        trust.check(alone, [alone], NOW)


def test_a_signer_that_is_not_yet_valid_is_refused() -> None:
    leaf = root().certificate(rsa_key(2), begin=NOW + DAY)

    with pytest.raises(Refused, match=r"CN=Signer,C=DK: not valid before 2026-05-06T12:00:00"):
        trust.check(leaf, [root().itself()], NOW)


@pytest.mark.smp(68)
def test_an_expired_signer_is_refused() -> None:
    leaf = root().certificate(rsa_key(2), end=NOW + DAY)

    with pytest.raises(Refused, match=r"CN=Signer,C=DK: expired 2026-05-06T12:00:00"):
        trust.check(leaf, [root().itself()], NOW + 2 * DAY)


def test_a_signer_is_trusted_to_its_last_second() -> None:
    leaf = root().certificate(rsa_key(2), end=NOW + DAY)

    trust.check(leaf, [root().itself()], NOW + DAY)


@pytest.mark.smp(68)
@pytest.mark.parametrize("usage", [None, "key_encipherment"])
def test_a_signer_that_may_not_sign_is_refused(usage: str | None) -> None:
    leaf = root().certificate(rsa_key(2), usage=usage)

    with pytest.raises(Refused, match="lacks digitalSignature"):
        trust.check(leaf, [root().itself()], NOW)


@pytest.mark.parametrize(
    ("extension", "said"),
    [
        (x509.UnrecognizedExtension(ExtensionOID.KEY_USAGE, b"torn"), "unreadable extensions"),
        (x509.UnrecognizedExtension(x509.ObjectIdentifier("2.999.1"), b"\x05\x00"), "critical"),
    ],
)
def test_a_signer_that_cannot_be_understood_is_refused(
    extension: x509.UnrecognizedExtension, said: str
) -> None:
    usage = None if extension.oid == ExtensionOID.KEY_USAGE else ""
    leaf = root().certificate(rsa_key(2), usage=usage, further=extension)

    with pytest.raises(Refused, match=said):
        trust.check(leaf, [root().itself()], NOW)


def test_every_certificate_of_a_trust_file_is_an_anchor() -> None:
    first, second = root().itself(), issuing().itself()

    assert (first, second) == trust.anchors(pem(first, second))


@pytest.mark.parametrize("content", [b"", b"nothing", b"-----BEGIN CERTIFICATE-----\nx\n"])
def test_a_trust_file_without_certificates_is_malformed(content: bytes) -> None:
    with pytest.raises(Malformed, match="trust file: expected certificates in PEM"):
        trust.anchors(content)


def test_a_trust_file_with_a_signer_in_it_is_refused() -> None:
    with pytest.raises(Refused, match="CN=Signer,C=DK is not a certificate authority's"):
        trust.anchors(pem(root().itself(), root().certificate(rsa_key(2))))
