"""Signatures beside a file: made here, checked by OpenSSL, and the reverse refused."""

import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import (
    PKCS7Options,
    PKCS7SignatureBuilder,
)

from builders_smp import (
    AUTHORITY,
    SIGNING_CERTIFICATE,
    Issuer,
    program,
    rsa_key,
    signer,
    signing_key,
    subject,
)
from eer.domain.errors import Malformed, Refused
from smp.pki import cms

CONTENT = b'{"what": "is signed"}\n'
CHAIN = cms.chain(SIGNING_CERTIFICATE.read_bytes())


def made(content: bytes = CONTENT, chain: tuple[x509.Certificate, ...] = CHAIN) -> bytes:
    return cms.sign(content, chain, signer().sign_bytes)


def test_what_was_signed_verifies_as_its_chains() -> None:
    authority = cms.chain(AUTHORITY.read_bytes())

    assert cms.verify(CONTENT, made()) == CHAIN
    assert cms.verify(CONTENT, made(chain=CHAIN + authority)) == CHAIN + authority


def test_the_same_is_signed_alike() -> None:
    assert made() == made()


@pytest.mark.debian
def test_openssl_verifies_it_and_no_other_content(tmp_path: Path) -> None:
    openssl = program("openssl", "openssl")
    (tmp_path / "content").write_bytes(CONTENT)
    (tmp_path / "other").write_bytes(CONTENT.upper())
    (tmp_path / "signature").write_bytes(made())

    ran = {
        name: subprocess.run(
            [
                *(openssl, "cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any"),
                *("-in", "signature", "-content", name, "-CAfile", str(AUTHORITY)),
                *("-out", "said"),
            ],
            cwd=tmp_path,
            capture_output=True,
            check=False,
        ).returncode
        for name in ("content", "other")
    }

    assert ran["content"] == 0
    assert ran["other"] != 0


def test_other_content_is_refused() -> None:
    with pytest.raises(Refused, match="does not hold"):
        cms.verify(CONTENT.upper(), made())


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@pytest.mark.parametrize("place", range(0, len(made()), 7))
def test_every_byte_of_it_matters(place: int) -> None:
    changed = bytearray(made())
    changed[place] ^= 1

    try:
        found = cms.verify(CONTENT, bytes(changed))
    except Refused:
        return
    assert found != CHAIN  # the issuer's signature on the certificate is asked of trust


def test_what_stands_behind_it_is_refused() -> None:
    with pytest.raises(Refused, match="cannot be read"):
        cms.verify(CONTENT, made() + b"\0")


def test_another_kind_of_signature_is_refused() -> None:
    builder = PKCS7SignatureBuilder().set_data(CONTENT)
    attributed = builder.add_signer(CHAIN[0], signing_key(), hashes.SHA256()).sign(
        Encoding.DER, [PKCS7Options.DetachedSignature, PKCS7Options.Binary]
    )

    with pytest.raises(Refused, match="CMS signature"):
        cms.verify(CONTENT, attributed)


def test_a_second_signer_is_refused() -> None:
    twice = cms._printed(CHAIN, signer().sign_bytes(CONTENT))
    found = cms.asn1.decode_der(cms._ContentInfo, twice)
    found.content.signers = cms.asn1.SetOf(found.content.signers.as_list() * 2)

    with pytest.raises(Refused, match="expected one signer"):
        cms.verify(CONTENT, cms.asn1.encode_der(found))


def test_a_certificate_with_a_name_that_is_none_is_refused() -> None:
    leaf = Issuer(rsa_key(), subject("Issuer")).certificate(signing_key(), subject("Signer"))
    spoilt = leaf.public_bytes(Encoding.DER).replace(b"Signer", b"\xff" * 6)

    with pytest.raises(Refused, match="cannot be read"):
        cms.verify(CONTENT, made(chain=(x509.load_der_x509_certificate(spoilt),)))


def test_another_certificate_first_is_refused() -> None:
    authority = cms.chain(AUTHORITY.read_bytes())

    with pytest.raises(Refused, match="does not hold"):
        cms.verify(CONTENT, made(chain=authority + CHAIN))


@pytest.mark.parametrize("kind", ["small", "elliptic"])
def test_a_key_that_is_too_weak_or_of_another_kind_is_refused(kind: str) -> None:
    key = rsa_key(bits=1024) if kind == "small" else ec.generate_private_key(ec.SECP256R1())
    issuer = rsa_key()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject("Weak"))
        .issuer_name(Issuer(issuer).name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(CHAIN[0].not_valid_before_utc)
        .not_valid_after(CHAIN[0].not_valid_after_utc)
        .sign(issuer, hashes.SHA256())
    )

    with pytest.raises(Refused, match="expected an RSA key of 2048 bits or more"):
        cms.verify(CONTENT, made(chain=(certificate,)))


def test_a_signers_file_without_certificates_is_malformed() -> None:
    with pytest.raises(Malformed, match="expected certificates in PEM"):
        cms.chain(b"nothing")
