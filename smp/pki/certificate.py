"""What does the certificate of an access point say?"""

from cryptography import x509

from eer.domain.errors import Malformed
from eer.domain.model import Certificate


def read(der: bytes) -> Certificate:
    """Read a DER certificate; raise Malformed when it is none."""
    try:
        found = x509.load_der_x509_certificate(der)
        return Certificate(
            der=der,
            subject=found.subject.rfc4514_string(),
            not_before=found.not_valid_before_utc,
            not_after=found.not_valid_after_utc,
        )
    except ValueError as fault:
        raise Malformed(f"not a DER certificate: {str(fault).splitlines()[0]}") from None
