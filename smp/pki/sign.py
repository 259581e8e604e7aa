"""How is a document signed, and with which key?

OASIS SMP 1.0, section 3.6.2.1: enveloped, the whole document, one transform, inclusive canonical
XML 1.0, RSA with SHA-256, the signer's certificate in KeyInfo.
"""

from base64 import b64encode
from copy import deepcopy
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner

from eer.domain.errors import Malformed, Refused
from smp.pki import files, names
from smp.pki.key import KeyFiles, Keys

_DS = "http://www.w3.org/2000/09/xmldsig#"
# As smp/xml/render.py has it, a room beside this one; a test holds the two together.
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'


class Signer:
    """A key with its certificate; the same document always gets the same bytes."""

    def __init__(self, key: RSAPrivateKey, certificate: x509.Certificate) -> None:
        self.certificate = certificate
        self.fingerprint = fingerprint(certificate)
        self._key = key
        self._signature = _signature(key, certificate)

    @property
    def not_after(self) -> datetime:
        """When the certificate expires."""
        return self.certificate.not_valid_after_utc

    @classmethod
    def load(cls, key_file: Path, certificate_file: Path, *, at: datetime) -> "Signer":
        """Read a signer from two PEM files, the certificate's first.

        Raises Absent or Unavailable when a file cannot be read, Malformed when one is not what it
        should be, and Refused when the two may not sign at *at*.
        """
        return cls.read(certificate_file, KeyFiles(key_file), at=at)

    @classmethod
    def read(cls, certificate_file: Path, keys: Keys, *, at: datetime) -> "Signer":
        """Read a signer from a PEM file, its own certificate first; its key is one of *keys*.

        Raises as load() does, and as *keys* do.
        """
        certificate = read_chain(certificate_file)[0]
        key = keys.of(certificate)
        check_dates(certificate, certificate_file, at)
        return cls(key, certificate)

    @classmethod
    def of(cls, der: bytes, keys: Keys) -> "Signer":
        """Return the signer of the certificate *der*, whose key *keys* has; raises as they do."""
        certificate = x509.load_der_x509_certificate(der)
        return cls(keys.of(certificate), certificate)

    @property
    def der(self) -> bytes:
        """The certificate."""
        return self.certificate.public_bytes(Encoding.DER)

    def sign(self, root: etree._Element) -> bytes:
        """Return *root* signed, as the bytes to publish: the signature is its last child.

        *root* itself stays as it is, and inherits nothing: it is a root. The bytes must never be
        parsed and printed again. Raises Unavailable when the key does not answer.
        """
        signed, signature = deepcopy(root), deepcopy(self._signature)
        digest = sha256(etree.tostring(signed, method="c14n")).digest()
        signed.append(signature)
        signed_info, value = signature[0], signature[1]
        _only(signed_info, "DigestValue").text = b64encode(digest).decode()
        to_sign = etree.tostring(signed_info, method="c14n")
        value.text = b64encode(self._key.sign(to_sign, PKCS1v15(), SHA256())).decode()
        return _DECLARATION + etree.tostring(signed, encoding="UTF-8", xml_declaration=False)

    def sign_bytes(self, content: bytes) -> bytes:
        """Return the signature over *content*: RSA with SHA-256, PKCS #1 v1.5."""
        return self._key.sign(content, PKCS1v15(), SHA256())


def _signature(key: RSAPrivateKey, certificate: x509.Certificate) -> etree._Element:
    """Return a signature, of nothing, as signxml makes one: in others two values differ from it.

    To let signxml make each would cost a fifth of what the key does; tests hold the two together.
    """
    signer = XMLSigner(
        signature_algorithm=SignatureMethod.RSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_0,
    )
    signed = signer.sign(
        etree.Element("nothing"),
        key=key,
        cert=[certificate],
        key_info=_key_info(certificate),
        exclude_c14n_transform_element=True,
    )
    return signed[-1]


def _only(parent: etree._Element, name: str) -> etree._Element:
    [found] = parent.iter(f"{{{_DS}}}{name}")
    return found


def _key_info(certificate: x509.Certificate) -> etree._Element:
    """Subject before certificate: clients compare the subject after a redirect."""
    key_info = etree.Element(f"{{{_DS}}}KeyInfo", nsmap={"ds": _DS})
    data = etree.SubElement(key_info, f"{{{_DS}}}X509Data")
    subject = etree.SubElement(data, f"{{{_DS}}}X509SubjectName")
    subject.text = names.rfc2253(certificate.subject)
    der = etree.SubElement(data, f"{{{_DS}}}X509Certificate")
    der.text = b64encode(certificate.public_bytes(Encoding.DER)).decode()
    return key_info


def fingerprint(certificate: x509.Certificate) -> str:
    """Return SHA-256 of *certificate* in hex: what a signer is known by in the books."""
    return certificate.fingerprint(SHA256()).hex()


def read_chain(file: Path) -> tuple[x509.Certificate, ...]:
    """Read the certificates in *file*, the signer's first; raises as files.read, and Malformed."""
    try:
        return tuple(x509.load_pem_x509_certificates(files.read(file, "signing certificate")))
    except ValueError:
        raise Malformed(f"{file}: expected a certificate in PEM") from None


def check_dates(certificate: x509.Certificate, file: Path, at: datetime) -> None:
    """Raise Refused when *certificate*, in *file*, is not valid at *at*."""
    if at < certificate.not_valid_before_utc:
        raise Refused(
            f"{file}: not valid before {certificate.not_valid_before_utc.isoformat()}, and the "
            f"clock says {at.isoformat()}; use the present certificate until then, or set the clock"
        )
    if at > certificate.not_valid_after_utc:
        raise Refused(
            f"{file}: expired {certificate.not_valid_after_utc.isoformat()}; renew the certificate"
        )
