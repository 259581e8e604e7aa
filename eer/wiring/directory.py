"""The register as the publisher sees it: its directory, its changes, and where receipts go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from eer.domain.identifiers import Reference
from eer.domain.model import Certificate, Directory
from eer.domain.receipt import Receipt
from eer.domain.standing import Standing
from eer.pki.fetch import Fetcher
from eer.register import changes, directory, receipts
from eer.register.counter import Counter
from eer.settings import Settings
from eer.store.bell import Bell
from eer.wiring import parts, revocation


@dataclass(frozen=True, slots=True)
class Register:
    """What may be asked of the register without writing to it, and what may be reported."""

    counter: Counter
    bell: Bell
    fetcher: Fetcher | None = None

    def sequence(self) -> int:
        """Return the sequence of the newest version."""
        return changes.sequence(self.counter)

    def written(self, sequence: int) -> datetime | None:
        """Return when the version of that number was written; None when there is none."""
        return changes.written(self.counter, sequence)

    def touched(self, since: int) -> frozenset[str]:
        """Return the GLNs that versions behind *since* touch."""
        return changes.touched(self.counter, since)

    def directory(self, glns: frozenset[str] | None) -> Directory:
        """Return the endpoints of *glns*, or all; then revocation lists that are due come first."""
        if self.fetcher is None:
            return directory.directory(self.counter, glns)
        if glns is None:
            self.fetcher.fetch_due(self.counter.now())
        found = directory.directory(self.counter, glns)
        return replace(found, remarks=(*self.fetcher.faults, *found.remarks))

    def standing(self, certificate: Certificate) -> Standing | None:
        """Return how a certificate stands now by the authorities and lists of the register.

        None where none were given.
        """
        return self.counter.trust.standing(certificate, self.counter.now())

    def hanging_on(self, reference: Reference) -> frozenset[str]:
        """Return the GLNs of the endpoints that hang on a resource; raise Absent for none such."""
        return changes.hanging_on(self.counter, reference)

    def rings(self, seconds: float) -> bool:
        """Whether a version may have been written since the call before; waits *seconds* for it."""
        return self.bell.rings(seconds)

    def waiting_since(self, sequence: int) -> datetime | None:
        """Return when the first version behind *sequence* was written; None when there is none."""
        return changes.waiting_since(self.counter, sequence)

    def expiries(self) -> Mapping[Reference, datetime]:
        """Return when the certificate of each active access point expires."""
        return directory.expiries(self.counter)

    def receive(self, sent: Sequence[Receipt]) -> None:
        """Keep what the publisher reports."""
        receipts.receive(self.counter, sent)


def register(settings: Settings) -> Register:
    """Return the register at the configured database."""
    counter = parts.counter(settings)
    return Register(counter, Bell(counter.store), revocation.fetcher(settings, counter.trust))
