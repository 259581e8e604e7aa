"""In which ways can a document be signed anew, by somebody who may not or not like that?

All but the last have a key of their own; the last one is the trusted signer, who signed a part.
"""

from base64 import b64encode

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from builders_smp import (
    AUTHORITY,
    Issuer,
    access_point_certificate,
    rsa_key,
    signer,
    signing_key,
    subject,
)
from smp.pki.sign import Signer
from smp.xml.render import printed
from tampered.sealing import seal, without_signature, write_digest
from tampered.victim import DS, Kind, Victim, part

_C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_ID = "{http://www.w3.org/XML/1998/namespace}id"


def _key() -> RSAPrivateKey:
    return rsa_key(7)


def _names() -> tuple[x509.Name, x509.Name]:
    return signer().certificate.issuer, signer().certificate.subject


def _anew(victim: Victim, key: RSAPrivateKey, certificate: x509.Certificate) -> etree._Element:
    """Return another address, rightly signed."""
    root = without_signature(victim.root())
    victim.element(root, leaf=True).text = "https://other.example.dk"
    return etree.fromstring(Signer(key, certificate).sign(root))


def _add(root: etree._Element, certificate: bytes) -> None:
    element = etree.SubElement(part(root, "X509Data"), f"{DS}X509Certificate")
    element.text = b64encode(certificate).decode()


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def _authority() -> bytes:
    return _der(x509.load_pem_x509_certificate(AUTHORITY.read_bytes()))


def _by_somebody(victim: Victim) -> bytes:
    certificate = Issuer(rsa_key(8), subject("Other")).certificate(_key(), subject("Other"))
    return printed(_anew(victim, _key(), certificate))


def _by_somebody_who_issued_their_own_certificate(victim: Victim) -> bytes:
    certificate = Issuer(_key(), _names()[1]).certificate(_key(), _names()[1])
    return printed(_anew(victim, _key(), certificate))


def _by_an_issuer_of_the_same_name(victim: Victim) -> bytes:
    issuer = Issuer(rsa_key(8), _names()[0])
    root = _anew(victim, _key(), issuer.certificate(_key(), _names()[1]))
    _add(root, _der(issuer.itself()))
    return printed(root)


def _with_the_trusted_ones_behind_theirs(victim: Victim) -> bytes:
    certificate = Issuer(rsa_key(8), _names()[0]).certificate(_key(), _names()[1])
    root = _anew(victim, _key(), certificate)
    _add(root, signer().der)
    _add(root, _authority())
    return printed(root)


def _with_a_certificate_that_the_signer_issued(victim: Victim) -> bytes:
    certificate = Issuer(signing_key(), _names()[1]).certificate(_key())
    root = _anew(victim, _key(), certificate)
    _add(root, signer().der)
    return printed(root)


def _under_the_trusted_certificate(victim: Victim) -> bytes:
    return printed(_anew(victim, _key(), signer().certificate))


def _with_a_bare_key(victim: Victim) -> bytes:
    root = _anew(victim, _key(), signer().certificate)
    info = part(root, "KeyInfo")
    info.remove(info[0])
    value = etree.SubElement(etree.SubElement(info, f"{DS}KeyValue"), f"{DS}RSAKeyValue")
    numbers = _key().public_key().public_numbers()
    for name, number in (("Modulus", numbers.n), ("Exponent", numbers.e)):
        text = number.to_bytes((number.bit_length() + 7) // 8, "big")
        etree.SubElement(value, f"{DS}{name}").text = b64encode(text).decode()
    return printed(root)


def _another_trusted_certificate(victim: Victim) -> bytes:
    root = victim.root()
    part(root, "X509Certificate").text = b64encode(access_point_certificate()).decode()
    return printed(root)


def _no_certificate(victim: Victim) -> bytes:
    root = victim.root()
    part(root, "X509Data").remove(part(root, "X509Certificate"))
    return printed(root)


def _a_second_signature(victim: Victim) -> bytes:
    """The one that holds stays in front of the forged one."""
    root = victim.root()
    root.append(etree.fromstring(_by_somebody(victim))[-1])
    return printed(root)


def _a_signature_in_front(victim: Victim) -> bytes:
    root = victim.root()
    root.insert(1, etree.fromstring(_by_somebody(victim))[-1])
    return printed(root)


def _a_part_of_it(victim: Victim) -> bytes:
    """The trusted signer signed one element and nothing beside it, where a reader looks first."""
    root = victim.root()
    root[0].set(_ID, "part")
    part(root, "Reference").set("URI", "#part")
    part(root, "Transform").set("Algorithm", _C14N)
    write_digest(root, root[0])
    seal(root, signing_key())
    root.insert(0, etree.fromstring(victim.another)[0])
    return printed(root)


KINDS: tuple[Kind, ...] = (
    _by_somebody,
    _by_somebody_who_issued_their_own_certificate,
    _by_an_issuer_of_the_same_name,
    _with_the_trusted_ones_behind_theirs,
    _with_a_certificate_that_the_signer_issued,
    _under_the_trusted_certificate,
    _with_a_bare_key,
    _another_trusted_certificate,
    _no_certificate,
    _a_second_signature,
    _a_signature_in_front,
    _a_part_of_it,
)
