"""How far has a run come when its steps are done: what stands in the books, and what is told?"""

import logging
from datetime import datetime

from smp import succession
from smp.domain.identifiers import gln_of
from smp.domain.progress import Progress, Report, reached, settings_digest, unfinished
from smp.domain.publication import Retirement
from smp.domain.stops import stopped
from smp.enact import Run
from smp.store.ledger import Closing
from smp.survey import Survey

_log = logging.getLogger(__name__)


def finish(survey: Survey, run: Run) -> Report:
    """Write down how far *run* has come, which carried out what follows from *survey*.

    Returns what it has done. It may be stopped anywhere: then the next run tells the same again.
    """
    waiting = _waiting(run)
    progress = _progress(survey, run, waiting)
    _note(survey, run, progress)
    warnings = survey.warnings()
    # Who is touched every second need not hear it every second.
    if survey.begun.is_full or survey.begun.is_timed:
        for each in warnings:
            _log.warning("warned sequence=%d: %s", progress.sequence, each)
    return _report(survey, run, progress, warnings)


def _waiting(run: Run) -> tuple[Retirement, ...]:
    """Return who has left and waits for a server that is silent or still answers the name."""
    return (*(each for each in run.plan.retirements if each.due is None), *run.done.waiting)


def _progress(survey: Survey, run: Run, waiting: tuple[Retirement, ...]) -> Progress:
    begun, plan, expiry = survey.begun, run.plan, run.means.signer.not_after
    return Progress(
        sequence=begun.sequence,
        settings=settings_digest(survey.intent.terms, survey.wanted.naming),
        signer=run.means.signer.fingerprint,
        next_look=expiry if expiry is not None and expiry > begun.at else None,
        unfinished=unfinished(plan, waiting)
        | {gln_of(participant) for participant in run.done.unproved}
        | {gln_of(plan.owners[name]) for name in run.done.left if name in plan.owners},
        written=begun.dated,
    )


def _note(survey: Survey, run: Run, progress: Progress) -> None:
    """Where nothing has changed nothing is written."""
    begun, plan, ledger = survey.begun, run.plan, run.means.ledger
    claimed = {n for n in plan.claimed if plan.owners.get(n) not in run.done.bereft}
    books = claimed or plan.forgotten or survey.found.agreed.marks
    told = begun.stops.pending | begun.written.pending
    alarms = survey.intent.alarms()
    are_set = alarms == ledger.alarms.of(begun.glns)
    if not books and not told and are_set and progress == ledger.progress():
        return
    # A run that dies in between tells it again; the other way round nobody would.
    run.tell_finished(
        reached(plan, _seen(survey), progress.unfinished), stopped(survey.intent.directory)
    )
    closing = Closing(
        claimed=claimed,
        forgotten=plan.forgotten,
        publisher=survey.wanted.naming.publisher,
        stops=begun.stops.revision,
        written=begun.written.revision,
        alarms=alarms,
        among=begun.glns,
        at=run.means.clock(),
    )
    ledger.finish(progress, closing)
    run.means.after_step()


def _seen(survey: Survey) -> frozenset[str]:
    """Return the GLNs that the register has versions of which no run before has finished."""
    if survey.begun.glns is not None:
        return survey.begun.glns
    before = survey.begun.means.ledger.progress()
    if before is None or survey.begun.lost:
        return frozenset(each.gln for each in survey.intent.directory.endpoints)
    return survey.begun.means.register.touched(before.sequence) | before.unfinished


def _report(survey: Survey, run: Run, progress: Progress, warnings: tuple[str, ...]) -> Report:
    begun, plan, done = survey.begun, run.plan, run.done
    pending, waiting = run.means.shelf.retirements(), _waiting(run)
    ending = succession.ending(run.means, begun.at)
    if ending is not None:
        run.means.remind(ending)
    return Report(
        sequence=begun.sequence,
        is_full=begun.is_full,
        signed=done.signed,
        dropped=done.dropped,
        retired=done.retired,
        added=done.added,
        replaced=done.replaced,
        removed=done.removed,
        publisher=done.publisher,
        linked=done.linked,
        scheduled=done.scheduled,
        former=survey.former() if begun.is_full else {},
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
            run.means.ledger.alarms.first(),
            *pending.values(),
            begun.at + run.means.ttl if waiting or done.left else None,
        ),
    )


def _first(*moments: datetime | None) -> datetime | None:
    return min((each for each in moments if each is not None), default=None)
