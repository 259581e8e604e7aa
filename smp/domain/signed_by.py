"""Who signed something, and is it one of those whose signature we were told to accept?

The standards let whoever has a certificate under the anchors sign, and so do other people's
clients. Where signers are named, subjects are compared as clients compare that of a redirect.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from eer.domain.errors import Refused
from smp.domain import distinguished_names
from smp.domain.archived import utc

_FINGERPRINT = re.compile(r"[0-9a-f]{64}", re.ASCII)
_ANYBODY = (
    "SMP_SIGNERS names nobody: whoever has a certificate under the anchors may have signed, as the "
    "standards have it"
)


@dataclass(frozen=True, slots=True)
class SignedBy:
    """The certificate of a signer: *subject* as RFC 4514 and *java_subject* as Java writes it.

    *serial* and *fingerprint*, SHA-256 of it, are in hex.
    """

    subject: str
    java_subject: str
    serial: str
    fingerprint: str
    not_after: datetime

    def __str__(self) -> str:
        until = utc(self.not_after)
        return f"{self.subject}, serial {self.serial}, SHA-256 {self.fingerprint}, until {until}"

    def as_json(self) -> dict[str, str]:
        """Return it for machines."""
        return {
            "subject": self.subject,
            "serial": self.serial,
            "fingerprint": self.fingerprint,
            "not_after": self.not_after.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Accepted:
    """The signers that are *named*, each as parse() returns it; anybody where none is."""

    named: tuple[str, ...] = ()

    @property
    def warning(self) -> str:
        """What is to be told where nobody is named; else nothing."""
        return "" if self.named else _ANYBODY

    def check(self, who: SignedBy) -> None:
        """Raise Refused when *who* is not among those who are named."""
        if self.named and not any(_is_meant(each, who) for each in self.named):
            raise Refused(
                f"signed by {who}: trusted, but none of the {len(self.named)} that SMP_SIGNERS "
                "names; add it there if it is the SMP's next signer"
            )


ANYBODY = Accepted()


def parse(text: str) -> str:
    """Return a subject, or a SHA-256 fingerprint in small letters without its colons.

    Raises Malformed when *text* is neither.
    """
    bare = text.replace(":", "").lower()
    if _FINGERPRINT.fullmatch(bare):
        return bare
    distinguished_names.parse(text)
    return text


def _is_meant(named: str, who: SignedBy) -> bool:
    if _FINGERPRINT.fullmatch(named):
        return named == who.fingerprint
    spellings = (who.subject, who.java_subject)
    return any(distinguished_names.are_same(named, each) for each in spellings)
