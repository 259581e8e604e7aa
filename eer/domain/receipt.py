"""How far has a publisher come with a participant?

What is reported to the register, so that it can say what is published without asking.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from eer.domain.identifiers import GLN_AGENCY, PARTICIPANT_SCHEME


class Step(StrEnum):
    """What a publisher reports of a participant (docs/interfaces/addressability.md).

    FINISHED is the one that says how far: what the register said at its sequence is public, be
    that something or nothing. STOPPED takes from that the endpoint, or the access point, that its
    place names: an operator has stopped it. RESOLVED and VERIFIED add nothing to it: somebody has
    looked.
    """

    STORED = "stored"
    NAMED = "named"
    UNNAMED = "unnamed"
    SCHEDULED = "scheduled"
    RETIRED = "retired"
    FINISHED = "finished"
    STOPPED = "stopped"
    RESOLVED = "resolved"
    VERIFIED = "verified"


_TAKEN_AWAY = frozenset({Step.UNNAMED, Step.SCHEDULED, Step.RETIRED})
_SAYS_NOTHING_NEW = frozenset({Step.STOPPED, Step.RESOLVED, Step.VERIFIED})


@dataclass(frozen=True, slots=True)
class Receipt:
    """A step of publication that is done: for whom, at which sequence, which, when and where.

    *participant* is `scheme::value`, *sequence* the register's as the publisher read it, *where*
    the base URL or the DNS zone that the step touched; of RESOLVED one name server, of VERIFIED the
    base URL and every name server that was asked, by commas.
    """

    participant: str
    sequence: int
    step: str
    at: datetime
    where: str


def participant(gln: str) -> str:
    """Return the participant that *gln* is, as receipts name it."""
    return f"{PARTICIPANT_SCHEME}::{GLN_AGENCY}:{gln}"


def since_finished(receipts: Iterable[Receipt]) -> tuple[Receipt, ...]:
    """Return the receipt that tells how far publication has come, and what was reported since.

    *receipts* are one participant's, oldest first. Where something was taken away since, nothing
    is known until the end is told again.
    """
    found: tuple[Receipt, ...] = ()
    for each in receipts:
        if each.step == Step.FINISHED:
            found = (each,)
        elif each.step in _TAKEN_AWAY:
            found = ()
        elif found and each.step not in _SAYS_NOTHING_NEW:
            found = (*found, each)
    return found
