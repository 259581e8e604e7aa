"""Can a unit be sent a message, as the register and the publisher's receipts say?

What is public follows from the receipts and the versions: the publisher makes of one state of the
register one publication, so what it has finished is what the register said at that sequence.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from eer.domain import addressability, eligibility
from eer.domain.addressability import Answer, Candidate, MessageType, Told
from eer.domain.identifiers import Gln, Reference, SorId
from eer.domain.model import Directory, Mailbox, Organization
from eer.domain.receipt import Receipt, participant, since_finished
from eer.domain.wording import say
from eer.fhir import canonicals, message_type
from eer.register import directory, units
from eer.register.counter import Counter
from eer.register.state import State
from eer.store.receipts import Receipts
from eer.store.records import Records


def addressability_of(counter: Counter, asked: SorId | Gln, written: str) -> Told:
    """Return whether the message type *written* can be sent to who is *asked* for, and why.

    Raises Malformed for a message type without a code.
    """
    at = counter.now()
    with counter.store.reading() as connection:
        records = Records(connection)
        vocabulary = counter.vocabularies.of(records)
        message = message_type.message([written], vocabulary)
        unit, seen, own = _asked(counter, records, asked)
        desk = _Desk(counter, records, message, at)
        answer = addressability.answer(unit, desk.candidates(seen, own), message, at)
        document = _document(answer, message)
        retired = counter.definitions.retired(records, {})
    return Told(
        asked=say("GLN {gln}", gln=asked)
        if isinstance(asked, Gln)
        else say("SOR id {sor}", sor=asked),
        at=at,
        answer=answer,
        message=message,
        document=document,
        retirement=None if document is None else retired.get(document),
        displays=vocabulary.codes(canonicals.PAYLOADS),
    )


def _asked(
    counter: Counter, records: Records, asked: SorId | Gln
) -> tuple[Organization | None, Directory, tuple[Reference, ...]]:
    """Return a unit, the endpoints of every GLN that it receives at, and which are its own.

    A GLN has endpoints, and the unit is who manages the best of them.
    """
    if isinstance(asked, Gln):
        seen = directory.of(counter, records, frozenset({str(asked)}))
        return None, seen, tuple(each.reference for each in seen.endpoints)
    state = State(records)
    found = units.unit(records, state, asked)
    if found is None or not isinstance(found.says, Organization):
        return None, Directory(0, ()), ()
    is_literal = counter.policy.is_message_type_literal
    own = units.endpoints(state, found, is_literal=is_literal)
    glns = frozenset(each.says.gln for each in own if isinstance(each.says, Mailbox))
    return found.says, directory.of(counter, records, glns), tuple(each.reference for each in own)


@dataclass(frozen=True, slots=True)
class _Desk:
    """What is looked at to tell who receives *message*, and when."""

    counter: Counter
    records: Records
    message: MessageType
    at: datetime

    def candidates(self, seen: Directory, own: Collection[Reference]) -> Iterator[Candidate]:
        seen = replace(seen, stopped=dict(self._stopped(seen)))
        against = eligibility.obstacles(seen, self.at, self.counter.policy.tolerated)
        public = dict(self._public(seen))
        for each in seen.endpoints:
            if each.reference in own:
                yield Candidate(each, against[each.reference], public.get(each.reference))

    def _stopped(self, seen: Directory) -> Iterator[tuple[Reference, str]]:
        """Yield what the publisher has told that an operator stopped of those who are *seen*."""
        for gln in sorted({each.gln for each in seen.endpoints}):
            for place in Receipts(self.records.connection).stopped(participant(gln)):
                type_name, _, resource_id = place.partition("/")
                yield Reference(type_name, resource_id), ""

    def _public(self, seen: Directory) -> Iterator[tuple[Reference, Receipt]]:
        """Yield the endpoints the message is published for, with the receipt that tells so.

        What a run has done so far, before it tells the end, is of a later state: it counts too.
        """
        for gln in sorted({each.gln for each in seen.endpoints}):
            newest = Receipts(self.records.connection).newest(participant(gln))
            told = since_finished(newest)
            own = [each.reference for each in seen.endpoints if each.gln == gln]
            states = [self._published_at(own, gln, each) for each in told]
            for reference in own:
                if states and all(reference in each for each in states):
                    yield reference, told[0]

    def _published_at(
        self, own: Sequence[Reference], gln: str, receipt: Receipt
    ) -> frozenset[Reference]:
        """Return the endpoints it was to be published for when *receipt* was written.

        Whom to trust is asked of the authorities and lists as they are now.
        """
        state = State(self.records, as_of=receipt.sequence)
        readings = [state.reading(each) for each in own]
        then = [state.endpoint(each) for each in readings if each is not None]
        were = tuple(
            directory.standing(each, self.counter.trust, receipt.at)
            for each in then
            if each is not None and each.gln == gln
        )
        against = eligibility.obstacles(
            Directory(receipt.sequence, were), receipt.at, self.counter.policy.tolerated
        )
        return frozenset(
            each.reference
            for each in were
            if not against[each.reference] and self.message.offered_by(each)
        )


def _document(answer: Answer, message: MessageType) -> str | None:
    """Return the code that the best endpoint offers, or else a known one."""
    offered = () if answer.best is None else message.offered_by(answer.best.endpoint)
    return next(iter((*offered, *message.known)), None)
