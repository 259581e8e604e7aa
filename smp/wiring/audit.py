"""`smp audit`: everybody looked up, and compared with what the register wants published."""

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from eer.domain.errors import Unavailable
from eer.settings import Settings
from eer.wiring import directory
from smp import audit
from smp.domain.drift import Scope
from smp.domain.findings import Findings
from smp.domain.progress import Report
from smp.settings.publishing import Publishing
from smp.store.findings import FindingBook
from smp.store.ledger import Ledger
from smp.store.session import Store
from smp.wiring import parts, publish, sight, zone
from smp.wiring.measure import Measuring

_log = logging.getLogger(__name__)
_AT_ONCE = 8
_BOUND = sight.Bound(answer=4, tries=5)


@dataclass(frozen=True, slots=True)
class Audited:
    """What an audit found at a time, and since when, by the key of each finding."""

    findings: Findings
    since: Mapping[str, datetime]
    at: datetime


@dataclass(frozen=True, slots=True)
class Repaired:
    """What was found before, what a run did about it, if one was needed, and what is left."""

    before: Audited
    report: Report | None
    after: Audited


def look(settings: Publishing, register: Settings) -> Audited:
    """Look everybody up once; return what differs, and keep since when."""
    with closing(Store(settings.database_url)) as store:
        at = Ledger(store).hour(parts.now()).at
        terms = publish.terms(settings, register)
        with sight.access_point(settings, terms) as client, ThreadPoolExecutor(_AT_ONCE) as pool:
            sights = sight.Sights(settings, store, client)
            measuring = Measuring(sights, directory.register(register), terms)
            view = sights.view(at, _BOUND, names=zone.locator(settings, Ledger(store)).names)
            findings = audit.audit(measuring.take, view, pool.map)
        return Audited(findings, _noted(store, findings, at), at)


def _noted(store: Store, findings: Findings, at: datetime) -> Mapping[str, datetime]:
    """Keep what was found and return since when; what was found is told even if it is not kept."""
    scope = Scope(spared=findings.changing)
    try:
        return FindingBook(store).note(findings.differences, scope, at).first
    except Unavailable as fault:
        told = len(findings.differences)
        _log.warning("unkept findings=%d: %s", told, fault.text)
        return {}


def repair(settings: Publishing, register: Settings) -> Repaired:
    """Look, publish everything if anything differs, and look again."""
    publisher = publish.publisher(settings, register)
    seen: list[Audited] = []
    reports: list[Report] = []

    def looked() -> Findings:
        seen.append(look(settings, register))
        return seen[-1].findings

    audit.repair(looked, lambda renew: reports.append(publisher.publish_all(renew)))
    return Repaired(seen[0], reports[0] if reports else None, seen[-1])
