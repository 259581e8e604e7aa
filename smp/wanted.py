"""What should be public, of everybody or of a few, whoever asks?

What the register says, but for what an operator has stopped, and of others what tools have written.
"""

from dataclasses import dataclass
from datetime import datetime

from eer.domain.model import Directory
from smp.domain import legacy, mapping
from smp.domain.identifiers import DocumentKey
from smp.domain.legacy import Stock
from smp.domain.mapping import Terms
from smp.domain.metadata import ServiceMetadata
from smp.domain.stops import Stops
from smp.means import Register
from smp.store.legacy import LegacyBook


@dataclass(frozen=True, slots=True)
class Sources:
    """Who says what should be public, and on which *terms*."""

    register: Register
    legacy: LegacyBook
    terms: Terms


@dataclass(frozen=True, slots=True)
class Intent:
    """What is wanted *at* a time, on which *terms*.

    *directory* is the register's without what is stopped, *stock* what tools wrote beside it.
    """

    directory: Directory
    stock: Stock
    terms: Terms
    at: datetime

    def documents(self) -> dict[DocumentKey, ServiceMetadata]:
        """Return the documents that should be public; what the register says goes before."""
        return {
            **self.stock.wanted(self.at),
            **mapping.documents(self.directory, self.terms, self.at),
        }

    def stopped(self) -> frozenset[DocumentKey]:
        """Return the documents that an operator has stopped: they go at once."""
        return mapping.stopped(self.directory, self.terms, self.at) | self.stock.stopped()

    def warnings(self) -> tuple[str, ...]:
        """Return what somebody should see to before it is no longer public, or never is."""
        told = mapping.warnings(self.directory, self.terms, self.at)
        return (*told, *self.stock.warnings())

    def alarms(self) -> dict[str, datetime]:
        """Return, by GLN, the next instant at which time alone changes what is wanted of it.

        Nobody has both an endpoint and a legacy document that counts.
        """
        return {**self.stock.alarms(self.at), **mapping.alarms(self.directory, self.at)}


def intent(
    sources: Sources, stops: Stops, at: datetime, glns: frozenset[str] | None = None
) -> Intent:
    """Return what should be public at *at* of *glns*, or of everybody."""
    directory = stops.over(sources.register.directory(glns))
    tools = sources.legacy.documents(glns)
    stock = legacy.stock(tools, directory, stops.participants, sources.terms.objection)
    return Intent(directory, stock, sources.terms, at)
