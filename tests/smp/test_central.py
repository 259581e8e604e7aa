"""What the contract in tests/contract does not say of a central SML: its limits, its silence."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders import gln
from eer.domain.errors import Absent, Conflict, Refused, Unavailable
from eer.domain.identifiers import Gln
from eer.domain.plan import Plan
from fakes import sml_zone
from fakes.sml import FakeSml, Smp, SoapFault
from smls import IMPATIENT, OURS, THEIRS, THEM, US, Speak
from smp.domain import central
from smp.domain.central import Registration, publisher_name
from smp.domain.identifiers import participant_of
from smp.domain.naming import (
    Address,
    Cname,
    DnsName,
    Foreign,
    Naptr,
    Record,
    cname_name,
    naptr_name,
    participant_names,
)
from smp.domain.state import Agreed
from smp.sml.central import Central
from smp.sml.nameserver import Authority, Nameserver
from smp.sml.tsig import TsigKey
from smp.sml.zone import Zone

ZONE = DnsName("sml.example.dk.")
KEY = TsigKey("publisher", "hmac-sha256", bytes(range(32)))
BASE, NEW, OTHER = OURS.logical, "https://new.example.dk", "https://other.example.dk"
ONE, TWO = (participant_of(Gln.parse(gln(number))) for number in (1, 2))
NAME, SECOND = (naptr_name(each, ZONE) for each in (ONE, TWO))
AGREED = Agreed(bases=(BASE,), publishers=(publisher_name(US, ZONE),))


class Town:
    """An SML with its zone, and the locator over it."""

    def __init__(self, sml: FakeSml, speak: Speak, server: tuple[str, int]) -> None:
        self.sml = sml
        self.zone = Zone(ZONE, primary=server, servers=[server], key=KEY, ttl=60)
        self.seconds = 60.0
        """How long an answer may take."""
        self.central = Central(
            lambda: speak(seconds=self.seconds),
            zone=ZONE,
            servers=[server],
            agreed=lambda: AGREED,
        )


@pytest.fixture
def town(sml: FakeSml, speak: Speak, tmp_path: Path) -> Iterator[Town]:
    server = Nameserver(Authority(ZONE, tmp_path / "zone", KEY, ttl=60), ("127.0.0.1", 0))
    server.start()
    found = Town(sml, speak, server.address)
    sml.smps = {
        US: Smp(OURS.logical, OURS.physical, US),
        THEM: Smp(THEIRS.logical, THEIRS.physical, THEM),
    }
    sml_zone.keep(sml, found.zone, ZONE)
    yield found
    server.stop()


def add(*some: Record) -> Plan[DnsName, Record]:
    return Plan(dict(zip((NAME, SECOND), some, strict=False)), {}, {})


def move(before: Record, after: Record) -> Plan[DnsName, Record]:
    return Plan({}, {NAME: (before, after)}, {})


@pytest.mark.parametrize("wanted", [Naptr(BASE), Cname(DnsName("x.dk.")), Address("192.0.2.1")])
def test_only_the_name_of_somebody_known_can_be_asked_for(wanted: Record) -> None:
    with pytest.raises(Refused, match=NAME):
        central.orders(add(wanted), OURS)
    with pytest.raises(Refused, match=NAME):
        central.orders(Plan({}, {}, {NAME: wanted}), OURS)


def test_an_smp_cannot_lead_to_two_addresses() -> None:
    plan: Plan[DnsName, Record] = Plan(
        {}, {NAME: (Naptr(BASE), Naptr(NEW)), SECOND: (Naptr(BASE), Naptr(OTHER))}, {}
    )

    with pytest.raises(Refused, match=f"cannot lead to {NEW} and {OTHER}"):
        central.orders(plan, OURS)


@pytest.mark.parametrize(
    "plan",
    [
        add(Naptr(NEW, ONE)),
        add(Naptr(BASE, ONE), Naptr(NEW, TWO)),
        move(Naptr(OTHER), Naptr(NEW)),
        Plan({NAME: Naptr(OTHER, ONE)}, {SECOND: (Naptr(BASE), Naptr(NEW))}, {}),
    ],
)
def test_another_address_than_expected_is_a_conflict(plan: Plan[DnsName, Record]) -> None:
    with pytest.raises(Conflict, match=f"of {US} to {BASE}, expected .*smp sml update"):
        central.orders(plan, OURS)


def test_what_has_moved_already_is_not_moved_again() -> None:
    found = Registration(US, NEW, OURS.physical)

    assert central.orders(move(Naptr(BASE), Naptr(NEW)), found).logical is None
    assert central.orders(move(Naptr(BASE), Naptr(NEW)), OURS).logical == NEW


@pytest.mark.parametrize(
    ("record", "elsewhere"),
    [
        (Naptr(BASE), False),
        (Naptr(OTHER), True),
        (Cname(publisher_name(US, ZONE)), False),
        (Cname(publisher_name(THEM, ZONE)), True),
        (Foreign("NAPTR 10 10 …", leads_to=BASE), False),
        (Foreign("NAPTR 10 10 …", leads_to=OTHER), True),
        (Foreign('TXT "x"'), False),
        (Address("192.0.2.1"), False),
    ],
)
def test_what_certainly_leads_to_another_smp_leads_elsewhere(
    record: Record,
    elsewhere: bool,  # noqa: FBT001
) -> None:
    assert central.leads_elsewhere(record, AGREED) == elsewhere


def test_an_smp_that_is_not_registered_has_to_be_registered_by_a_person(town: Town) -> None:
    del town.sml.smps[US]

    with pytest.raises(Absent, match="smp sml register"):
        town.central.names()
    with pytest.raises(Absent, match="smp sml register"):
        town.central.apply(add(Naptr(BASE, ONE)))
    assert US not in town.sml.smps


def test_a_move_changes_the_address_and_keeps_the_physical_one(town: Town) -> None:
    town.central.apply(add(Naptr(BASE, ONE)))

    town.central.apply(move(Naptr(BASE, ONE), Naptr(NEW, ONE)))

    assert town.sml.smps[US] == Smp(NEW, OURS.physical, US)
    assert town.zone.names()[NAME] == Naptr(NEW)


def test_a_move_that_is_refused_moves_nobody(town: Town) -> None:
    town.central.apply(add(Naptr(BASE, ONE)))
    fault = SoapFault("UnauthorizedFault", "[ERR-101] not yours")
    town.sml.fails("UpdateServiceMetadataPublisherService", fault)

    with pytest.raises(Refused, match=f"moving the SMP {US} to {NEW}: .*ERR-101"):
        town.central.apply(move(Naptr(BASE, ONE), Naptr(NEW, ONE)))
    assert town.central.names() == {NAME: Naptr(BASE)}


def test_a_participant_that_may_not_go_is_named_and_stays(town: Town) -> None:
    town.central.apply(add(Naptr(BASE, ONE), Naptr(BASE, TWO)))
    fault = SoapFault("BadRequestFault", "is being migrated")
    town.sml.fails("DeleteList", fault)
    town.sml.fails("DeleteParticipantIdentifier", fault)

    with pytest.raises(Conflict, match=f"removing {ONE}: .*is being migrated") as raised:
        town.central.apply(Plan({}, {}, {NAME: Naptr(BASE, ONE), SECOND: Naptr(BASE, TWO)}))
    assert [issue.expression for issue in raised.value.issues] == [NAME]
    assert town.sml.of(US) == [ONE]


def test_at_most_twenty_are_told_and_all_are_in_the_issues(town: Town) -> None:
    several = [participant_of(Gln.parse(gln(number))) for number in range(1, 24)]
    town.sml.participants = dict.fromkeys(several, THEM)
    plan = Plan({naptr_name(each, ZONE): Naptr(BASE, each) for each in several}, {}, {})

    with pytest.raises(Conflict, match="and 3 more") as raised:
        town.central.apply(plan)  # type: ignore[arg-type]  # of Naptr alone
    assert len(raised.value.issues) == 23


@pytest.mark.parametrize("how", ["silence", "half"])
@pytest.mark.parametrize(
    "operation", ["ReadServiceMetadataPublisherService", "CreateParticipantIdentifier"]
)
def test_an_sml_that_falls_silent_is_not_believed_and_the_next_run_finishes(
    operation: str, how: str, town: Town
) -> None:
    trouble = town.sml.falls_silent if how == "silence" else town.sml.answers_half
    trouble(operation, done=True)

    town.seconds = IMPATIENT
    with pytest.raises(Unavailable):
        town.central.apply(add(Naptr(BASE, ONE)))
    town.seconds = 60
    town.central.apply(add(Naptr(BASE, ONE)))
    assert town.central.names() == {NAME: Naptr(BASE)}


def test_half_a_list_is_no_list_of_names(town: Town) -> None:
    town.central.apply(add(Naptr(BASE, ONE)))
    town.sml.answers_half("PageRequest")

    with pytest.raises(Unavailable):
        town.central.names()


def test_both_names_of_a_participant_are_answered_as_long_as_it_is_ours(town: Town) -> None:
    both = participant_names(ONE, ZONE)
    town.central.apply(add(Naptr(BASE, ONE)))

    assert town.central.answering(both) == frozenset(both)


def test_the_names_of_whoever_has_moved_to_another_smp_are_none(town: Town) -> None:
    town.sml.participants = {ONE: THEM}
    sml_zone.keep(town.sml, town.zone, ZONE)

    assert {NAME, cname_name(ONE, ZONE)} <= town.zone.names().keys()
    assert town.central.answering(participant_names(ONE, ZONE)) == frozenset()


def test_a_name_server_that_is_silent_leaves_it_unknown(speak: Speak) -> None:
    nobody = Central(
        speak, zone=ZONE, servers=[("127.0.0.1", 9)], agreed=lambda: AGREED, timeout=0.2
    )

    with pytest.raises(Unavailable, match="name server 127"):
        nobody.answering([NAME])
