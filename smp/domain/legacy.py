"""Which documents do other tools than the register want published, and when do they count?

A legacy participant is one that the register has no endpoint of. Where it has one, it alone says
what is published: what tools wrote is kept, told, and not published.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from eer.domain.errors import IssueCode, Malformed, error
from eer.domain.identifiers import GLN_AGENCY, PARTICIPANT_SCHEME, Cvr, Gln
from eer.domain.model import Directory
from smp.domain.identifiers import DocumentKey, ParticipantId, fold, gln_of, participant_of
from smp.domain.metadata import ServiceMetadata

_PREFIX = f"{PARTICIPANT_SCHEME}::{GLN_AGENCY}:"


@dataclass(frozen=True, slots=True)
class Legacy:
    """A document as a tool wrote it; it counts from *begins* until *ends*, where these are set."""

    key: DocumentKey
    meant: ServiceMetadata
    begins: datetime | None = None
    ends: datetime | None = None

    def counts(self, at: datetime) -> bool:
        """Whether it is to be public at *at*."""
        return (self.begins is None or self.begins <= at) and (self.ends is None or at < self.ends)


@dataclass(frozen=True, slots=True)
class Group:
    """Whose a legacy participant is: a company's, or with None the operators' alone."""

    gln: str
    owner: Cvr | None


@dataclass(frozen=True, slots=True)
class Written:
    """How much tools have written: the number of the last write, 0 before the first.

    *pending* are the GLNs of writes that no run has finished yet.
    """

    revision: int = 0
    pending: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Stock:
    """Legacy documents, against whom the register *owns* and who is *halted* by an operator.

    *objected* documents have a certificate that may not be published, for that reason.
    """

    documents: tuple[Legacy, ...]
    owns: frozenset[str]
    halted: frozenset[ParticipantId] = frozenset()
    objected: Mapping[DocumentKey, str] = field(default_factory=dict)

    def wanted(self, at: datetime) -> dict[DocumentKey, ServiceMetadata]:
        """Return the documents that are to be public at *at*."""
        return {
            each.key: each.meant
            for each in self._ours()
            if each.counts(at)
            and each.key.participant not in self.halted
            and each.key not in self.objected
        }

    def stopped(self) -> frozenset[DocumentKey]:
        """Return the documents of those whom an operator has stopped: they go at once."""
        keys = (each.key for each in self._ours())
        return frozenset(key for key in keys if key.participant in self.halted)

    def alarms(self, at: datetime) -> dict[str, datetime]:
        """Return, by GLN, the next instant behind *at* at which time alone changes what counts."""
        found: dict[str, datetime] = {}
        for each in self._ours():
            gln = gln_of(each.key.participant)
            for moment in (each.begins, each.ends):
                if moment is not None and moment > at:
                    found[gln] = min(moment, found.get(gln, moment))
        return found

    def warnings(self) -> tuple[str, ...]:
        """Return what of it is not published though a tool wants it, and why."""
        shadowed = {gln_of(each.key.participant) for each in self.documents} & self.owns
        return (
            *(
                f"legacy documents of {gln} are not published: the register has endpoints of it; "
                f"take them away with smp manage forget {gln}"
                for gln in sorted(shadowed)
            ),
            *(
                f"the legacy document {key} is not published: {why}"
                for key, why in sorted(self.objected.items())
            ),
        )

    def _ours(self) -> Iterator[Legacy]:
        return (each for each in self.documents if gln_of(each.key.participant) not in self.owns)


def stock(
    documents: Iterable[Legacy],
    directory: Directory,
    halted: frozenset[ParticipantId],
    objection: Callable[[bytes], str],
) -> Stock:
    """Return *documents* against what the register has, in *directory*, and who is *halted*.

    *objection* says what is against a certificate, nothing where it may be published.
    """
    found = tuple(documents)
    against = {each.key: _against(each.meant, objection) for each in found}
    return Stock(
        documents=found,
        owns=frozenset(each.gln for each in directory.endpoints),
        halted=halted,
        objected={key: why for key, why in against.items() if why},
    )


def _against(meant: ServiceMetadata, objection: Callable[[bytes], str]) -> str:
    ders = {endpoint.certificate for process in meant.processes for endpoint in process.endpoints}
    return "; ".join(why for why in map(objection, sorted(ders)) if why)


def participant(text: str) -> ParticipantId:
    """Read `iso6523-actorid-upis::0088:GLN` in any case; raise Malformed for anything else.

    Nobody else can be found by those who look here (EHMI's participants are GLNs).
    """
    said = f"{text!r} found, expected {_PREFIX} and a GLN of 13 digits"
    if not fold(text).startswith(_PREFIX):
        raise Malformed(said, [error(IssueCode.VALUE, "ParticipantIdentifier", said)])
    try:
        return participant_of(Gln.parse(text[len(_PREFIX) :]))
    except Malformed as fault:
        said = f"{said} ({fault.text})"
        raise Malformed(said, [error(IssueCode.VALUE, "ParticipantIdentifier", said)]) from None
