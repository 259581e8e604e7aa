"""What may the operator of a register choose among the rules?"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from eer.domain.eligibility import Reason
from eer.domain.errors import Issue, IssueCode, Severity
from eer.domain.wording import Sentence


class Level(StrEnum):
    """What comes of a breach: nothing, a warning, or a refusal."""

    OFF = "off"
    WARN = "warn"
    ERROR = "error"


class Outcome(StrEnum):
    """What comes of a reason against a certificate: not published, or published and told."""

    WITHDRAW = "withdraw"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Policy:
    """The choices; the defaults are those of the pilot.

    *gln_per_unit* is about a second GLN for one SOR unit, *certification* about payload types that
    a device is not certified for, *ap_certificate* about certificates that are written and are
    revoked or of no authority that is trusted. *tolerated* are reasons against publication that
    are told and do not count. *is_message_type_literal* holds the search by `messageType` to
    Organization.endpoint; *hides_deleted* lets what was deleted read as if it had never been.
    """

    gln_per_unit: Level = Level.WARN
    certification: Level = Level.WARN
    ap_certificate: Level = Level.WARN
    tolerated: tuple[Reason, ...] = ()
    is_message_type_literal: bool = False
    hides_deleted: bool = False


def breach(level: Level, expression: str, text: Sentence) -> Iterator[Issue]:
    """Yield what *level* makes of a breach at *expression*."""
    if level is not Level.OFF:
        severity = Severity.ERROR if level is Level.ERROR else Severity.WARNING
        yield Issue(severity, IssueCode.BUSINESS_RULE, expression, text)
