"""What tells an operator at a glance how publication stands?

One figure is one time series of Prometheus; docs/operations.md says which should be watched.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from smp.domain.drift import Drift
from smp.domain.progress import Report

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number under a name, with what it is and whose."""

    name: str
    says: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known at *at*: how much is public, how far the register and publication are.

    *waiting_since* is when the first version was written that is not public yet. *expiries* are the
    ends of the certificates in use by whose they are. *report* is the last run that did not fail,
    *failures* how many have failed since the process began. *drift* is what audits have found,
    *unverified* how many participants were changed and not looked up with success since, the oldest
    of them *unverified_since*. *unread* files of certificates could not be read.
    """

    at: datetime
    documents: int
    names: int
    register: int
    published: int
    waiting_since: datetime | None
    expiries: Mapping[str, datetime]
    report: Report | None
    failures: int
    drift: Drift = field(default_factory=Drift)
    unverified: int = 0
    unverified_since: datetime | None = None
    unread: int = 0


def figures(standing: Standing) -> Iterator[Figure]:
    """Yield every figure of *standing*."""
    waited = timedelta() if standing.waiting_since is None else standing.at - standing.waiting_since
    yield Figure("smp_documents", "documents that are public", standing.documents)
    yield Figure("smp_names", "names of participants in the zone", standing.names)
    yield Figure("smp_register_sequence", "newest version of the register", standing.register)
    yield Figure("smp_published_sequence", "newest version that is public", standing.published)
    lag = max(0, standing.register - standing.published)
    yield Figure("smp_lag_versions", "versions that are not public yet", lag)
    age = max(0.0, waited.total_seconds())
    yield Figure("smp_lag_seconds", "age of the oldest version that is not public yet", age)
    yield Figure("smp_failed_runs", "runs that failed since this process began", standing.failures)
    for whose, end in standing.expiries.items():
        left = (end - standing.at) / _DAY
        yield Figure(
            "smp_certificate_days", "days until a certificate in use expires", left, {"of": whose}
        )
    unread = standing.unread
    yield Figure("smp_certificates_unread", "files of certificates nobody can read", unread)
    if standing.report is not None:
        yield from _of_run(standing.report)
    yield from _of_drift(standing)


def _of_drift(standing: Standing) -> Iterator[Figure]:
    drift, at = standing.drift, standing.at
    for layer, count in drift.layers.items():
        yield Figure("smp_findings", "open findings of audits", count, {"layer": layer})
    yield Figure("smp_findings_unanswered", "open findings nobody could say of", drift.unanswered)
    yield Figure("smp_unverified", "participants changed and not found since", standing.unverified)
    ages = {
        "smp_findings_seconds": ("age of the oldest open finding", drift.oldest),
        "smp_unverified_seconds": ("age of the oldest such change", standing.unverified_since),
    }
    for name, (says, since) in ages.items():
        age = timedelta() if since is None else at - since
        yield Figure(name, says, max(0.0, age.total_seconds()))
    for kind, last in (("full", drift.last_full), ("sample", drift.last_sample)):
        if last is not None:
            yield Figure(
                "smp_audited_timestamp", "when was last audited", last.timestamp(), {"kind": kind}
            )


def _of_run(report: Report) -> Iterator[Figure]:
    held = report.held
    counts = {
        "switches": len(held.switches),
        "documents": held.documents.size,
        "names": held.names.size,
    }
    for kind, count in counts.items():
        yield Figure("smp_held", "what waits for a person to agree", count, {"kind": kind})
    yield Figure("smp_conflicts", "names we want that are not ours", len(report.conflicts))
    yield Figure(
        "smp_unproved", "participants whose documents came out wrong", len(report.unproved)
    )
    yield Figure("smp_stopped", "what operators have stopped", len(report.stops.standing))
    yield Figure("smp_leaving", "participants that wait to retire", len(report.retirements))
