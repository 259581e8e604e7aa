"""A register in memory, as a publisher sees it: endpoints, a sequence, and receipts."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import builders
from eer.domain.errors import Absent, Unavailable
from eer.domain.identifiers import Reference
from eer.domain.model import Directory, Endpoint
from eer.domain.receipt import Receipt


class FakeRegister:
    """Endpoints by reference; every change is a version that concerns the GLNs before and after."""

    def __init__(self, *endpoints: Endpoint) -> None:
        self.endpoints: dict[Reference, Endpoint] = {}
        self.stopped: dict[Reference, str] = {}
        self.history: list[frozenset[str]] = []
        """The GLNs that each version concerns, the first of version 1."""
        self.restored: list[int] = []
        """The sequences to which it was put back."""
        self.asked: list[frozenset[str] | None] = []
        """Whom a directory was asked of, the last one last."""
        self.receipts: list[Receipt] = []
        self.told = 0
        """How many times anything was received."""
        self.since = builders.NOW
        """When the first version was written that is not public."""
        self.silent = False
        self.remarks: tuple[str, ...] = ()
        self.unchecked: tuple[str, ...] = ()
        for endpoint in endpoints:
            self.put(endpoint)

    def put(self, *endpoints: Endpoint) -> None:
        for endpoint in endpoints:
            before = self.endpoints.get(endpoint.reference)
            self.endpoints[endpoint.reference] = endpoint
            glns = {endpoint.gln} | ({before.gln} if before is not None else set())
            self.history.append(frozenset(glns))

    def remove(self, *references: Reference) -> None:
        for reference in references:
            self.history.append(frozenset({self.endpoints.pop(reference).gln}))

    def put_back(self, sequence: int, *endpoints: Endpoint) -> None:
        """Be as a backup of *sequence* has it, with *endpoints*."""
        del self.history[sequence:]
        self.endpoints = {each.reference: each for each in endpoints}
        self.restored.append(sequence)

    def stop(self, reference: Reference) -> None:
        """Stop an endpoint, or an access point and with it everybody's endpoint at it."""
        self.stopped[reference] = "stopped in a test"
        self.history.append(
            frozenset(
                endpoint.gln
                for endpoint in self.endpoints.values()
                if reference == endpoint.reference
                or any(each and each.reference == reference for each in endpoint.access_points)
            )
        )

    def sequence(self) -> int:
        self._answer()
        return len(self.history)

    def written(self, sequence: int) -> datetime | None:
        self._answer()
        if not 0 < sequence <= len(self.history):
            return None
        lives = sum(sequence > each for each in self.restored)
        return builders.NOW + timedelta(days=lives, seconds=sequence)

    def touched(self, since: int) -> frozenset[str]:
        self._answer()
        return frozenset().union(*self.history[since:])

    def waiting_since(self, sequence: int) -> datetime | None:
        self._answer()
        return self.since if sequence < len(self.history) else None

    def directory(self, glns: frozenset[str] | None) -> Directory:
        self._answer()
        self.asked.append(glns)
        endpoints = (each for each in self.endpoints.values() if glns is None or each.gln in glns)
        return Directory(
            len(self.history),
            tuple(endpoints),
            glns,
            dict(self.stopped),
            self.remarks,
            self.unchecked,
        )

    def hanging_on(self, reference: Reference) -> frozenset[str]:
        self._answer()
        found = frozenset(
            endpoint.gln
            for endpoint in self.endpoints.values()
            if reference == endpoint.reference
            or any(each and each.reference == reference for each in endpoint.access_points)
        )
        if not found:
            raise Absent(f"{reference} is not in the register")
        return found

    def receive(self, receipts: Sequence[Receipt]) -> None:
        self._answer()
        self.receipts += receipts
        self.told += 1

    def _answer(self) -> None:
        if self.silent:
            raise Unavailable("the register does not answer")
