"""When do the certificates of a file end, each under a name that tells it from the others?"""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from eer.domain.errors import Malformed
from smp.pki import certificate

_SHORT = 8
"""Letters of the SHA-256 of a certificate that tell it from another of its subject."""


def of_pem(pem: bytes) -> dict[str, datetime]:
    """Return when each certificate in *pem* ends; raise Malformed when there is none to read."""
    try:
        ders = [each.public_bytes(Encoding.DER) for each in x509.load_pem_x509_certificates(pem)]
    except ValueError:
        raise Malformed("expected certificates in PEM") from None
    return of_ders(ders)


def of_ders(ders: Iterable[bytes]) -> dict[str, datetime]:
    """Return when each of *ders* ends; raise Malformed when one of them cannot be read."""
    return {_name(each): certificate.read(each).not_after for each in ders}


def _name(der: bytes) -> str:
    return f"{certificate.read(der).subject} {sha256(der).hexdigest()[:_SHORT]}"
