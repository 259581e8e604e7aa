"""Who must not be published, because an operator has stopped it?

A stop is of a participant, or of an access point and with it of every endpoint behind it. It needs
no approval and waits for nothing; it stands until it is released.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from eer.domain.errors import Malformed
from eer.domain.identifiers import GLN_AGENCY, Gln, Reference
from eer.domain.model import Directory
from smp.domain.identifiers import ParticipantId, participant_of, participants_of

_DEVICE = "Device"
_AGENCY = f"{GLN_AGENCY}:"


@dataclass(frozen=True, slots=True)
class Subject:
    """What is stopped: a participant, or the access point that is a device of the register."""

    of: ParticipantId | Reference

    @classmethod
    def parse(cls, text: str) -> "Subject":
        """Read a GLN, `0088:GLN`, `scheme::0088:GLN` or `Device/ID`; raise Malformed for else."""
        kind, mark, name = text.partition("/")
        if mark and kind == _DEVICE and name:
            return cls(Reference(_DEVICE, name))
        value = text.rpartition("::")[2]
        try:
            participant = participant_of(Gln.parse(value.removeprefix(_AGENCY)))
        except Malformed as fault:
            raise Malformed(
                f"{text!r} found, expected a participant by its GLN, or an access point as "
                f"Device/ID ({fault.text})"
            ) from None
        if text not in (value, str(participant)):
            raise Malformed(f"{text!r} found, expected {participant}")
        return cls(participant)

    def __str__(self) -> str:
        return str(self.of)


class Deed(StrEnum):
    """What somebody did."""

    STOPPED = "stopped"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Stop:
    """Something that was stopped, or released: what, why, by whom and when.

    *number* rises with each; *glns* are those that hung on it then.
    """

    deed: Deed
    subject: Subject
    reason: str
    by: str
    at: datetime
    glns: frozenset[str] = frozenset()
    number: int = 0


@dataclass(frozen=True, slots=True)
class Stops:
    """All that stands stopped; *revision* is the number of the last deed, 0 before the first.

    *pending* are the GLNs that deeds concern which no run has finished yet.
    """

    revision: int = 0
    standing: tuple[Stop, ...] = ()
    pending: frozenset[str] = frozenset()

    @property
    def participants(self) -> frozenset[ParticipantId]:
        """Who is stopped by itself."""
        return frozenset(
            each.subject.of for each in self.standing if not isinstance(each.subject.of, Reference)
        )

    def reasons(self, directory: Directory) -> Mapping[Reference, str]:
        """Return what of *directory* is stopped, endpoints and access points, and why."""
        return dict(self._reasons(directory))

    def _reasons(self, directory: Directory) -> Iterator[tuple[Reference, str]]:
        by_participant: dict[ParticipantId, str] = {}
        for each in self.standing:
            if isinstance(each.subject.of, Reference):
                yield each.subject.of, each.reason
            else:
                by_participant[each.subject.of] = each.reason
        if by_participant:
            for endpoint in directory.endpoints:
                for participant in participants_of([endpoint.gln]):
                    if participant in by_participant:
                        yield endpoint.reference, by_participant[participant]

    def over(self, directory: Directory) -> Directory:
        """Return *directory* with what stands stopped in it."""
        return replace(directory, stopped={**directory.stopped, **self.reasons(directory)})

    def of(self, subject: Subject) -> Stop | None:
        """Return the stop of *subject* that stands, None when none does."""
        return next((each for each in self.standing if each.subject == subject), None)


def stopped(directory: Directory) -> Iterator[tuple[ParticipantId, Reference]]:
    """Yield whose endpoint or access point is stopped in *directory*, and which it is."""
    for endpoint in directory.endpoints:
        named = (each.reference for each in endpoint.access_points if each is not None)
        for participant in participants_of([endpoint.gln]):
            for each in (endpoint.reference, *named):
                if each in directory.stopped:
                    yield participant, each


def standing(deeds: Iterable[Stop]) -> tuple[Stop, ...]:
    """Return what stands after *deeds*, which come in their order.

    What was stopped once more stands since it was stopped first, with all who hung on it.
    """
    found: dict[Subject, Stop] = {}
    for each in deeds:
        before = found.pop(each.subject, None)
        if each.deed is Deed.STOPPED:
            found[each.subject] = (
                each if before is None else replace(before, glns=before.glns | each.glns)
            )
    return tuple(found.values())
