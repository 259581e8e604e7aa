"""What should be public, of everybody or of a few, for whoever only looks."""

from datetime import datetime

from smp.domain.identifiers import DocumentKey
from smp.domain.mapping import Terms
from smp.domain.metadata import ServiceMetadata
from smp.means import Register
from smp.store.legacy import LegacyBook
from smp.store.session import Store
from smp.store.stops import StopBook
from smp.wanted import Sources, intent
from smp.xml import written


def documents(
    store: Store, register: Register, terms: Terms, at: datetime, glns: frozenset[str] | None = None
) -> dict[DocumentKey, ServiceMetadata]:
    """Return the documents that a run at *at* would want public."""
    sources = Sources(register, LegacyBook(store, written.read), terms)
    return intent(sources, StopBook(store).stops(), at, glns).documents()
