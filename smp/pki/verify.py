"""Is a document signed, as a whole and in the one allowed way, and by whom?

OASIS SMP 1.0, section 3.6.2.1. Whether the signer is to be trusted is asked of smp/pki/trust.py.
"""

from base64 import b64decode
from dataclasses import dataclass
from itertools import islice

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from eer.domain.errors import Refused
from smp.pki import names
from smp.pki.key import SMALLEST_KEY
from smp.xml import foreign

_DS = "{http://www.w3.org/2000/09/xmldsig#}"
_SIGNATURE = f"{_DS}Signature"
_SHAPE = (
    *("Signature", "SignedInfo", "CanonicalizationMethod", "SignatureMethod", "Reference"),
    *("Transforms", "Transform", "DigestMethod", "DigestValue", "SignatureValue", "KeyInfo"),
)
_ATTRIBUTES = {"Algorithm", "URI", "Id"}
_ALGORITHMS = {
    "CanonicalizationMethod": "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
    "SignatureMethod": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    "Transform": "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
    "DigestMethod": "http://www.w3.org/2001/04/xmlenc#sha256",
}


@dataclass(frozen=True, slots=True)
class Verified:
    """What was signed, without the signature, and the certificate of the key that signed it.

    *others* are the further certificates of KeyInfo: nothing is known of them but that they may
    be the signer's issuers. *subject_name* is X509SubjectName in KeyInfo, which is not signed:
    only the certificate says who signed.
    """

    signed: etree._Element
    certificate: x509.Certificate
    others: tuple[x509.Certificate, ...] = ()
    subject_name: str | None = None


def verify(root: etree._Element) -> Verified:
    """Verify the document below *root* with the first certificate in its KeyInfo.

    Only `signed` may be believed afterwards, and only once trust.check has passed the
    certificate. Raises Refused.
    """
    signature = _signature(root)
    certificates = _certificates(signature)
    return Verified(
        signed=_verify(root, certificates[0]),
        certificate=certificates[0],
        others=certificates[1:],
        subject_name=signature.findtext(f"{_DS}KeyInfo/{_DS}X509Data/{_DS}X509SubjectName"),
    )


def verify_by(root: etree._Element, certificate: x509.Certificate) -> etree._Element:
    """Return what *certificate* signed of the document below *root*; raise Refused."""
    found = _certificates(_signature(root))[0]
    if found != certificate:
        raise Refused(
            f"signature: made by {found.subject.rfc4514_string()} (serial {found.serial_number}), "
            f"expected {certificate.subject.rfc4514_string()} (serial {certificate.serial_number})"
        )
    return _verify(root, certificate)


class _Verifier(XMLVerifier):
    """signxml's verifier, mended for signatures that use the default namespace, as Java's do.

    Below an inherited default namespace lxml's canonical form has `xmlns=""` too much, and a
    right signature fails. A copy of its own has nothing to inherit.
    """

    def get_root(self, data: etree._Element) -> etree._Element:
        """Spare one copy of the document: what is taken apart below are further copies."""
        return data

    def _c14n(
        self,
        nodes: etree._Element,
        algorithm: CanonicalizationMethod,
        inclusive_ns_prefixes: list[str] | None = None,
    ) -> bytes:
        if nodes.getparent() is not None:
            nodes = etree.fromstring(etree.tostring(nodes, with_tail=False), self.parser)
        canonical: bytes = super()._c14n(nodes, algorithm, inclusive_ns_prefixes)
        return canonical


def _verify(root: etree._Element, certificate: x509.Certificate) -> etree._Element:
    key = _public_key(certificate)
    if key.key_size < SMALLEST_KEY:
        raise Refused(
            f"signature: an RSA key of {key.key_size} bits, expected {SMALLEST_KEY} or more"
        )
    configuration = SignatureConfiguration(
        location="./",
        signature_methods=frozenset({SignatureMethod.RSA_SHA256}),
        digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
        default_reference_c14n_method=CanonicalizationMethod.CANONICAL_XML_1_0,
        # Dates are asked of trust.check, which is told the time; signxml would look at the clock.
        verification_time=certificate.not_valid_before_utc,
    )
    try:
        result = _Verifier().verify(
            root,
            x509_cert=certificate,
            expect_config=configuration,
            parser=foreign.parser(),
            validate_schema=False,  # _check_shape is stricter, and says it in words
        )
    except (SignXMLException, ValueError, etree.LxmlError) as fault:
        raise Refused(f"signature: does not hold: {fault}") from None
    if isinstance(result, list) or result.signed_xml is None:
        raise Refused("signature: what it covers is not one XML document")
    return result.signed_xml


def _signature(root: etree._Element) -> etree._Element:
    """Return the one signature, which must be where and what section 3.6.2.1 says."""
    found = list(root.iter(_SIGNATURE))
    if len(found) != 1:
        raise Refused(f"signature: expected one in the document, found {len(found)}")
    signature = found[0]
    if root.getparent() is not None or signature is not root[-1]:
        raise Refused("signature: expected as the last child of the document's root")
    _check_shape(list(islice(signature.iter(), len(_SHAPE))))
    if signature[-1].tag != f"{_DS}KeyInfo":
        raise Refused(f"signature: {signature[-1].tag} behind KeyInfo, expected nothing")
    return signature


def _check_shape(elements: list[etree._Element]) -> None:
    """Check the signature's *elements*, in document order, down to KeyInfo."""
    tags = tuple(str(element.tag).removeprefix(_DS) for element in elements)
    if tags != _SHAPE:
        raise Refused(f"signature: expected {' '.join(_SHAPE)}, found {' '.join(tags)}")
    for name, element in zip(tags, elements, strict=True):
        others = set(element.attrib) - _ATTRIBUTES
        if others:  # xml:lang, for one, would belong to the canonical form of what is below it
            raise Refused(f"signature: {name} with {sorted(others)}, expected no such attribute")
        algorithm = element.get("Algorithm")
        if algorithm != _ALGORITHMS.get(name):
            raise Refused(f"signature: {name} {algorithm}, expected {_ALGORITHMS.get(name)}")
        if name == "Reference" and element.get("URI") != "":
            raise Refused(f"signature: covers {element.get('URI')!r}, expected the document ('')")
        if name in ("DigestValue", "SignatureValue") and not element.text:
            raise Refused(f"signature: {name} is empty")


def _certificates(signature: etree._Element) -> tuple[x509.Certificate, ...]:
    texts = signature.findall(f"{_DS}KeyInfo/{_DS}X509Data/{_DS}X509Certificate")
    try:
        found = tuple(x509.load_der_x509_certificate(b64decode(text.text or "")) for text in texts)
        for each in found:
            names.check(each)
    except (ValueError, x509.InvalidVersion) as fault:
        raise Refused(f"signature: KeyInfo has an unreadable certificate: {fault}") from None
    if not found:
        raise Refused("signature: expected the signer's certificate in KeyInfo, found none")
    return found


def _public_key(certificate: x509.Certificate) -> RSAPublicKey:
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPublicKey):
        raise Refused("signature: the certificate's key is not RSA (SMP 1.0, 3.6.2.1)")
    return key
