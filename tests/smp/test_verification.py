"""Looking up what was changed, until everybody agrees, and telling the register."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from builders import NOW, endpoint, gln
from eer.domain.errors import Unavailable
from eer.domain.receipt import Receipt, Step, since_finished
from fakes.publishing import World, fresh_store
from smp.domain.findings import Finding, Findings, Layer
from smp.domain.identifiers import ParticipantId, participants_of
from smp.verification import AT_ONCE, Verification, Verified, pause

ONE, TWO = participants_of([gln(1), gln(2)])
FIRST, SECOND = "192.0.2.1:53", "192.0.2.2:53"
WHERE = "https://smp.example.dk,192.0.2.1:53,192.0.2.2:53"
NOBODY: frozenset[ParticipantId] = frozenset()
LACKS = Finding(ONE, None, Layer.DNS, "nothing found at 192.0.2.2:53", server="192.0.2.2:53")
SILENT = Finding(None, None, Layer.DNS, "no answer", answered=False, server="192.0.2.2:53")


class Town:
    """A publisher's world, and what is seen of it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.differences: tuple[Finding, ...] = ()
        self.looked: list[frozenset[ParticipantId]] = []
        self.verification = Verification(
            book=world.verifications,
            look=self.look,
            tell=world.register.receive,
            where=WHERE,
            servers=lambda: (FIRST, SECOND),
            reached=self.reached,
            clock=world.clock,
        )

    def look(self, participants: frozenset[ParticipantId]) -> Findings:
        self.looked.append(participants)
        return Findings(len(participants), 0, self.differences)

    def reached(self) -> int:
        progress = self.world.publisher.means.ledger.progress()
        return 0 if progress is None else progress.sequence

    def told(self) -> list[Receipt]:
        return [each for each in self.world.register.receipts if each.step == Step.VERIFIED]

    def later(self) -> Verified:
        self.world.clock.move(timedelta(minutes=6))
        return self.verification.round()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with fresh_store(tmp_path / "smp.sqlite") as store:
        yield Town(World(store, endpoint(1), endpoint(2)))


def test_who_was_changed_is_looked_up_and_the_register_told_where(town: Town) -> None:
    town.world.publisher.publish()

    seen = town.verification.round()

    assert seen == Verified(frozenset({ONE, TWO}), NOBODY)
    assert town.told() == [
        Receipt(str(who), 2, Step.VERIFIED, NOW, WHERE) for who in sorted((ONE, TWO))
    ]


def test_each_name_server_is_told_once_when_it_answers_as_it_should(town: Town) -> None:
    town.world.publisher.publish()
    town.differences = (LACKS,)
    town.verification.round()
    town.later()
    town.differences = ()
    town.later()
    late = NOW + timedelta(minutes=12)

    told = [each for each in town.world.register.receipts if each.step == Step.RESOLVED]
    assert [(each.participant, each.where, each.at) for each in told] == [
        *((str(ONE), FIRST, NOW), (str(TWO), FIRST, NOW), (str(TWO), SECOND, NOW)),
        (str(ONE), SECOND, late),
    ]


def test_a_silent_name_server_is_told_of_nobody(town: Town) -> None:
    town.world.publisher.publish()
    town.differences = (SILENT,)

    town.verification.round()

    told = {each.where for each in town.world.register.receipts if each.step == Step.RESOLVED}
    assert told == {FIRST}


def test_who_is_changed_again_is_told_of_every_server_again(town: Town) -> None:
    town.world.publisher.publish()
    town.differences = (LACKS,)
    town.verification.round()
    town.world.register.put(endpoint(1, name="Nyt navn"))
    town.world.publisher.publish_touched()
    town.differences = ()
    town.later()

    told = [
        (each.where, each.sequence)
        for each in town.world.register.receipts
        if each.step == Step.RESOLVED and each.participant == str(ONE)
    ]
    assert told == [(FIRST, 2), (FIRST, 3), (SECOND, 3)]


def test_who_was_verified_is_not_looked_up_again(town: Town) -> None:
    town.world.publisher.publish()
    town.verification.round()

    assert town.later() == Verified(NOBODY, NOBODY)
    assert len(town.looked) == 1


def test_who_was_not_changed_is_not_looked_up(town: Town) -> None:
    town.world.publisher.publish()
    town.verification.round()
    town.world.register.put(endpoint(3))
    town.world.publisher.publish_touched()

    town.verification.round()

    assert town.looked[1:] == [frozenset(participants_of([gln(3)]))]


def test_what_a_run_has_not_finished_is_not_looked_up_yet(town: Town) -> None:
    def die(step: int) -> None:
        raise Unavailable(f"killed behind step {step}")

    town.world.on_step = die
    with pytest.raises(Unavailable):
        town.world.publisher.publish()

    assert town.later() == Verified(NOBODY, NOBODY)

    town.world.on_step = lambda _: None
    town.world.publisher.publish()

    assert town.later().done == {ONE, TWO}


def test_who_differs_is_tried_again_later_and_the_others_are_told(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    town.world.publisher.publish()
    town.differences = (LACKS,)

    with caplog.at_level(logging.WARNING):
        first = town.verification.round()
    at_once = town.verification.round()
    town.differences = ()
    later = town.later()

    assert first == Verified(frozenset({TWO}), frozenset({ONE}))
    assert at_once == Verified(NOBODY, NOBODY)
    assert later.done == {ONE}
    warnings = (each for each in caplog.records if each.levelno >= logging.WARNING)
    assert [each.getMessage() for each in warnings] == [
        "unverified participants=1, trying again: nothing found at 192.0.2.2:53"
    ]


def test_while_a_server_is_silent_nobody_is_verified(town: Town) -> None:
    town.world.publisher.publish()
    town.differences = (SILENT,)

    assert town.verification.round() == Verified(NOBODY, frozenset({ONE, TWO}))
    assert town.told() == []
    assert town.world.verifications.waiting().participants == 2


def test_what_changed_while_it_was_looked_up_is_looked_up_again(town: Town) -> None:
    town.world.publisher.publish()

    def changing(participants: frozenset[ParticipantId]) -> Findings:
        town.world.verifications.put({ONE}, 3, town.world.clock())
        return town.look(participants)

    replace(town.verification, look=changing).round()

    assert town.world.verifications.waiting().participants == 1


def test_a_register_that_does_not_answer_is_told_later(town: Town) -> None:
    town.world.publisher.publish()
    town.world.register.silent = True
    with pytest.raises(Unavailable):
        town.verification.round()

    town.world.register.silent = False
    town.later()

    assert {each.participant for each in town.told()} == {str(ONE), str(TWO)}


def test_only_some_are_looked_up_in_one_round(tmp_path: Path) -> None:
    everybody = [endpoint(number) for number in range(1, AT_ONCE + 6)]
    with fresh_store(tmp_path / "many.sqlite") as store:
        town = Town(World(store, *everybody))
        town.world.publisher.publish()

        rounds = [len(town.verification.round().done) for _ in range(3)]

    assert rounds == [AT_ONCE, 5, 0]


def test_who_was_withdrawn_is_looked_up_too(town: Town) -> None:
    town.world.publisher.publish()
    town.verification.round()
    town.world.register.remove(endpoint(1).reference)
    town.world.publisher.publish_touched()

    assert town.verification.round().done == {ONE}


def test_a_clock_that_was_set_back_keeps_nobody_waiting(town: Town) -> None:
    town.world.publisher.publish()
    town.world.clock.move(timedelta(days=-1))

    assert town.verification.round().done == {ONE, TWO}


def test_a_receipt_of_verification_changes_nothing_of_what_is_known_to_be_public() -> None:
    finished = Receipt(str(ONE), 2, Step.FINISHED, NOW, "https://smp.example.dk")
    verified = Receipt(str(ONE), 2, Step.VERIFIED, NOW, WHERE)

    assert since_finished([finished, verified]) == (finished,)


def test_the_pauses_between_tries_have_a_limit() -> None:
    pauses = [pause(tries).total_seconds() for tries in (0, 1, 7, 8, 9, 10_000)]

    assert pauses == [2, 4, 256, 300, 300, 300]
