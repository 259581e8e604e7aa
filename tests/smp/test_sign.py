from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner

import judges
from builders_smp import (
    AUTHORITY,
    GOLDEN,
    NOW,
    SIGNING_CERTIFICATE,
    SIGNING_KEY,
    Issuer,
    endpoint,
    rsa_key,
    service_metadata,
    signed,
    signer,
    signing_key,
)
from eer.domain.errors import Absent, Failure, Malformed, Refused, Unavailable
from judges import Said, Trusted
from smp.domain.metadata import ServiceMetadata
from smp.pki import names
from smp.pki.sign import Signer
from smp.xml import parse, render

DS = "{http://www.w3.org/2000/09/xmldsig#}"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"

# What a Danish certificate's subject has, and what makes names hard: escapes, two in one part.
HARD_NAME = x509.Name(
    [
        x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COUNTRY_NAME, "DK")]),
        x509.RelativeDistinguishedName(
            [x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, "NTRDK-99000015")]
        ),
        x509.RelativeDistinguishedName(
            [x509.NameAttribute(NameOID.ORGANIZATION_NAME, ' #Prøve, "Ærø" + <Ås>; a=b\\c  ')]
        ),
        x509.RelativeDistinguishedName(
            [x509.NameAttribute(NameOID.SERIAL_NUMBER, "UI:DK-O:G:00000000-0000-4000")]
        ),
        x509.RelativeDistinguishedName(
            [x509.NameAttribute(NameOID.EMAIL_ADDRESS, "drift@example.dk")]
        ),
        x509.RelativeDistinguishedName(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, "smp.example.dk"),
                x509.NameAttribute(NameOID.USER_ID, "smp"),
            ]
        ),
        x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.STATE_OR_PROVINCE_NAME, "Fyn")]),
        x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.STREET_ADDRESS, "Gade 1")]),
        x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.LOCALITY_NAME, "Odense")]),
        x509.RelativeDistinguishedName(
            [x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "Drift")]
        ),
        x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.DOMAIN_COMPONENT, "example")]),
    ]
)


def hard_named() -> Signer:
    return Signer(signing_key(), Issuer(rsa_key()).certificate(signing_key(), HARD_NAME))


def signature_of(body: bytes) -> etree._Element:
    return parse.document(body)[-1]


def algorithms(body: bytes, name: str) -> list[str | None]:
    return [element.get("Algorithm") for element in signature_of(body).iter(f"{DS}{name}")]


def test_the_signed_document_is_the_golden_one() -> None:
    assert (GOLDEN / "signed_service_metadata.xml").read_bytes() == signed()


@pytest.mark.parametrize(
    "meant",
    [
        service_metadata(),
        service_metadata(endpoint(description="a\r\nb\t<&>\" ' æøå \U0001f600 \u2028 ")),
        service_metadata(endpoint(activation=None, expiration=None, description="")),
    ],
    ids=["usual", "hard text", "empty elements"],
)
def test_the_signature_is_the_one_that_signxml_makes(meant: ServiceMetadata) -> None:
    by_signxml = XMLSigner(
        signature_algorithm=SignatureMethod.RSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_0,
    ).sign(
        render.service_metadata(meant),
        key=signing_key(),
        cert=[signer().certificate],
        key_info=deepcopy(signature_of(signed())[-1]),
        exclude_c14n_transform_element=True,
    )

    assert render.printed(by_signxml) == signed(meant)


@pytest.mark.smp(69)
def test_the_same_document_gets_the_same_bytes() -> None:
    assert signed() == signed()


@pytest.mark.smp(32)
def test_the_bytes_begin_as_unsigned_ones_do() -> None:
    unsigned = render.unsigned_bytes(service_metadata()).removesuffix(b"</SignedServiceMetadata>")

    assert signed().startswith(unsigned + b"<ds:Signature ")


def test_what_was_handed_in_stays_unsigned() -> None:
    root = render.service_metadata(service_metadata())

    signer().sign(root)

    assert render.unsigned_bytes(service_metadata()) == render.printed(root)


@pytest.mark.smp(59)
def test_the_signature_is_the_last_child_of_the_root() -> None:
    root = parse.document(signed())

    assert [etree.QName(child).localname for child in root] == ["ServiceMetadata", "Signature"]


@pytest.mark.smp(61, 62, 63, 64)
def test_the_algorithms_are_the_ones_of_the_specification() -> None:
    body = signed()

    assert algorithms(body, "CanonicalizationMethod") == [C14N]
    assert algorithms(body, "SignatureMethod") == [RSA_SHA256]
    assert algorithms(body, "DigestMethod") == [SHA256]
    assert algorithms(body, "Transform") == [ENVELOPED]


@pytest.mark.smp(60)
def test_one_reference_covers_the_whole_document() -> None:
    references = signature_of(signed()).iter(f"{DS}Reference")

    assert [reference.get("URI") for reference in references] == [""]


@pytest.mark.smp(65)
def test_key_info_has_the_subject_and_then_the_certificate() -> None:
    data = signature_of(signed()).find(f"{DS}KeyInfo/{DS}X509Data")
    assert data is not None

    assert [etree.QName(c).localname for c in data] == ["X509SubjectName", "X509Certificate"]
    assert data[0].text == "CN=Test SMP signer,O=Prøvestyrelsen\\, Ærø,C=DK"


def test_the_fingerprint_is_sha_256_of_the_certificate() -> None:
    certificate = signer().certificate

    assert certificate.fingerprint(hashes.SHA256()).hex() == signer().fingerprint


def test_an_attribute_without_a_keyword_is_written_in_hexadecimal() -> None:
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, "NTRDK-99000015")])

    assert names.rfc2253(name) == "2.5.4.97=#0c0e4e5452444b2d3939303030303135"


# Loading


def pem(key: Any, encryption: KeySerializationEncryption | None = None) -> bytes:
    made: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())
    return made


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def loading(key: Callable[[Path], Path], days: int = 0) -> Callable[[Path], Signer]:
    at = NOW + timedelta(days=days)
    return lambda folder: Signer.load(key(folder), SIGNING_CERTIFICATE, at=at)


def key_file(content: Callable[[], bytes]) -> Callable[[Path], Path]:
    return lambda folder: write(folder, "smp.key", content())


def committed(_: Path) -> Path:
    return SIGNING_KEY


@pytest.mark.smp(68, 71)
@pytest.mark.parametrize(
    ("load", "kind", "said"),
    [
        (loading(lambda folder: folder / "none.key"), Absent, "none.key: the signing key is not"),
        (loading(lambda folder: folder), Unavailable, "cannot be read"),
        (loading(key_file(lambda: b"no key")), Malformed, "smp.key: expected a private key"),
        (
            loading(key_file(lambda: pem(rsa_key(), BestAvailableEncryption(b"x")))),
            Malformed,
            "encrypted",
        ),
        (loading(key_file(lambda: pem(rsa_key(bits=1024)))), Refused, "1024 bits"),
        (
            loading(key_file(lambda: pem(ec.generate_private_key(ec.SECP256R1())))),
            Refused,
            "must be RSA",
        ),
        (loading(key_file(lambda: pem(rsa_key()))), Refused, "of another key than"),
        (loading(committed, days=-365), Refused, "not valid before 2026-01-01"),
        (loading(committed, days=40_000), Refused, "expired 2125-12-31"),
    ],
)
def test_a_signer_that_may_not_sign_is_not_loaded(
    load: Callable[[Path], Signer], kind: type[Failure], said: str, tmp_path: Path
) -> None:
    with pytest.raises(kind, match=said):
        load(tmp_path)


def test_a_certificate_file_without_a_certificate_is_malformed(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match=r"smp\.pem: expected a certificate in PEM"):
        Signer.load(SIGNING_KEY, write(tmp_path, "smp.pem", b"nothing"), at=NOW)


def test_a_missing_certificate_file_is_absent(tmp_path: Path) -> None:
    with pytest.raises(Absent, match=r"none\.pem: the signing certificate is not there"):
        Signer.load(SIGNING_KEY, tmp_path / "none.pem", at=NOW)


def test_the_first_certificate_of_the_file_is_the_signers(tmp_path: Path) -> None:
    chain = SIGNING_CERTIFICATE.read_bytes() + AUTHORITY.read_bytes()

    found = Signer.load(SIGNING_KEY, write(tmp_path, "chain.pem", chain), at=NOW)

    assert signer().fingerprint == found.fingerprint


# Independent verifiers. Every variant is right or has one character changed.


def changed(body: bytes, found: str, put: str) -> bytes:
    assert body.decode().count(found) == 1
    return body.decode().replace(found, put).encode()


def variants() -> Mapping[str, bytes]:
    right = signed(service_metadata(endpoint()))
    return {
        "right": right,
        "right-three-thousand": Signer(
            rsa_key(bits=3072), Issuer(rsa_key()).certificate(rsa_key(bits=3072))
        ).sign(render.service_metadata(service_metadata())),
        "right-hard-name": hard_named().sign(render.service_metadata(service_metadata())),
        "right-hard-text": signed(
            service_metadata(endpoint(description="a\r\nb\t<&>\" ' æøå \U0001f600 \u2028"))
        ),
        "changed-address": changed(right, "https://ap.example.dk/as4", "https://ap.example.dk/as5"),
        "changed-scheme": changed(right, 'scheme="iso', 'scheme="Iso'),
        "changed-letter": changed(right, "på Ærø", "på Æro"),
        "added-blank": changed(right, "</EndpointURI>", "</EndpointURI> "),
        "changed-digest": changed(right, "<ds:DigestValue>", "<ds:DigestValue>AAAA"),
    }


def right(files: Mapping[str, Path]) -> set[str]:
    return {name for name in files if name.startswith("right")}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    folder = tmp_path_factory.mktemp("signed")
    return {name: write(folder, f"{name}.xml", body) for name, body in variants().items()}


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Trusted:
    issuer = Issuer(rsa_key()).itself().public_bytes(Encoding.PEM)
    return Trusted(
        (AUTHORITY, write(tmp_path_factory.mktemp("trusted"), "issuer.pem", issuer)), NOW
    )


@pytest.mark.smp(67)
def test_our_own_verifier_tells_right_from_changed(
    files: Mapping[str, Path], trusted: Trusted
) -> None:
    assert right(files) == {path.stem for path in judges.by_us([*files.values()], trusted)}


@pytest.mark.smp(66, 67)
@pytest.mark.debian
def test_xmlsec1_tells_right_from_changed(files: Mapping[str, Path], trusted: Trusted) -> None:
    assert right(files) == {path.stem for path in judges.by_xmlsec1([*files.values()], trusted)}


@pytest.fixture(scope="module")
def jdk(files: Mapping[str, Path], trusted: Trusted) -> Mapping[str, Said]:
    return {path.stem: said for path, said in judges.jdk([*files.values()], trusted).items()}


@pytest.mark.smp(66, 67)
@pytest.mark.debian
def test_the_jdk_tells_right_from_changed(
    files: Mapping[str, Path], jdk: Mapping[str, Said]
) -> None:
    assert right(files) == {name for name, said in jdk.items() if not said.fault}


@pytest.mark.debian
@pytest.mark.parametrize("name", ["right", "right-hard-name", "right-three-thousand"])
def test_the_jdk_prints_the_subject_as_key_info_has_it(
    name: str, files: Mapping[str, Path], jdk: Mapping[str, Said]
) -> None:
    written = next(signature_of(files[name].read_bytes()).iter(f"{DS}X509SubjectName")).text

    assert jdk[name].subject == written
