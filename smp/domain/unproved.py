"""What follows when documents did not come out as meant?

They are not stored, and nothing is left with a name and without a document for it.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from smp.domain.identifiers import DocumentKey, ParticipantId, fold
from smp.domain.progress import Unproved
from smp.domain.publication import DocumentStep, DropDocument

_FEW = 3
"""So many with the same trouble are told each by itself."""


@dataclass(frozen=True, slots=True)
class Consequences:
    """What must not be done.

    *postponed* documents stay: nothing could be stored in their place. *nameless* participants
    have no document that a new name may lead to, *bereft* ones none at all: what they had was
    stopped, and no name of theirs may stay.
    """

    postponed: frozenset[DocumentKey]
    nameless: frozenset[ParticipantId]
    bereft: frozenset[ParticipantId]


def sentences(unproved: Mapping[ParticipantId, Unproved]) -> Iterator[str]:
    """Yield whose documents did not come out as meant and why; many for one reason in one."""
    by_reason: dict[str, list[ParticipantId]] = {}
    for who, why in unproved.items():
        by_reason.setdefault(why.reason, []).append(who)
    for reason, whose in by_reason.items():
        if len(whose) <= _FEW:
            yield from (f"{who}: {unproved[who]}" for who in whose)
        else:
            documents = sum(unproved[who].documents for who in whose)
            told = f"{len(whose)} participants with {documents} documents"
            yield f"{told}, {whose[0]} first: {reason}"


def consequences(
    batch: Iterable[DocumentStep],
    failed: AbstractSet[ParticipantId],
    stored: Iterable[DocumentKey],
) -> Consequences:
    """Return what follows for the *failed*: those of whom no document of *batch* was proved.

    *stored* are their documents before anything of *batch* is done.
    """
    drops = [
        step for step in batch if isinstance(step, DropDocument) and step.key.participant in failed
    ]
    there = list(stored)
    going = {fold(str(step.key)) for step in drops}
    stopped = {fold(str(step.key)) for step in drops if step.is_stopped}
    nameless = failed - {key.participant for key in there if fold(str(key)) not in going}
    return Consequences(
        postponed=frozenset(
            step.key for step in drops if step.key.participant in nameless and not step.is_stopped
        ),
        nameless=frozenset(nameless),
        bereft=frozenset(
            nameless - {key.participant for key in there if fold(str(key)) not in stopped}
        ),
    )
