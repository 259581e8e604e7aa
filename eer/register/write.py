"""How is a resource created or changed, one at a time?

FHIR R4 http, sections 3.1.0.4 (update) and 3.1.0.8 (create).
"""

from eer.domain import access
from eer.domain.access import Interaction, Principal
from eer.domain.errors import IssueCode, Malformed, Refused, error
from eer.domain.identifiers import Reference
from eer.fhir import element
from eer.fhir.element import Json
from eer.register import transaction
from eer.register.counter import Counter
from eer.register.transaction import Outcome, Put
from eer.store.records import Records


def create(counter: Counter, type_name: str, json: Json, by: Principal) -> Outcome:
    """Register a new resource under an id of ours, whatever id *json* carries.

    Raises Malformed when *json* is of another type, else as a transaction does.
    """
    _check_type(type_name, json)
    access.check_scope(by, Interaction.CREATE, type_name)
    reference = Reference(type_name, counter.new_id())
    return transaction.commit(counter, (Put(reference, json, method="POST"),), by)[0]


def update(
    counter: Counter, reference: Reference, json: Json, by: Principal, expected: int | None
) -> Outcome:
    """Make *json* what *reference* says; operators may so create it under an id of their own.

    *expected* is the version it must have now. Raises Malformed when type or id differ from
    *reference*, else as a transaction does.
    """
    _check_type(reference.type, json)
    found = element.text(json, "id")
    if found != reference.id:
        text = f"id {found!r} found in the resource, expected {reference.id!r} as in the URL"
        raise Malformed(text, (error(IssueCode.VALUE, f"{reference.type}.id", text),))
    with counter.store.reading() as connection:
        is_new = Records(connection).current(reference) is None
    access.check_scope(by, Interaction.UPDATE, reference.type)
    if is_new and not by.is_operator:
        text = f"{reference} is not here, and only operators choose ids: create it by POST"
        raise Refused(text, (error(IssueCode.FORBIDDEN, "", text),))
    return transaction.commit(counter, (Put(reference, json, expected),), by)[0]


def _check_type(type_name: str, json: Json) -> None:
    found = element.text(json, "resourceType")
    if found != type_name:
        text = f"resourceType {found!r} found, expected {type_name!r} as in the URL"
        raise Malformed(text, (error(IssueCode.VALUE, "resourceType", text),))
