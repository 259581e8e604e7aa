"""How is a file signed beside it, so that anybody's tools can check it, and is such a signature so?

Cryptographic Message Syntax, RFC 5652, section 5: SignedData without its content and without signed
attributes, so that what is signed is the file itself, by RSA with SHA-256 (RFC 5754).
"""

from collections.abc import Callable, Sequence
from typing import Annotated

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from eer.domain.errors import Malformed, Refused
from smp.pki import names
from smp.pki.key import SMALLEST_KEY

_SIGNED_DATA = x509.ObjectIdentifier("1.2.840.113549.1.7.2")
_DATA = x509.ObjectIdentifier("1.2.840.113549.1.7.1")
_SHA256 = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1")
_RSA_SHA256 = x509.ObjectIdentifier("1.2.840.113549.1.1.11")


@asn1.sequence
class _Algorithm:
    algorithm: x509.ObjectIdentifier
    parameters: asn1.Null | None


@asn1.sequence
class _IssuerAndSerialNumber:
    issuer: asn1.TLV
    serial_number: int


@asn1.sequence
class _SignerInfo:
    version: int
    sid: _IssuerAndSerialNumber
    digest_algorithm: _Algorithm
    signature_algorithm: _Algorithm
    signature: bytes


@asn1.sequence
class _Encapsulated:
    content_type: x509.ObjectIdentifier


@asn1.sequence
class _SignedData:
    version: int
    digest_algorithms: asn1.SetOf[_Algorithm]
    encapsulated: _Encapsulated
    certificates: Annotated[list[x509.Certificate], asn1.Implicit(0)]
    signers: asn1.SetOf[_SignerInfo]


@asn1.sequence
class _ContentInfo:
    content_type: x509.ObjectIdentifier
    content: Annotated[_SignedData, asn1.Explicit(0)]


def sign(
    content: bytes, chain: Sequence[x509.Certificate], sign_bytes: Callable[[bytes], bytes]
) -> bytes:
    """Return the DER of the signature over *content*, with *chain* in it, the signer's first.

    *sign_bytes* is RSA with SHA-256, PKCS #1 v1.5: nothing else is asked of the key.
    """
    return _printed(chain, sign_bytes(content))


def verify(content: bytes, signature: bytes) -> tuple[x509.Certificate, ...]:
    """Return the certificates in *signature*, the first being whose key signed *content*.

    Whether it is to be trusted is asked of smp/pki/trust.py. Raises Refused when the signature is
    not exactly as sign() makes it, or does not hold.
    """
    try:
        found = asn1.decode_der(_ContentInfo, signature).content
        certificates, signers = tuple(found.certificates), found.signers.as_list()
        for each in certificates:
            names.check(each)
        is_ours = (
            len(signers) == 1
            and bool(certificates)
            and _printed(certificates, signers[0].signature) == signature
        )
    except (ValueError, x509.InvalidVersion) as fault:
        raise Refused(f"CMS signature: cannot be read: {fault}") from None
    if not is_ours:
        raise Refused(
            "CMS signature: expected one signer, whose certificate is the first, "
            "RSA with SHA-256, and neither content nor attributes"
        )
    try:
        _public_key(certificates[0]).verify(signers[0].signature, content, PKCS1v15(), SHA256())
    except InvalidSignature:
        raise Refused("CMS signature: does not hold for what it was made of") from None
    return certificates


def chain(pem: bytes) -> tuple[x509.Certificate, ...]:
    """Read the certificates of a signer's file, its own first; raise Malformed when it is none."""
    try:
        return tuple(x509.load_pem_x509_certificates(pem))
    except ValueError:
        raise Malformed("signing certificate: expected certificates in PEM") from None


def ders(chain: Sequence[x509.Certificate]) -> tuple[bytes, ...]:
    """Return *chain* as bytes."""
    return tuple(certificate.public_bytes(Encoding.DER) for certificate in chain)


def _printed(chain: Sequence[x509.Certificate], signature: bytes) -> bytes:
    signer = _SignerInfo(
        version=1,
        sid=_IssuerAndSerialNumber(
            issuer=asn1.decode_der(asn1.TLV, chain[0].issuer.public_bytes()),
            serial_number=chain[0].serial_number,
        ),
        digest_algorithm=_Algorithm(algorithm=_SHA256, parameters=None),
        signature_algorithm=_Algorithm(algorithm=_RSA_SHA256, parameters=asn1.Null()),
        signature=signature,
    )
    content = _SignedData(
        version=1,
        digest_algorithms=asn1.SetOf([_Algorithm(algorithm=_SHA256, parameters=None)]),
        encapsulated=_Encapsulated(content_type=_DATA),
        certificates=list(chain),
        signers=asn1.SetOf([signer]),
    )
    return asn1.encode_der(_ContentInfo(content_type=_SIGNED_DATA, content=content))


def _public_key(certificate: x509.Certificate) -> RSAPublicKey:
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPublicKey) or key.key_size < SMALLEST_KEY:
        raise Refused(f"CMS signature: expected an RSA key of {SMALLEST_KEY} bits or more")
    return key
