"""Bring documents and names up to the register's present state.

Each run plans from what is, so it may be stopped anywhere: there is no code that undoes anything.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from eer.domain.errors import Implausible, Refused
from eer.domain.model import Directory
from eer.domain.plan import Limits
from smp.domain import mapping, steps
from smp.domain.identifiers import ParticipantId, fold
from smp.domain.mapping import Terms
from smp.domain.metadata import ServiceMetadata
from smp.domain.naming import DnsName, Naming, participant_names
from smp.domain.progress import (
    Progress,
    Report,
    gln_of,
    participants_of,
    settings_digest,
    unfinished,
)
from smp.domain.publication import PublicationPlan, Retirement
from smp.domain.state import Agreed, Found, Version, Wanted
from smp.enact import Done, Locator, Means, Register, Run, Signer, answering
from smp.xml import render

__all__ = ["Locator", "Means", "Publisher", "Register", "Signer"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Beginning:
    """When a run began, at which sequence, and whom it looks at: everybody when *glns* is None.

    *since* is how far the run before had come, where this one goes on from it.
    """

    at: datetime
    sequence: int
    since: Progress | None
    glns: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class _Look:
    """What a run has seen."""

    begun: _Beginning
    directory: Directory
    wanted: Wanted
    found: Found


@dataclass(frozen=True)
class Publisher:
    """What is to be published, how and with what.

    Decisions are made by one reading of the clock a run; only what is written down as the time of
    a deed is read when it is done.
    """

    means: Means
    terms: Terms
    naming: Naming
    limits: Limits

    def plan(self) -> PublicationPlan:
        """Return what publishing would do now, having looked at everything; changes nothing."""
        look = self._look(self._beginning())
        unpublished = mapping.unpublished(look.directory, look.begun.at)
        return replace(self._planned(look), unpublished=unpublished)

    def publish(self, accept: str | None = None) -> Report:
        """Do what plan() shows: everything is looked at, so what somebody else undid is mended.

        *accept* is the digest of what is held: then exactly that is let through. Raises
        Implausible when something else is held, Refused when nothing is, Unavailable when another
        run is publishing, and what signing, the database, the register and the locator raise. It
        may be stopped anywhere and run again.
        """
        with self.means.ledger.run():
            begun = self._beginning()
            if accept is not None:
                self._accept(self._look(begun), accept)
            return self._publish(self._look(begun))

    def publish_touched(self) -> Report:
        """Do what is to be done for those who were touched since the last run.

        For all, where time or a setting may have touched everybody. Raises as publish() does.
        """
        with self.means.ledger.run():
            return self._publish(self._look(self._narrowed(self._beginning())))

    def publish_all(self, renew: frozenset[ParticipantId] = frozenset()) -> Report:
        """Publish, and make all that is *renew*'s anew whatever the books say of it.

        For whom the public saw something else than was stored. Raises as publish() does.
        """
        with self.means.ledger.run():
            look = self._look(self._beginning())
            return self._publish(replace(look, found=_spoilt(look.found, renew)))

    def _beginning(self) -> _Beginning:
        """The sequence is read before anything else: what is written meanwhile is seen again."""
        return _Beginning(self.means.clock(), self.means.register.sequence(), None, None)

    def _narrowed(self, begun: _Beginning) -> _Beginning:
        """Return *begun* with the GLNs that it is enough to look at, if that is enough."""
        progress = self.means.ledger.progress()
        if progress is None or not progress.covers(
            settings=settings_digest(self.terms, self.naming),
            signer=self.means.signer.fingerprint,
            at=begun.at,
        ):
            return begun
        due = {gln_of(participant) for participant in self.means.shelf.due(begun.at)}
        glns = self.means.register.touched(progress.sequence) | progress.unfinished | due
        return replace(begun, since=progress, glns=glns)

    def _look(self, begun: _Beginning) -> _Look:
        directory = self.means.register.directory(begun.glns)
        documents = mapping.documents(directory, self.terms, begun.at)
        wanted = Wanted(
            documents=documents,
            versions={key: self._version(meant) for key, meant in documents.items()},
            stopped=mapping.stopped(directory, self.terms, begun.at),
            naming=self.naming,
            signer=self.means.signer.fingerprint,
        )
        found = self._found(None if begun.glns is None else frozenset(participants_of(begun.glns)))
        if asked := steps.unnamed(wanted, found):
            found = replace(found, answering=answering(self.means.locator, asked))
        return _Look(begun, directory, wanted, found)

    def _version(self, meant: ServiceMetadata) -> Version:
        digest = sha256(render.unsigned_bytes(meant)).hexdigest()
        return Version(digest, meant.addresses, self.means.signer.fingerprint)

    def _found(self, participants: frozenset[ParticipantId] | None) -> Found:
        looked: frozenset[DnsName] | None = None
        if participants is None:
            names = self.means.locator.names()
        else:
            both = (participant_names(each, self.naming.zone) for each in participants)
            looked = frozenset((self.naming.publisher, *(name for two in both for name in two)))
            names = self.means.locator.names_at(looked)
        agreed, ours = self._agreed(), self.means.ledger.names(looked)
        return Found(
            documents=self.means.shelf.documents(participants),
            elsewhere=self.means.shelf.elsewhere(agreed.bases[-1], participants),
            names=names,
            ledger=ours.participants,
            own=ours.publisher,
            answering=frozenset(),
            agreed=agreed,
            document_count=self.means.shelf.count(),
            name_count=self.means.ledger.name_count(),
        )

    def _agreed(self) -> Agreed:
        """Where nothing is public yet, nobody need be asked about the base and the signer."""
        agreed = self.means.ledger.agreed().under(self.naming.publisher)
        if agreed.bases and not self.means.shelf.is_empty():
            return agreed
        return agreed.to(base=self.naming.base_url, signer=self.means.signer.fingerprint)

    def _planned(self, look: _Look) -> PublicationPlan:
        return steps.plan(look.wanted, look.found, self.limits, look.begun.at)

    def _accept(self, look: _Look, digest: str) -> None:
        held = self._planned(look).held
        if held.is_empty:
            raise Refused(f"accept {digest}: nothing is held now; publish without it")
        if held.digest != digest:
            raise Implausible(
                f"accept {digest}: what is held now is {held.digest}; look at the plan again"
            )
        to = look.found.agreed.to(base=self.naming.base_url, signer=self.means.signer.fingerprint)
        self.means.ledger.agree(replace(to, marks=to.marks | held.marks))
        _log.info("accepted digest=%s", digest)
        self.means.register.receive(())

    def _publish(self, look: _Look) -> Report:
        if self.means.ledger.agreed() != look.found.agreed:
            self.means.ledger.agree(look.found.agreed)
            self.means.register.receive(())
        if self.means.ledger.schemes() != tuple(map(fold, self.terms.document_schemes)):
            self.means.ledger.prefer(self.terms.document_schemes)
            self.means.register.receive(())
        plan = self._planned(look)
        _log.info(
            "plan sequence=%d full=%s steps=%d held=%s conflicts=%d",
            look.begun.sequence,
            look.begun.glns is None,
            len(plan.steps),
            "" if plan.held.is_empty else plan.held.digest,
            len(plan.conflicts),
        )
        run = Run(self.means, plan, look.begun.sequence, look.found.agreed.naming(self.naming))
        return self._finished(look, run, run.carry_out())

    def _finished(self, look: _Look, run: Run, done: Done) -> Report:
        begun, plan = look.begun, run.plan
        waiting = (*(each for each in plan.retirements if each.due is None), *done.waiting)
        progress = Progress(
            sequence=begun.sequence,
            settings=settings_digest(self.terms, self.naming),
            signer=self.means.signer.fingerprint,
            next_look=_first(
                mapping.next_look(look.directory, begun.at),
                None if begun.since is None else begun.since.next_look,
            ),
            unfinished=unfinished(plan, waiting)
            | {gln_of(participant) for participant in done.unproved},
        )
        books = plan.claimed or plan.forgotten or look.found.agreed.marks
        if books or progress != self.means.ledger.progress():
            self.means.ledger.finish(
                progress,
                claimed=plan.claimed,
                forgotten=plan.forgotten,
                publisher=self.naming.publisher,
            )
            run.tell_finished()
        pending = self.means.shelf.retirements()
        return Report(
            sequence=begun.sequence,
            is_full=begun.glns is None,
            signed=done.signed,
            dropped=done.dropped,
            retired=done.retired,
            added=done.added,
            replaced=done.replaced,
            removed=done.removed,
            publisher=done.publisher,
            held=plan.held,
            conflicts=plan.conflicts,
            unproved=done.unproved,
            retirements=(*waiting, *(Retirement(*each) for each in pending.items())),
            look_again=_first(
                progress.next_look,
                *pending.values(),
                begun.at + self.means.ttl if waiting else None,
            ),
        )


def _spoilt(found: Found, whose: frozenset[ParticipantId]) -> Found:
    """Return *found* with the documents of *whose* other than anything that could be wanted."""
    documents = {
        key: replace(stored, version=replace(stored.version, digest=""))
        if key.participant in whose
        else stored
        for key, stored in found.documents.items()
    }
    return replace(found, documents=documents)


def _first(*moments: datetime | None) -> datetime | None:
    return min((each for each in moments if each is not None), default=None)
