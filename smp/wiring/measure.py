"""What audits measure by, put together: as of whenever it is taken.

Publishing has a minute for what was just written, stopped, or begun or ended by the clock. Until
then a difference is none.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from eer.wiring.directory import Register
from smp.domain.identifiers import DocumentKey, ParticipantId, gln_of, participants_of
from smp.domain.mapping import Terms
from smp.domain.measure import Measure, Wanted
from smp.domain.metadata import ServiceMetadata
from smp.domain.stops import Stops
from smp.store.ledger import Ledger
from smp.store.legacy import LegacyBook
from smp.store.stops import StopBook
from smp.wiring import parts, wanted
from smp.wiring.sight import Sights
from smp.xml import written

PROMPT = timedelta(minutes=1)
"""How long publishing may take."""


@dataclass(frozen=True, slots=True)
class Measuring:
    """Takes the measure of everybody, or of those *among*.

    Where it *is_patient* it tells who is just being published. *is_whole* is whether names are
    measured by the ledger too.
    """

    sights: Sights
    register: Register
    terms: Terms
    among: frozenset[ParticipantId] | None = None
    is_patient: bool = True
    is_whole: bool = True
    clock: Callable[[], datetime] = parts.now

    def take(self, some: frozenset[ParticipantId] | None) -> Measure:
        """Return the measure of *some*, or of all that this is about."""
        at = Ledger(self.sights.store).hour(self.clock()).at
        whom = self.among if some is None else some
        documents = self._documents(at, whom)
        stops = StopBook(self.sights.store).stops()
        others = stopped(stops) if whom is None else whom
        changing: frozenset[ParticipantId] = frozenset()
        if self.is_patient and some is not None:
            changing = self._changing(documents, at, some)
        books = self.sights.books(whom) if self.is_whole else self.sights.books_of(whom)
        return Measure(Wanted(documents, self.sights.settings.naming, others, changing), books)

    def _documents(
        self, at: datetime, whom: frozenset[ParticipantId] | None
    ) -> dict[DocumentKey, ServiceMetadata]:
        glns = None if whom is None else frozenset(map(gln_of, whom))
        return wanted.documents(self.sights.store, self.register, self.terms, at, glns)

    def _changing(
        self,
        documents: dict[DocumentKey, ServiceMetadata],
        at: datetime,
        some: frozenset[ParticipantId],
    ) -> frozenset[ParticipantId]:
        """Return whom nobody can have published yet, among *some*."""
        store, lately = self.sights.store, at - PROMPT
        progress = Ledger(store).progress()
        if progress is None:
            return frozenset()
        glns = StopBook(store).lately(lately) | LegacyBook(store, written.read).lately(lately)
        since = self.register.waiting_since(progress.sequence)
        if since is not None and since > lately:
            glns |= self.register.touched(progress.sequence)
        before = self._documents(lately, some)
        turned = before.keys() ^ documents.keys()
        whom = {*participants_of(glns), *(key.participant for key in turned)}
        return some & whom


def stopped(stops: Stops) -> frozenset[ParticipantId]:
    """Return who is stopped, by itself or by what it hung on when that was stopped."""
    glns: Iterable[str] = (gln for each in stops.standing for gln in each.glns)
    return stops.participants | frozenset(participants_of(glns))
