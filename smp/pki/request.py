"""What is an authority asked for, so that it makes a signer's certificate? PKCS#10 (RFC 2986)."""

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from eer.domain.errors import Malformed
from smp.pki import usage


def subject(text: str) -> x509.Name:
    """Read a name as RFC 4514 writes it, last part first; raise Malformed when it is none."""
    try:
        name = x509.Name.from_rfc4514_string(text)
    except ValueError as fault:
        raise Malformed(
            f"subject {text!r}: {str(fault) or 'not a name'}; expected one such as "
            "CN=smp.example.dk,O=Example,C=DK (RFC 4514)"
        ) from None
    if not list(name):
        raise Malformed("subject: is empty; expected one such as CN=smp.example.dk,O=Example,C=DK")
    return name


def make(key: RSAPrivateKey, name: x509.Name) -> bytes:
    """Return a request for a certificate of *key*, for digital signatures, in PEM."""
    return (
        x509.CertificateSigningRequestBuilder()
        .subject_name(name)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage.of_signer(), critical=True)
        .sign(key, SHA256())
        .public_bytes(Encoding.PEM)
    )
