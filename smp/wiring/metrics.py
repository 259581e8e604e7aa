"""`smp publish --watch --metrics`: figures for Prometheus, asked for when they are looked at."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from eer.domain.errors import Failure
from eer.wiring.directory import Register
from eer.wiring.server import Place, check_free
from smp import succession
from smp.domain.drift import Drift
from smp.domain.ends import Ends
from smp.domain.figures import Figure, Standing, figures
from smp.domain.progress import Report
from smp.publish import Publisher
from smp.store.verifications import Waiting
from smp.wiring import watched


@dataclass(eq=False)  # the library keeps collectors by what they are, not by what they hold
class Gauge(Collector):
    """Figures of a publisher that is at work; `seen` is told of each run."""

    publisher: Publisher
    register: Register
    drift: Callable[[], Drift] = Drift
    waiting: Callable[[], Waiting] = lambda: Waiting(0, None)
    others: Callable[[], Ends] = Ends
    report: Report | None = None
    failures: int = 0
    has_failed: bool = False

    def seen(self, report: Report | None) -> None:
        """Take note of what a run has done, None for one that failed."""
        self.has_failed = report is None
        if report is None:
            self.failures += 1
        else:
            self.report = report

    def objection(self) -> str:
        """Say why publishing is not being done, nothing when it is: before the first run as well.

        The last run failed, or register or publication database do not answer.
        """
        if self.has_failed:
            return "the last run failed, which is logged"
        try:
            self.register.sequence()
            self.publisher.means.ledger.progress()
        except Failure as fault:
            return fault.text
        return ""

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Return the figures as of now; `smp_up` is 0 and alone when they cannot be had."""
        try:
            found = list(figures(self._standing()))
        except Failure:
            return _families([_up(0)])
        return _families([*found, _up(1)])

    def _standing(self) -> Standing:
        means = succession.armed(self.publisher.means)
        progress, zone = means.ledger.progress(), self.publisher.naming.zone
        published = 0 if progress is None else progress.sequence
        others = self.others()
        ends = {**others.at, **{str(of): end for of, end in self.register.expiries().items()}}
        follows = None if means.follows is None else means.follows.signer
        for kind, signer in (("signer", means.signer), ("next-signer", follows)):
            if signer is not None and signer.not_after is not None:
                ends[kind] = signer.not_after
        waiting = self.waiting()
        return Standing(
            at=means.clock(),
            documents=means.shelf.count(),
            names=means.ledger.name_count(zone),
            register=self.register.sequence(),
            published=published,
            waiting_since=self.register.waiting_since(published),
            expiries=ends,
            report=self.report,
            failures=self.failures,
            drift=self.drift(),
            unverified=waiting.participants,
            unverified_since=waiting.oldest,
            unread=others.unread,
        )


def show(gauge: Gauge, host: str, port: int) -> None:
    """Show figures, health and readiness at an address; raise Unavailable when that is taken."""
    check_free(Place(host, port, 1))
    registry = CollectorRegistry()
    registry.register(gauge)
    watched.show(watched.application(registry, gauge.objection), host, port)


def _up(value: int) -> Figure:
    return Figure("smp_up", "whether register and publication database answer", value)


def _families(found: Iterable[Figure]) -> Iterator[GaugeMetricFamily]:
    families: dict[str, GaugeMetricFamily] = {}
    for each in found:
        family = families.get(each.name)
        if family is None:
            labels = list(each.labels)
            family = families[each.name] = GaugeMetricFamily(each.name, each.says, labels=labels)
        family.add_metric(list(each.labels.values()), each.value)
    yield from families.values()
