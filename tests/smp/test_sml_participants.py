"""How participants are registered and removed, whatever is there already and whoever is refused."""

import pytest

from builders import gln
from eer.domain.errors import Absent, Refused, Unavailable
from eer.domain.identifiers import Gln
from fakes.sml import FakeSml, SoapFault
from smls import IMPATIENT, OURS, THEIRS, THEM, US, Speak
from smp.domain.identifiers import Identifier, ParticipantId, participant_of
from smp.domain.sml_fault import Fault, Kind
from smp.sml import participants

ONE, TWO, THREE = everybody = [participant_of(Gln.parse(gln(number))) for number in (1, 2, 3)]
MANY = sorted(participant_of(Gln.parse(gln(number))) for number in range(1, 251))


@pytest.fixture(autouse=True)
def _registered(sml: FakeSml, speak: Speak) -> None:
    with speak() as ours, speak(THEM) as theirs:
        ours.register(OURS)
        theirs.register(THEIRS)
    sml.asked.clear()


def test_hundreds_come_and_go_a_hundred_at_a_time(sml: FakeSml, speak: Speak) -> None:
    with speak() as ours:
        assert participants.add(ours, MANY) == {}
        assert sml.of(US) == MANY
        assert participants.drop(ours, MANY) == {}

    assert sml.of(US) == []
    assert [each.participants for each in sml.asked] == [100, 100, 50, 100, 100, 50]


def test_one_alone_has_an_operation_of_its_own(sml: FakeSml, speak: Speak) -> None:
    with speak() as ours:
        participants.add(ours, [ONE, ONE])
        participants.drop(ours, [ONE])

    assert sml.operations() == ["CreateParticipantIdentifier", "DeleteParticipantIdentifier"]


def test_nobody_is_not_asked_for(sml: FakeSml, speak: Speak) -> None:
    with speak() as ours:
        assert participants.add(ours, []) == {}
        assert participants.drop(ours, []) == {}

    assert sml.asked == []


@pytest.mark.smp(111)
@pytest.mark.parametrize("several", [[ONE], [ONE, TWO]])
def test_adding_twice_is_done_when_they_are_ours(
    several: list[ParticipantId], sml: FakeSml, speak: Speak
) -> None:
    with speak() as ours:
        participants.add(ours, several)

        assert participants.add(ours, several) == {}
    assert sml.of(US) == several


@pytest.mark.smp(111)
def test_whoever_is_registered_with_another_smp_is_refused_and_nobody_else(
    sml: FakeSml, speak: Speak
) -> None:
    with speak(THEM) as theirs:
        theirs.add([TWO])

    with speak() as ours:
        refused = participants.add(ours, everybody)

    assert {each: fault.code for each, fault in refused.items()} == {TWO: 106}
    assert (sml.of(US), sml.of(THEM)) == ([ONE, THREE], [TWO])


@pytest.mark.smp(111)
def test_one_that_is_spelled_otherwise_in_the_list_is_ours_all_the_same(speak: Speak) -> None:
    one = ParticipantId(Identifier("iso6523-actorid-upis", "9999:abc"))
    with speak() as ours:
        ours.add([ParticipantId(Identifier("iso6523-actorid-upis", "9999:ABC"))])

        assert participants.add(ours, [one]) == {}


@pytest.mark.smp(112)
@pytest.mark.parametrize("several", [[ONE], [ONE, TWO], [ONE, TWO, THREE]])
def test_removing_whoever_is_not_there_is_done(
    several: list[ParticipantId], sml: FakeSml, speak: Speak
) -> None:
    with speak() as ours:
        participants.add(ours, [THREE])

        assert participants.drop(ours, several) == {}
    assert set(sml.of(US)) == {THREE} - set(several)


@pytest.mark.smp(112)
def test_where_our_smp_is_gone_nobody_need_be_removed(sml: FakeSml, speak: Speak) -> None:
    with speak() as ours:
        participants.add(ours, everybody)
        ours.remove()

        assert participants.drop(ours, everybody) == {}
    assert sml.participants == {}


def test_one_to_blame_in_a_hundred_holds_up_nobody_else(sml: FakeSml, speak: Speak) -> None:
    bad = MANY[57]
    sml.refuses[bad] = SoapFault("BadRequestFault", "the scheme is not allowed here")

    with speak() as ours:
        refused = participants.add(ours, MANY)

    assert refused == {bad: Fault(Kind.BAD_REQUEST, "the scheme is not allowed here")}
    assert sml.of(US) == [each for each in MANY if each != bad]
    assert sml.operations().count("CreateList") == 3
    assert sml.operations().count("CreateParticipantIdentifier") == 100


def test_an_sml_that_takes_fewer_at_once_is_told_one_by_one(sml: FakeSml, speak: Speak) -> None:
    sml.largest = 2

    with speak() as ours:
        assert participants.add(ours, everybody) == {}
        assert participants.drop(ours, everybody) == {}

    assert sml.of(US) == []


def test_whoever_may_not_be_removed_is_named(sml: FakeSml, speak: Speak) -> None:
    with speak() as ours:
        participants.add(ours, everybody)
        fault = SoapFault("BadRequestFault", "is being migrated")
        sml.fails("DeleteList", fault)
        sml.fails("DeleteParticipantIdentifier", fault)

        assert participants.drop(ours, everybody) == {ONE: Fault(Kind.BAD_REQUEST, fault.text)}
    assert sml.of(US) == [ONE]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (SoapFault("NotFoundFault", "[ERR-100] The SMP 'x' doesn't exist"), Absent),
        (SoapFault("UnauthorizedFault", "[ERR-101] not yours"), Refused),
        (SoapFault("UnauthorizedFault", "no"), Refused),
    ],
)
def test_what_is_about_us_is_not_asked_for_everybody(
    fault: SoapFault, kind: type[Exception], sml: FakeSml, speak: Speak
) -> None:
    sml.fails("CreateList", fault)

    with speak() as ours, pytest.raises(kind, match="adding 100 participants: the SML says"):
        participants.add(ours, MANY)
    assert sml.operations() == ["CreateList"]


def test_an_sml_that_fails_with_one_of_them_is_not_believed(sml: FakeSml, speak: Speak) -> None:
    sml.fails("CreateList", SoapFault("InternalErrorFault", "odd"))
    sml.fails("CreateParticipantIdentifier", SoapFault("InternalErrorFault", "odd"))

    with speak() as ours, pytest.raises(Unavailable, match=f"adding {ONE}: the SML says Internal"):
        participants.add(ours, everybody)
    assert sml.of(US) == []


@pytest.mark.parametrize("operation", ["CreateList", "PageRequest"])
def test_after_a_time_out_the_next_run_finds_out_what_was_done(
    operation: str, sml: FakeSml, speak: Speak
) -> None:
    with speak() as ours:
        participants.add(ours, [ONE])
    sml.falls_silent(operation, done=True)

    with speak(seconds=IMPATIENT) as ours, pytest.raises(Unavailable, match="not all answered in"):
        participants.add(ours, everybody)
    with speak() as ours:
        assert participants.add(ours, everybody) == {}
    assert sml.of(US) == everybody
