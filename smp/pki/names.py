"""How is the subject of a certificate written, so that Java clients find it equal to their own?

RFC 2253 as the JDK's X500Principal prints it: an attribute without a keyword there is its object
identifier and the hexadecimal of its DER. RFC 4514 and OpenSSL print those as text, and a Java
client then holds the two for different names (docs/interfaces/smp.md).
"""

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.x509.oid import NameOID

_KEYWORDS = {
    NameOID.COMMON_NAME: "CN",
    NameOID.COUNTRY_NAME: "C",
    NameOID.ORGANIZATION_NAME: "O",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "OU",
    NameOID.LOCALITY_NAME: "L",
    NameOID.STATE_OR_PROVINCE_NAME: "ST",
    NameOID.STREET_ADDRESS: "STREET",
    NameOID.DOMAIN_COMPONENT: "DC",
    NameOID.USER_ID: "UID",
}
_ESCAPED = frozenset(',=+<>#;"\\')


def rfc2253(name: x509.Name) -> str:
    """Return *name* as text, its last part first."""
    return ",".join(
        "+".join(_attribute(attribute) for attribute in part) for part in reversed(name.rdns)
    )


def check(certificate: x509.Certificate) -> None:
    """Raise ValueError when *certificate* has a name that is none: they are read late, and told."""
    for name in (certificate.subject, certificate.issuer):
        rfc2253(name)


def of_certificate(der: bytes) -> str:
    """Return the subject of a DER certificate as text."""
    return rfc2253(x509.load_der_x509_certificate(der).subject)


def _attribute(attribute: x509.NameAttribute[str | bytes]) -> str:
    keyword = _KEYWORDS.get(attribute.oid)
    if keyword is None or isinstance(attribute.value, bytes):
        kind = keyword or attribute.oid.dotted_string
        return f"{kind}=#{_der(attribute).hex()}"
    return f"{keyword}={_escaped(attribute.value)}"


def _der(attribute: x509.NameAttribute[str | bytes]) -> bytes:
    """Return the value as it stands in the certificate: what follows its object identifier."""
    whole = x509.Name([x509.RelativeDistinguishedName([attribute])]).public_bytes()
    return whole.partition(asn1.encode_der(attribute.oid))[2]


def _escaped(text: str) -> str:
    """Escape as section 2.4 asks; blanks only at either end."""
    lead = len(text) - len(text.lstrip(" "))
    trail = len(text.rstrip(" "))
    return "".join(
        f"\\{letter}" if letter in _ESCAPED or place < lead or place >= trail else letter
        for place, letter in enumerate(text)
    )
