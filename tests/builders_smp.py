"""Published documents, signers and certificates for tests, each with defaults that are right."""

import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

from eer.domain.identifiers import Gln
from smp.domain.identifiers import DocumentId, Identifier, ParticipantId, ProcessId, participant_of
from smp.domain.metadata import Endpoint, Process, ServiceGroup, ServiceMetadata
from smp.pki.sign import Signer
from smp.xml import render

GOLDEN = Path(__file__).parent / "golden"
NOW = datetime(2026, 5, 5, 12, tzinfo=UTC)
GLN = "5790009000013"
BASE_URL = "https://smp.example.dk"
SIGNING_KEY = GOLDEN / "smp-signer.key"
SIGNING_CERTIFICATE = GOLDEN / "smp-signer.pem"
AUTHORITY = GOLDEN / "smp-authority.pem"

_serials = count(1000)


def program(name: str, package: str) -> str:
    """Return the path of a program of a Debian package, or skip."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"wants {name}: apt-get install {package}")
    return path


def participant(gln: str = GLN) -> ParticipantId:
    return participant_of(Gln.parse(gln))


def document_id(
    name: str = "homecareobservation-message",
    version: str = "1.2",
    scheme: str = "dk-medcom-messaging",
) -> DocumentId:
    value = (
        f"urn:dk:healthcare:medcom:messaging:fhir:structuredefinition::{name}"
        f"##urn:dk:medcom:fhir:{name}::{version}"
    )
    return DocumentId(Identifier(scheme, value))


def endpoint(
    transport_profile: str = "bdxr-transport-ebms3-as4-v1p0",
    *,
    uri: str = "https://ap.example.dk/as4",
    activation: datetime | None = datetime(2026, 5, 4, 22, tzinfo=UTC),
    expiration: datetime | None = datetime(2029, 1, 26, 9, 52, 9, tzinfo=UTC),
    description: str = "Prøvekommunens omsorgssystem på Ærø",
) -> Endpoint:
    return Endpoint(
        transport_profile=transport_profile,
        uri=uri,
        certificate=access_point_certificate(),
        activation=activation,
        expiration=expiration,
        description=description,
        contact_url="mailto:drift@example.dk",
    )


def service_metadata(
    *endpoints: Endpoint,
    participant: ParticipantId | None = None,
    document: DocumentId | None = None,
) -> ServiceMetadata:
    return ServiceMetadata(
        participant or participant_of(Gln.parse(GLN)),
        document or document_id(),
        (
            Process(
                ProcessId(Identifier("dk-medcom-messaging", "urn:ehmi:sdn-emergence")),
                endpoints or (endpoint(), endpoint("peppol-transport-as4-v2_0")),
            ),
        ),
    )


def service_group(*documents: DocumentId) -> ServiceGroup:
    return ServiceGroup(
        participant(),
        documents or (document_id(), document_id("acknowledgement-message", "2.0")),
        BASE_URL,
    )


@cache
def signer() -> Signer:
    """Return the signer whose key is committed, so that what it signs is always the same."""
    return Signer.load(SIGNING_KEY, SIGNING_CERTIFICATE, at=NOW)


def signed(meta: ServiceMetadata | None = None) -> bytes:
    return signer().sign(render.service_metadata(meta or service_metadata()))


@cache
def access_point_certificate() -> bytes:
    """Return the DER of a certificate with a subject and a signature as OCES3 has them."""
    pem = (GOLDEN / "smp-access-point.pem").read_bytes()
    return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)


@cache
def signing_key() -> RSAPrivateKey:
    key = load_pem_private_key(SIGNING_KEY.read_bytes(), password=None)
    assert isinstance(key, RSAPrivateKey)
    return key


@cache
def rsa_key(number: int = 0, bits: int = 2048) -> RSAPrivateKey:
    """Return the *number*th of this run's keys of that size: making one takes a moment."""
    del number
    return generate_private_key(65537, bits)


def subject(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DK"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


@dataclass(frozen=True)
class Issuer:
    """A certificate authority of one test; *pss* signs as OCES3 does."""

    key: RSAPrivateKey
    name: x509.Name = field(default_factory=lambda: subject("Issuer"))
    pss: bool = False

    def certificate(  # noqa: PLR0913 - each is what some test is about
        self,
        key: RSAPrivateKey,
        name: x509.Name | None = None,
        *,
        authority: bool = False,
        usage: str | None = "",
        begin: datetime = NOW - timedelta(days=1),
        end: datetime = NOW + timedelta(days=365),
        further: x509.ExtensionType | None = None,
    ) -> x509.Certificate:
        """Issue one; *usage* names the only key usage, None leaves the extension out."""
        builder = (
            x509.CertificateBuilder()
            .subject_name(name or subject("Signer"))
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(next(_serials))
            .not_valid_before(begin)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
        )
        if usage is not None:
            only = usage or ("key_cert_sign" if authority else "digital_signature")
            builder = builder.add_extension(_usage(only), critical=True)
        if further is not None:
            builder = builder.add_extension(further, critical=True)
        pss = padding.PSS(padding.MGF1(SHA256()), SHA256.digest_size) if self.pss else None
        return builder.sign(self.key, SHA256(), rsa_padding=pss)

    def itself(self, *, end: datetime = NOW + timedelta(days=365)) -> x509.Certificate:
        return self.certificate(self.key, self.name, authority=True, end=end)


def _usage(only: str) -> x509.KeyUsage:
    names = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{name: name == only for name in names})
