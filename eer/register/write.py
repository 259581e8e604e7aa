"""How is the register written to: one resource at a time, or several as one?

FHIR R4 http, sections 3.1.0.4 to 3.1.0.8 and 3.1.0.11.2. Intents become changes under the one
writer's lock; they are judged on what will be there, and written together or not at all.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from eer.domain import access
from eer.domain.access import Interaction, Principal
from eer.domain.errors import placed
from eer.domain.identifiers import Reference
from eer.register import resolve, siblings, transaction
from eer.register.change import Delete, Effect, Outcome, Put
from eer.register.counter import Counter
from eer.register.intent import LETTERS, ORDER, Intent
from eer.register.resolve import Desk, Found, Nothing, Resolved
from eer.register.state import State
from eer.store.records import Records

T = TypeVar("T")
Result = Outcome | Nothing


def perform(counter: Counter, intent: Intent, by: Principal) -> Result:
    """Do one thing, in the name of *by*.

    Raises Malformed when a resource's structure or a criterion is wrong, Refused when it or *by*
    breaks a rule, Conflict when a version, an identifier, a reference or the number of matches is
    not as expected, Absent when there is nothing to patch; nothing is written then.
    """
    _check_scope(intent, by)
    with counter.store.writing() as connection:
        records = Records(connection)
        found = resolve.resolved(_desk(counter, records, by), intent)
        siblings.alone(found)
        return _written(counter, records, (intent,), (found,), by)[0]


def perform_all(
    counter: Counter,
    intents: Sequence[Intent],
    by: Principal,
    then: Callable[[Records], T],
) -> tuple[tuple[Result, ...], T]:
    """Do several things as one, in the name of *by*; *then* reads what is there after them.

    Returns what each came to, in the order of *intents*, and what *then* returned. Raises as
    perform does, with the place of the intent that failed in the issues' expressions; nothing is
    written then.
    """
    for intent in intents:
        with placed(intent.place):
            _check_scope(intent, by)
    order = sorted(range(len(intents)), key=lambda place: ORDER[type(intents[place])])
    ordered = [intents[place] for place in order]
    with counter.store.writing() as connection:
        records = Records(connection)
        desk = _desk(counter, records, by)
        found: list[Resolved] = []
        for intent in ordered:
            with placed(intent.place):
                found.append(resolve.resolved(desk, intent))
        settled = siblings.bound(desk, ordered, found)
        results = _written(counter, records, ordered, settled, by)
        by_place = dict(zip(order, results, strict=True))
        return tuple(by_place[place] for place in range(len(intents))), then(records)


def _written(
    counter: Counter,
    records: Records,
    intents: Sequence[Intent],
    found: Sequence[Resolved],
    by: Principal,
) -> tuple[Result, ...]:
    changes = [each for each in found if isinstance(each, Put | Delete)]
    places = _places(intents, found)
    made = transaction.draft(counter, records, changes, {}, places)
    transaction.authorize(made, State(records), by)
    transaction.refuse(made)
    outcomes = iter(transaction.write(counter, records, made, by))
    return tuple(
        next(outcomes) if isinstance(each, Put | Delete) else _settled(each) for each in found
    )


def _settled(each: Found | Nothing) -> Result:
    if isinstance(each, Nothing):
        return each
    return Outcome(each.reference, Effect.UNCHANGED, each.version)


def _desk(counter: Counter, records: Records, by: Principal) -> Desk:
    return Desk(records, counter.terms(records), counter.new_id, by)


def _places(intents: Sequence[Intent], found: Sequence[Resolved]) -> Mapping[Reference, str]:
    return {
        each.reference: intent.place
        for intent, each in zip(intents, found, strict=True)
        if isinstance(each, Put | Delete) and intent.place
    }


def _check_scope(intent: Intent, by: Principal) -> None:
    access.check_scope(by, LETTERS[type(intent)], intent.type)
    if getattr(intent, "criteria", None) is not None:  # it tells whether something matches
        access.check_scope(by, Interaction.SEARCH, intent.type)
