"""Take a participant, or all behind an access point, off the public at once, and back again.

Nothing is waited for and nobody is asked: it is written down, the documents go, and then the names.
None of it needs a key to sign with: it may be the very key that is lost. A run that had planned
otherwise finds it written down and stops.
"""

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from eer.domain.errors import Absent, Failure, Refused, Unavailable
from eer.domain.identifiers import Reference
from eer.domain.receipt import Receipt, Step
from smp.domain import mapping, told
from smp.domain.identifiers import DocumentKey, fold, gln_of, participants_of
from smp.domain.mapping import Terms
from smp.domain.naming import DnsName, participant_names
from smp.domain.progress import Report
from smp.domain.stops import Deed, Stop, Stops, Subject, stopped
from smp.means import Books
from smp.store.shelf import Change

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Done:
    """What became of it: the deed as written down, how many documents went, and what a run did.

    *names* are those that are left of whom nothing is public any more. *report* is None where the
    names could not be seen to, for the reason that *waits* tells.
    """

    stop: Stop
    documents: int
    report: Report | None
    names: frozenset[DnsName] = frozenset()
    waits: str = ""

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to be done."""
        return self.report is not None and not self.names


@dataclass(frozen=True)
class Brake:
    """Stops and releases in the name of *by*; then *run* sees to the names, if it can."""

    books: Books
    terms: Terms
    run: Callable[[], Report]
    by: str

    def stop(self, subject: Subject, reason: str) -> Done:
        """Stop *subject*: its documents are gone when this returns, and its names if they can be.

        What is stopped already is stopped once more: something may have been left. Raises Absent
        when the register knows no such access point and no document leads to it, and Unavailable
        when the publication database does not answer.
        """
        glns = self._hanging_on(subject, self._leading_to(subject))
        said = self._written(Deed.STOPPED, subject, reason, glns)
        # From now on no run stores anything more of it: what came until then goes too.
        leading = self._leading_to(subject)
        if missed := _glns(leading) - said.glns:
            said = self._written(Deed.STOPPED, subject, reason, said.glns | missed)
        return self._named(said, self._take_away(said, leading))

    def standing(self) -> tuple[Stop, ...]:
        """Return what is stopped."""
        return self.books.stops.stops().standing

    def release(self, subject: Subject, reason: str) -> Done:
        """Let *subject* be published again; raises Refused when it is not stopped."""
        before = self.books.stops.stops().of(subject)
        if before is None:
            raise Refused(f"{subject} is not stopped: smp stop --list shows what is")
        glns = before.glns  # whoever hung on it then is looked at in any case
        with suppress(Absent, Unavailable):
            glns |= self._hanging_on(subject, self._leading_to(subject))
        return self._named(self._written(Deed.RELEASED, subject, reason, glns), 0)

    def _leading_to(self, subject: Subject) -> frozenset[DocumentKey]:
        """Return the documents that are public and lead to an access point, asking no register."""
        if isinstance(subject.of, Reference):
            return self.books.shelf.leading_to(str(subject.of))
        return frozenset()

    def _hanging_on(self, subject: Subject, leading: Iterable[DocumentKey]) -> frozenset[str]:
        """What is public counts as well as what the register says now: one may be ahead."""
        if not isinstance(subject.of, Reference):
            return frozenset({gln_of(subject.of)})
        stored = _glns(leading)
        try:
            return stored | self.books.register.hanging_on(subject.of)
        except (Absent, Unavailable) as fault:
            if not stored:
                raise
            _log.warning("stopping subject=%s, by what is public: %s", subject, fault.text)
            return stored

    def _written(self, deed: Deed, subject: Subject, reason: str, glns: frozenset[str]) -> Stop:
        books = self.books
        said = books.stops.put(Stop(deed, subject, reason, self.by, books.clock(), glns))
        _log.warning("%s subject=%s by=%s reason=%s", deed, subject, self.by, reason)
        books.after_step()
        return said

    def _take_away(self, said: Stop, leading: frozenset[DocumentKey]) -> int:
        books = self.books
        stops = books.stops.stops()
        gone = tuple(sorted(self._concerned(said, leading, stops)))
        if gone:
            books.shelf.apply(Change(drop=gone), books.ledger.agreed().bases[-1], books.clock())
            progress = books.ledger.progress()
            whose = {key.participant for key in gone}
            books.to_verify(whose, 0 if progress is None else progress.sequence)
            _log.warning("gone documents=%d subject=%s", len(gone), said.subject)
            books.after_step()
        self._tell(said, stops)
        return len(gone)

    def _concerned(
        self, said: Stop, leading: frozenset[DocumentKey], stops: Stops
    ) -> Iterable[DocumentKey]:
        """A participant's documents go whatever the register says of it, and without asking that.

        Of an access point go those that lead to it, and those that the register had lead there and
        are stored without saying so.
        """
        stored = self.books.shelf.documents(participants_of(said.glns))
        if not isinstance(said.subject.of, Reference):
            return stored.keys()
        try:
            directory = stops.over(self.books.register.directory(said.glns))
        except Unavailable:
            return leading
        terms, at = self.terms, self.books.ledger.hour(self.books.clock()).at
        wanted = mapping.documents(directory, terms, at)
        going = {fold(str(key)) for key in mapping.stopped(directory, terms, at) - wanted.keys()}
        return leading | {
            key
            for key, each in stored.items()
            if fold(str(key)) in going and not each.version.access_point
        }

    def _tell(self, said: Stop, stops: Stops) -> None:
        """The register is told at once, if it answers; the next run tells it in any case."""
        books = self.books
        try:
            directory = stops.over(books.register.directory(said.glns))
            sequence, at = books.register.sequence(), books.clock()
            receipts = [
                Receipt(str(who), sequence, Step.STOPPED, at, str(what))
                for who, what in stopped(directory)
            ]
            books.register.receive(receipts)
        except Unavailable as fault:
            _log.warning("untold subject=%s to the register: %s", said.subject, fault.text)

    def _named(self, said: Stop, gone: int) -> Done:
        """What is done stays done whatever a run has to say: of that it is only told."""
        try:
            report = self.run()
        except Failure as fault:
            _log.warning("names of subject=%s wait: %s", said.subject, fault.text)
            return Done(said, gone, None, self._left(said), fault.text)
        return Done(said, gone, report, self._left(said))

    def _left(self, said: Stop) -> frozenset[DnsName]:
        """Return the names that are still in the books of whom nothing is public any more."""
        if said.deed is Deed.RELEASED:
            return frozenset()
        participants = frozenset(participants_of(said.glns))
        public = {key.participant for key in self.books.shelf.documents(participants)}
        names = frozenset(
            name
            for zone in self.books.ledger.agreed().zones
            for who in participants - public
            for name in participant_names(who, zone)
        )
        return self.books.ledger.names(names).participants


def _glns(documents: Iterable[DocumentKey]) -> frozenset[str]:
    return frozenset(gln_of(key.participant) for key in documents)


def lines(done: Done) -> list[str]:
    """Return what became of it for people."""
    said = f"{done.stop.deed}    {done.stop.subject}, in the name of {done.stop.by}"
    if done.stop.deed is Deed.STOPPED:
        said += f": {done.documents} documents are gone"
    if done.report is None:
        return [said, f"names      wait for the next run: {done.waits}"]
    left = [
        f"name       {name} is still there: {done.report.left.get(name, 'another run sees to it')}"
        for name in sorted(done.names)
    ]
    return [said, *left, *told.report_lines(done.report)]


def as_json(done: Done) -> dict[str, object]:
    """Return what became of it for machines."""
    return {
        **told.stop_json(done.stop),
        "documents": done.documents,
        "names": sorted(done.names),
        "waits": done.waits or None,
        "report": None if done.report is None else told.report_json(done.report),
    }
