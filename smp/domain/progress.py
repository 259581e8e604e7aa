"""How far has publication come, and who has to be looked at next?"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256

from smp.domain import holding
from smp.domain.expiry import Expiring
from smp.domain.identifiers import ParticipantId, gln_of, participants_of
from smp.domain.mapping import Terms
from smp.domain.naming import DnsName, Naming
from smp.domain.publication import Held, PublicationPlan, Retirement, Taken
from smp.domain.stops import Stops


@dataclass(frozen=True, slots=True)
class Progress:
    """How far publication has come: everything up to *sequence* is done as the settings say.

    *next_look* is when time alone makes it worth looking at everybody; *unfinished* are the GLNs to
    look at again whether they were touched or not. *written* is when the register's version of that
    sequence was; None where nobody wrote that down.
    """

    sequence: int
    settings: str
    signer: str
    next_look: datetime | None
    unfinished: frozenset[str] = frozenset()
    written: datetime | None = None

    def lost(self, written: datetime | None, sequence: int) -> str:
        """Tell that the register is not the one that was followed; nothing when it is.

        Its version of our sequence was *written* then, and it stands at *sequence*. A version
        keeps both for ever, so one that differs came after a backup was put back.
        """
        if self.written is None:
            is_same = self.sequence == 0 or written is not None
        else:
            is_same = written == self.written
        if is_same:
            return ""
        then = "" if self.written is None else f" of {self.written:%Y-%m-%dT%H:%M:%SZ}"
        now = "is not there" if written is None else "is not there, another one stands in its place"
        return (
            f"register: sequence {self.sequence}{then} {now}; it stands at {sequence}, as one does "
            "that was put back from a backup. Everybody is looked at; what was written behind that "
            "backup has to be written again"
        )

    def covers(self, *, settings: str, signer: str, at: datetime) -> bool:
        """Whether it is enough at *at* to look at what was touched since."""
        in_time = self.next_look is None or at < self.next_look
        return in_time and (self.settings, self.signer) == (settings, signer)


@dataclass(frozen=True, slots=True)
class Unproved:
    """How many documents of a participant did not come out as meant, and why the first did not."""

    documents: int
    reason: str

    def __str__(self) -> str:
        return f"{self.documents} documents, the first because {self.reason}"


@dataclass(frozen=True, slots=True)
class Report:
    """What a run has done, and what it has not; the numbers count documents and names.

    *signed* documents were stored, *dropped* ones left at once, *retired* ones in their time.
    *publisher* names are its own, added or replaced.
    *linked* groups were written anew, *scheduled* participants got a time to retire.
    *unproved* participants have documents that did not come out as meant: they keep what they
    have in their place. *stops* is what operators had stopped, *written* how much tools had
    written. *former* zones still have so many names of ours. Names *left* alone were refused when
    they were to be written. *signer* is what there is to tell of its end. *look_again* is when
    time alone will give it something to do;
    *warnings* are for somebody to see to.
    """

    sequence: int
    is_full: bool
    signed: int
    dropped: int
    retired: int
    added: int
    replaced: int
    removed: int
    publisher: int
    held: Held
    conflicts: tuple[Taken, ...]
    retirements: tuple[Retirement, ...]
    unproved: Mapping[ParticipantId, Unproved]
    look_again: datetime | None
    linked: int = 0
    scheduled: int = 0
    stops: Stops = field(default_factory=Stops)
    written: int = 0
    former: Mapping[DnsName, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    left: Mapping[DnsName, str] = field(default_factory=dict)
    signer: Expiring | None = None


def settings_digest(terms: Terms, naming: Naming) -> str:
    """Return a digest of all settings that documents and names follow from.

    How a certificate is named, or judged, is no setting.
    """
    functions = ("certificate_uid", "objection")
    said = {name: value for name, value in asdict(terms).items() if name not in functions}
    settings = json.dumps([said, asdict(naming)], sort_keys=True)
    return sha256(settings.encode()).hexdigest()


def unfinished(plan: PublicationPlan, waiting: Iterable[Retirement]) -> frozenset[str]:
    """Return the GLNs to look at again: held, in conflict, or *waiting* for a server to forget.

    Agreeing to a switch makes the next look a full one, so nobody need be noted for it.
    """
    documents, names = plan.held.documents, plan.held.names
    whose = {key.participant for key in documents.replace.keys() | documents.drop.keys()}
    whose |= {
        plan.owners[name]
        for name in plan.owners.keys() & (names.replace.keys() | names.drop.keys())
    }
    whose |= {each.participant for each in plan.conflicts if each.participant is not None}
    whose |= {each.participant for each in waiting}
    return frozenset(gln_of(participant) for participant in whose)


def reached(
    plan: PublicationPlan, seen: Iterable[str], unfinished: Iterable[str]
) -> frozenset[ParticipantId]:
    """Return of whom everything is public that the register said, be it something or nothing.

    *seen* are the GLNs that were looked at whether they had steps or not; who is *unfinished* or
    kept back by a switch has not come so far.
    """
    if any(switch.setting == holding.ZONE for switch in plan.held.switches):
        return frozenset()
    waiting = {key.participant for key in plan.held.waiting}
    return (
        (plan.participants | set(participants_of(seen)))
        - waiting
        - set(participants_of(unfinished))
    )
