"""How is a document signed, and with which key?

OASIS SMP 1.0, section 3.6.2.1: enveloped, the whole document, one transform, inclusive canonical
XML 1.0, RSA with SHA-256, the signer's certificate in KeyInfo.
"""

from base64 import b64encode
from copy import deepcopy
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner

from eer.domain.errors import Absent, Malformed, Refused, Unavailable
from smp.pki import names

SMALLEST_KEY = 2048
"""The fewest bits of an RSA key that signs."""

_DS = "http://www.w3.org/2000/09/xmldsig#"
# As smp/xml/render.py has it, a room beside this one; a test holds the two together.
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'


class Signer:
    """A key with its certificate; the same document always gets the same bytes."""

    def __init__(self, key: RSAPrivateKey, certificate: x509.Certificate) -> None:
        self.certificate = certificate
        self.fingerprint = certificate.fingerprint(SHA256()).hex()
        self._key = key
        self._key_info = _key_info(certificate)
        self._signer = XMLSigner(
            signature_algorithm=SignatureMethod.RSA_SHA256,
            digest_algorithm=DigestAlgorithm.SHA256,
            c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_0,
        )

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
        key = _read_key(key_file)
        certificate = _read_certificate(certificate_file)
        if certificate.public_key() != key.public_key():
            raise Refused(
                f"{certificate_file}: the certificate is of another key than {key_file}; "
                "put the two that belong together there"
            )
        _check_dates(certificate, certificate_file, at)
        return cls(key, certificate)

    def sign(self, root: etree._Element) -> bytes:
        """Return *root* signed, as the bytes to publish: the signature is its last child.

        *root* itself stays as it is. The bytes must never be parsed and printed again.
        """
        signed = self._signer.sign(
            root,
            key=self._key,
            cert=[self.certificate],
            key_info=deepcopy(self._key_info),
            exclude_c14n_transform_element=True,
        )
        return _DECLARATION + etree.tostring(signed, encoding="UTF-8", xml_declaration=False)

    def sign_bytes(self, content: bytes) -> bytes:
        """Return the signature over *content*: RSA with SHA-256, PKCS #1 v1.5."""
        return self._key.sign(content, PKCS1v15(), SHA256())


def _key_info(certificate: x509.Certificate) -> etree._Element:
    """Subject before certificate: clients compare the subject after a redirect."""
    key_info = etree.Element(f"{{{_DS}}}KeyInfo", nsmap={"ds": _DS})
    data = etree.SubElement(key_info, f"{{{_DS}}}X509Data")
    subject = etree.SubElement(data, f"{{{_DS}}}X509SubjectName")
    subject.text = names.rfc2253(certificate.subject)
    der = etree.SubElement(data, f"{{{_DS}}}X509Certificate")
    der.text = b64encode(certificate.public_bytes(Encoding.DER)).decode()
    return key_info


def _read_key(file: Path) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(_read(file, "signing key"), password=None)
    except TypeError:
        raise Malformed(
            f"{file}: the signing key is encrypted; store it without a password, "
            "readable by the publisher alone"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise Malformed(f"{file}: expected a private key in PEM") from None
    if not isinstance(key, RSAPrivateKey):
        raise Refused(f"{file}: the signing key must be RSA (SMP 1.0, 3.6.2.1)")
    if key.key_size < SMALLEST_KEY:
        raise Refused(
            f"{file}: an RSA key of {key.key_size} bits; make one of {SMALLEST_KEY} or more"
        )
    return key


def _read_certificate(file: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificates(_read(file, "signing certificate"))[0]
    except ValueError:
        raise Malformed(f"{file}: expected a certificate in PEM") from None


def _read(file: Path, what: str) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise Absent(f"{file}: the {what} is not there; create it or correct the setting") from None
    except OSError as fault:
        raise Unavailable(f"{file}: the {what} cannot be read: {fault.strerror}") from None


def _check_dates(certificate: x509.Certificate, file: Path, at: datetime) -> None:
    if at < certificate.not_valid_before_utc:
        raise Refused(
            f"{file}: not valid before {certificate.not_valid_before_utc.isoformat()}; "
            "use the present certificate until then"
        )
    if at > certificate.not_valid_after_utc:
        raise Refused(
            f"{file}: expired {certificate.not_valid_after_utc.isoformat()}; renew the certificate"
        )
