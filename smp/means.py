"""With what are steps carried out? The ports of publication, and what stands behind them.

Its own database is no port: it is a concrete class, tested on a real one.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from eer.domain.errors import Unavailable
from eer.domain.identifiers import Reference
from eer.domain.model import Directory
from eer.domain.plan import Plan
from eer.domain.receipt import Receipt
from smp.domain.expiry import Expiring
from smp.domain.identifiers import ParticipantId
from smp.domain.naming import DnsName, Record
from smp.signing import Many, Prove, Signer, Signers, Signing
from smp.store.ledger import Ledger
from smp.store.legacy import LegacyBook
from smp.store.shelf import Shelf
from smp.store.stops import StopBook

_log = logging.getLogger(__name__)


class Register(Protocol):
    """The register, as far as publication asks it."""

    def sequence(self) -> int:
        """Return the number of the last version."""

    def written(self, sequence: int) -> datetime | None:
        """Return when the version of that number was written; None when there is none."""

    def touched(self, since: int) -> frozenset[str]:
        """Return the GLNs that versions behind *since* concern, as they were or as they are."""

    def directory(self, glns: frozenset[str] | None) -> Directory:
        """Return the endpoints of *glns*, or all."""

    def hanging_on(self, reference: Reference) -> frozenset[str]:
        """Return the GLNs of the endpoints that hang on a resource; raise Absent for none such."""

    def receive(self, receipts: Sequence[Receipt]) -> None:
        """Take note of what was done."""


class Locator(Protocol):
    """Where the names stand."""

    def names(self) -> Mapping[DnsName, Record]:
        """Return all names of the zone but its apex."""

    def names_at(self, names: Iterable[DnsName]) -> Mapping[DnsName, Record]:
        """Return what the primary has at *names*."""

    def settle(self) -> None:
        """Finish what somebody began who was stopped: what was written is served.

        Whoever only looks does without.
        """

    def apply(self, plan: Plan[DnsName, Record]) -> None:
        """Carry *plan* out.

        Raises Conflict when some names are not as they were found or may not be changed: all
        others are done; and Refused when none may be changed. Both have an issue for each name
        that was left alone, whose place is the name.
        """

    def answering(self, names: Iterable[DnsName]) -> frozenset[DnsName]:
        """Return those of *names* that some authoritative server still answers."""


@dataclass(frozen=True, kw_only=True)
class Books:
    """What it takes to write things down: no key, and no name server.

    *clock* is read when a deed is done. *after_step* is called behind everything that was written
    down or made public. *to_verify* is told, before a step is done, whom the steps concern and at
    which sequence: they are to be looked up then.
    """

    register: Register
    shelf: Shelf
    ledger: Ledger
    stops: StopBook
    clock: Callable[[], datetime]
    after_step: Callable[[], None] = lambda: None
    to_verify: Callable[[Collection[ParticipantId], int], None] = lambda *_: None


@dataclass(frozen=True, kw_only=True)
class Means(Books):
    """What steps are carried out with.

    *prove* compares signed bytes with what was planned and raises when they may not be shown, and
    *many* signs and proves many at once. *ttl* is how long others may remember a name. Whoever
    *follows* the signer waits for a person, or for the last days of the present one if those are
    set: *takeover*. See smp/succession.py.
    """

    legacy: LegacyBook
    locator: Locator
    signer: Signer
    prove: Prove
    ttl: timedelta
    many: Many | None = None
    signers: Callable[[], Signers] | None = None
    follows: Signing | None = None
    trouble: str = ""
    takeover: timedelta = timedelta()
    remind: Callable[[Expiring], None] = lambda _: None

    @property
    def heir(self) -> Signer:
        """Return who is to sign: whoever follows, or else the signer itself."""
        return self.signer if self.follows is None else self.follows.signer

    def lost(self) -> str:
        """Tell what the register had and has no longer; nothing while it is the one followed."""
        before = self.ledger.progress()
        if before is None:
            return ""
        register = self.register
        return before.lost(register.written(before.sequence), register.sequence())

    @property
    def signing(self) -> Signing:
        """Return what documents are signed and proved with."""
        return Signing(self.signer, self.prove, self.many)


def answering(locator: Locator, names: Iterable[DnsName]) -> frozenset[DnsName]:
    """Return those of *names* that some server answers, or may: all of them if one is silent.

    A silent secondary holds up those who leave, and nobody else.
    """
    asked = frozenset(names)
    try:
        return locator.answering(asked)
    except Unavailable as fault:
        _log.warning("unknown names=%d, taken as still answered: %s", len(asked), fault.text)
        return asked
