"""Of which steps does publication consist, and what does a plan of them say?

The one order of the steps stands in PublicationPlan.steps; which ones there are is decided in
smp/domain/steps.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import TypeVar

from eer.domain.eligibility import Reason
from eer.domain.identifiers import Reference
from eer.domain.plan import Plan
from smp.domain.identifiers import DocumentKey, ParticipantId
from smp.domain.metadata import ServiceMetadata
from smp.domain.naming import DnsName, Record
from smp.domain.state import Version
from smp.domain.stops import Stop

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class PutDocument:
    """Sign *meant*, prove it and store it, in the place of *found* if there is one."""

    key: DocumentKey
    meant: ServiceMetadata
    version: Version
    found: Version | None


@dataclass(frozen=True, slots=True)
class KeepDocument:
    """Take back the retirement of a document whose participant is back."""

    key: DocumentKey


@dataclass(frozen=True, slots=True)
class DropDocument:
    """Take a document away at once: others of its participant stay, or it *is_stopped*."""

    key: DocumentKey
    is_stopped: bool = False


@dataclass(frozen=True, slots=True)
class LinkGroup:
    """Write a participant's group anew, with links below the base in force."""

    participant: ParticipantId


@dataclass(frozen=True, slots=True)
class AddNames:
    """Add names to the zone, and replace those of ours that say something else."""

    plan: Plan[DnsName, Record]


@dataclass(frozen=True, slots=True)
class EnsurePublisher:
    """Make the publisher's own name lead to the publisher."""

    plan: Plan[DnsName, Record]


@dataclass(frozen=True, slots=True)
class DropNames:
    """Take names of ours that nobody wants out of the zone."""

    plan: Plan[DnsName, Record]


@dataclass(frozen=True, slots=True)
class ScheduleRetirement:
    """Once no server answers *names*, set the time at which the last documents may go."""

    participant: ParticipantId
    documents: tuple[DocumentKey, ...]
    names: tuple[DnsName, ...]


@dataclass(frozen=True, slots=True)
class RetireDocument:
    """Take away a document whose time has come: nobody remembers a name that leads to it."""

    key: DocumentKey


DocumentStep = PutDocument | KeepDocument | DropDocument | LinkGroup
NameStep = EnsurePublisher | AddNames | DropNames
Step = DocumentStep | NameStep | ScheduleRetirement | RetireDocument


@dataclass(frozen=True, slots=True)
class Switch:
    """A setting that everything hangs on has changed: *touches* documents or names follow it."""

    setting: str
    found: str
    wanted: str
    touches: int

    def __str__(self) -> str:
        return f"{self.setting}: {self.found} > {self.wanted}"


@dataclass(frozen=True, slots=True)
class Held:
    """Steps that a person has to agree to; *waiting* are documents that a switch keeps back."""

    switches: tuple[Switch, ...]
    documents: Plan[DocumentKey, Version]
    names: Plan[DnsName, Record]
    waiting: tuple[DocumentKey, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is held."""
        return not self.switches and self.documents.is_empty and self.names.is_empty

    @property
    def marks(self) -> frozenset[str]:
        """The marks of the steps beyond the limits."""
        return frozenset((*marks(self.documents).values(), *marks(self.names).values()))

    @property
    def digest(self) -> str:
        """Sixteen hex digits for exactly these switches and steps."""
        lines = sorted((*map(str, self.switches), *self.marks))
        return sha256("\n".join(lines).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Taken:
    """A name we want at which something stands that is not ours."""

    name: DnsName
    found: Record
    wanted: Record
    participant: ParticipantId | None


@dataclass(frozen=True, slots=True)
class Retirement:
    """A participant's last documents wait until *due*; None while a server answers its names."""

    participant: ParticipantId
    due: datetime | None


@dataclass(frozen=True, slots=True)
class Measured:
    """Drops and moves that go on because they are within the limits, unlike stopped ones."""

    documents: frozenset[DocumentKey] = frozenset()
    names: frozenset[DnsName] = frozenset()


@dataclass(frozen=True, slots=True)
class PublicationPlan:
    """What publishing would do now, and what it would not do, and why.

    *owners* tells whose the names in the steps are, *ours* are the names of participants found
    that are ours. *claimed* and *forgotten* is bookkeeping: names that turned out to be ours, and
    such as are no longer there. *measured* drops and moves count against the limits. *former* are
    zones that still have names of ours, and how many: they cannot be reached from here. *stops* is
    what operators have stopped. *warnings* are for somebody to see to, and *unchecked* is what is
    asked of no certificate.
    """

    documents: tuple[DocumentStep, ...]
    names: tuple[NameStep, ...]
    schedules: tuple[ScheduleRetirement, ...]
    retires: tuple[RetireDocument, ...]
    held: Held
    conflicts: tuple[Taken, ...]
    retirements: tuple[Retirement, ...]
    owners: Mapping[DnsName, ParticipantId]
    claimed: frozenset[DnsName]
    forgotten: frozenset[DnsName]
    ours: Mapping[DnsName, Record] = field(default_factory=dict)
    measured: Measured = Measured()
    former: Mapping[DnsName, int] = field(default_factory=dict)
    unpublished: Mapping[Reference, tuple[Reason, ...]] = field(default_factory=dict)
    stops: tuple[Stop, ...] = ()
    warnings: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, in the one order in which they may be carried out."""
        return (*self.documents, *self.names, *self.schedules, *self.retires)

    @property
    def participants(self) -> frozenset[ParticipantId]:
        """Whom the steps concern, as far as a name tells whose it is."""
        named = (
            name
            for step in self.names
            for part in (step.plan.add, step.plan.replace, step.plan.drop)
            for name in part
        )
        return frozenset(
            (
                *map(whose, (*self.documents, *self.retires)),
                *(step.participant for step in self.schedules),
                *(self.owners[name] for name in named if name in self.owners),
            )
        )

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do; what is held or not due does not count."""
        return not self.steps


def whose(step: DocumentStep | RetireDocument) -> ParticipantId:
    """Return the participant whose document or group *step* is about."""
    return step.participant if isinstance(step, LinkGroup) else step.key.participant


def marks(plan: Plan[K, V]) -> dict[K, str]:
    """Return for each key of *plan* a mark of what would be done to it, equal from run to run."""
    lines = {
        **{key: f"+{key} {value}" for key, value in plan.add.items()},
        **{key: f"~{key} {found} > {wanted}" for key, (found, wanted) in plan.replace.items()},
        **{key: f"-{key} {value}" for key, value in plan.drop.items()},
    }
    return {key: sha256(line.encode()).hexdigest() for key, line in lines.items()}
