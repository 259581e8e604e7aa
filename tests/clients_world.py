"""What do the emulated clients find in the world, and whom do they trust?

Nothing of smp/ makes names and URLs or checks signatures here: what is wrong in the same way on
both sides would not be seen (docs/interfaces/smp-clients.md).
"""

import re
from base64 import b64decode
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from http.client import HTTPConnection
from urllib.parse import urlsplit

import dns.message
import dns.query
import dns.rdatatype
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from dns.rdtypes.ANY.CNAME import CNAME
from dns.rdtypes.IN.NAPTR import NAPTR
from lxml import etree

from smp.domain.identifiers import Identifier

SMP = "{http://docs.oasis-open.org/bdxr/ns/SMP/2016/05}"
DS = "{http://www.w3.org/2000/09/xmldsig#}"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
_C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
_SECONDS = 10


class NotFound(Exception):
    """The client tells its user that nobody can be reached there."""


class Unusable(Exception):
    """The client tells its user that what is there cannot be used."""


@dataclass(frozen=True)
class World:
    """Where a client asks, whom it trusts to sign documents and to be an access point, and when."""

    nameserver: tuple[str, int]
    zone: str
    signers: tuple[x509.Certificate, ...]
    access_points: tuple[x509.Certificate, ...]
    at: datetime


@dataclass(frozen=True)
class Got:
    """What a URL answered."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Reached:
    """Where the client would send the message, and to whose certificate."""

    uri: str
    certificate: x509.Certificate


def naptrs(world: World, name: str) -> list[NAPTR]:
    return [each for each in _asked(world, name, "NAPTR") if isinstance(each, NAPTR)]


def aliases(world: World, name: str) -> list[CNAME]:
    return [each for each in _asked(world, name, "CNAME") if isinstance(each, CNAME)]


def _asked(world: World, name: str, kind: str) -> list[object]:
    host, port = world.nameserver
    answer, _ = dns.query.udp_with_fallback(
        dns.message.make_query(name, kind), host, _SECONDS, port=port
    )
    wanted = dns.rdatatype.from_text(kind)
    return [each for rrset in answer.answer if rrset.rdtype == wanted for each in rrset]


def get(url: str) -> Got:
    """GET *url* octet by octet as it is written; follow nothing."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=_SECONDS)
    try:
        connection.request("GET", url[url.index("/", len("https://")) :])
        answer = connection.getresponse()
        return Got(answer.status, dict(answer.getheaders()), answer.read())
    finally:
        connection.close()


def read(url: str) -> Got:
    """GET *url* as every client does: 404 is nobody, and whatever else is not 200 a failure."""
    got = get(url)
    if got.status == 404:
        raise NotFound(url)
    if got.status != 200:
        raise Unusable(f"{url}: {got.status}")
    return got


def parsed(body: bytes) -> etree._Element:
    """Read XML as Java does with doctypes disallowed."""
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    if root.getroottree().docinfo.doctype:
        raise Unusable("a DOCTYPE")
    return root


def redirect(root: etree._Element) -> tuple[str, str] | None:
    """Return where a document leads on to, and who is to sign there."""
    found = root.find(f"{SMP}ServiceMetadata/{SMP}Redirect")
    return None if found is None else (str(found.get("href")), text(found, "CertificateUID"))


def text(element: etree._Element, path: str) -> str:
    """Return the text at *path*, whose names are those of SMP 1.0."""
    return _there(element, path).text or ""


def identifier(element: etree._Element, path: str) -> Identifier:
    """Return the identifier at *path*, as it is spelled there."""
    found = _there(element, path)
    return Identifier(found.get("scheme") or "", found.text or "")


def _there(element: etree._Element, path: str) -> etree._Element:
    found = element.find("/".join(f"{SMP}{name}" for name in path.split("/")))
    if found is None:
        raise Unusable(f"no {path}")
    return found


def signer(root: etree._Element, signature: etree._Element) -> x509.Certificate:
    """Verify *signature* over all of *root* by the text of XML Signature; return who made it."""
    info = signature.find(f"{DS}SignedInfo")
    value = signature.findtext(f"{DS}SignatureValue")
    encoded = signature.findtext(f"{DS}KeyInfo/{DS}X509Data/{DS}X509Certificate")
    if info is None or value is None or encoded is None:
        raise Unusable("a signature that lacks a part")
    algorithms = [each.get("Algorithm") for each in info.iter() if each.get("Algorithm")]
    if algorithms != [_C14N, RSA_SHA256, _ENVELOPED, _SHA256]:
        raise Unusable(f"algorithms {algorithms}")
    if b64decode(info.findtext(f"{DS}Reference/{DS}DigestValue") or "") != _digest(root):
        raise Unusable("another digest")
    certificate = x509.load_der_x509_certificate(b64decode(encoded))
    key = certificate.public_key()
    assert isinstance(key, RSAPublicKey)
    try:
        key.verify(b64decode(value), _canonical(info), padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        raise Unusable("another signature") from None
    return certificate


def check_trusted(
    certificate: x509.Certificate, anchors: tuple[x509.Certificate, ...], at: datetime
) -> None:
    """Want *certificate*, or its direct issuer, among *anchors*, and its dates to include *at*."""
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise Unusable("a certificate out of its time")
    if certificate not in anchors and not any(_issued(certificate, each) for each in anchors):
        raise Unusable(f"nobody trusts {certificate.subject.rfc4514_string()}")


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _digest(root: etree._Element) -> bytes:
    unsigned = deepcopy(root)
    for signature in unsigned.findall(f"{DS}Signature"):
        assert not (signature.tail or "").strip()
        unsigned.remove(signature)
    return sha256(etree.tostring(unsigned, method="c14n", with_comments=False)).digest()


def _canonical(info: etree._Element) -> bytes:
    """Inclusive canonicalisation writes every namespace in scope on the element it begins with."""
    apex = etree.Element(info.tag, nsmap=info.nsmap)
    apex.text = info.text
    apex.extend(deepcopy(list(info)))
    return etree.tostring(apex, method="c14n", with_comments=False)


def endpoint_certificate(encoded: str) -> x509.Certificate:
    """Read the base64 of one certificate in DER, as a factory of X.509 certificates does."""
    return x509.load_der_x509_certificate(b64decode(re.sub(r"\s", "", encoded), validate=True))
