"""Which endpoints receive a message for units of SOR, and why does a unit have none?

EER's use case getEerReceiverDataBySorId, which EAS asks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from eer.domain import addressability
from eer.domain.addressability import MessageType, Reason
from eer.domain.identifiers import SorId
from eer.domain.model import Mailbox, Organization, Reading
from eer.fhir import message_type
from eer.register import units
from eer.register.counter import Counter
from eer.register.state import State
from eer.store.records import Records
from eer.store.rows import Version


@dataclass(frozen=True, slots=True)
class Wanted:
    """Units, and the message types of which any does; none are all.

    *is_active_only* leaves out units that are closed, and endpoints that are not active or outside
    their period.
    """

    sors: Sequence[SorId]
    message_types: Sequence[str]
    is_active_only: bool


@dataclass(frozen=True, slots=True)
class Receiver:
    """What is found for a SOR id: the unit, its endpoints that count, and *why* it has none.

    A unit without such an endpoint is there where no message type was asked for.
    """

    sor: SorId
    why: Reason | None
    unit: Version | None = None
    endpoints: tuple[Version, ...] = ()


@dataclass(frozen=True, slots=True)
class Receivers:
    """What is found for each SOR id, and the message type as it was understood."""

    found: tuple[Receiver, ...]
    message: MessageType | None


def receivers(counter: Counter, wanted: Wanted) -> Receivers:
    """Return what is found for each SOR id, in the order asked for.

    Raises Malformed for a message type without a code.
    """
    with counter.store.reading() as connection:
        records = Records(connection)
        message: MessageType | None = None
        if wanted.message_types:
            vocabulary = counter.vocabularies.of(records)
            message = message_type.message(wanted.message_types, vocabulary)
        desk = _Desk(
            records,
            State(records),
            message,
            counter.now() if wanted.is_active_only else None,
            counter.policy.is_message_type_literal,
        )
        return Receivers(tuple(map(desk.receiver, dict.fromkeys(wanted.sors))), message)


@dataclass(frozen=True, slots=True)
class _Desk:
    """What receivers are looked up with; *at* None takes what is not active too."""

    records: Records
    state: State
    message: MessageType | None
    at: datetime | None
    is_literal: bool

    def receiver(self, sor: SorId) -> Receiver:
        reading = units.unit(self.records, self.state, sor)
        if reading is None or not isinstance(reading.says, Organization):
            return Receiver(sor, Reason.UNKNOWN_UNIT)
        endpoints = units.endpoints(self.state, reading, is_literal=self.is_literal)
        says = [each.says for each in endpoints if isinstance(each.says, Mailbox)]
        why = addressability.missing(reading.says, says, self.message, self.at)
        if why is Reason.UNIT_CLOSED or (why is not None and self.message is not None):
            return Receiver(sor, why)
        return Receiver(
            sor,
            why,
            self.records.current(reading.reference),
            tuple(self._counting(endpoints)),
        )

    def _counting(self, endpoints: Sequence[Reading]) -> Iterator[Version]:
        for each in endpoints:
            is_counting = isinstance(each.says, Mailbox) and addressability.counts(
                each.says, self.message, self.at
            )
            if is_counting and (found := self.records.current(each.reference)) is not None:
                yield found
