"""In which ways can a signature be changed by somebody without any key?"""

import hmac
from base64 import b64encode
from copy import deepcopy
from hashlib import sha1, sha256

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree

from builders_smp import signer
from smp.xml.render import printed
from tampered.sealing import without_signature, write_digest
from tampered.victim import DS, Kind, Victim, other_letter, part

_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
_XSLT = "http://www.w3.org/TR/1999/REC-xslt-19991116"
_XSL = "{http://www.w3.org/1999/XSL/Transform}"
RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
SHA1_DIGEST = "http://www.w3.org/2000/09/xmldsig#sha1"
_HMAC = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def _a_letter(victim: Victim, name: str) -> bytes:
    root = victim.root()
    found = part(root, name)
    found.text = other_letter(found.text or "", victim.chance.randrange(40))
    return printed(root)


def _a_letter_of_the_digest(victim: Victim) -> bytes:
    return _a_letter(victim, "DigestValue")


def _a_letter_of_the_signature(victim: Victim) -> bytes:
    return _a_letter(victim, "SignatureValue")


def _a_letter_of_the_signers_certificate(victim: Victim) -> bytes:
    root = victim.root()
    found = part(root, "X509Certificate")
    found.text = other_letter(found.text or "", 400 + victim.chance.randrange(200))
    return printed(root)


def _the_right_digest_of_something_else(victim: Victim) -> bytes:
    root = victim.root()
    victim.element(root, leaf=True).text = "something else"
    write_digest(root, without_signature(root))
    return printed(root)


def _no_value(victim: Victim) -> bytes:
    root = victim.root()
    part(root, "SignatureValue").text = None
    return printed(root)


def _the_value_of_another(victim: Victim) -> bytes:
    root = victim.root()
    value = part(etree.fromstring(victim.another), "SignatureValue").text
    part(root, "SignatureValue").text = value
    return printed(root)


def _the_signature_of_another(victim: Victim) -> bytes:
    root = victim.root()
    root[-1] = etree.fromstring(victim.another)[-1]
    return printed(root)


def _no_signature(victim: Victim) -> bytes:
    return printed(without_signature(victim.root()))


def _no_reference(victim: Victim) -> bytes:
    root = victim.root()
    part(root, "SignedInfo").remove(part(root, "Reference"))
    return printed(root)


def _two_references(victim: Victim) -> bytes:
    root = victim.root()
    part(root, "SignedInfo").append(deepcopy(part(root, "Reference")))
    return printed(root)


def _a_reference_to_elsewhere(victim: Victim) -> bytes:
    root = victim.root()
    part(root, "Reference").set("URI", "https://other.example.dk/document.xml")
    return printed(root)


def _a_reference_to_the_right_one_hidden(victim: Victim) -> bytes:
    """Wrap it: what was signed stands inside the signature, and something else where it stood."""
    root = victim.root()
    hidden = etree.SubElement(root[-1], f"{DS}Object", Id="hidden")
    hidden.append(without_signature(root))
    part(root, "Reference").set("URI", "#hidden")
    root[0] = etree.fromstring(victim.another)[0]
    return printed(root)


def _the_right_one_hidden(victim: Victim) -> bytes:
    root = victim.root()
    etree.SubElement(root[-1], f"{DS}Object").append(without_signature(root))
    root[0] = etree.fromstring(victim.another)[0]
    return printed(root)


def _sha_1_to_sign(victim: Victim) -> bytes:
    root = victim.root()
    part(root, "SignatureMethod").set("Algorithm", RSA_SHA1)
    return printed(root)


def _sha_1_to_digest(victim: Victim) -> bytes:
    root = victim.root()
    part(root, "DigestMethod").set("Algorithm", SHA1_DIGEST)
    write_digest(root, without_signature(root), sha1)
    return printed(root)


def _a_keyed_digest_with_the_public_key(victim: Victim) -> bytes:
    root = victim.root()
    part(root, "SignatureMethod").set("Algorithm", _HMAC)
    key = signer().certificate.public_key()
    public = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    signed = etree.tostring(part(root, "SignedInfo"), method="c14n")
    value = hmac.new(public, signed, sha256).digest()
    part(root, "SignatureValue").text = b64encode(value).decode()
    return printed(root)


def _another_canonical_form(victim: Victim) -> bytes:
    root = victim.root()
    part(root, "CanonicalizationMethod").set("Algorithm", _EXCLUSIVE)
    return printed(root)


def _no_transform(victim: Victim) -> bytes:
    root = victim.root()
    part(root, "Reference").remove(part(root, "Transforms"))
    return printed(root)


def _a_transform_that_leaves_the_address_out(victim: Victim) -> bytes:
    root = victim.root()
    found = etree.SubElement(part(root, "Transforms"), f"{DS}Transform", Algorithm=XPATH)
    etree.SubElement(found, f"{DS}XPath").text = "not(ancestor-or-self::*[name()='EndpointURI'])"
    return printed(root)


def _a_transform_that_is_a_program(victim: Victim) -> bytes:
    root = victim.root()
    found = etree.SubElement(part(root, "Transforms"), f"{DS}Transform", Algorithm=_XSLT)
    sheet = etree.SubElement(found, f"{_XSL}stylesheet", version="1.0")
    etree.SubElement(sheet, f"{_XSL}template", match="/")
    return printed(root)


def _a_signature_twice(victim: Victim) -> bytes:
    root = victim.root()
    root.append(deepcopy(root[-1]))
    return printed(root)


def _a_language_of_the_signature(victim: Victim) -> bytes:
    """What an inclusive canonical form takes into SignedInfo from around it."""
    root = victim.root()
    root[-1].set(_LANG, "da")
    return printed(root)


def _a_namespace_of_the_signature(victim: Victim) -> bytes:
    return victim.body.replace(b"<ds:Signature ", b'<ds:Signature xmlns:o="urn:other" ', 1)


KINDS: tuple[Kind, ...] = (
    _a_letter_of_the_digest,
    _a_letter_of_the_signature,
    _a_letter_of_the_signers_certificate,
    _the_right_digest_of_something_else,
    _no_value,
    _the_value_of_another,
    _the_signature_of_another,
    _no_signature,
    _no_reference,
    _two_references,
    _a_reference_to_elsewhere,
    _a_reference_to_the_right_one_hidden,
    _the_right_one_hidden,
    _sha_1_to_sign,
    _sha_1_to_digest,
    _a_keyed_digest_with_the_public_key,
    _another_canonical_form,
    _no_transform,
    _a_transform_that_leaves_the_address_out,
    _a_transform_that_is_a_program,
    _a_signature_twice,
    _a_language_of_the_signature,
    _a_namespace_of_the_signature,
)
