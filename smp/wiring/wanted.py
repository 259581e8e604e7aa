"""What should be public, of everybody or of a few, for whoever only looks."""

from datetime import datetime

from smp.domain import legacy, mapping
from smp.domain.identifiers import DocumentKey
from smp.domain.mapping import Terms
from smp.domain.metadata import ServiceMetadata
from smp.means import Register
from smp.store.legacy import LegacyBook
from smp.store.session import Store
from smp.store.stops import StopBook
from smp.xml import written


def documents(
    store: Store, register: Register, terms: Terms, at: datetime, glns: frozenset[str] | None = None
) -> dict[DocumentKey, ServiceMetadata]:
    """Return what the register and, of others, tools want published, but for what is stopped."""
    stops = StopBook(store).stops()
    found = stops.over(register.directory(glns))
    tools = LegacyBook(store, written.read).documents(glns)
    stock = legacy.stock(tools, found, stops.participants, terms.objection)
    return {**stock.wanted(at), **mapping.documents(found, terms, at)}
