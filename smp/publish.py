"""Bring documents and names up to the register's present state.

Each run plans from what is, so it may be stopped anywhere: there is no code that undoes anything.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from eer.domain.errors import Implausible, Refused
from eer.domain.model import Directory
from eer.domain.plan import Limits
from smp import succession
from smp.domain import legacy, mapping, steps
from smp.domain.identifiers import ParticipantId, fold, gln_of, participants_of
from smp.domain.legacy import Stock, Written
from smp.domain.mapping import Terms
from smp.domain.metadata import ServiceMetadata
from smp.domain.naming import DnsName, Naming, participant_names
from smp.domain.progress import Progress, Report, reached, settings_digest, unfinished
from smp.domain.publication import PublicationPlan, PutDocument, Retirement
from smp.domain.state import Agreed, Found, Version, Wanted
from smp.domain.stops import Stops, stopped
from smp.enact import Done, Run
from smp.means import Locator, Means, Register, answering
from smp.signing import Signer
from smp.xml import render

__all__ = ["Locator", "Means", "Publisher", "Register", "Signer"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Beginning:
    """When a run began, at which sequence, and whom it looks at: everybody when *glns* is None.

    *means* have the signer in force, *stops* is what operators have stopped, *written* how much
    tools have written. The register's version of that sequence is *dated*; *lost* tells what it had
    before and has no longer, if it was put back from a backup. *since* is how far the run before
    had come, where this one goes on from it. *renew* are made anew whatever the books say.
    """

    means: Means
    at: datetime
    stops: Stops
    written: Written
    sequence: int
    since: Progress | None
    glns: frozenset[str] | None
    renew: frozenset[ParticipantId] = frozenset()
    dated: datetime | None = None
    lost: str = ""


@dataclass(frozen=True, slots=True)
class _Look:
    """What a run has seen."""

    begun: _Beginning
    directory: Directory
    stock: Stock
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
        look = self._look(self._beginning(takes_over=False))
        return replace(
            self._planned(look),
            unpublished=mapping.unpublished(look.directory, self.terms, look.begun.at),
            warnings=self._warnings(look),
            unchecked=look.directory.unchecked,
            former=self._former(look.found.agreed),
            stops=look.begun.stops.standing,
            signer=succession.ending(look.begun.means, look.begun.at),
        )

    def publish(self, accept: str | None = None) -> Report:
        """Do what plan() shows: everything is looked at, so what somebody else undid is mended.

        *accept* is the digest of what is held: then exactly that is let through. Raises
        Implausible when something else is held, Refused when nothing is or when the signer has
        expired and something is to be signed, Unavailable when another run is publishing, and what
        the database, the register and the locator raise. It may be stopped anywhere and run again.
        """
        with self.means.ledger.run():
            begun = self._beginning()
            if accept is not None:
                self._accept(self._look(begun), accept)
                begun = replace(begun, means=succession.armed(self.means))
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
            return self._publish(self._look(replace(self._beginning(), renew=renew)))

    def _beginning(self, *, takes_over: bool = True) -> _Beginning:
        """The sequence is read before anything else: what is written meanwhile is seen again.

        The signer whose time has come *takes_over*, unless this only looks.
        """
        at, stops = self.means.clock(), self.means.stops.stops()
        written, sequence = self.means.legacy.written(), self.means.register.sequence()
        means = succession.succeeded(self.means, at) if takes_over else succession.armed(self.means)
        dated, lost = self.means.register.written(sequence), self.means.lost()
        return _Beginning(
            means, at, stops, written, sequence, since=None, glns=None, dated=dated, lost=lost
        )

    def _narrowed(self, begun: _Beginning) -> _Beginning:
        """Return *begun* with the GLNs that it is enough to look at, if that is enough."""
        progress = self.means.ledger.progress()
        if (
            progress is None
            or begun.lost
            or not progress.covers(
                settings=settings_digest(self.terms, self.naming),
                signer=begun.means.signer.fingerprint,
                at=begun.at,
            )
        ):
            return begun
        due = {gln_of(participant) for participant in self.means.shelf.due(begun.at)}
        glns = self.means.register.touched(progress.sequence) | progress.unfinished | due
        pending = begun.stops.pending | begun.written.pending
        return replace(begun, since=progress, glns=glns | pending)

    def _look(self, begun: _Beginning) -> _Look:
        directory = begun.stops.over(self.means.register.directory(begun.glns))
        halted = begun.stops.participants
        tools = self.means.legacy.documents(begun.glns)
        stock = legacy.stock(tools, directory, halted, self.terms.objection)
        documents = {
            **stock.wanted(begun.at),
            **mapping.documents(directory, self.terms, begun.at),
        }
        signer, follows = begun.means.signer.fingerprint, begun.means.follows
        wanted = Wanted(
            documents=documents,
            versions={key: _version(meant, signer) for key, meant in documents.items()},
            stopped=mapping.stopped(directory, self.terms, begun.at) | stock.stopped(),
            halted=halted,
            naming=self.naming,
            signer=signer,
            renew=begun.renew,
            follows="" if follows is None else follows.signer.fingerprint,
        )
        found = self._found(begun)
        if asked := steps.unnamed(wanted, found):
            found = replace(found, answering=answering(self.means.locator, asked))
        return _Look(begun, directory, stock, wanted, found)

    def _found(self, begun: _Beginning) -> Found:
        participants = None if begun.glns is None else frozenset(participants_of(begun.glns))
        looked: frozenset[DnsName] | None = None
        if participants is None:
            names = self.means.locator.names()
        else:
            both = (participant_names(each, self.naming.zone) for each in participants)
            looked = frozenset((self.naming.publisher, *(name for two in both for name in two)))
            names = self.means.locator.names_at(looked)
        agreed, ours = self._agreed(begun.means), self.means.ledger.names(looked)
        gone, documents = self.means.ledger.gone(begun.at), self.means.shelf.documents(participants)
        risky = max(len(documents) + gone.documents, len(ours.participants) + gone.names)
        # Something waits that all documents or names would follow.
        present, heir = (agreed.naming(self.naming), agreed.signers[-1]), begun.means.heir
        is_switched = present != (self.naming, heir.fingerprint)
        is_counted = participants is None or is_switched or risky > self.limits.count
        return Found(
            documents=documents,
            elsewhere=self.means.shelf.elsewhere(agreed.bases[-1], participants),
            names=names,
            ledger=ours.participants,
            own=ours.publisher,
            answering=frozenset(),
            agreed=agreed,
            # What is within the limits by its number alone need not be held against all there is.
            document_count=self.means.shelf.count() if is_counted else 0,
            name_count=self.means.ledger.name_count(agreed.zones[-1]) if is_counted else 0,
            documents_gone=gone.documents,
            names_gone=gone.names,
        )

    def _agreed(self, means: Means) -> Agreed:
        """Where nothing is public yet, nobody need be asked, and no name has a longer TTL.

        A record in the zone keeps the TTL that it was written with, however short it is now.
        """
        agreed = self.means.ledger.agreed().under(self.naming.publisher)
        if not agreed.bases or self.means.shelf.is_empty():
            to = agreed.to_all(self.naming, means.signer.fingerprint)
            return replace(to, ttl=self.means.ttl)
        return replace(
            agreed,
            zones=agreed.zones or (self.naming.zone,),
            records=agreed.records or (self.naming.publisher_record,),
            ttl=max(agreed.ttl, self.means.ttl),
        )

    def _former(self, agreed: Agreed) -> Mapping[DnsName, int]:
        return self.means.ledger.former(agreed.former(agreed.zones[-1]))

    def _warnings(self, look: _Look) -> tuple[str, ...]:
        told = mapping.warnings(look.directory, self.terms, look.begun.at)
        lost = (look.begun.lost,) if look.begun.lost else ()
        return (*lost, *told, *look.stock.warnings())

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
        to = look.found.agreed.to_all(self.naming, look.begun.means.heir.fingerprint)
        self.means.ledger.agree(replace(to, marks=to.marks | held.marks))
        _log.info("accepted digest=%s", digest)
        self.means.after_step()

    def _publish(self, look: _Look) -> Report:
        plan = self._planned(look)
        if any(isinstance(step, PutDocument) for step in plan.documents):
            succession.check(look.begun.means, look.begun.at)
        if self.means.ledger.agreed() != look.found.agreed:
            self.means.ledger.agree(look.found.agreed)
            self.means.after_step()
        if self.means.ledger.schemes() != tuple(map(fold, self.terms.document_schemes)):
            self.means.ledger.prefer(self.terms.document_schemes)
            self.means.after_step()
        _log.info(
            "plan sequence=%d full=%s steps=%d held=%s conflicts=%d",
            look.begun.sequence,
            look.begun.glns is None,
            len(plan.steps),
            "" if plan.held.is_empty else plan.held.digest,
            len(plan.conflicts),
        )
        agreed = look.found.agreed
        naming = agreed.naming(self.naming)
        stops = look.begun.stops.revision
        self.means.to_verify(plan.participants, look.begun.sequence)
        run = Run(look.begun.means, plan, look.begun.sequence, stops, naming, agreed.ttl)
        return self._finished(look, run, run.carry_out())

    def _seen(self, look: _Look) -> frozenset[str]:
        """Return the GLNs that the register has versions of which no run before has finished."""
        if look.begun.glns is not None:
            return look.begun.glns
        before = self.means.ledger.progress()
        if before is None or look.begun.lost:
            return frozenset(each.gln for each in look.directory.endpoints)
        return self.means.register.touched(before.sequence) | before.unfinished

    def _finished(self, look: _Look, run: Run, done: Done) -> Report:
        begun, plan, expiry = look.begun, run.plan, run.means.signer.not_after
        waiting = (*(each for each in plan.retirements if each.due is None), *done.waiting)
        progress = Progress(
            sequence=begun.sequence,
            settings=settings_digest(self.terms, self.naming),
            signer=run.means.signer.fingerprint,
            next_look=_first(
                mapping.next_look(look.directory, begun.at),
                look.stock.next_look(begun.at),
                expiry if expiry is not None and expiry > begun.at else None,
                None if begun.since is None else begun.since.next_look,
            ),
            unfinished=unfinished(plan, waiting)
            | {gln_of(participant) for participant in done.unproved}
            | {gln_of(plan.owners[name]) for name in done.left if name in plan.owners},
            written=begun.dated,
        )
        claimed = {n for n in plan.claimed if plan.owners.get(n) not in done.bereft}
        books = claimed or plan.forgotten or look.found.agreed.marks
        told = begun.stops.pending | begun.written.pending
        if books or told or progress != self.means.ledger.progress():
            # A run that dies in between tells it again; the other way round nobody would.
            run.tell_finished(
                reached(plan, self._seen(look), progress.unfinished), stopped(look.directory)
            )
            self.means.ledger.finish(
                progress,
                claimed=claimed,
                forgotten=plan.forgotten,
                publisher=self.naming.publisher,
                stops=begun.stops.revision,
                written=begun.written.revision,
            )
            self.means.after_step()
        pending, warnings = self.means.shelf.retirements(), self._warnings(look)
        if begun.glns is None:  # who is touched every second need not hear it every second
            for each in warnings:
                _log.warning("%s", each)
        ending = succession.ending(run.means, begun.at)
        if ending is not None:
            self.means.remind(ending)
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
            linked=done.linked,
            scheduled=done.scheduled,
            former=self._former(look.found.agreed),
            warnings=warnings,
            held=plan.held,
            stops=begun.stops,
            written=begun.written.revision,
            conflicts=plan.conflicts,
            unproved=done.unproved,
            left=done.left,
            signer=ending,
            retirements=(*waiting, *(Retirement(*each) for each in pending.items())),
            look_again=_first(
                progress.next_look,
                *pending.values(),
                begun.at + self.means.ttl if waiting or done.left else None,
            ),
        )


def _version(meant: ServiceMetadata, signer: str) -> Version:
    return Version(render.digest(meant), meant.addresses, signer)


def _first(*moments: datetime | None) -> datetime | None:
    return min((each for each in moments if each is not None), default=None)
