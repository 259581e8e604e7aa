"""Which certificates do the sample's access points show?

Made anew for each installation; their private keys are thrown away at once, since nobody answers
under these addresses. The subjects look like OCES system certificates: a company as
organizationIdentifier `NTRDK-<cvr>` and a system as serialNumber `UI:DK-O:G:<uuid>`.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

_WANTED = Path(__file__).with_name("certificates.json")
_KEY_BITS = 3072
_TEN_YEARS = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A certificate to be made: who it names, and from when to when, counted from today."""

    name: str
    common_name: str
    organization: str
    cvr: str
    uuid: str
    begins: timedelta
    ends: timedelta


@dataclass(frozen=True, slots=True)
class Authority:
    """The development authority that issues them."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate


def wanted() -> Iterator[Wanted]:
    """Yield the certificates that certificates.json asks for."""
    for each in json.loads(_WANTED.read_text(encoding="utf-8")):
        yield Wanted(
            name=each["name"],
            common_name=each["commonName"],
            organization=each["organization"],
            cvr=each["cvr"],
            uuid=each["uuid"],
            begins=timedelta(days=each["beginsInDays"]),
            ends=timedelta(days=each["endsInDays"]),
        )


def authority(at: datetime) -> Authority:
    """Make a development authority for AP certificates, ten years back and twenty ahead of *at*."""
    key = _key()
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DK"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Eksempel Udvikling"),
            x509.NameAttribute(NameOID.COMMON_NAME, "Development AP CA"),
        ]
    )
    begin = x509.CertificateBuilder(
        issuer_name=name, subject_name=name, public_key=key.public_key()
    )
    certificate = (
        begin.serial_number(x509.random_serial_number())
        .not_valid_before(at - _TEN_YEARS)
        .not_valid_after(at + 2 * _TEN_YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(key, certificate)


def issue(wanted: Wanted, issuer: Authority, at: datetime) -> x509.Certificate:
    """Make the certificate *wanted*, counted from *at*; its private key is not kept."""
    public = _key().public_key()
    return (
        x509.CertificateBuilder()
        .issuer_name(issuer.certificate.subject)
        .subject_name(_subject(wanted))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at + wanted.begins)
        .not_valid_after(at + wanted.ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()),
            critical=False,
        )
        .sign(issuer.key, hashes.SHA256())
    )


def nobody_revoked(issuer: Authority, at: datetime) -> x509.CertificateRevocationList:
    """Make the authority's revocation list, which names nobody and never lapses."""
    return (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(at)
        .next_update(at + 2 * _TEN_YEARS)
        .add_extension(x509.CRLNumber(1), critical=False)
        .sign(issuer.key, hashes.SHA256())
    )


def _subject(wanted: Wanted) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DK"),
            x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, f"NTRDK-{wanted.cvr}"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, wanted.organization),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, f"UI:DK-O:G:{wanted.uuid}"),
            x509.NameAttribute(NameOID.COMMON_NAME, wanted.common_name),
        ]
    )


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=not signs_certificates,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
