"""How does a resource go? FHIR R4 http, section 3.1.0.7."""

from eer.domain import access
from eer.domain.access import Interaction, Principal
from eer.domain.identifiers import Reference
from eer.register import transaction
from eer.register.counter import Counter
from eer.register.transaction import Delete, Outcome


def delete(counter: Counter, reference: Reference, by: Principal, expected: int | None) -> Outcome:
    """Let *reference* be gone; its versions stay. Deleting it again changes nothing.

    Raises Conflict when others point at it or it is not at version *expected*, Absent when it
    never was here.
    """
    access.check_scope(by, Interaction.DELETE, reference.type)
    return transaction.commit(counter, (Delete(reference, expected),), by)[0]
