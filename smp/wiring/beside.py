"""What `smp publish --watch` does beside publishing: look up what changed, and audit a sample."""

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from threading import Event

from eer.domain.errors import Unavailable
from eer.settings import Settings
from eer.wiring import directory
from eer.wiring.directory import Register
from smp import audit
from smp.aside import Aside, Job
from smp.domain.findings import Findings
from smp.domain.identifiers import ParticipantId
from smp.domain.mapping import Terms
from smp.sample import Sampling
from smp.settings.publishing import Publishing
from smp.store.findings import FindingBook
from smp.store.ledger import Ledger
from smp.store.legacy import LegacyBook
from smp.store.public import Public
from smp.store.session import Store
from smp.store.shelf import Shelf
from smp.store.stops import StopBook
from smp.store.verifications import Verifications, Waiting
from smp.verification import Verification
from smp.wiring import parts, publish, sight
from smp.wiring.ends import certificates
from smp.wiring.measure import Measuring, stopped
from smp.wiring.publish import Meanwhile
from smp.xml import render, written

_VERIFY_EVERY = timedelta(seconds=2)
_SECONDS = 10.0
"""How long one look at some participants may take, but for the answer that it waits for then."""

_MOMENT = 0.2


@dataclass(frozen=True, slots=True)
class Looking:
    """Audits some participants, until the process is *ending*; reads nothing of anybody else."""

    sights: sight.Sights
    register: Register
    terms: Terms
    ending: Event

    def look(self, participants: frozenset[ParticipantId], *, is_public: bool) -> Findings:
        """Return what differs of *participants*; raises Unavailable when the process ends."""
        bound = sight.Bound(answer=2, whole=_SECONDS, tries=1, is_ending=self.ending.is_set)
        measuring = Measuring(
            *(self.sights, self.register, self.terms, participants),
            is_patient=not is_public,
            is_whole=False,
        )
        at = Ledger(self.sights.store).hour(parts.now()).at
        view = self.sights.view(at, bound, is_public=is_public)
        findings = audit.audit(measuring.take, view)
        if self.ending.is_set():
            raise Unavailable("the process ends: what it saw last does not count")
        return findings

    def verification(self) -> Verification:
        """Return what looks up whom a run has changed; what is stored was proved before."""
        settings, store = self.sights.settings, self.sights.store
        servers = (f"{host}:{port}" for host, port in settings.nameservers)
        return Verification(
            book=Verifications(store),
            look=lambda some: self.look(some, is_public=True),
            tell=self.register.receive,
            where=",".join((settings.base_url, *servers)),
            servers=self.sights.servers,
            reached=lambda: reached(store),
            clock=parts.now,
        )

    def sampling(self) -> Sampling:
        """Return what audits a sample."""
        store = self.sights.store
        return Sampling(
            book=FindingBook(store),
            everybody=lambda: everybody(store),
            look=lambda some: self.look(some, is_public=False),
            choose=random.SystemRandom().sample,
            count=self.sights.settings.sample_count,
            clock=parts.now,
        )


@contextmanager
def looking(settings: Publishing, register: Settings, ending: Event) -> Iterator[Looking]:
    """Give what looks, with connections of its own."""
    terms = publish.terms(settings, register)
    with closing(Store(settings.database_url)) as store, sight.access_point(settings, terms) as ap:
        sights = sight.Sights(settings, store, ap)
        yield Looking(sights, directory.register(register), terms, ending)


@contextmanager
def beside(settings: Publishing, register: Settings, ending: Event) -> Iterator[Meanwhile]:
    """Give what is to be called in the publisher's pauses, until the process is *ending*."""
    with looking(settings, register, ending) as look, ThreadPoolExecutor(1) as pool:
        jobs = [Job("verification", look.verification().round, _VERIFY_EVERY)]
        if settings.sample_every:
            every = timedelta(seconds=settings.sample_every)
            jobs.append(Job("sampled audit", look.sampling().sample, every))
        store = look.sights.store
        yield Meanwhile(
            Aside(jobs, pool.submit, time.monotonic),
            drift=FindingBook(store).drift,
            waiting=Verifications(store).waiting,
            ends=certificates(settings, register, LegacyBook(store, written.read)).ends,
        )


def verify(settings: Publishing, register: Settings, seconds: float) -> Waiting:
    """Look up all that was changed, for so many *seconds* at most; return who still waits."""
    until = time.monotonic() + seconds
    with looking(settings, register, Event()) as look:
        verification = look.verification()
        while True:
            seen = verification.round()
            waiting = verification.book.waiting()
            if not waiting.participants or time.monotonic() > until:
                return waiting
            if not seen.done | seen.left:
                time.sleep(_MOMENT)


def everybody(store: Store) -> tuple[ParticipantId, ...]:
    """Return of whom anything is public, was not long ago, or is stopped."""
    public = Shelf(store, render.service_group).everybody()
    left = {each.participant for each in Public(store).withdrawn()}
    more = left | stopped(StopBook(store).stops())
    return (*public, *sorted(more.difference(public)))


def reached(store: Store) -> int:
    """Return the register's sequence that publication has come to."""
    progress = Ledger(store).progress()
    return 0 if progress is None else progress.sequence
