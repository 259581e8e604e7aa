"""Would everything come out as meant if the next signer signed it? Nothing of it is published."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime

from eer.domain.errors import Absent, Failure, Refused
from smp import succession
from smp.domain.expiry import takes_over
from smp.domain.identifiers import DocumentKey, ParticipantId
from smp.domain.metadata import ServiceMetadata
from smp.domain.portions import batches
from smp.domain.progress import Unproved
from smp.domain.publication import PutDocument
from smp.publish import Publisher
from smp.signing import Signing, version
from smp.wanted import Sources, intent

_MOST_LINES = 20

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What came of it: how many documents of how many participants, and which not.

    *signer* is the next one's fingerprint; *takes_over* is when it does so by itself, if ever.
    """

    signer: str
    documents: int
    participants: int
    unproved: Mapping[ParticipantId, Unproved]
    takes_over: datetime | None

    @property
    def has_come_out(self) -> bool:
        """Whether everything came out as meant."""
        return not self.unproved


def rehearse(publisher: Publisher) -> Rehearsal:
    """Sign everything that is to be public with the next signer, on all cores, and prove it.

    It takes no lock and stores no document. When all came out as meant the books say so: then the
    signer may take over by itself. Raises Absent when nobody follows, Refused when who does cannot
    sign, and what the register and the database raise.
    """
    means = succession.armed(publisher.means)
    if means.trouble:
        raise Refused(f"the next signer cannot sign: {means.trouble}")
    if means.follows is None:
        raise Absent("nobody is to follow the signer: smp keys request, and smp keys install")
    signer = means.follows.signer.fingerprint
    sources = Sources(means.register, means.legacy, publisher.terms)
    documents = intent(
        sources, means.stops.stops(), means.ledger.hour(means.clock()).at
    ).documents()
    unproved = _signed(list(_steps(documents, signer)), means.follows)
    _log.info("rehearsed signer=%s documents=%d unproved=%d", signer, len(documents), len(unproved))
    if not unproved:
        means.ledger.rehearse(signer)
    return Rehearsal(
        signer=signer,
        documents=len(documents),
        participants=len({key.participant for key in documents}),
        unproved=unproved,
        takes_over=None if unproved else takes_over(means.signer.not_after, means.takeover),
    )


def lines(rehearsal: Rehearsal) -> list[str]:
    """Return what came of a rehearsal, for people."""
    counts = f"{rehearsal.documents} documents of {rehearsal.participants} participants"
    if not rehearsal.has_come_out:
        failed = sum(why.documents for why in rehearsal.unproved.values())
        told = [f"unproved   {who}: {why}" for who, why in rehearsal.unproved.items()]
        rest = [f"unproved   and {len(told) - _MOST_LINES} more"] * (len(told) > _MOST_LINES)
        return [
            f"rehearsed  {counts} signed by {rehearsal.signer}, {failed} did not come out as meant",
            *told[:_MOST_LINES],
            *rest,
        ]
    by_itself = (
        f"takes over {rehearsal.takes_over:%Y-%m-%dT%H:%M:%SZ} by itself, or at once"
        if rehearsal.takes_over
        else "takes over"
    )
    return [
        f"rehearsed  {counts} signed by {rehearsal.signer}, all proved; nothing was published",
        f"signer     {by_itself} with the digest that smp plan shows: smp publish --accept DIGEST",
    ]


def as_json(rehearsal: Rehearsal) -> dict[str, object]:
    """Return what came of a rehearsal, for machines."""
    when = rehearsal.takes_over
    return {
        "signer": rehearsal.signer,
        "documents": rehearsal.documents,
        "participants": rehearsal.participants,
        "unproved": {
            str(who): {"documents": why.documents, "reason": why.reason}
            for who, why in rehearsal.unproved.items()
        },
        "takes_over": None if when is None else when.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _steps(documents: Mapping[DocumentKey, ServiceMetadata], signer: str) -> Iterator[PutDocument]:
    for key, meant in sorted(documents.items(), key=lambda each: each[0]):
        yield PutDocument(key, meant, version(meant, signer), None)


def _signed(steps: list[PutDocument], signing: Signing) -> dict[ParticipantId, Unproved]:
    """Sign and prove *steps*, and keep nothing but what went wrong."""
    portions = [
        [step for step in portion if isinstance(step, PutDocument)] for portion in batches(steps)
    ]
    unproved: dict[ParticipantId, Unproved] = {}
    with closing(signing.made(portions)) as made:
        for portion, bodies in zip(portions, made, strict=True):
            for step, body in zip(portion, bodies, strict=True):
                if isinstance(body, Failure):
                    first = unproved.get(step.key.participant, Unproved(0, body.text))
                    unproved[step.key.participant] = replace(first, documents=first.documents + 1)
    return unproved
