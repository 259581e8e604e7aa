"""What does a certificate in a resource say?

X.509 by RFC 5280; OCES system certificates carry the company as organizationIdentifier
`NTRDK-<cvr>` (ETSI EN 319 412-1, 5.1.4).
"""

import base64
import binascii
from functools import lru_cache

from cryptography import x509
from cryptography.x509.oid import NameOID

from eer.domain.model import Certificate, Unreadable
from eer.domain.wording import say


@lru_cache(maxsize=1024)
def read(text: str) -> Certificate | Unreadable:
    """Read base64 of a DER certificate, as smp-public-certificate holds it (no PEM lines)."""
    try:
        der = base64.b64decode("".join(text.split()), validate=True)
        found = x509.load_der_x509_certificate(der)
        return Certificate(
            der=der,
            subject=found.subject.rfc4514_string(),
            not_before=found.not_valid_before_utc,
            not_after=found.not_valid_after_utc,
            cvr=_cvr(found.subject),
        )
    except binascii.Error as fault:
        return Unreadable(say("not base64: {fault}", fault=str(fault)))
    except (ValueError, TypeError, x509.InvalidVersion) as fault:
        said = str(fault).splitlines()[0]
        return Unreadable(say("not a DER certificate: {fault}", fault=said))


def _cvr(subject: x509.Name) -> str | None:
    """Test certificates name companies that do not exist, so the number is kept unchecked."""
    for attribute in subject.get_attributes_for_oid(NameOID.ORGANIZATION_IDENTIFIER):
        return str(attribute.value).removeprefix("NTRDK-")
    return None
