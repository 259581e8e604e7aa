"""Who is who where TLS is spoken, first of all at the fake SML: an authority, and who it knows."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import NameOID

_LIVES = timedelta(days=30)


class Pair(NamedTuple):
    """A certificate and its key, each in a PEM file."""

    certificate: Path
    key: Path


def bag(pair: Pair) -> Path:
    """Write what Java keeps a certificate and its key in: PKCS 12, by its usual password."""
    key: Any = load_pem_private_key(pair.key.read_bytes(), None)
    certificate = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
    closed = BestAvailableEncryption(b"changeit")
    file = pair.key.with_suffix(".p12")
    file.write_bytes(pkcs12.serialize_key_and_certificates(b"own", key, certificate, None, closed))
    return file


class Authority:
    """Issues certificates into a folder; *file* is its own, which the others are trusted by."""

    def __init__(self, folder: Path, name: str = "SML authority") -> None:
        self._folder = folder
        self._key = generate_private_key(SECP256R1())
        self._name = _name(name)
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(self._issue(self._key, self._name, authority=True))

    def pair(self, name: str, *, lives: timedelta = _LIVES) -> Pair:
        """Issue a certificate for *name* that *lives* so long; as a server it is 127.0.0.1."""
        key = generate_private_key(SECP256R1())
        pair = Pair(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        pair.certificate.write_bytes(self._issue(key, _name(name), lives=lives))
        pair.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return pair

    def _issue(
        self,
        key: EllipticCurvePrivateKey,
        name: x509.Name,
        *,
        authority: bool = False,
        lives: timedelta = _LIVES,
    ) -> bytes:
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + lives)
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]),
                critical=False,
            )
            .sign(self._key, SHA256())
        )
        return certificate.public_bytes(Encoding.PEM)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
