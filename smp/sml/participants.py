"""How do participants come to be registered with our SMP, or removed, whatever is there already?

In portions; where a portion is refused, one by one, so that one to blame holds up nobody else.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from smp.domain.central import portions
from smp.domain.identifiers import ParticipantId, fold
from smp.domain.sml_fault import SMP_UNKNOWN, Fault, failure
from smp.sml.bdmsl import Sml

_LOG = logging.getLogger(__name__)

_Deed = Callable[[Sequence[ParticipantId]], Fault | None]


def add(sml: Sml, participants: Iterable[ParticipantId]) -> Mapping[ParticipantId, Fault]:
    """Register *participants*; return whom the SML refuses, and why.

    Who is there already is refused only if not listed as ours. Raises what a fault means that is
    about us and not about a participant, and Unavailable: then some may be registered.
    """
    asked = tuple(participants)
    refused = dict(_each(sml.add, asked, "adding"))
    if any(fault.says_exists for fault in refused.values()):
        ours = {fold(str(each)) for each in sml.participants()}
        refused = {
            each: fault
            for each, fault in refused.items()
            if not (fault.says_exists and fold(str(each)) in ours)
        }
    _LOG.info(
        "registered sml=%s added=%d refused=%d", sml.smp_id, len(asked) - len(refused), len(refused)
    )
    return refused


def drop(sml: Sml, participants: Iterable[ParticipantId]) -> Mapping[ParticipantId, Fault]:
    """Remove *participants*; return whom the SML refuses to remove, and why.

    Who is not there need not be removed, nor anybody where our SMP is not there. Raises as add().
    """

    def deed(some: Sequence[ParticipantId]) -> Fault | None:
        fault = sml.drop(some)
        if fault is None or fault.code == SMP_UNKNOWN or (fault.says_gone and len(some) == 1):
            return None
        return fault

    asked = tuple(participants)
    refused = dict(_each(deed, asked, "removing"))
    _LOG.info(
        "removed sml=%s dropped=%d refused=%d", sml.smp_id, len(asked) - len(refused), len(refused)
    )
    return refused


def _each(
    deed: _Deed, participants: Sequence[ParticipantId], doing: str
) -> Iterator[tuple[ParticipantId, Fault]]:
    """Do the *deed* to all that can be done it, and yield whom it is refused."""
    for portion in portions(participants):
        fault = deed(portion)
        if fault is None:
            continue
        if fault.is_about_us:
            raise failure(fault, f"{doing} {len(portion)} participants")
        for each in portion:
            alone = fault if len(portion) == 1 else deed((each,))
            if alone is not None:
                if alone.is_about_us or alone.is_uncertain:
                    raise failure(alone, f"{doing} {each}")
                yield each, alone
