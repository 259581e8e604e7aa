"""What would be wrong with a resource if it were written? Nothing is."""

from eer.domain.errors import Failure, Issue
from eer.domain.identifiers import Reference
from eer.fhir.element import Json
from eer.register import transaction
from eer.register.change import Change, Delete, Put
from eer.register.counter import Counter
from eer.store.records import Records


def of_put(counter: Counter, reference: Reference, json: Json) -> tuple[Issue, ...]:
    """Return every issue that writing *json* as *reference* would have."""
    return _judged(counter, Put(reference, json))


def of_delete(counter: Counter, reference: Reference) -> tuple[Issue, ...]:
    """Return every issue that deleting *reference* would have."""
    return _judged(counter, Delete(reference))


def _judged(counter: Counter, change: Change) -> tuple[Issue, ...]:
    with counter.store.reading() as connection:
        try:
            made = transaction.draft(counter, Records(connection), (change,), {})
        except Failure as failure:
            return failure.issues
    return made.issues[change.reference]
