"""Bring documents and names up to the register's present state.

Each run plans from what is, so it may be stopped anywhere: there is no code that undoes anything.
"""

import logging
from dataclasses import dataclass, replace

from eer.domain.errors import Implausible, Refused
from eer.domain.plan import Limits
from smp import succession
from smp.domain import mapping
from smp.domain.identifiers import ParticipantId, fold
from smp.domain.mapping import Terms
from smp.domain.naming import Naming
from smp.domain.progress import Report
from smp.domain.publication import PublicationPlan
from smp.enact import Run
from smp.finish import finish
from smp.means import Means
from smp.survey import Beginning, Survey, Surveyor

_log = logging.getLogger(__name__)


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
        surveyor = self._surveyor
        seen = surveyor.survey(surveyor.looking())
        return replace(
            seen.plan(self.limits),
            unpublished=mapping.unpublished(seen.intent.directory, self.terms, seen.begun.at),
            warnings=seen.warnings(),
            unchecked=seen.intent.directory.unchecked,
            former=seen.former(),
            stops=seen.begun.stops.standing,
            signer=succession.ending(seen.begun.means, seen.begun.at),
        )

    def publish(self, accept: str | None = None) -> Report:
        """Do what plan() shows: everything is looked at, so what somebody else undid is mended.

        *accept* is the digest of what is held: then exactly that is let through. Or the one that
        is told where the clock is behind what was done: then that is said to be right. Raises
        Implausible when something else is held, Refused when nothing is, Unavailable when another
        run is publishing, and what the database, the register and the locator raise. A signer that
        has expired signs nothing, and all else is done. It may be stopped anywhere and run again.
        """
        surveyor = self._surveyor
        with self.means.ledger.run():
            begun = surveyor.begun()
            if accept is not None and begun.hour.is_behind and begun.hour.digest == accept:
                begun = self._back_in_time(surveyor)
            elif accept is not None:
                self._accept(surveyor.survey(begun), accept)
                begun = replace(begun, means=succession.armed(self.means))
            return self._publish(surveyor.survey(begun))

    def publish_touched(self) -> Report:
        """Do what is to be done for those who were touched since the last run.

        For all, where time or a setting may have touched everybody. Raises as publish() does.
        """
        surveyor = self._surveyor
        with self.means.ledger.run():
            return self._publish(surveyor.survey(surveyor.narrowed(surveyor.begun())))

    def publish_all(self, renew: frozenset[ParticipantId] = frozenset()) -> Report:
        """Publish, and make all that is *renew*'s anew whatever the books say of it.

        For whom the public saw something else than was stored. Raises as publish() does.
        """
        surveyor = self._surveyor
        with self.means.ledger.run():
            return self._publish(surveyor.survey(replace(surveyor.begun(), renew=renew)))

    @property
    def _surveyor(self) -> Surveyor:
        return Surveyor(self.means, self.terms, self.naming, self.limits)

    def _accept(self, seen: Survey, digest: str) -> None:
        held = seen.plan(self.limits).held
        if held.is_empty:
            raise Refused(f"accept {digest}: nothing is held now; publish without it")
        if held.digest != digest:
            raise Implausible(
                f"accept {digest}: what is held now is {held.digest}; look at the plan again"
            )
        to = seen.found.agreed.to_all(self.naming, seen.begun.means.heir.fingerprint)
        self.means.ledger.agree(replace(to, marks=to.marks | held.marks))
        _log.info("accepted digest=%s", digest)
        self.means.after_step()

    def _back_in_time(self, surveyor: Surveyor) -> Beginning:
        """Begin again at what the clock says: a person says that it was ahead before."""
        at, ledger = self.means.clock(), self.means.ledger
        ledger.go_back(at, max(self.means.ttl, ledger.agreed().ttl))
        _log.info("accepted time=%s", at.isoformat())
        self.means.after_step()
        return surveyor.begun()

    def _publish(self, seen: Survey) -> Report:
        """Who is to be looked up is written down before anything is done that may be stopped."""
        begun, agreed, plan = seen.begun, seen.found.agreed, seen.plan(self.limits)
        self._prepare(seen)
        _log.info(
            "plan sequence=%d full=%s steps=%d held=%s conflicts=%d",
            begun.sequence,
            begun.is_full,
            len(plan.steps),
            "" if plan.held.is_empty else plan.held.digest,
            len(plan.conflicts),
        )
        self.means.to_verify(plan.participants, begun.sequence)
        run = Run(
            begun.means,
            plan,
            begun.sequence,
            begun.stops.revision,
            agreed.naming(self.naming),
            agreed.ttl,
            (*agreed.bases, self.naming.base_url),
            is_late=begun.hour.is_behind,
        )
        run.carry_out()
        return finish(seen, run)

    def _prepare(self, seen: Survey) -> None:
        """Write down what the steps stand on: what is agreed to, and the order of the schemes."""
        ledger = self.means.ledger
        if ledger.agreed() != seen.found.agreed:
            ledger.agree(seen.found.agreed)
            self.means.after_step()
        if ledger.schemes() != tuple(map(fold, self.terms.document_schemes)):
            ledger.prefer(self.terms.document_schemes)
            self.means.after_step()
