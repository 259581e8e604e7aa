import subprocess
from base64 import b64decode, b64encode
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.exceptions import InvalidSignature
from signxml.signer import XMLSigner
from signxml.verifier import XMLVerifier

from builders_smp import (
    AUTHORITY,
    GOLDEN,
    NOW,
    SIGNING_CERTIFICATE,
    SIGNING_KEY,
    Issuer,
    program,
    rsa_key,
    service_metadata,
    signed,
    signer,
    signing_key,
)
from eer.domain.errors import Malformed, Refused
from smp.pki.sign import Signer
from smp.pki.verify import verify, verify_by
from smp.xml import parse, render

DS = "{http://www.w3.org/2000/09/xmldsig#}"
SMP = "{http://docs.oasis-open.org/bdxr/ns/SMP/2016/05}"
BY_XMLSEC1 = GOLDEN / "signed_by_xmlsec1.xml"


def root_of(body: bytes) -> etree._Element:
    return parse.document(body)


def part(root: etree._Element, name: str) -> etree._Element:
    return next(root.iter(f"{DS}{name}"))


def signed_otherwise(
    key: Any = None, certificate: x509.Certificate | None = None, **changes: Any
) -> etree._Element:
    """Return a document signed rightly but for *changes* of signxml's settings."""
    transform = changes.pop("exclude_c14n_transform_element", True)
    ours: dict[str, Any] = {
        "signature_algorithm": SignatureMethod.RSA_SHA256,
        "digest_algorithm": DigestAlgorithm.SHA256,
        "c14n_algorithm": CanonicalizationMethod.CANONICAL_XML_1_0,
    }
    made = XMLSigner(**(ours | changes)).sign(
        render.service_metadata(service_metadata()),
        key=key or signing_key(),
        cert=[certificate or signer().certificate],
        exclude_c14n_transform_element=bool(transform),
    )
    return root_of(render.printed(made))


def test_what_was_signed_prints_as_what_was_meant() -> None:
    verified = verify(root_of(signed()))

    assert render.unsigned_bytes(service_metadata()) == render.printed(verified.signed)
    assert signer().certificate == verified.certificate


def test_what_was_signed_reads_as_what_was_meant() -> None:
    verified = verify(root_of(signed()))

    assert service_metadata() == parse.service_metadata(verified.signed)


def test_the_golden_document_verifies() -> None:
    body = (GOLDEN / "signed_service_metadata.xml").read_bytes()

    assert service_metadata() == parse.service_metadata(verify(root_of(body)).signed)


def test_verifying_leaves_the_document_as_it_is() -> None:
    root = root_of(signed())

    verify(root)

    assert signed() == render.printed(root)


def test_a_known_certificate_verifies_its_own_documents() -> None:
    found = verify_by(root_of(signed()), signer().certificate)

    assert service_metadata() == parse.service_metadata(found)


def test_another_certificate_of_the_same_key_is_not_the_known_one() -> None:
    other = Issuer(rsa_key()).certificate(signing_key())

    with pytest.raises(Refused, match="made by CN=Test SMP signer"):
        verify_by(root_of(signed()), other)


def test_dates_are_left_to_trust() -> None:
    expired = Issuer(rsa_key()).certificate(
        rsa_key(1), begin=NOW - timedelta(days=900), end=NOW - timedelta(days=800)
    )
    body = Signer(rsa_key(1), expired).sign(render.service_metadata(service_metadata()))

    assert expired == verify(root_of(body)).certificate


def test_further_certificates_of_key_info_are_handed_on() -> None:
    root = root_of(signed())
    issuer = AUTHORITY.read_text().split("-----")[2]
    etree.SubElement(part(root, "X509Data"), f"{DS}X509Certificate").text = issuer

    verified = verify(root)

    assert signer().certificate == verified.certificate
    assert [signer().certificate.issuer] == [other.subject for other in verified.others]


# The default namespace, as xmlsec1 and Java write signatures


def test_a_signature_in_the_default_namespace_verifies() -> None:
    verified = verify(root_of(BY_XMLSEC1.read_bytes()))

    assert service_metadata() == parse.service_metadata(verified.signed)


def test_a_changed_document_in_the_default_namespace_does_not_verify() -> None:
    body = BY_XMLSEC1.read_bytes().replace(b"https://ap.", b"https://aq.", 1)

    with pytest.raises(Refused, match="does not hold"):
        verify(root_of(body))


def test_signxml_unmended_still_wants_the_mending() -> None:
    root = root_of(BY_XMLSEC1.read_bytes())

    with pytest.raises(InvalidSignature):
        XMLVerifier().verify(root, x509_cert=signer().certificate)


@pytest.mark.debian
def test_what_xmlsec1_signs_now_verifies(tmp_path: Path) -> None:
    xmlsec1 = program("xmlsec1", "xmlsec1")
    template = root_of(BY_XMLSEC1.read_bytes())
    for name in ("DigestValue", "SignatureValue", "X509Certificate"):
        part(template, name).text = None
    source, made = tmp_path / "template.xml", tmp_path / "made.xml"
    source.write_bytes(render.printed(template))
    key = f"{SIGNING_KEY},{SIGNING_CERTIFICATE}"

    subprocess.run(
        [xmlsec1, "--sign", "--privkey-pem", key, "--output", str(made), str(source)],
        check=True,
        capture_output=True,
    )

    assert signer().certificate == verify(root_of(made.read_bytes())).certificate


# What is signed in another way than the one allowed


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"signature_algorithm": SignatureMethod.RSA_SHA512}, "rsa-sha512, expected"),
        ({"signature_algorithm": SignatureMethod.SHA256_RSA_MGF1}, "rsa-MGF1, expected"),
        ({"digest_algorithm": DigestAlgorithm.SHA512}, "sha512, expected"),
        ({"c14n_algorithm": CanonicalizationMethod.CANONICAL_XML_1_1}, "c14n11, expected"),
        ({"c14n_algorithm": CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0}, "exc-c14n"),
        ({"exclude_c14n_transform_element": False}, "found .* Transform Transform"),
    ],
)
def test_another_way_of_signing_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=said):
        verify(signed_otherwise(**changes))


def test_a_key_that_is_too_small_is_refused() -> None:
    small = rsa_key(bits=1024)

    with pytest.raises(Refused, match="1024 bits, expected 2048"):
        verify(signed_otherwise(small, Issuer(rsa_key()).certificate(small)))


def test_a_certificate_without_an_rsa_key_is_refused() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(signer().certificate.subject)
        .issuer_name(signer().certificate.subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
        .sign(key, SHA256())
    )

    with pytest.raises(Refused, match="not RSA"):
        verify(signed_otherwise(signing_key(), certificate))


def test_a_document_signed_with_another_key_is_refused() -> None:
    with pytest.raises(Refused, match="does not hold"):
        verify(signed_otherwise(rsa_key()))


# Wrapping: a right signature, and something else for the reader to find


def twice(root: etree._Element) -> etree._Element:
    root.append(deepcopy(root[-1]))
    return root


def first(root: etree._Element) -> etree._Element:
    root.insert(0, root[-1])
    return root


def deeper(root: etree._Element) -> etree._Element:
    root[0].append(root[-1])
    return root


def wrapped(root: etree._Element) -> etree._Element:
    outer = render.service_metadata(service_metadata())
    outer.append(root)
    return outer


def hidden(root: etree._Element) -> etree._Element:
    etree.SubElement(part(root, "Signature"), f"{DS}Object").append(deepcopy(root[0]))
    part(root, "SignatureValue").addprevious(part(root, "Object"))
    return root


def behind(root: etree._Element) -> etree._Element:
    etree.SubElement(part(root, "Signature"), f"{DS}Object").append(deepcopy(root[0]))
    return root


def in_a_language(root: etree._Element) -> etree._Element:
    """Let the canonical form of SignedInfo have what stands around it."""
    part(root, "Signature").set("{http://www.w3.org/XML/1998/namespace}lang", "da")
    return root


def with_an_attribute(root: etree._Element) -> etree._Element:
    part(root, "KeyInfo").set("more", "")
    return root


def by_id(root: etree._Element) -> etree._Element:
    root[0].set("Id", "x")
    part(root, "Reference").set("URI", "#x")
    return root


def two_references(root: etree._Element) -> etree._Element:
    part(root, "SignedInfo").append(deepcopy(part(root, "Reference")))
    return root


def no_reference(root: etree._Element) -> etree._Element:
    part(root, "SignedInfo").remove(part(root, "Reference"))
    return root


def two_transforms(root: etree._Element) -> etree._Element:
    part(root, "Transforms").append(deepcopy(part(root, "Transform")))
    return root


def no_transform(root: etree._Element) -> etree._Element:
    part(root, "Transforms").remove(part(root, "Transform"))
    return root


def xpath_transform(root: etree._Element) -> etree._Element:
    part(root, "Transform").set("Algorithm", "http://www.w3.org/TR/1999/REC-xpath-19991116")
    return root


def prefix_list(root: etree._Element) -> etree._Element:
    tag = "{http://www.w3.org/2001/10/xml-exc-c14n#}InclusiveNamespaces"
    etree.SubElement(part(root, "CanonicalizationMethod"), tag, PrefixList="ds")
    return root


def no_certificate(root: etree._Element) -> etree._Element:
    part(root, "X509Data").remove(part(root, "X509Certificate"))
    return root


def torn_certificate(root: etree._Element) -> etree._Element:
    part(root, "X509Certificate").text = "AAAA"
    return root


def other_certificate(root: etree._Element) -> etree._Element:
    part(root, "X509Certificate").text = AUTHORITY.read_text().split("-----")[2]
    return root


def altered(root: etree._Element, found: bytes, by: bytes) -> etree._Element:
    """Change the certificate's DER."""
    element = part(root, "X509Certificate")
    der = b64decode(element.text or "")
    assert found in der
    element.text = b64encode(der.replace(found, by)).decode()
    return root


def unknown_key(root: etree._Element) -> etree._Element:
    """Make the certificate's key one of an algorithm that nobody knows."""
    return altered(root, bytes.fromhex("2a864886f70d010101"), bytes.fromhex("2a864886f70d01017f"))


def unknown_version(root: etree._Element) -> etree._Element:
    return altered(root, bytes.fromhex("a003020102"), bytes.fromhex("a003020107"))


def subject_that_is_no_name(root: etree._Element) -> etree._Element:
    name = signer().certificate.subject.rfc4514_string().split("CN=")[1].split(",")[0].encode()
    return altered(root, name, b"\xff" * len(name))


def issuer_that_is_no_name(root: etree._Element) -> etree._Element:
    name = signer().certificate.issuer.rfc4514_string().split("CN=")[1].split(",")[0].encode()
    return altered(root, name, b"\xff" * len(name))


def empty_value(root: etree._Element) -> etree._Element:
    part(root, "SignatureValue").text = None
    return root


def empty_digest(root: etree._Element) -> etree._Element:
    part(root, "DigestValue").text = None
    return root


def another_child(root: etree._Element) -> etree._Element:
    root.insert(0, deepcopy(root[0]))
    return root


def unsigned(root: etree._Element) -> etree._Element:
    root.remove(root[-1])
    return root


def part_of_another(root: etree._Element) -> etree._Element:
    wrapped(root)
    return root


def bare_signature(root: etree._Element) -> etree._Element:
    return etree.fromstring(etree.tostring(root[-1]))


def no_key_value_of_another(root: etree._Element) -> etree._Element:
    value = etree.SubElement(part(root, "KeyInfo"), f"{DS}KeyValue")
    rsa = etree.SubElement(value, f"{DS}RSAKeyValue")
    etree.SubElement(rsa, f"{DS}Modulus").text = "AQAB"
    etree.SubElement(rsa, f"{DS}Exponent").text = "AQAB"
    return root


@pytest.mark.parametrize(
    "attack",
    [
        *(twice, first, deeper, wrapped, hidden, behind, in_a_language, with_an_attribute),
        *(by_id, two_references, no_reference),
        *(two_transforms, no_transform, xpath_transform, prefix_list, no_certificate),
        *(
            torn_certificate,
            other_certificate,
            unknown_key,
            unknown_version,
            subject_that_is_no_name,
            issuer_that_is_no_name,
            empty_value,
            empty_digest,
            another_child,
        ),
        *(unsigned, part_of_another, bare_signature, no_key_value_of_another),
    ],
)
def test_an_attack_is_refused(attack: Callable[[etree._Element], etree._Element]) -> None:
    root = attack(root_of(signed()))

    with pytest.raises(Refused, match="signature: "):
        verify(root)


@pytest.mark.smp(67)
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_changed_character_is_never_believed(data: st.DataObject) -> None:
    body = signed()
    place = data.draw(st.integers(len(b'<?xml version="1.0" encoding="UTF-8"?>\n'), len(body) - 1))
    letter = data.draw(st.sampled_from(b"aZ0 <>/\"'"))
    changed = body[:place] + bytes([letter]) + body[place + 1 :]

    try:
        verified = verify(root_of(changed))
    except (Malformed, Refused):
        return

    assert render.unsigned_bytes(service_metadata()) == render.printed(verified.signed)
