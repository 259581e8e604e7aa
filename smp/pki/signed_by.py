"""Whose certificate is this, as it is told and as signers are named?"""

from cryptography import x509

from eer.domain.errors import Refused
from smp.domain.signed_by import SignedBy
from smp.pki import names
from smp.pki.sign import fingerprint


def read(certificate: x509.Certificate) -> SignedBy:
    """Return who signs with *certificate*; raise Refused when its names cannot be read."""
    try:
        return SignedBy(
            subject=certificate.subject.rfc4514_string(),
            java_subject=names.rfc2253(certificate.subject),
            serial=f"{certificate.serial_number:x}",
            fingerprint=fingerprint(certificate),
            not_after=certificate.not_valid_after_utc,
        )
    except ValueError as fault:
        raise Refused(f"the signer's certificate cannot be read: {fault}") from None
