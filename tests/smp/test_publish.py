"""Publication: what the outside sees, at every moment and after every fault."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import builders_smp
from builders import END, HOMECARE, NOW, RECEIPT, access_point, endpoint, gln
from eer.domain.eligibility import Reason
from eer.domain.errors import Implausible, Refused, Unavailable
from eer.domain.identifiers import Reference
from eer.domain.model import Endpoint, EndpointStatus
from eer.domain.plan import Limits, Plan
from eer.domain.receipt import Receipt
from fakes.locator import FakeLocator
from fakes.publishing import NAMING, TERMS, TTL, World, fresh_store, key
from smp.domain.identifiers import DocumentKey
from smp.domain.naming import (
    Address,
    DnsName,
    Foreign,
    Naptr,
    Record,
    participant_names,
)
from smp.domain.progress import Report, Unproved
from smp.domain.publication import PutDocument, Retirement, Switch
from smp.domain.unproved import sentences
from smp.pki.verify import verify_by
from smp.publish import Publisher
from smp.store import tables
from smp.store.migrations.upgrade import migrate
from smp.store.session import Store
from smp.xml import parse, validate

OTHER = "https://other.example.dk/as4"
NEW_BASE = "https://new.example.dk"
SECOND = timedelta(seconds=1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with fresh_store(tmp_path / "smp.sqlite") as store:
        yield World(store)


def moved(number: int) -> Endpoint:
    return endpoint(number, at=access_point(OTHER))


def gone(number: int) -> Reference:
    return endpoint(number).reference


def count(text: str | None) -> int:
    """Return how many documents a group lists."""
    return (text or "").count("<ServiceMetadataReference ")


# What is published


@pytest.mark.smp(83)
def test_a_new_participant_has_documents_a_group_and_names(world: World) -> None:
    world.register.put(endpoint(1))

    report = world.publisher.publish_touched()

    assert (report.signed, report.added, report.publisher) == (4, 2, 1)
    assert "https://ap.example.dk/as4" in (world.body(1) or "")
    assert count(world.group(1)) == 4
    assert len(world.named(1)) == 2
    assert world.locator.found[NAMING.publisher] == NAMING.publisher_record


@pytest.mark.smp(87)
def test_a_second_run_does_nothing(world: World) -> None:
    world.register.put(endpoint(1), endpoint(2))
    world.publisher.publish_touched()
    before, told = world.see(), world.register.told

    report = world.publisher.publish_touched()

    assert world.publisher.plan().is_empty
    assert (report.signed, report.added, world.signer.signed) == (0, 0, 8)
    assert (world.see(), world.register.told) == (before, told)


def test_planning_changes_nothing_and_tells_who_is_not_published_and_why(world: World) -> None:
    world.register.put(endpoint(1), endpoint(2, status=EndpointStatus.OFF))

    plan = world.publisher.plan()

    assert len(plan.documents) == 4
    assert plan.unpublished == {gone(2): (Reason.OFF,)}
    assert world.see() == {"documents": [], "groups": [], "names": {}}
    assert world.register.told == 0


def test_one_change_among_many_costs_the_work_of_one(world: World) -> None:
    world.register.put(*(endpoint(number) for number in range(1, 30)))
    world.publisher.publish_touched()
    world.register.put(moved(7))

    report = world.publisher.publish_touched()

    assert not report.is_full
    assert world.register.asked[-1] == frozenset({gln(7)})
    assert (report.signed, world.signer.signed) == (4, 29 * 4 + 4)
    assert OTHER in (world.body(7) or "")


def test_a_participant_that_gets_another_gln_leaves_the_old_one(world: World) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish_touched()
    world.register.put(endpoint(2, id="e1"))

    world.publisher.publish_touched()

    assert not world.named(1)
    assert world.named(2)


def test_what_was_written_while_a_run_looked_is_seen_by_the_next(world: World) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish_touched()
    world.register.put(moved(1))
    touched = world.register.touched

    def late(since: int) -> frozenset[str]:
        found = touched(since)
        world.register.put(endpoint(2))
        world.register.touched = touched  # type: ignore[method-assign]  # once only
        return found

    world.register.touched = late  # type: ignore[method-assign]  # a register being written to
    world.publisher.publish_touched()

    world.publisher.publish_touched()

    assert world.named(2)


@pytest.mark.smp(52)
def test_a_period_that_begins_is_published_without_any_change(world: World) -> None:
    begin = NOW + timedelta(days=1)
    world.register.put(endpoint(1, begin=begin))
    report = world.publisher.publish_touched()
    world.clock.at = begin

    again = world.publisher.publish_touched()

    assert report.look_again == begin
    assert not again.is_full
    assert world.named(1)


@pytest.mark.smp(52)
def test_a_period_that_ends_is_withdrawn_without_any_change(world: World) -> None:
    end = NOW + timedelta(days=1)
    world.register.put(endpoint(1, end=end))
    world.publisher.publish_touched()
    world.clock.at = end

    world.publisher.publish_touched()

    assert not world.named(1)


def test_a_change_of_supplier_happens_when_one_period_ends_and_the_other_begins(
    world: World,
) -> None:
    change = NOW + timedelta(days=1)
    world.register.put(
        endpoint(1, id="old", end=change), replace(moved(1), reference=Reference("Endpoint", "new"))
    )
    new = world.register.endpoints[Reference("Endpoint", "new")]
    world.register.put(replace(new, period=replace(new.period, start=change)))
    world.publisher.publish_touched()
    before = world.body(1)
    world.clock.at = change

    world.publisher.publish_touched()

    assert OTHER not in (before or OTHER)
    assert OTHER in (world.body(1) or "")


def test_a_changed_setting_is_a_plan_like_any_other(world: World) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish_touched()
    terms = replace(TERMS, document_schemes=TERMS.document_schemes[:1])

    report = world.having(terms=terms).publish_touched()

    assert report.is_full
    assert report.dropped == 2
    assert count(world.group(1)) == 2


@pytest.mark.smp(19)
def test_the_order_of_schemes_decides_who_answers_a_bare_value(world: World) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish_touched()
    before = world.body(1)
    terms = replace(TERMS, document_schemes=TERMS.document_schemes[::-1])

    world.having(terms=terms).publish_touched()

    assert 'scheme="dk-medcom-messaging">urn:dk' in (before or "")
    assert 'scheme="busdox-docid-qns">urn:dk' in (world.body(1) or "")


def test_a_full_run_may_be_asked_for(world: World) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish_touched()
    world.locator.found.clear()

    report = world.publisher.publish_all()

    assert report.is_full
    assert world.named(1)


def test_many_documents_are_stored_in_batches_and_names_too(world: World) -> None:
    world.register.put(*(endpoint(number, HOMECARE) for number in range(1, 121)))

    world.publisher.publish_touched()

    assert [len(plan.add) for plan in world.locator.applied] == [1, 240]
    assert [receipt.step for receipt in world.register.receipts].count("stored") == 120
    assert world.register.told == 3 + 1 + 1  # documents, names of participants, the end
    assert world.steps == 2 + 3 + 2 + 1  # agreed and schemes, documents, names, the end


def test_a_batch_never_ends_amid_a_participant(world: World) -> None:
    codes = (HOMECARE, RECEIPT, HOMECARE.replace("1.2", "2.0"))
    world.register.put(*(endpoint(number, *codes) for number in range(1, 21)))
    seen = set()
    world.on_step = lambda _: seen.update(count(body.decode()) for _, body in world.see()["groups"])

    world.publisher.publish_touched()

    assert seen == {6}


def test_documents_that_waited_for_a_key_are_signed_with_the_former_one_if_it_is_back(
    world: World,
) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish_touched()
    world.register.put(endpoint(2))
    world.signed_by("second").publish_touched()

    report = world.publisher.publish_touched()

    assert (report.signed, report.held.is_empty) == (4, True)
    assert world.named(2)


def test_nothing_that_was_not_proved_is_stored(world: World) -> None:
    def refuse(step: PutDocument, _: bytes) -> None:
        raise Refused(f"{step.key.document}: the signature is not right")

    world.register.put(endpoint(1))

    report = world.having(prove=refuse).publish_touched()

    assert world.see()["documents"] == world.see()["groups"] == []
    assert set(world.locator.found) <= {NAMING.publisher}
    assert list(report.unproved) == [key(1).participant]


def test_what_cannot_be_proved_stops_its_participant_and_nobody_else(world: World) -> None:
    def refuse(step: PutDocument, _: bytes) -> None:
        if step.key.participant == key(1).participant:
            raise Refused(f"{step.key.document}: the signature is not right")

    world.register.put(endpoint(1), endpoint(2))

    world.having(prove=refuse).publish_touched()

    assert (world.named(1), world.group(1)) == (set(), None)
    assert world.named(2)
    assert world.group(2)

    report = world.publisher.publish_touched()

    assert report.unproved == {}
    assert world.named(1)
    assert world.group(1)


def test_every_document_is_proved_before_it_is_stored(world: World) -> None:
    world.register.put(endpoint(1))

    world.publisher.publish_touched()

    assert {body for _, _, body in world.see()["documents"]} == set(world.proved)


@pytest.mark.smp(69)
def test_what_is_really_signed_is_served_byte_for_byte(world: World) -> None:
    signer = builders_smp.signer()

    def prove(step: PutDocument, body: bytes) -> None:
        root = parse.document(body)
        verify_by(root, signer.certificate)
        validate.check(root)
        assert parse.service_metadata(root).document == step.key.document

    world.register.put(endpoint(1, HOMECARE))

    world.having(signer=signer, prove=prove).publish_touched()

    assert (world.body(1) or "").count("<ds:SignatureValue>") == 1


# Mending what somebody else undid


def test_a_name_that_somebody_deleted_comes_back(world: World) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish()
    world.locator.found.clear()

    plan = world.publisher.plan()
    report = world.publisher.publish()

    assert not plan.is_empty
    assert (report.signed, report.added, report.publisher) == (0, 2, 1)
    assert world.named(1)


def test_a_renewal_makes_documents_and_group_anew_whatever_the_books_say(world: World) -> None:
    world.register.put(endpoint(1), endpoint(2))
    world.publisher.publish()
    before = world.see()
    with world.store.writing() as connection:
        connection.execute(tables.document.update().values(body=b"<altered/>"))
        connection.execute(tables.service_group.delete())

    untouched = world.publisher.publish()
    report = world.publisher.publish_all(frozenset({key(1).participant, key(2).participant}))

    assert untouched.signed == 0
    assert (report.signed, report.held.is_empty) == (8, True)
    assert before == world.see()


# Documents that do not come out as meant


def refusing(world: World, *keys: DocumentKey) -> Publisher:
    """Return the publisher that cannot prove *keys*."""

    def prove(step: PutDocument, _: bytes) -> None:
        if step.key in keys:
            raise Refused(f"{step.key.document.value[-3:]}: the signature is not right")

    return world.having(prove=prove)


def test_what_can_be_proved_of_a_participant_is_stored_and_named(world: World) -> None:
    world.register.put(endpoint(1))

    refusing(world, key(1)).publish()

    assert world.body(1, RECEIPT) is not None
    assert count(world.group(1)) == 3
    assert len(world.named(1)) == 2
    check_outside(world)


def test_a_withdrawn_document_leaves_at_once_though_another_cannot_be_proved(
    world: World,
) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish()
    world.register.put(endpoint(1, RECEIPT, at=access_point(OTHER)))

    report = refusing(world, key(1, RECEIPT), key(1, RECEIPT, 1)).publish()

    assert (report.signed, report.dropped) == (0, 2)
    assert world.body(1) is None
    assert OTHER not in (world.body(1, RECEIPT) or OTHER)
    check_outside(world)


def test_the_only_document_stays_while_the_one_in_its_place_cannot_be_proved(
    world: World,
) -> None:
    world.register.put(endpoint(1, HOMECARE))
    world.publisher.publish()
    before = world.see()
    world.register.put(endpoint(1, RECEIPT))

    report = refusing(world, key(1, RECEIPT), key(1, RECEIPT, 1)).publish()

    assert (report.dropped, world.see()) == (0, before)
    assert world.publisher.publish_touched().dropped == 2
    assert world.body(1) is None


def test_what_is_stopped_goes_with_its_name_though_nothing_else_can_be_proved(
    world: World,
) -> None:
    world.register.put(endpoint(1, HOMECARE))
    world.publisher.publish()
    world.register.put(endpoint(1, RECEIPT, id="other"))
    world.register.stop(gone(1))
    publisher = refusing(world, key(1, RECEIPT), key(1, RECEIPT, 1))

    report = publisher.publish()
    again = publisher.publish()

    assert (report.dropped, report.removed, again.removed) == (2, 2, 0)
    assert (world.body(1), world.group(1), world.named(1)) == (None, None, set())


def test_who_comes_back_with_nothing_that_can_be_proved_gets_no_name_again(world: World) -> None:
    world.register.put(endpoint(1, HOMECARE))
    world.publisher.publish()
    world.register.remove(gone(1))
    world.publisher.publish()
    world.register.put(endpoint(1, RECEIPT))

    refusing(world, key(1, RECEIPT), key(1, RECEIPT, 1)).publish()

    assert not world.named(1)
    assert world.body(1) is not None


def test_who_could_not_be_proved_is_told_once_and_is_not_finished(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.register.put(endpoint(1), endpoint(2))

    report = refusing(world, key(1), key(1, scheme=1), key(1, RECEIPT)).publish()

    assert report.unproved == {key(1).participant: Unproved(3, "1.2: the signature is not right")}
    assert len([each for each in caplog.records if each.levelname == "ERROR"]) == 1
    assert [each.participant for each in world.register.receipts if each.step == "finished"] == [
        str(key(2).participant)
    ]


# What the register is told


def told_finished(world: World) -> list[tuple[str, int]]:
    """Return of whom the register was told the end, and of which sequence."""
    return [
        (each.participant[-13:], each.sequence)
        for each in world.register.receipts
        if each.step == "finished"
    ]


def test_who_has_nothing_to_publish_is_told_finished_too(world: World) -> None:
    world.register.put(endpoint(1), endpoint(2, status=EndpointStatus.OFF))

    world.publisher.publish()

    assert told_finished(world) == [(gln(1), 2), (gln(2), 2)]


@pytest.mark.parametrize("is_full", [False, True])
def test_a_version_that_changes_nothing_public_is_told_finished(
    world: World, *, is_full: bool
) -> None:
    world.register.put(endpoint(1), endpoint(2))
    world.publisher.publish()
    world.register.put(endpoint(2))

    _ = world.publisher.publish() if is_full else world.publisher.publish_touched()

    assert told_finished(world)[2:] == [(gln(2), 3)]


def test_a_run_that_ends_before_it_told_the_end_is_followed_by_one_that_tells_it(
    world: World,
) -> None:
    world.register.put(endpoint(1))
    receive = world.register.receive

    def silent_at_the_end(sent: Sequence[Receipt]) -> None:
        if sent[0].step == "finished":
            raise Unavailable("the register does not answer")
        receive(sent)

    world.register.receive = silent_at_the_end  # type: ignore[method-assign]  # once only
    with pytest.raises(Unavailable):
        world.publisher.publish()
    world.register.receive = receive  # type: ignore[method-assign]  # as it was

    world.publisher.publish()

    assert told_finished(world) == [(gln(1), 1)]


def test_what_is_held_is_not_told_finished(world: World) -> None:
    world.register.put(*(endpoint(number) for number in range(1, 13)))
    world.publisher.publish()
    world.register.put(*(moved(number) for number in range(1, 13)), endpoint(20))

    held = world.publisher.publish().held
    world.publisher.publish(held.digest)

    before, after = told_finished(world)[12:13], told_finished(world)[13:]
    assert before == [(gln(20), 25)]
    assert after == [(gln(number), 25) for number in range(1, 13)]


def test_what_a_switch_holds_is_not_told_finished(world: World) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish()
    world.register.put(endpoint(2))
    renamed = world.having(naming=replace(NAMING, zone=DnsName("new.example.dk.")))

    world.signed_by("second").publish()
    renamed.publish()

    assert told_finished(world) == [(gln(1), 1)]


# Leaving and coming back


@pytest.mark.smp(44)
def test_one_document_of_several_leaves_at_once(world: World) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish_touched()
    world.register.put(endpoint(1, RECEIPT))

    report = world.publisher.publish_touched()

    assert report.dropped == 2
    assert world.body(1) is None
    assert count(world.group(1)) == 2
    assert len(world.named(1)) == 2


@pytest.mark.smp(84)
def test_the_last_documents_stay_for_the_ttl_after_the_names(world: World) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish_touched()
    world.register.remove(gone(1))

    report = world.publisher.publish_touched()
    world.clock.move(TTL - SECOND)
    early = world.publisher.publish_touched()

    assert report.retirements == (Retirement(key(1).participant, NOW + TTL),)
    assert report.look_again == NOW + TTL
    assert early.retired == 0
    assert not world.named(1)
    assert count(world.group(1)) == 4
    assert world.publisher.plan().is_empty


@pytest.mark.smp(5, 83, 84)
def test_the_last_documents_go_when_the_ttl_is_over(world: World) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish_touched()
    world.register.remove(gone(1))
    world.publisher.publish_touched()
    world.clock.move(TTL)

    report = world.publisher.publish_touched()

    assert not report.is_full
    assert report.retired == 4
    assert (world.body(1), world.group(1)) == (None, None)
    assert world.publisher.plan().is_empty


def test_the_ttl_counts_from_when_the_last_server_has_forgotten(world: World) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish_touched()
    world.locator.remembered = world.named(1)
    world.register.remove(gone(1))

    slow = world.publisher.publish_touched()
    plan = world.publisher.plan()
    world.clock.move(timedelta(hours=1))
    world.locator.remembered = set()
    forgotten = world.publisher.publish_touched()

    assert slow.retirements == (Retirement(key(1).participant, None),)
    assert slow.look_again == NOW + TTL
    assert (plan.is_empty, plan.retirements) == (True, slow.retirements)
    assert forgotten.retirements == (Retirement(key(1).participant, world.clock.at + TTL),)


def test_the_ttl_counts_from_the_deed_and_not_from_when_the_run_began(world: World) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish_touched()
    world.register.remove(gone(1))
    world.on_step = lambda _: world.clock.move(timedelta(hours=1))

    report = world.publisher.publish_touched()

    assert report.retirements == (Retirement(key(1).participant, NOW + timedelta(hours=1) + TTL),)


def test_a_shortened_ttl_counts_only_once_no_name_has_the_longer_one(world: World) -> None:
    """A record keeps the TTL it was written with."""
    world.register.put(endpoint(1, HOMECARE))
    world.publisher.publish()
    shorter = world.having(ttl=TTL / 2)
    shorter.publish()
    world.clock.move(timedelta(days=9))
    world.register.remove(gone(1))

    report = shorter.publish()
    world.clock.move(TTL)
    shorter.publish()
    world.register.put(endpoint(1, HOMECARE))
    shorter.publish()
    world.register.remove(gone(1))
    later = shorter.publish()

    assert [each.due for each in report.retirements] == [world.clock.at]
    assert [each.due for each in later.retirements] == [world.clock.at + TTL / 2]


def test_a_lengthened_ttl_counts_at_once(world: World) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish()
    world.register.remove(gone(1))

    report = world.having(ttl=2 * TTL).publish()

    assert report.retirements == (Retirement(key(1).participant, NOW + 2 * TTL),)


def test_a_server_that_is_silent_holds_up_only_who_leaves(world: World) -> None:
    world.register.put(endpoint(1), endpoint(2))
    world.publisher.publish_touched()
    world.register.remove(gone(1))
    world.register.put(moved(2))

    def silent(_: object) -> frozenset[DnsName]:
        raise Unavailable("the secondary does not answer")

    world.locator.answering = silent  # type: ignore[assignment]  # one of two servers is down
    report = world.publisher.publish_touched()
    again = world.publisher.publish_touched()

    assert OTHER in (world.body(2) or "")
    assert report.retirements == again.retirements == (Retirement(key(1).participant, None),)
    assert count(world.group(1)) == 4


def test_who_comes_back_before_the_time_is_simply_wanted_again(world: World) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish_touched()
    before = world.see()
    world.register.remove(gone(1))
    world.publisher.publish_touched()
    world.register.put(endpoint(1))

    report = world.publisher.publish_touched()
    world.clock.move(TTL)
    later = world.publisher.publish_touched()

    assert (report.signed, report.retirements, later.retired) == (0, (), 0)
    assert world.see() == before


def test_an_emergency_stop_answers_nothing_at_once(world: World) -> None:
    world.register.put(endpoint(1), endpoint(2, at=access_point(name="other")))
    world.publisher.publish_touched()
    world.register.stop(Reference("Device", "ap"))

    world.publisher.publish_touched()

    assert (world.body(1), world.group(1), world.named(1)) == (None, None, set())
    assert world.body(2) is not None
    assert world.publisher.plan().is_empty


# Names that are not ours


def test_a_conflict_is_reported_and_all_else_goes_on(world: World) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish_touched()
    name = min(world.named(1))
    world.register.remove(gone(1))
    world.publisher.publish_touched()
    world.locator.found[name] = Foreign("TXT taken")
    world.register.put(endpoint(1), endpoint(2))

    report = world.publisher.publish_touched()

    assert [each.name for each in report.conflicts] == [name]
    assert len(world.named(2)) == 2
    assert world.locator.found[name] == Foreign("TXT taken")
    assert len(world.named(1)) == 2
    assert world.publisher.plan().is_empty


def test_a_name_that_may_not_be_changed_disturbs_nobody(world: World) -> None:
    world.register.put(endpoint(1), endpoint(2))
    kept, other = participant_names(key(1).participant, NAMING.zone)
    world.locator.kept = {kept}

    report = world.publisher.publish()

    assert kept in report.left
    assert report.look_again == world.clock() + TTL
    assert world.named(1) == {other}
    assert len(world.named(2)) == 2
    world.locator.kept.clear()
    assert world.publisher.publish().added == 1
    assert world.publisher.plan().is_empty


def test_what_was_done_before_all_was_refused_is_told_with_it(world: World) -> None:
    """The publisher's own name may be changed, and no participant's."""
    world.register.put(endpoint(1))
    world.locator.kept = set(participant_names(key(1).participant, NAMING.zone))

    report = world.publisher.publish()

    assert set(report.left) == world.locator.kept
    assert set(world.locator.found) == {NAMING.publisher}
    world.locator.kept.clear()
    assert world.publisher.publish().added == 2


def test_where_no_name_may_be_changed_no_more_are_tried(world: World) -> None:
    world.register.put(endpoint(1))
    world.locator.kept = {NAMING.publisher, *participant_names(key(1).participant, NAMING.zone)}

    with pytest.raises(Refused, match="the key may change nothing"):
        world.publisher.publish()

    assert len(world.locator.applied) == 1


def test_a_conflict_is_looked_at_again_until_it_is_gone(world: World) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish_touched()
    name = min(world.named(1))
    world.register.remove(gone(1))
    world.publisher.publish_touched()
    world.locator.found[name] = Foreign("TXT taken")
    world.register.put(endpoint(1))
    world.publisher.publish_touched()
    del world.locator.found[name]

    report = world.publisher.publish_touched()

    assert not report.is_full
    assert (report.added, report.conflicts) == (1, ())


def test_a_name_that_we_dropped_is_not_ours_when_somebody_else_takes_it(world: World) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish_touched()
    name = min(world.named(1))
    world.register.remove(gone(1))
    world.publisher.publish_touched()
    world.locator.found[name] = Naptr("https://stranger.example.dk")

    report = world.publisher.publish_all()

    assert (report.removed, report.conflicts) == (0, ())
    assert world.locator.found[name] == Naptr("https://stranger.example.dk")


def test_a_changed_publisher_name_moves_the_names_that_led_to_the_old_one(world: World) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish_touched()
    new = DnsName("new.publisher.sml.example.dk.")

    report = world.having(naming=replace(NAMING, publisher=new)).publish_touched()

    assert (report.added, report.replaced, report.publisher) == (0, 1, 1)
    assert world.locator.found[new] == NAMING.publisher_record
    assert world.locator.found[NAMING.publisher] == NAMING.publisher_record


@pytest.mark.smp(89)
def test_a_changed_publisher_address_is_followed(world: World) -> None:
    world.publisher.publish_touched()

    world.having(naming=replace(NAMING, publisher_record=Address("192.0.2.8"))).publish_touched()

    assert world.locator.found[NAMING.publisher] == Address("192.0.2.8")


# What is held


def test_a_mass_withdrawal_is_held_shown_and_let_through_by_its_digest(world: World) -> None:
    world.register.put(*(endpoint(number) for number in range(1, 21)))
    world.publisher.publish_touched()
    before = world.see()
    world.register.remove(*(gone(number) for number in range(1, 16)))

    held = world.publisher.publish_touched()
    seen = world.see()
    plan = world.publisher.plan()
    accepted = world.publisher.publish(accept=plan.held.digest)

    assert seen == before
    assert held.held.digest == plan.held.digest
    assert (accepted.removed, accepted.held.is_empty) == (30, True)
    assert world.publisher.plan().is_empty


def test_safe_steps_go_on_while_others_are_held(world: World) -> None:
    world.register.put(*(endpoint(number) for number in range(1, 21)))
    world.publisher.publish_touched()
    world.register.remove(*(gone(number) for number in range(1, 16)))
    world.register.put(endpoint(30))

    report = world.publisher.publish_touched()

    assert not report.held.is_empty
    assert len(world.named(30)) == 2


def test_what_is_held_is_shown_again_by_every_run(world: World) -> None:
    world.register.put(*(endpoint(number) for number in range(1, 21)))
    world.publisher.publish_touched()
    world.register.remove(*(gone(number) for number in range(1, 16)))
    first = world.publisher.publish_touched()
    world.register.put(endpoint(30))

    second = world.publisher.publish_touched()

    assert not second.is_full
    assert second.held.digest == first.held.digest


def test_a_digest_of_something_else_is_refused_and_told_the_present_one(world: World) -> None:
    world.register.put(*(endpoint(number) for number in range(1, 21)))
    world.publisher.publish_touched()
    world.register.remove(*(gone(number) for number in range(1, 16)))
    stale = world.publisher.plan().held.digest
    world.register.remove(gone(16))
    before = world.see()

    with pytest.raises(Implausible, match=world.publisher.plan().held.digest):
        world.publisher.publish(accept=stale)

    assert world.see() == before


def test_accepting_when_nothing_is_held_is_refused(world: World) -> None:
    world.register.put(endpoint(1))

    with pytest.raises(Refused, match="nothing is held"):
        world.publisher.publish(accept="0123456789abcdef")

    assert not world.named(1)


def test_a_mass_change_of_address_is_held(world: World) -> None:
    world.register.put(*(endpoint(number) for number in range(1, 21)))
    world.publisher.publish_touched()
    world.register.put(*(moved(number) for number in range(1, 21)))

    report = world.publisher.publish_touched()

    assert report.signed == 0
    assert len(report.held.documents.replace) == 80
    assert OTHER not in (world.body(1) or OTHER)


def test_a_changed_base_is_held_even_for_one_participant(world: World) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish_touched()
    world.register.put(endpoint(2))
    publisher = world.based(NEW_BASE)

    report = publisher.publish_touched()

    assert report.held.switches == (Switch("base_url", NAMING.base_url, NEW_BASE, 2),)
    assert NEW_BASE not in str(world.see())
    assert len(world.named(2)) == 2
    assert publisher.publish_touched().held.digest == report.held.digest


@pytest.mark.smp(41, 80)
def test_an_accepted_base_is_in_every_link_and_name(world: World) -> None:
    world.register.put(*(endpoint(number) for number in range(1, 21)))
    world.publisher.publish_touched()
    publisher = world.based(NEW_BASE)

    report = publisher.publish(accept=publisher.plan().held.digest)

    assert (report.replaced, report.signed) == (20, 0)
    assert NAMING.base_url not in str(world.see())
    assert publisher.plan().is_empty


def test_going_back_to_a_former_base_is_held_too(world: World) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish_touched()
    publisher = world.based(NEW_BASE)
    publisher.publish(accept=publisher.plan().held.digest)

    report = world.publisher.publish_touched()

    assert report.held.switches == (Switch("base_url", NEW_BASE, NAMING.base_url, 2),)


@pytest.mark.smp(70)
def test_a_changed_signer_is_held_and_signs_nothing_until_accepted(world: World) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish_touched()
    world.register.put(endpoint(2))
    before = world.see()
    publisher = world.signed_by("second")

    report = publisher.publish_touched()

    assert report.held.switches == (Switch("signer", "first", "second", 4),)
    assert world.see() == before


@pytest.mark.smp(70)
def test_an_accepted_signer_signs_everything_anew(world: World) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish_touched()
    world.register.put(endpoint(2))
    publisher = world.signed_by("second")

    report = publisher.publish(accept=publisher.plan().held.digest)

    assert report.signed == 8
    assert b"<!--first-->" not in b"".join(body for _, _, body in world.see()["documents"])
    assert publisher.plan().is_empty


def test_while_nothing_is_public_nobody_is_asked_about_base_or_signer(world: World) -> None:
    world.publisher.publish_touched()
    world.register.put(endpoint(1))

    report = world.having(
        naming=replace(NAMING, base_url=NEW_BASE), signer=world.signer
    ).publish_touched()

    assert report.held.is_empty
    assert NEW_BASE in (world.group(1) or "")


def test_a_changed_publisher_address_is_held_when_anybody_is_public(world: World) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish()
    publisher = world.having(naming=replace(NAMING, publisher_record=Address("192.0.2.8")))

    held = publisher.publish()

    assert held.held.switches == (Switch("publisher_address", "192.0.2.7", "192.0.2.8", 1),)
    assert world.locator.found[NAMING.publisher] == NAMING.publisher_record

    publisher.publish(accept=held.held.digest)

    assert world.locator.found[NAMING.publisher] == Address("192.0.2.8")
    assert publisher.plan().is_empty


NEW_ZONE = replace(
    NAMING, zone=DnsName("new.example.dk."), publisher=DnsName("smp.publisher.new.example.dk.")
)


@pytest.mark.smp(91)
def test_a_changed_zone_is_held_and_nothing_is_done_in_it(world: World) -> None:
    world.register.put(endpoint(1), endpoint(2))
    world.publisher.publish()
    old, ledger = world.locator, world.publisher.means.ledger.names()
    world.register.remove(gone(1))
    world.register.put(endpoint(3))
    world.locator = FakeLocator()
    publisher = world.having(naming=NEW_ZONE, locator=world.locator)

    report = publisher.publish()

    assert report.held.switches == (Switch("zone", NAMING.zone, NEW_ZONE.zone, 4),)
    assert (world.locator.found, len(old.found)) == ({}, 5)
    assert world.publisher.means.ledger.names() == ledger
    assert (report.retirements, report.former) == ((), {})
    assert world.group(1)
    assert world.group(3)


def test_after_an_accepted_zone_the_names_in_the_former_one_are_told_and_kept_in_the_books(
    world: World,
) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish()
    former = world.locator
    world.locator = FakeLocator()
    publisher = world.having(naming=NEW_ZONE, locator=world.locator)

    report = publisher.publish(accept=publisher.plan().held.digest)

    assert (report.added, report.publisher) == (2, 1)
    assert report.former == publisher.plan().former == {NAMING.zone: 3}
    assert publisher.plan().is_empty

    back = world.having(naming=NAMING, locator=former)
    back.publish(accept=back.plan().held.digest)

    assert back.plan().former == {NEW_ZONE.zone: 3}
    assert back.plan().is_empty


def test_nothing_is_signed_with_a_certificate_that_has_expired_and_all_else_is_done(
    world: World,
) -> None:
    world.signer.not_after = NOW
    world.register.put(endpoint(1), endpoint(2), *(endpoint(number) for number in range(3, 8)))
    world.publisher.publish()
    before = world.body(1)
    world.register.put(*(endpoint(number, name="Nyt navn") for number in (1, 3, 4, 5)))
    world.register.remove(endpoint(2).reference)
    world.clock.move(SECOND)

    report = world.publisher.publish_touched()

    assert world.body(1) == before
    assert world.named(2) == set()
    assert report.scheduled == 1
    [said] = sentences(report.unproved)
    assert said.startswith("4 participants with 16 documents, ")
    assert "expired 2026-08-03T12:00:00+00:00; renew it" in said


def test_an_expired_signer_does_not_keep_anybody_from_leaving(world: World) -> None:
    world.signer.not_after = NOW
    world.register.put(endpoint(1))
    world.publisher.publish()
    world.register.stop(gone(1))
    world.clock.move(SECOND)

    world.publisher.publish()

    assert (world.group(1), world.named(1)) == (None, set())


def test_the_next_look_is_when_the_signer_expires_at_the_latest(world: World) -> None:
    world.signer.not_after = NOW + SECOND
    world.register.put(endpoint(1))

    assert world.publisher.publish().look_again == NOW + SECOND


# What goes little by little


def publish_without(world: World, *numbers: int) -> Report:
    world.register.remove(*(gone(number) for number in numbers))
    return world.publisher.publish_touched()


@pytest.fixture
def thirty(world: World) -> World:
    """A world with thirty participants, each with two documents and two names."""
    world.register.put(*(endpoint(number, HOMECARE) for number in range(1, 31)))
    world.publisher.publish()
    return world


def test_small_portions_add_up_to_what_is_held(thirty: World) -> None:
    first = publish_without(thirty, 1, 2, 3)
    thirty.clock.move(timedelta(hours=23))
    second = publish_without(thirty, 4, 5)
    third = publish_without(thirty, 6)

    assert first.held.is_empty
    assert second.held.is_empty
    assert (len(third.held.documents.drop), len(third.held.names.drop)) == (2, 2)
    assert len(thirty.named(6)) == 2


def test_moves_add_up_too(thirty: World) -> None:
    for number in range(1, 6):
        thirty.register.put(replace(moved(number), documents=(HOMECARE,)))
        thirty.publisher.publish_touched()
    thirty.register.put(replace(moved(6), documents=(HOMECARE,)))

    report = thirty.publisher.publish_touched()

    assert set(report.held.documents.replace) == {key(6), key(6, scheme=1)}
    assert OTHER in (thirty.body(5) or "")


def test_after_a_day_what_went_is_no_longer_counted(thirty: World) -> None:
    publish_without(thirty, 1, 2, 3, 4, 5)
    held = publish_without(thirty, 6)
    thirty.clock.move(timedelta(days=1))

    report = thirty.publisher.publish()

    assert not held.held.is_empty
    assert report.held.is_empty
    assert not thirty.named(6)


def test_accepting_lets_through_and_resets_nothing(thirty: World) -> None:
    publish_without(thirty, 1, 2, 3, 4, 5)
    held = publish_without(thirty, 6)

    accepted = thirty.publisher.publish(accept=held.held.digest)

    assert (accepted.removed, accepted.held.is_empty) == (2, True)
    assert not publish_without(thirty, 7).held.is_empty


def test_what_is_accepted_or_stopped_is_not_counted(thirty: World) -> None:
    publish_without(thirty, *range(1, 7))
    thirty.publisher.publish(accept=thirty.publisher.plan().held.digest)
    for number in range(7, 13):
        thirty.register.stop(gone(number))
    thirty.publisher.publish()

    report = publish_without(thirty, 13)

    assert report.held.is_empty
    assert not thirty.named(13)


# Receipts, and one run at a time


@pytest.mark.smp(109)
def test_the_register_is_told_of_each_step(world: World) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish_touched()
    world.register.remove(gone(1))
    world.publisher.publish_touched()
    world.clock.move(TTL)
    world.publisher.publish_touched()

    participant, base, zone = str(key(1).participant), NAMING.base_url, NAMING.zone
    assert world.register.receipts == [
        Receipt(participant, 1, "stored", NOW, base),
        Receipt(participant, 1, "named", NOW, zone),
        Receipt(participant, 1, "finished", NOW, base),
        Receipt(participant, 2, "unnamed", NOW, zone),
        Receipt(participant, 2, "scheduled", NOW, base),
        Receipt(participant, 2, "finished", NOW, base),
        Receipt(participant, 2, "retired", NOW + TTL, base),
    ]


def test_a_run_does_not_begin_while_another_one_is_on(world: World) -> None:
    other = Store(str(world.store.engine.url))

    with other.run(), pytest.raises(Unavailable, match="another run"):
        world.publisher.publish_touched()

    other.close()


def test_publishing_works_on_either_database(database_url: str) -> None:
    migrate(database_url)
    store = Store(database_url)
    world = World(store, endpoint(1), endpoint(2))
    world.publisher.publish_touched()
    world.register.remove(gone(1))
    world.register.put(moved(2))
    world.publisher.publish_touched()
    world.clock.move(TTL)

    report = world.publisher.publish_touched()

    assert report.retired == 4
    assert OTHER in (world.body(2) or "")
    assert world.publisher.plan().is_empty
    store.close()


# Stop anywhere


class Killed(BaseException):
    """The process ends here."""


def nothing(_: World) -> None:
    pass


def one(world: World) -> None:
    world.register.put(endpoint(1))
    world.publisher.publish_touched()


def twenty(world: World) -> None:
    world.register.put(*(endpoint(number) for number in range(1, 21)))
    world.publisher.publish_touched()


def left(world: World) -> None:
    one(world)
    world.register.remove(gone(1))
    world.publisher.publish_touched()


Act = Callable[[World], None]


def run(world: World) -> None:
    world.publisher.publish_touched()


def accepting(change: Act) -> Act:
    """Return *change* with what follows from it accepted."""

    def act(world: World) -> None:
        change(world)
        world.publisher.publish(accept=world.publisher.plan().held.digest)

    return act


def create(world: World) -> None:
    world.register.put(endpoint(1), endpoint(2, HOMECARE))
    run(world)


def alter(world: World) -> None:
    world.register.put(moved(1))
    run(world)


def exchange(world: World) -> None:
    """The only document goes and another one comes."""
    world.register.put(endpoint(1, HOMECARE.replace("1.2", "2.0")))
    run(world)


def narrow(world: World) -> None:
    world.register.put(endpoint(1, RECEIPT))
    run(world)


def withdraw(world: World) -> None:
    world.register.remove(gone(1))
    run(world)


def retire(world: World) -> None:
    world.clock.move(TTL)
    run(world)


def come_back(world: World) -> None:
    world.register.put(endpoint(1, RECEIPT))
    run(world)


def stop(world: World) -> None:
    world.register.stop(gone(1))
    run(world)


def remove_most(world: World) -> None:
    world.register.remove(*(gone(number) for number in range(1, 16)))


def rebase(world: World) -> None:
    world.publisher = world.based(NEW_BASE)


def resign(world: World) -> None:
    world.publisher = world.signed_by("second")


SCENARIOS: Mapping[str, tuple[Act, Act]] = {
    "create": (nothing, create),
    "change": (one, alter),
    "exchange": (one, exchange),
    "narrow": (one, narrow),
    "withdraw": (one, withdraw),
    "retire": (left, retire),
    "come back": (left, come_back),
    "stop": (one, stop),
    "accepted withdrawal": (twenty, accepting(remove_most)),
    "accepted base": (twenty, accepting(rebase)),
    "accepted signer": (one, accepting(resign)),
}


def check_outside(world: World) -> None:
    """Check what anyone may see at any moment: no name without a document, no dead link.

    Only what an operator has stopped may have a name a little longer.
    """
    seen = world.see()
    documents = {(participant, document) for participant, document, _ in seen["documents"]}
    groups = dict(seen["groups"])
    assert groups.keys() == {participant for participant, _ in documents}
    for participant, body in groups.items():
        group = parse.service_group(parse.document(body))
        assert {(participant, str(each)) for each in group.documents} == {
            pair for pair in documents if pair[0] == participant
        }
    for number in range(1, 31):
        if world.named(number) and gone(number) not in world.register.stopped:
            assert str(key(number).participant) in groups


def interrupted(where: Path, scenario: str, fault: Callable[[World, int], None], at: int) -> bool:
    """Run *scenario* with the *at*th *fault*, and then again; return whether it was hit."""
    arrange, act = SCENARIOS[scenario]
    with fresh_store(where) as store:
        world = World(store)
        arrange(world)
        fault(world, at)
        try:
            act(world)
            hit = False
        except Killed:
            hit = True
        world.on_step = lambda _: check_outside(world)
        check_outside(world)
        second = world.publisher.publish_touched()
        assert second.held.is_empty
        assert world.publisher.plan().is_empty
        check_outside(world)
        steps = world.steps
        world.publisher.publish_touched()
        assert world.steps == steps
        assert world.see() == uninterrupted(where, scenario)
    return hit


def uninterrupted(where: Path, scenario: str) -> Mapping[str, object]:
    """Return what *scenario* comes to when nothing disturbs it."""
    arrange, act = SCENARIOS[scenario]
    with fresh_store(where.with_name(f"whole-{where.name}")) as store:
        world = World(store)
        arrange(world)
        act(world)
        return world.see()


def killed_behind_a_step(world: World, at: int) -> None:
    last = world.steps + at

    def fall(number: int) -> None:
        check_outside(world)
        if number == last:
            raise Killed

    world.on_step = fall


class FallingLocator(FakeLocator):
    """Does what it is told, and then the process ends."""

    def __init__(self, found: Mapping[DnsName, Record], at: int) -> None:
        super().__init__(found)
        self.left = at

    def apply(self, plan: Plan[DnsName, Record]) -> None:
        super().apply(plan)
        self.left -= 1
        if self.left == 0:
            raise Killed


def killed_in_the_zone(world: World, at: int) -> None:
    world.locator = FallingLocator(world.locator.found, at)
    world.publisher = world.having(locator=world.locator)


def killed_while_signing(world: World, at: int) -> None:
    left = iter([False] * (at - 1) + [True])

    def fall(*_: object) -> None:
        if next(left, False):
            raise Killed

    world.publisher = world.having(prove=fall)


FAULTS = {
    "behind a step": killed_behind_a_step,
    "in the zone": killed_in_the_zone,
    "while signing": killed_while_signing,
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_after_a_kill_a_second_run_finishes_and_a_third_has_nothing_to_do(
    tmp_path: Path, scenario: str, fault: str
) -> None:
    hits = 0

    while interrupted(tmp_path / f"{hits}.sqlite", scenario, FAULTS[fault], hits + 1):
        hits += 1

    assert hits > 0 or fault != "behind a step"


# A full run is the truth


operations = st.one_of(
    st.tuples(
        st.just("put"),
        st.integers(1, 4),
        st.sampled_from([(HOMECARE,), (RECEIPT,), (HOMECARE, RECEIPT), ()]),
        st.sampled_from([access_point(), access_point(OTHER), access_point(None)]),
        st.sampled_from([None, NOW + TTL, NOW + 3 * TTL]),
    ),
    st.tuples(st.just("remove"), st.integers(1, 4)),
    st.tuples(st.just("stop"), st.integers(1, 4)),
    st.tuples(st.just("wait"), st.sampled_from([SECOND, TTL, 2 * TTL])),
    st.tuples(st.just("publish")),
)


def perform(world: World, operation: tuple) -> None:  # type: ignore[type-arg]  # as above
    match operation:
        case ("put", number, codes, at, end):
            made = replace(endpoint(number, at=at, end=end), documents=codes)
            world.register.put(made)
        case ("remove", number) if gone(number) in world.register.endpoints:
            world.register.remove(gone(number))
        case ("stop", number):
            world.register.stop(gone(number))
        case ("wait", span):
            world.clock.move(span)
        case _:
            pass


@settings(max_examples=25, deadline=None)
@given(
    st.lists(operations, min_size=3, max_size=12),
    st.sampled_from([Limits(), Limits(count=2, share=0.1), Limits(count=10_000)]),
)
def test_looking_at_what_was_touched_comes_to_the_same_as_looking_at_all(
    history: list[tuple],
    limits: Limits,  # type: ignore[type-arg]  # as above
) -> None:
    with (
        tempfile.TemporaryDirectory() as directory,
        fresh_store(Path(directory) / "some.sqlite") as some,
        fresh_store(Path(directory) / "all.sqlite") as every,
    ):
        touched, whole = World(some), World(every)
        for operation in (*history, ("publish",)):
            for world in (touched, whole):
                perform(world, operation)
            if operation[0] == "publish":
                one = touched.having(limits=limits).publish_touched()
                other = whole.having(limits=limits).publish_all()
                check_outside(touched)
                assert touched.see() == whole.see()
                assert one.held == other.held
                assert one.retirements == other.retirements


@pytest.mark.smp(48)
def test_a_certificate_that_expires_is_withdrawn_by_the_clock(world: World) -> None:
    world.register.put(endpoint(1))
    report = world.publisher.publish_touched()
    world.clock.at = END

    world.publisher.publish_touched()

    assert report.look_again == END
    assert not world.named(1)


def test_a_document_that_cannot_be_written_keeps_back_its_participant_and_nobody_else(
    world: World,
) -> None:
    world.register.put(endpoint(1, name="\x00"), endpoint(2))

    report = world.publisher.publish_touched()

    assert (world.body(1), world.named(1)) == (None, set())
    assert world.body(2) is not None
    assert [str(who) for who in report.unproved] == [f"iso6523-actorid-upis::0088:{gln(1)}"]
    world.register.put(endpoint(1))
    assert world.publisher.publish_touched().unproved == {}
    assert world.body(1) is not None
