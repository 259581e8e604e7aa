"""May this certificate be announced to a central SML, and for this day?

BDMSL 1.0, PrepareChangeCertificate: the whole of the PEM, BEGIN and END lines with it, and a day
that is not over.
"""

import re
from base64 import b64decode
from datetime import date

from eer.domain.errors import Malformed, Refused
from eer.domain.model import Certificate

_PEM = re.compile(
    r"-----BEGIN CERTIFICATE-----\r?\n[A-Za-z0-9+/=\r\n]+-----END CERTIFICATE-----", re.ASCII
)


def pem(text: str) -> str:
    """Return the one certificate in *text*, with its BEGIN and END lines and nothing round it.

    Raises Malformed when there is none, or more than one, or a private key with it.
    """
    found = _PEM.findall(text)
    if len(found) != 1 or "PRIVATE KEY" in text:
        keys = " and a private key" if "PRIVATE KEY" in text else ""
        raise Malformed(
            f"new certificate: {len(found)} certificates{keys} found, expected one certificate"
            " alone, in PEM"
        )
    return "\n".join(found[0].splitlines()) + "\n"


def der(pem: str) -> bytes:
    """Return what stands between the lines of *pem*; raises Malformed when it is no base64."""
    try:
        return b64decode("".join(pem.splitlines()[1:-1]), validate=True)
    except ValueError as fault:
        raise Malformed(f"new certificate: expected base64 between its lines ({fault})") from None


def check(certificate: Certificate, on: date, today: date) -> None:
    """Raise Refused unless *certificate* is valid *on* that day, and the day is not over."""
    if on < today:
        raise Refused(f"the day {on} is over: expected {today} or a later one")
    begin, end = certificate.not_before.date(), certificate.not_after.date()
    if not begin <= on <= end:
        raise Refused(
            f"the new certificate {certificate.subject} is valid from {begin} to {end}, and not on"
            f" {on}: choose a day between"
        )
