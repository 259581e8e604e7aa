"""How our SMP is registered at an SML, changed and removed, and who has to agree."""

import pytest

from builders import gln
from eer.domain.errors import Absent, Conflict, Implausible, Refused, Unavailable
from eer.domain.identifiers import Gln
from fakes.sml import FakeSml, SoapFault
from smls import IMPATIENT, OURS, THEIRS, THEM, US, Speak
from smp.domain.central import Registration
from smp.domain.enrolment import Enrolment
from smp.domain.identifiers import participant_of
from smp.sml import enrol

ONE, TWO = (participant_of(Gln.parse(gln(number))) for number in (1, 2))
MOVED = Registration(US, "https://new.example.dk", "192.0.2.9")


def test_a_new_smp_is_registered_without_asking_anybody(sml: FakeSml, speak: Speak) -> None:
    with speak() as ours:
        before = enrol.register(ours, OURS)

    assert before == Enrolment(US, None, OURS)
    assert (before.is_done, before.digest) == (False, None)
    assert sml.smps.keys() == {US}


def test_registering_twice_changes_nothing(sml: FakeSml, speak: Speak) -> None:
    with speak() as ours:
        enrol.register(ours, OURS)

        assert enrol.register(ours, OURS).is_done
    assert sml.operations().count("CreateServiceMetadataPublisherService") == 1


def test_registering_after_a_time_out_finds_out_that_it_was_done(
    sml: FakeSml, speak: Speak
) -> None:
    sml.falls_silent("CreateServiceMetadataPublisherService", done=True)

    with speak(seconds=IMPATIENT) as ours, pytest.raises(Unavailable, match="not all answered"):
        enrol.register(ours, OURS)
    with speak() as ours:
        assert enrol.register(ours, OURS).is_done


def test_one_that_registers_at_the_same_moment_is_no_fault(sml: FakeSml, speak: Speak) -> None:
    missing = SoapFault("NotFoundFault", "[ERR-100] The SMP 'smp-one' doesn't exist")
    with speak() as ours:
        ours.register(OURS)
        sml.fails("ReadServiceMetadataPublisherService", missing)

        assert enrol.register(ours, OURS).is_done


def test_an_identifier_that_others_have_is_a_conflict(sml: FakeSml, speak: Speak) -> None:
    theirs = Registration(US, THEIRS.logical, THEIRS.physical)
    missing = SoapFault("NotFoundFault", "no such SMP")
    with speak(US, by=THEM) as them:
        them.register(theirs)

    with speak() as ours, pytest.raises(Conflict, match="is registered as https://other"):
        enrol.register(ours, OURS)
    sml.fails("ReadServiceMetadataPublisherService", missing)
    with speak() as ours, pytest.raises(Conflict, match="is registered as https://other"):
        enrol.register(ours, OURS)
    sml.fails("ReadServiceMetadataPublisherService", missing, missing)
    with speak() as ours, pytest.raises(Conflict, match="ERR-106"):
        enrol.register(ours, OURS)


@pytest.mark.parametrize("operation", ["Read", "Create"])
def test_another_fault_is_told(operation: str, sml: FakeSml, speak: Speak) -> None:
    name = f"{operation}ServiceMetadataPublisherService"
    sml.fails(name, SoapFault("UnauthorizedFault", "who is that?"))

    with speak() as ours, pytest.raises(Refused, match="who is that"):
        enrol.register(ours, OURS)


def test_a_new_address_waits_until_somebody_agrees(sml: FakeSml, speak: Speak) -> None:
    with speak() as ours:
        ours.register(OURS)
        ours.add([ONE, TWO])
        shown = enrol.seen(ours, MOVED)

        with pytest.raises(Implausible, match=f"moves 2 participants.*--accept {shown.digest}"):
            enrol.update(ours, MOVED, None)
        with pytest.raises(Implausible, match="accept 0123456789abcdef"):
            enrol.update(ours, MOVED, "0123456789abcdef")
        assert ours.registration() == OURS

        assert enrol.update(ours, MOVED, shown.digest) == shown
        assert ours.registration() == MOVED
    assert sml.of(US) == [ONE, TWO]


def test_updating_what_is_right_does_nothing(sml: FakeSml, speak: Speak) -> None:
    with speak() as ours:
        ours.register(OURS)

        assert enrol.update(ours, OURS, None).is_done
        with pytest.raises(Refused, match="nothing has to be agreed to"):
            enrol.update(ours, OURS, "0123456789abcdef")
    assert "UpdateServiceMetadataPublisherService" not in sml.operations()


def test_updating_what_is_not_registered_says_to_register(speak: Speak) -> None:
    with speak() as ours, pytest.raises(Absent, match="smp sml register"):
        enrol.update(ours, OURS, None)


def test_removing_waits_until_somebody_agrees_to_whom_it_removes(
    sml: FakeSml, speak: Speak
) -> None:
    with speak() as ours:
        ours.register(OURS)
        ours.add([ONE])
        shown = enrol.seen(ours, None)
        ours.add([TWO])

        with pytest.raises(Implausible, match="removes 2 participants"):
            enrol.remove(ours, shown.digest)
        assert sml.of(US) == [ONE, TWO]

        enrol.remove(ours, enrol.seen(ours, None).digest)
    assert (sml.smps, sml.participants) == ({}, {})


def test_removing_twice_is_done(sml: FakeSml, speak: Speak) -> None:
    with speak() as ours:
        ours.register(OURS)
        digest = enrol.seen(ours, None).digest
        sml.falls_silent("ServiceMetadataPublisherID", done=True)
    with speak(seconds=IMPATIENT) as ours, pytest.raises(Unavailable, match="not all answered"):
        enrol.remove(ours, digest)

    with speak() as ours:
        assert enrol.remove(ours, None).is_done


@pytest.mark.parametrize(
    ("text", "is_done"), [("[ERR-100] The SMP doesn't exist", True), ("[ERR-101] not you", False)]
)
def test_a_removal_that_is_refused_is_done_only_if_it_is_gone(
    text: str,
    is_done: bool,  # noqa: FBT001
    sml: FakeSml,
    speak: Speak,
) -> None:
    with speak() as ours:
        ours.register(OURS)
        digest = enrol.seen(ours, None).digest
        sml.fails("ServiceMetadataPublisherID", SoapFault("UnauthorizedFault", text))

        if is_done:
            enrol.remove(ours, digest)
        else:
            with pytest.raises(Refused, match="ERR-101"):
                enrol.remove(ours, digest)


@pytest.mark.parametrize(
    ("enrolment", "last"),
    [
        (Enrolment(US, OURS, OURS), "nothing to do"),
        (Enrolment(US, None, OURS), f"wanted     {OURS.logical} at {OURS.physical}"),
        (
            Enrolment(US, OURS, None, frozenset({ONE})),
            f"held       removing {US} removes 1 participants from DNS",
        ),
        (
            Enrolment(US, OURS, MOVED, frozenset({ONE})),
            f"held       moving {US} from {OURS} to {MOVED} moves 1 participants",
        ),
    ],
)
def test_it_is_told_to_people_and_to_machines(enrolment: Enrolment, last: str) -> None:
    accepted = f": let it through with --accept {enrolment.digest}" if enrolment.digest else ""

    assert list(enrolment.lines())[-1] == last + accepted
    told = enrolment.as_json()
    assert (told["smp"], told["digest"]) == (US, enrolment.digest)
    assert told["participants"] == len(enrolment.participants)


def test_the_digest_changes_with_what_would_be_done() -> None:
    several = [
        Enrolment(US, OURS, MOVED),
        Enrolment(US, MOVED, OURS),
        Enrolment(US, OURS, None),
        Enrolment(US, OURS, None, frozenset({ONE})),
        Enrolment(US, OURS, None, frozenset({TWO})),
    ]

    assert len({each.digest for each in several}) == len(several)
