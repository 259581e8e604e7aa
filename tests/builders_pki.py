"""Authorities, certificates of access points and revocation lists for tests."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, x25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from builders_fhir import NOW
from eer.domain.model import Certificate
from eer.pki import authorities, revocation
from eer.pki.authorities import Authorities
from eer.pki.lists import Folder
from eer.pki.revocation import RevocationList
from eer.pki.trust import Trust

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
AnyKey = Key | x25519.X25519PrivateKey

DAY = timedelta(days=1)
YEAR = 365 * DAY
BEGIN = NOW - YEAR
END = NOW + 3 * YEAR

_serials = count(1000)


@cache
def ec_key(number: int = 0) -> ec.EllipticCurvePrivateKey:
    """Return the *number*th of this run's keys."""
    del number
    return ec.generate_private_key(ec.SECP256R1())


def name(common_name: str, company: str | None = None) -> x509.Name:
    named = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if company is not None:
        named.append(x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, f"NTRDK-{company}"))
    return x509.Name(named)


@dataclass(frozen=True)
class Authority:
    """A certificate authority of a test; with an RSA key it signs as OCES3 does."""

    called: str = "Root"
    key: Key = field(default_factory=ec_key)

    @property
    def _pss(self) -> padding.PSS | None:
        is_rsa = isinstance(self.key, rsa.RSAPrivateKey)
        return padding.PSS(padding.MGF1(SHA256()), SHA256.digest_size) if is_rsa else None

    def issue(
        self,
        subject: x509.Name,
        key: AnyKey,
        *,
        begin: datetime = BEGIN,
        end: datetime = END,
        usage: str | None = None,
        further: Iterable[x509.ExtensionType] = (),
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(name(self.called))
            .public_key(key.public_key())
            .serial_number(next(_serials))
            .not_valid_before(begin)
            .not_valid_after(end)
        )
        if usage is not None:
            flags = usage.split()
            builder = builder.add_extension(_usage(flags), critical=True)
        for each in further:
            builder = builder.add_extension(each, critical=isinstance(each, x509.BasicConstraints))
        return builder.sign(self.key, SHA256(), rsa_padding=self._pss)

    def authority(
        self,
        other: "Authority",
        *,
        begin: datetime = BEGIN,
        end: datetime = END,
        usage: str | None = None,
    ) -> x509.Certificate:
        """Return the certificate of another authority, issued by this one."""
        basic = (x509.BasicConstraints(ca=True, path_length=None),)
        return self.issue(
            name(other.called), other.key, begin=begin, end=end, usage=usage, further=basic
        )

    def itself(self, *, end: datetime = END, usage: str | None = None) -> x509.Certificate:
        return self.authority(self, end=end, usage=usage)

    def leaf(
        self,
        *,
        begin: datetime = BEGIN,
        end: datetime = END,
        company: str | None = None,
        further: Iterable[x509.ExtensionType] = (),
    ) -> x509.Certificate:
        """Return the certificate of an access point."""
        subject = name("ap.example.dk", company)
        return self.issue(subject, ec_key(9), begin=begin, end=end, further=further)

    def revoking(
        self,
        *certificates: x509.Certificate,
        issued: datetime = NOW - DAY,
        next: datetime = NOW + DAY,  # noqa: A002 - the list's own word
        since: datetime = NOW - DAY,
        critical: Iterable[x509.ExtensionType] = (),
        key: Key | None = None,
    ) -> bytes:
        """Return the DER of a list that names *certificates*."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(name(self.called))
            .last_update(issued)
            .next_update(next)
        )
        for each in certificates:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(each.serial_number)
                .revocation_date(since)
                .build()
            )
        for extension in critical:
            builder = builder.add_extension(extension, critical=True)
        signed = builder.sign(key or self.key, SHA256(), rsa_padding=self._pss)
        return signed.public_bytes(Encoding.DER)


def _usage(flags: list[str]) -> x509.KeyUsage:
    names = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{name: name in flags for name in names})


ROOT = Authority("Root", ec_key(0))
ISSUING = Authority("Issuing", ec_key(1))
TEST_ROOT = Authority("Test root", ec_key(2))
STRANGER = Authority("Stranger", ec_key(3))


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(each.public_bytes(Encoding.PEM) for each in certificates)


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def value(certificate: x509.Certificate) -> Certificate:
    """Return a certificate as the register reads it."""
    return Certificate(
        der(certificate),
        certificate.subject.rfc4514_string(),
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
    )


def trusting(*certificates: x509.Certificate) -> Authorities:
    return authorities.read("EER_AP_TRUST_FILE", pem(*certificates))


@cache
def root() -> x509.Certificate:
    return ROOT.itself()


@cache
def issuing() -> x509.Certificate:
    return ROOT.authority(ISSUING)


@cache
def oces() -> Authorities:
    """Return a root with an issuing authority under it, as OCES has them."""
    return trusting(root(), issuing())


def listed(body: bytes, *by: x509.Certificate) -> RevocationList:
    return revocation.read(body, by or oces().certificates)


def trust(folder: Path | None = None, *, tests: Authorities | None = None) -> Trust:
    """Return what production has: OCES is trusted, the lists of *folder* are in force."""
    return Trust(
        authorities=oces(),
        tests=tests or Authorities(),
        folder=None if folder is None else Folder(folder, oces().certificates),
    )


@dataclass
class Place:
    """An address at which a list stands; *body* may be changed, *asked* is how often it was."""

    url: str = ""
    status: int = 200
    body: bytes = b""
    asked: int = 0


@contextmanager
def place(body: bytes) -> Iterator[Place]:
    """Serve *body* at an address."""
    found = Place(body=body)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked += 1
            self.send_response(found.status)
            self.send_header("Content-Length", str(len(found.body)))
            self.end_headers()
            try:
                self.wfile.write(found.body)
            except ConnectionError:
                return  # the client has had enough

        def log_message(self, *_: object) -> None:
            """Tell nobody."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        found.url = f"http://127.0.0.1:{server.server_port}/oces.crl"
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()
