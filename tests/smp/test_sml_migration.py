"""A participant goes from one SMP to another by a key that both know, and by no other."""

import random

import pytest

from builders import gln
from eer.domain.identifiers import Gln
from fakes.sml import FakeSml
from smls import OURS, THEIRS, THEM, US, Speak
from smp.domain import migration_key
from smp.domain.identifiers import participant_of

ONE = participant_of(Gln.parse(gln(1)))
KEY = migration_key.make(random.Random(1).randrange)  # noqa: S311 - any chance will do


@pytest.fixture(autouse=True)
def _registered(speak: Speak) -> None:
    with speak() as ours, speak(THEM) as theirs:
        ours.register(OURS)
        theirs.register(THEIRS)
        ours.add([ONE])


@pytest.mark.smp(117)
def test_the_right_key_moves_the_participant(sml: FakeSml, speak: Speak) -> None:
    with speak() as ours, speak(THEM) as theirs:
        assert ours.prepare_migration(ONE, KEY) is None
        assert theirs.migrate(ONE, KEY) is None

        assert list(ours.participants()) == []
        assert list(theirs.participants()) == [ONE]
    assert sml.keys == {}


@pytest.mark.smp(117)
def test_a_wrong_key_is_a_fault_and_nothing_moves(sml: FakeSml, speak: Speak) -> None:
    with speak() as ours, speak(THEM) as theirs:
        ours.prepare_migration(ONE, KEY)

        assert theirs.migrate(ONE, KEY[::-1]) is not None
    assert sml.of(US) == [ONE]


@pytest.mark.smp(117)
def test_what_was_not_prepared_does_not_move(sml: FakeSml, speak: Speak) -> None:
    with speak(THEM) as theirs:
        assert theirs.migrate(ONE, KEY) is not None
    assert sml.of(US) == [ONE]


def test_preparing_again_makes_the_last_key_the_right_one(sml: FakeSml, speak: Speak) -> None:
    other = migration_key.make(random.Random(2).randrange)  # noqa: S311 - likewise
    with speak() as ours, speak(THEM) as theirs:
        ours.prepare_migration(ONE, KEY)
        ours.prepare_migration(ONE, other)

        assert theirs.migrate(ONE, KEY) is not None
        assert theirs.migrate(ONE, other) is None
    assert sml.of(THEM) == [ONE]


@pytest.mark.smp(116)
def test_the_service_refuses_a_key_of_another_form(sml: FakeSml, speak: Speak) -> None:
    with speak() as ours:
        assert ours.prepare_migration(ONE, "letters-only") is not None
    assert sml.keys == {}
