"""How does a certificate stand with the authorities that issued it?

What of it stands in the way of publication is decided in eer/domain/eligibility.py, what is told
to who registers it in eer/domain/rules.py.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """What was found; only GOOD is good."""

    GOOD = "good"
    UNTRUSTED = "untrusted"
    REVOKED = "revoked"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Standing:
    """What was found of a certificate, and why where that is nothing good.

    *until* is when it has to be looked at again, though nobody has written anything.
    """

    verdict: Verdict
    why: str = ""
    until: datetime | None = None
