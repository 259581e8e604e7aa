"""Which certificates of access points may be published, by the register's authorities and lists?"""

from collections.abc import Callable
from typing import Protocol

from eer.domain.eligibility import Reason
from eer.domain.errors import Malformed, Refused
from eer.domain.model import Certificate
from eer.domain.standing import Standing, Verdict
from eer.settings import Settings
from eer.wiring import parts as register_parts
from smp.pki import certificate
from smp.xml.received import Judge


class Authorities(Protocol):
    """Whoever knows how a certificate stands."""

    def standing(self, certificate: Certificate) -> Standing | None:
        """Return how it stands now, None where nothing is asked."""


def judge(found: Authorities, register: Settings) -> Judge:
    """Return what reads certificates and refuses those that the register would not publish."""
    tolerated = register_parts.tolerated(register)

    def judged(der: bytes) -> Certificate:
        read = certificate.read(der)
        standing = found.standing(read)
        if standing is None or standing.verdict is Verdict.GOOD:
            return read
        if standing.verdict is Verdict.UNTRUSTED and Reason.CERTIFICATE_UNTRUSTED in tolerated:
            return read
        raise Refused(f"{read.subject} is {standing.verdict}: {standing.why}")

    return judged


def objection(judge: Judge) -> Callable[[bytes], str]:
    """Return what says why a certificate may not be published now, nothing when it may."""

    def objected(der: bytes) -> str:
        try:
            judge(der)
        except (Malformed, Refused) as fault:
            return fault.text
        return ""

    return objected
