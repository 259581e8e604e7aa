"""Publishing through a central SML: the same runs and order, and nobody held up by another."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

import builders
from eer.domain.errors import Absent, Unavailable
from eer.domain.receipt import Step
from fakes import sml_zone
from fakes.publishing import NAMING, TTL, World, fresh_store
from fakes.sml import FakeSml, Smp, SoapFault
from smls import IMPATIENT, OURS, THEIRS, THEM, US, Speak
from smp.domain import told
from smp.domain.central import publisher_name
from smp.domain.identifiers import ParticipantId
from smp.domain.naming import DnsName, Naptr, naptr_name
from smp.domain.progress import participants_of
from smp.publish import Publisher
from smp.sml.central import Central
from smp.sml.nameserver import Authority, Nameserver
from smp.sml.tsig import TsigKey
from smp.sml.zone import Zone
from smp.store.ledger import Ledger

ZONE = NAMING.zone
KEY = TsigKey("publisher", "hmac-sha256", bytes(range(32)))
BY_SML = replace(NAMING, publisher=publisher_name(US, ZONE), cname=False)


@dataclass
class Town:
    """A publisher over a central SML, which keeps a zone of its own."""

    world: World
    sml: FakeSml
    zone: Zone
    publisher: Publisher
    patience: list[float]
    """How many seconds an answer may take: the last one counts."""

    def based(self, base_url: str) -> Publisher:
        return replace(self.publisher, naming=replace(BY_SML, base_url=base_url))

    def registered(self) -> list[ParticipantId]:
        return self.sml.of(US)


def participant(number: int) -> ParticipantId:
    (found,) = participants_of([builders.gln(number)])
    return found


def name(number: int) -> DnsName:
    return naptr_name(participant(number), ZONE)


@pytest.fixture
def town(sml: FakeSml, speak: Speak, tmp_path: Path) -> Iterator[Town]:
    server = Nameserver(Authority(ZONE, tmp_path / "zone", KEY, ttl=60), ("127.0.0.1", 0))
    server.start()
    zone = Zone(ZONE, primary=server.address, servers=[server.address], key=KEY, ttl=60)
    sml.smps = {
        US: Smp(OURS.logical, OURS.physical, US),
        THEM: Smp(THEIRS.logical, THEIRS.physical, THEM),
    }
    sml_zone.keep(sml, zone, ZONE)
    with fresh_store(tmp_path / "publication.db") as store:
        world = World(store, *(builders.endpoint(number) for number in (1, 2, 3)))
        ledger, patience = Ledger(store), [60.0]
        locator = Central(
            lambda: speak(seconds=patience[-1]),
            zone=ZONE,
            servers=[server.address],
            agreed=lambda: ledger.agreed().under(BY_SML.publisher),
        )
        yield Town(world, sml, zone, world.having(locator=locator, naming=BY_SML), patience)
    server.stop()


def test_everybody_is_registered_and_the_next_run_has_nothing_to_do(town: Town) -> None:
    report = town.publisher.publish()

    assert report.added == 3
    assert town.registered() == sorted(participant(number) for number in (1, 2, 3))
    assert town.zone.names()[name(1)] == Naptr(OURS.logical)
    assert town.publisher.plan().is_empty
    assert told.report_lines(town.publisher.publish()) == ["nothing to do"]


def test_documents_are_there_before_anybody_is_registered(town: Town) -> None:
    town.sml.falls_silent("CreateList")
    town.patience.append(IMPATIENT)

    with pytest.raises(Unavailable):
        town.publisher.publish()

    assert town.world.body(1) is not None
    assert town.registered() == []


@pytest.mark.parametrize("half", [False, True])
def test_what_was_done_before_the_sml_fell_silent_is_found_out(
    half: bool,  # noqa: FBT001
    town: Town,
) -> None:
    (town.sml.answers_half if half else town.sml.falls_silent)("CreateList", done=True)
    town.patience.append(IMPATIENT)

    with pytest.raises(Unavailable):
        town.publisher.publish()
    town.patience.append(60)
    report = town.publisher.publish()

    assert report.added == 0
    assert len(town.registered()) == 3
    assert town.publisher.plan().is_empty


def test_whoever_leaves_is_removed_and_retires_after_the_ttl(town: Town) -> None:
    town.publisher.publish()
    town.world.register.remove(builders.endpoint(1).reference)

    report = town.publisher.publish_touched()

    assert (report.removed, report.scheduled) == (1, 1)
    assert participant(1) not in town.registered()
    assert town.world.body(1) is not None

    town.world.clock.move(TTL + timedelta(seconds=1))
    assert town.publisher.publish().retired > 0
    assert town.world.body(1) is None


def test_one_that_is_registered_elsewhere_holds_up_nobody(town: Town) -> None:
    town.sml.participants[participant(2)] = THEM

    report = town.publisher.publish()

    assert report.added == 2
    assert report.left.keys() == {name(2)}
    assert "smp sml migrate" in report.left[name(2)]
    assert told.needs_somebody(report)
    assert told.report_json(report)["left"] == dict(report.left)
    assert any(line.startswith(f"left       {name(2)}") for line in told.report_lines(report))
    finished = {r.participant for r in town.world.register.receipts if r.step is Step.FINISHED}
    named = {r.participant for r in town.world.register.receipts if r.step is Step.NAMED}
    assert finished == named == {str(participant(1)), str(participant(3))}


def test_one_that_has_been_taken_over_is_found_and_finished(town: Town) -> None:
    town.sml.participants[participant(2)] = THEM
    town.publisher.publish()

    town.sml.participants[participant(2)] = US
    report = town.publisher.publish_touched()

    assert report.left == {}
    finished = {r.participant for r in town.world.register.receipts if r.step is Step.FINISHED}
    assert str(participant(2)) in finished


def test_one_that_moved_to_another_smp_does_not_wait_for_its_name_to_go(town: Town) -> None:
    town.publisher.publish()
    town.sml.participants[participant(1)] = THEM
    sml_zone.keep(town.sml, town.zone, ZONE)
    town.world.register.remove(builders.endpoint(1).reference)

    report = town.publisher.publish()

    assert town.zone.names()[name(1)] == Naptr(THEIRS.logical)
    assert report.scheduled == 1
    assert town.sml.of(THEM) == [participant(1)]


def test_a_new_base_moves_everybody_by_one_request_when_it_is_agreed_to(town: Town) -> None:
    town.publisher.publish()
    moved = town.based("https://new.example.dk")
    plan = moved.plan()

    moved.publish()
    assert town.sml.smps[US].logical == OURS.logical

    report = moved.publish(plan.held.digest)
    assert report.replaced == 3
    assert town.sml.smps[US].logical == "https://new.example.dk"
    assert town.sml.operations().count("UpdateServiceMetadataPublisherService") == 1
    assert moved.plan().is_empty


def test_what_somebody_undid_at_the_sml_is_mended(town: Town) -> None:
    town.publisher.publish()
    del town.sml.participants[participant(1)]

    assert town.publisher.publish().added == 1
    assert participant(1) in town.registered()


def test_where_our_smp_is_not_registered_a_person_has_to_do_it(town: Town) -> None:
    del town.sml.smps[US]

    with pytest.raises(Absent, match="smp sml register"):
        town.publisher.publish()


def test_a_removal_that_the_sml_refuses_holds_up_nobody(town: Town) -> None:
    town.publisher.publish()
    fault = SoapFault("BadRequestFault", "is being migrated")
    town.sml.fails("DeleteList", fault)
    town.sml.fails("DeleteParticipantIdentifier", fault)
    for number in (1, 2):
        town.world.register.remove(builders.endpoint(number).reference)

    report = town.publisher.publish()

    assert (report.removed, len(report.left)) == (1, 1)
    assert town.publisher.publish().removed == 1
    assert town.registered() == [participant(3)]
