"""With which keys does a register on one machine sign, when nobody has given it any?

A certificate authority, and a signing key with a certificate from it. Never for production: there
the certificate comes from an authority that access points trust already.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from eer.domain.errors import Malformed, Refused
from smp.pki import usage
from smp.pki.files import PUBLIC, SECRET, write_new
from smp.pki.key import KEY_BITS

_SIGNER_LIVES = timedelta(days=730)
_AUTHORITY_LIVES = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Files:
    """Where the keys stand: PEM, the authority's key beside the trust file."""

    signing_key: Path
    signing_certificate: Path
    trust: Path

    @property
    def authority_key(self) -> Path:
        """The key of the certificate authority."""
        return self.trust.with_name(f"{self.trust.name}.key")

    @property
    def of_signer(self) -> tuple[Path, Path]:
        """What signs documents: key and certificate."""
        return self.signing_key, self.signing_certificate

    @property
    def of_authority(self) -> tuple[Path, Path]:
        """What issued the signer's certificate: key and certificate."""
        return self.authority_key, self.trust


@dataclass(frozen=True, slots=True)
class Report:
    """Which files were made, and which were there and kept."""

    made: tuple[Path, ...]
    kept: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class _Issuer:
    key: RSAPrivateKey
    certificate: x509.Certificate


def create(files: Files, *, at: datetime, serial: int) -> Report:
    """Make what of *files* is missing; what is there is never written.

    Certificates are valid from *at*: the signer's two years, the authority's ten. *serial* comes
    from chance, positive and below 2**158; a new authority gets the one after it. Raises Refused
    when a key stands without its certificate, or the reverse.
    """
    has_signer = _is_whole(*files.of_signer)
    if has_signer and files.trust.exists():
        return Report((), (*files.of_signer, files.trust))
    if has_signer:
        raise Refused(
            f"{files.signing_certificate} is there and {files.trust} is not; put the certificate "
            "of its issuer there, or remove the signing key and certificate"
        )
    if _is_whole(*files.of_authority):
        _new_signer(files, _read_issuer(files), at, serial)
        return Report(files.of_signer, files.of_authority)
    _new_signer(files, _new_issuer(files, at, serial + 1), at, serial)
    return Report((*files.of_authority, *files.of_signer), ())


def _is_whole(key: Path, certificate: Path) -> bool:
    """Whether both are there; raise Refused when only one is."""
    there = [file for file in (key, certificate) if file.exists()]
    if len(there) == 1:
        missing = certificate if there == [key] else key
        raise Refused(f"{there[0]} is there and {missing} is not; restore it or remove the other")
    return bool(there)


def _new_issuer(files: Files, at: datetime, serial: int) -> _Issuer:
    key = generate_private_key(65537, KEY_BITS)
    name = _name("Development SMP authority")
    certificate = (
        _builder(name, key, at, _AUTHORITY_LIVES)
        .issuer_name(name)
        .serial_number(serial)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage.of_authority(), critical=True)
        .sign(key, SHA256())
    )
    _write_pair(files.authority_key, key, files.trust, certificate)
    return _Issuer(key, certificate)


def _new_signer(files: Files, issuer: _Issuer, at: datetime, serial: int) -> None:
    key = generate_private_key(65537, KEY_BITS)
    issuer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    certificate = (
        _builder(_name("Development SMP signer"), key, at, _SIGNER_LIVES)
        .issuer_name(issuer.certificate.subject)
        .serial_number(serial)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage.of_signer(), critical=True)
        .add_extension(issuer_id, critical=False)
        .sign(issuer.key, SHA256())
    )
    _write_pair(files.signing_key, key, files.signing_certificate, certificate)


def _read_issuer(files: Files) -> _Issuer:
    try:
        key = load_pem_private_key(files.authority_key.read_bytes(), password=None)
        certificates = x509.load_pem_x509_certificates(files.trust.read_bytes())
    except (ValueError, TypeError):
        raise Malformed(
            f"{files.authority_key}, {files.trust}: expected a key and certificates in PEM"
        ) from None
    for certificate in certificates:
        if isinstance(key, RSAPrivateKey) and certificate.public_key() == key.public_key():
            return _Issuer(key, certificate)
    raise Refused(f"{files.trust}: has no certificate of the RSA key {files.authority_key}")


def _builder(
    subject: x509.Name, key: RSAPrivateKey, at: datetime, lives: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .not_valid_before(at)
        .not_valid_after(at + lives)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DK"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Not for production"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _write_pair(
    key_file: Path, key: RSAPrivateKey, certificate_file: Path, certificate: x509.Certificate
) -> None:
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_new(key_file, secret, SECRET)
    pem = certificate.public_bytes(Encoding.PEM)
    write_new(certificate_file, pem, PUBLIC)
