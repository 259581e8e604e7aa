"""What would be said of everything in the register, were it written today?

Nothing is changed and all is seen as of one moment. Batch after batch is looked at, so that a
register of any size is.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from eer.domain import rules
from eer.domain.errors import Issue
from eer.domain.identifiers import Reference
from eer.domain.model import Reading
from eer.fhir import codec_json, kinds
from eer.fhir.element import Json
from eer.fhir.terminology import Vocabulary
from eer.register import judgement
from eer.register.counter import Counter
from eer.register.judgement import Grounds
from eer.register.state import State
from eer.store.records import Records
from eer.store.rows import Version

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, or worth a warning, with a resource."""

    reference: Reference
    issue: Issue


@dataclass(frozen=True, slots=True)
class Inspection:
    """The register as of *sequence*, of *count* resources, and what it is held against."""

    sequence: int
    count: int
    records: Records
    grounds: Grounds
    vocabulary: Vocabulary
    expiring: timedelta

    @property
    def remarks(self) -> tuple[str, ...]:
        """What somebody should see to, so that revoked certificates are known."""
        return self.grounds.trust.remarks(self.grounds.at)

    @property
    def unchecked(self) -> tuple[str, ...]:
        """What is asked of no certificate, for want of a setting."""
        return self.grounds.trust.unchecked()

    def findings(self, progress: Callable[[int], None]) -> Iterator[Finding]:
        """Yield what there is to say, type after type; *progress* is told how many are through."""
        for type_name in kinds.KINDS:
            for batch in self._batches(type_name):
                yield from self._said(batch)
                progress(len(batch))

    def _batches(self, type_name: str) -> Iterator[list[Version]]:
        last = ""
        while batch := self.records.behind(type_name, last, _AT_ONCE):
            yield batch
            last = batch[-1].reference.id

    def _said(self, batch: list[Version]) -> Iterator[Finding]:
        bodies = {each.reference: codec_json.parse(each.body or b"") for each in batch}
        readings = {each: kinds.reading(each, json) for each, json in bodies.items()}
        state = State(self.records, readings)
        rivals: dict[Reference, list[Issue]] = {}
        for reference, issue in judgement.rivals(readings, state):
            rivals.setdefault(reference, []).append(issue)
        for reference, reading in readings.items():
            issues = (*self._issues(bodies[reference], reading, state), *rivals.get(reference, ()))
            yield from (Finding(reference, issue) for issue in issues)

    def _issues(self, json: Json, reading: Reading, state: State) -> Iterator[Issue]:
        yield from kinds.issues(json, self.vocabulary)
        yield from judgement.fits(reading, state, self.grounds)
        yield from rules.expiring(reading, self.grounds.at, self.expiring)


@contextmanager
def inspection(counter: Counter, expiring: timedelta) -> Iterator[Inspection]:
    """Give the register as of now; AP certificates that are *expiring* in that time are told of."""
    with counter.store.reading() as connection:
        records = Records(connection)
        retired = counter.definitions.retired(records, {})
        yield Inspection(
            sequence=records.last()[0],
            count=sum(records.count(each) for each in kinds.KINDS),
            records=records,
            grounds=Grounds(counter.now(), counter.policy, retired, counter.trust),
            vocabulary=counter.vocabularies.of(records),
            expiring=expiring,
        )
