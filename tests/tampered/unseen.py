"""What can be changed that a plain verifier does not see, and what changes nothing at all?

The canonical form of a document leaves out its encoding, its DOCTYPE, its comments and how a
letter is escaped; an enveloped signature leaves itself out; and what an algorithm is worth is for
who calls to say, which the command line of xmlsec1 has no words for.
"""

from collections.abc import Mapping
from hashlib import sha1

from cryptography.hazmat.primitives.hashes import SHA1
from lxml import etree

from builders_smp import signing_key
from smp.xml.render import printed
from tampered.sealing import seal, without_signature, write_digest
from tampered.signature import RSA_SHA1, SHA1_DIGEST, XPATH
from tampered.victim import DS, SMP, Kind, Victim, part


def _a_doctype_in_front(victim: Victim) -> bytes:
    return victim.body.replace(b"<Signed", b"<!DOCTYPE SignedServiceMetadata><Signed", 1)


def _an_attribute_by_doctype(victim: Victim) -> bytes:
    declared = b'<!DOCTYPE SignedServiceMetadata [<!ATTLIST ServiceMetadata more CDATA "other">]>'
    return victim.body.replace(b"<Signed", declared + b"<Signed", 1)


def _another_encoding(victim: Victim) -> bytes:
    return victim.body.decode().replace('"UTF-8"', '"UTF-16"', 1).encode("UTF-16")


def _the_signature_in_front(victim: Victim) -> bytes:
    root = victim.root()
    root.insert(0, root[-1])
    return printed(root)


def _the_signature_deeper(victim: Victim) -> bytes:
    root = victim.root()
    root[0].append(root[-1])
    return printed(root)


def _something_in_the_signature(victim: Victim) -> bytes:
    root = victim.root()
    hidden = etree.SubElement(root[-1], f"{DS}Object")
    hidden.append(etree.fromstring(victim.another)[0])
    return printed(root)


def _an_attribute_of_the_signature(victim: Victim) -> bytes:
    return victim.body.replace(b"<ds:Signature ", b'<ds:Signature more="" ', 1)


def _signed_by_sha_1(victim: Victim) -> bytes:
    root = victim.root()
    part(root, "SignatureMethod").set("Algorithm", RSA_SHA1)
    part(root, "DigestMethod").set("Algorithm", SHA1_DIGEST)
    write_digest(root, without_signature(root), sha1)
    seal(root, signing_key(), SHA1())  # noqa: S303 - that it is refused is the point
    return printed(root)


def _signed_without_its_texts(victim: Victim) -> bytes:
    """The signer let a transform leave out what is changed afterwards."""
    root = victim.root()
    found = etree.SubElement(part(root, "Transforms"), f"{DS}Transform", Algorithm=XPATH)
    etree.SubElement(found, f"{DS}XPath").text = "not(self::text())"
    bare = without_signature(root)
    for element in bare.iter():
        element.text = element.tail = None
    write_digest(root, bare)
    seal(root, signing_key())
    for element in root.iter(f"{SMP}EndpointURI", f"{SMP}CertificateUID"):
        element.text = "https://other.example.dk"
    return printed(root)


BY_NATURE: Mapping[Kind, frozenset[str]] = {
    _a_doctype_in_front: frozenset({"xmlsec1"}),
    _an_attribute_by_doctype: frozenset({"xmlsec1"}),
    _another_encoding: frozenset({"xmlsec1", "the JDK"}),
    _the_signature_in_front: frozenset({"xmlsec1", "the JDK"}),
    _the_signature_deeper: frozenset({"xmlsec1", "the JDK"}),
    _something_in_the_signature: frozenset({"xmlsec1", "the JDK"}),
    _an_attribute_of_the_signature: frozenset({"xmlsec1", "the JDK"}),
    _signed_by_sha_1: frozenset({"xmlsec1"}),
    _signed_without_its_texts: frozenset({"xmlsec1"}),
}
"""Who holds what is refused here, and why that is right: what they were asked does not cover it."""


def _a_comment_in_a_text(victim: Victim) -> bytes:
    root = victim.root()
    found = victim.element(root, leaf=True)
    text = found.text or ""
    comment = etree.Comment(" https://other.example.dk ")
    comment.tail, found.text = text[len(text) // 2 :], text[: len(text) // 2]
    found.insert(0, comment)
    return printed(root)


def _a_comment_in_front(victim: Victim) -> bytes:
    return victim.body.replace(b"<Signed", b"<!-- other --><Signed", 1) + b"<!-- other -->\n"


def _a_section_of_characters(victim: Victim) -> bytes:
    root = victim.root()
    found = victim.element(root, leaf=True)
    if "]]>" in (found.text or "") or "\r" in (found.text or ""):
        found = part(root, "X509Certificate")
    found.text = etree.CDATA(found.text or "")
    return printed(root)


def _letters_as_numbers(victim: Victim) -> bytes:
    ascii_only = etree.tostring(victim.root(), encoding="ASCII", xml_declaration=False)
    return b'<?xml version="1.0" encoding="UTF-8"?>' + ascii_only


def _other_quotes(victim: Victim) -> bytes:
    return victim.body.replace(b'Reference URI=""', b"Reference  URI = '' ", 1)


def _no_declaration(victim: Victim) -> bytes:
    return victim.body[victim.body.index(b"<Signed") :] + b"\n\n"


def _lines_in_the_signature_value(victim: Victim) -> bytes:
    root = victim.root()
    found = part(root, "SignatureValue")
    text = found.text or ""
    found.text = f"\n{text[:76]}\n  {text[76:]}\n"
    return printed(root)


def _another_name_for_the_signer(victim: Victim) -> bytes:
    """KeyInfo is not signed: who signed is what the certificate says."""
    root = victim.root()
    part(root, "X509SubjectName").text = "CN=Other,C=DK"
    return printed(root)


SPELLED: tuple[Kind, ...] = (
    _a_comment_in_a_text,
    _a_comment_in_front,
    _a_section_of_characters,
    _letters_as_numbers,
    _other_quotes,
    _no_declaration,
    _lines_in_the_signature_value,
    _another_name_for_the_signer,
)
"""Nothing that is signed is changed, so all hold it: but nobody may read anything else in it."""
