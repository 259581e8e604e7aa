"""The plan of a publication: which steps, in which order, and which are held."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from builders import HOMECARE, NOW, RECEIPT, gln
from builders_smp import service_metadata
from eer.domain.plan import Limits, Plan
from fakes.publishing import NAMING, TERMS, key
from smp.domain.identifiers import DocumentKey, gln_of, participants_of
from smp.domain.naming import (
    Address,
    Cname,
    DnsName,
    Foreign,
    Naptr,
    Record,
    names,
    participant_names,
)
from smp.domain.progress import Progress, settings_digest, unfinished
from smp.domain.publication import (
    AddNames,
    DropDocument,
    DropNames,
    EnsurePublisher,
    KeepDocument,
    LinkGroup,
    PublicationPlan,
    PutDocument,
    RetireDocument,
    Retirement,
    ScheduleRetirement,
    Switch,
    Taken,
    whose,
)
from smp.domain.state import Agreed, Found, Stored, Version, Wanted
from smp.domain.steps import plan, unnamed

LATER = NOW + timedelta(seconds=60)
FORMER = "https://former.example.dk"
HERE = "https://ap.example.dk/as4"
ELSEWHERE = "https://other.example.dk/as4"
NOTHING: Plan[Any, Any] = Plan({}, {}, {})


def version(digest: str = "same", *, address: str = HERE, signer: str = "first") -> Version:
    return Version(digest, (address,), signer)


def wanted(
    *keys: DocumentKey,
    stopped: Iterable[DocumentKey] = (),
    signer: str = "first",
    **versions: Any,
) -> Wanted:
    """Return that *keys* are wanted, in the *version* given or the usual one."""
    meant = replace(versions.get("version", version()), signer=signer)
    return Wanted(
        documents={
            each: service_metadata(participant=each.participant, document=each.document)
            for each in keys
        },
        versions=dict.fromkeys(keys, meant),
        stopped=frozenset(stopped),
        naming=versions.get("naming", NAMING),
        signer=signer,
    )


def found(*keys: DocumentKey, **parts: Any) -> Found:
    """Return that *keys* are stored with their names, all ours and as they should be."""
    dns = dict(names({each.participant for each in keys}, NAMING))
    usual = {
        "documents": {each: Stored(version()) for each in keys},
        "elsewhere": frozenset(),
        "names": {**dns, NAMING.publisher: NAMING.publisher_record},
        "ledger": frozenset(dns),
        "own": frozenset({NAMING.publisher}),
        "answering": frozenset(),
        "agreed": Agreed((NAMING.base_url,), (NAMING.publisher,), ("first",)),
        "document_count": len(keys),
        "name_count": len(dns),
    }
    return Found(**usual | parts)


def without_names(state: Found) -> Found:
    return replace(state, names={NAMING.publisher: NAMING.publisher_record}, ledger=frozenset())


def retiring(state: Found) -> Found:
    """Return *state* with its participants gone: no names, and a time for the documents."""
    return replace(
        without_names(state),
        documents={
            each: replace(stored, retire_after=LATER) for each, stored in state.documents.items()
        },
    )


def planned(want: Wanted, have: Found, *, at: datetime = NOW) -> PublicationPlan:
    return plan(want, have, Limits(), at)


def both(number: int) -> tuple[DnsName, DnsName]:
    return participant_names(key(number).participant, NAMING.zone)


def records(*numbers: int) -> dict[DnsName, Record]:
    return dict(names([key(number).participant for number in numbers], NAMING))


def kinds(made: PublicationPlan) -> list[type]:
    """Return the kinds of the steps, each once, in their order."""
    return list(dict.fromkeys(type(step) for step in made.steps))


def test_what_is_there_as_wanted_needs_no_steps() -> None:
    assert planned(wanted(key(1)), found(key(1))).is_empty


def test_a_new_participant_gets_its_documents_and_then_its_names() -> None:
    want = wanted(key(1), key(1, RECEIPT))

    made = planned(want, found())

    assert made.steps == (
        PutDocument(key(1), want.documents[key(1)], version(), None),
        PutDocument(key(1, RECEIPT), want.documents[key(1, RECEIPT)], version(), None),
        AddNames(Plan(records(1), {}, {})),
    )


def test_the_steps_of_any_plan_stand_in_the_one_safe_order() -> None:
    have = found(key(1), key(1, RECEIPT), key(2), key(3))
    have = replace(
        have,
        documents={**have.documents, key(3): Stored(version(), retire_after=NOW)},
        names={name: record for name, record in have.names.items() if name in records(1, 2)},
    )

    made = planned(wanted(key(1), key(4)), have)

    assert kinds(made) == [
        DropDocument,
        PutDocument,
        EnsurePublisher,
        AddNames,
        DropNames,
        ScheduleRetirement,
        RetireDocument,
    ]


def test_a_document_that_says_something_else_is_put_again() -> None:
    want = wanted(key(1), version=version("new"))

    [step] = planned(want, found(key(1))).steps

    assert step == PutDocument(key(1), want.documents[key(1)], version("new"), version())


def test_a_document_leaves_at_once_when_others_remain() -> None:
    assert planned(wanted(key(1)), found(key(1), key(1, RECEIPT))).steps == (
        DropDocument(key(1, RECEIPT)),
    )


def test_a_document_that_takes_the_place_of_the_only_one_comes_with_its_leaving() -> None:
    made = planned(wanted(key(1, RECEIPT)), found(key(1)))

    assert kinds(made) == [DropDocument, PutDocument]
    assert {step.key.participant for step in made.documents if not isinstance(step, LinkGroup)} == {
        key(1).participant
    }


def test_when_the_last_document_goes_the_names_go_first_and_a_time_is_set() -> None:
    have = found(key(1), key(1, RECEIPT))

    assert planned(wanted(), have).steps == (
        DropNames(Plan({}, {}, records(1))),
        ScheduleRetirement(key(1).participant, (key(1), key(1, RECEIPT)), both(1)),
    )


def test_documents_whose_names_are_gone_but_have_no_time_get_one() -> None:
    assert planned(wanted(), without_names(found(key(1)))).steps == (
        ScheduleRetirement(key(1).participant, (key(1),), both(1)),
    )


def test_no_time_is_set_while_a_server_answers_a_name() -> None:
    have = replace(without_names(found(key(1))), answering=frozenset(both(1)[1:]))

    made = planned(wanted(), have)

    assert made.is_empty
    assert made.retirements == (Retirement(key(1).participant, None),)


def test_a_retirement_that_is_not_due_is_shown_and_is_no_plan() -> None:
    made = planned(wanted(), retiring(found(key(1))))

    assert made.is_empty
    assert made.retirements == (Retirement(key(1).participant, LATER),)


def test_documents_retire_when_their_time_has_come() -> None:
    made = planned(wanted(), retiring(found(key(1), key(1, RECEIPT))), at=LATER)

    assert made.steps == (RetireDocument(key(1)), RetireDocument(key(1, RECEIPT)))


def test_documents_whose_names_are_found_again_wait_anew() -> None:
    have = retiring(found(key(1)))

    made = planned(wanted(), replace(have, names={**have.names, **records(1)}), at=LATER)

    assert kinds(made) == [DropNames, ScheduleRetirement]


def test_documents_do_not_retire_while_the_drop_of_names_found_again_is_held() -> None:
    have = retiring(found(*many(20)))
    have = replace(have, names={**have.names, **records(*range(1, 21))}, name_count=40)

    made = planned(wanted(), have, at=LATER)

    assert made.is_empty
    assert len(made.held.names.drop) == 40


def test_who_comes_back_in_time_is_wanted_again() -> None:
    made = planned(wanted(key(1)), retiring(found(key(1), key(1, RECEIPT))))

    assert made.steps == (
        KeepDocument(key(1)),
        DropDocument(key(1, RECEIPT)),
        AddNames(Plan(records(1), {}, {})),
    )


def test_who_comes_back_saying_something_else_is_signed_anew() -> None:
    made = planned(wanted(key(1), version=version("new")), retiring(found(key(1))))

    assert kinds(made) == [PutDocument, AddNames]


def test_what_is_stopped_goes_first_and_at_once() -> None:
    have = found(key(1), key(2))

    made = planned(wanted(key(1), stopped=[key(2)], version=version("new")), have)

    assert made.steps[0] == DropDocument(key(2), is_stopped=True)
    assert kinds(made) == [DropDocument, PutDocument, DropNames]


def test_a_stop_needs_no_agreement_however_much_it_takes_away() -> None:
    every = [key(number) for number in range(1, 13)]

    made = planned(wanted(stopped=every), found(*every))

    assert made.held.is_empty
    assert len(made.documents) == 12
    assert kinds(made) == [DropDocument, DropNames]


def test_what_is_stopped_while_it_waits_to_retire_goes_at_once() -> None:
    assert planned(wanted(stopped=[key(1)]), retiring(found(key(1)))).steps == (
        DropDocument(key(1), is_stopped=True),
    )


def test_what_another_endpoint_still_wants_is_not_stopped() -> None:
    assert planned(wanted(key(1), stopped=[key(1)]), found(key(1))).is_empty


def test_a_code_that_changes_its_case_is_one_document() -> None:
    other = key(1, HOMECARE.upper())

    made = planned(wanted(other, version=version("new")), found(key(1), key(1, RECEIPT)))

    assert [type(step) for step in made.steps] == [PutDocument, DropDocument]


def test_a_group_below_another_base_is_written_anew() -> None:
    have = replace(
        found(key(1), key(2)), elsewhere=frozenset({key(1).participant, key(2).participant})
    )

    made = planned(wanted(key(1), key(2), key(2, RECEIPT)), have)

    assert kinds(made) == [LinkGroup, PutDocument]
    assert made.documents[0] == LinkGroup(key(1).participant)


def test_a_name_of_ours_that_nobody_wants_is_dropped() -> None:
    stray = DnsName(f"stray.{NAMING.zone}")
    have = found(key(1))
    have = replace(have, names={**have.names, stray: Naptr(NAMING.base_url)})

    assert planned(wanted(key(1)), have).steps == (
        DropNames(Plan({}, {}, {stray: Naptr(NAMING.base_url)})),
    )


@pytest.mark.parametrize(
    "record",
    [Naptr("https://stranger.example.dk"), Cname(DnsName("x.example.dk.")), Address("192.0.2.1")],
)
def test_a_foreign_name_elsewhere_is_none_of_our_business(record: Record) -> None:
    stray = DnsName(f"stray.{NAMING.zone}")
    have = found(key(1))

    made = planned(wanted(key(1)), replace(have, names={**have.names, stray: record}))

    assert made.is_empty
    assert not made.conflicts


@pytest.mark.parametrize(
    "record",
    [
        Naptr("https://stranger.example.dk"),
        Cname(DnsName("x.example.dk.")),
        Address("192.0.2.1"),
        Foreign("TXT x"),
    ],
)
def test_a_foreign_record_at_a_name_we_want_is_a_conflict_and_the_other_name_goes_on(
    record: Record,
) -> None:
    name, other = both(1)
    have = replace(found(), names={name: record, NAMING.publisher: NAMING.publisher_record})

    made = planned(wanted(key(1)), have)

    assert made.conflicts == (Taken(name, record, records(1)[name], key(1).participant),)
    assert made.names == (AddNames(Plan({other: records(1)[other]}, {}, {})),)


@pytest.mark.parametrize(
    "record",
    [Naptr("https://stranger.example.dk"), Cname(DnsName("x.example.dk.")), Foreign("TXT x")],
)
def test_a_name_we_wrote_down_is_put_right_whatever_it_says(record: Record) -> None:
    name = both(1)[0]
    have = found(key(1))

    made = planned(wanted(key(1)), replace(have, names={**have.names, name: record}))

    assert made.steps == (AddNames(Plan({}, {name: (record, records(1)[name])}, {})),)


def test_a_name_that_leads_to_a_former_base_is_ours() -> None:
    name = both(1)[0]
    have = found(key(1))
    have = replace(
        have,
        names={**have.names, name: Naptr(FORMER)},
        ledger=frozenset(),
        agreed=have.agreed.to(base=FORMER, signer="first").to(base=NAMING.base_url, signer="first"),
    )

    made = planned(wanted(key(1)), have)

    assert made.names == (AddNames(Plan({}, {name: (Naptr(FORMER), Naptr(NAMING.base_url))}, {})),)


def test_a_name_that_leads_to_a_former_publisher_is_ours() -> None:
    name, old = both(1)[1], DnsName("old.example.dk.")
    have = found(key(1))
    have = replace(
        have,
        names={**have.names, name: Cname(old)},
        ledger=frozenset(),
        agreed=have.agreed.under(old).under(NAMING.publisher),
    )

    made = planned(wanted(key(1)), have)

    assert made.names == (AddNames(Plan({}, {name: (Cname(old), Cname(NAMING.publisher))}, {})),)


def test_names_that_turn_out_to_be_ours_are_written_down() -> None:
    have = replace(found(key(1)), ledger=frozenset(), own=frozenset())

    made = planned(wanted(key(1)), have)

    assert made.is_empty
    assert made.claimed == {*both(1), NAMING.publisher}


def test_names_that_are_gone_are_ours_no_longer() -> None:
    stray = DnsName(f"stray.{NAMING.zone}")
    have = found(key(1))

    made = planned(wanted(key(1)), replace(have, ledger=have.ledger | {stray}))

    assert made.is_empty
    assert made.forgotten == {stray}


def test_the_publishers_name_is_made_before_the_names_that_lead_to_it() -> None:
    made = planned(wanted(key(1)), replace(found(), names={}, own=frozenset()))

    assert made.names[0] == EnsurePublisher(
        Plan({NAMING.publisher: NAMING.publisher_record}, {}, {})
    )


def test_the_publishers_name_follows_its_setting_if_it_is_ours() -> None:
    have = replace(found(), names={NAMING.publisher: Address("192.0.2.99")})

    assert planned(wanted(), have).steps == (
        EnsurePublisher(
            Plan({}, {NAMING.publisher: (Address("192.0.2.99"), NAMING.publisher_record)}, {})
        ),
    )


def test_somebody_elses_record_at_the_publishers_name_is_a_conflict() -> None:
    have = replace(found(), names={NAMING.publisher: Foreign("TXT x")}, own=frozenset())

    made = planned(wanted(), have)

    assert made.is_empty
    assert not made.claimed
    assert made.conflicts == (
        Taken(NAMING.publisher, Foreign("TXT x"), NAMING.publisher_record, None),
    )


@pytest.mark.parametrize(
    "naming",
    [replace(NAMING, cname=False), replace(NAMING, publisher=DnsName("smp.elsewhere.example.dk."))],
)
def test_the_publishers_name_is_left_alone_where_it_is_not_needed_or_not_in_the_zone(
    naming: Any,
) -> None:
    assert planned(wanted(naming=naming), replace(found(), names={}, own=frozenset())).is_empty


def test_a_kind_of_name_that_is_switched_off_is_dropped() -> None:
    naming = replace(NAMING, cname=False)

    made = planned(wanted(key(1), naming=naming), found(key(1)))

    assert made.steps == (DropNames(Plan({}, {}, {both(1)[1]: Cname(NAMING.publisher)})),)


def many(count: int = 300) -> list[DocumentKey]:
    return [key(number) for number in range(1, count + 1)]


def test_what_goes_beyond_the_limits_is_held_while_the_rest_goes_on() -> None:
    every = many(20)

    made = planned(wanted(*every[11:], key(21)), found(*every))

    assert set(made.held.documents.drop) == set(every[:11])
    assert set(made.held.names.drop) == set(records(*range(1, 12)))
    assert kinds(made) == [PutDocument, AddNames]


def test_what_goes_within_the_limits_goes_on() -> None:
    every = many()

    made = planned(wanted(*every[5:]), found(*every))

    assert made.held.is_empty
    assert kinds(made) == [DropNames, ScheduleRetirement]


def test_moves_beyond_the_limits_are_held_and_other_changes_go_on() -> None:
    every = many(20)
    want = wanted(*every)
    moved = {each: version("new", address=ELSEWHERE) for each in every[:11]}
    changed = {each: version("new") for each in every[11:]}

    made = planned(replace(want, versions=moved | changed), found(*every))

    assert set(made.held.documents.replace) == set(moved)
    assert {step.key for step in made.documents if isinstance(step, PutDocument)} == set(changed)


def test_documents_are_not_dropped_while_their_names_are_held() -> None:
    """Eleven names of twenty-two are too many, the few documents of three hundred are not."""
    every = many(11)
    have = replace(found(*every), document_count=300)

    made = planned(wanted(*every[6:]), have)

    assert made.is_empty
    assert set(made.held.documents.drop) == set(every[:6])
    assert set(made.held.names.drop) == set(records(*range(1, 7)))


def test_names_are_not_dropped_while_their_documents_are_held() -> None:
    every = many(20)
    have = replace(found(*every), name_count=10_000)

    made = planned(wanted(*every[11:]), have)

    assert made.is_empty
    assert set(made.held.names.drop) == set(records(*range(1, 12)))


def test_names_that_were_tampered_with_are_held_beyond_the_limits() -> None:
    every = many(20)
    have = found(*every)
    names = {
        name: Naptr("https://stranger.example.dk") for name in (both(n)[0] for n in range(1, 13))
    }

    made = planned(wanted(*every), replace(have, names={**have.names, **names}))

    assert made.is_empty
    assert set(made.held.names.replace) == set(names)


def test_what_waits_to_retire_is_not_counted_again() -> None:
    have = retiring(found(*many(20)))

    made = planned(wanted(), replace(have, document_count=0), at=LATER)

    assert made.held.is_empty
    assert kinds(made) == [RetireDocument]


def test_steps_that_were_agreed_to_are_held_no_more() -> None:
    every = many(20)
    have, want = found(*every), wanted(*every[11:])
    held = planned(want, have).held
    agreed = replace(have.agreed, marks=held.marks)

    made = planned(want, replace(have, agreed=agreed))

    assert made.held.is_empty
    assert kinds(made) == [DropNames, ScheduleRetirement]


def test_steps_that_nobody_agreed_to_are_held_beside_those_that_were() -> None:
    every = many(40)
    have = found(*every)
    agreed = replace(have.agreed, marks=planned(wanted(*every[11:]), have).held.marks)

    made = planned(wanted(*every[22:]), replace(have, agreed=agreed))

    assert set(made.held.documents.drop) == set(every[11:22])


def test_the_digest_is_of_exactly_the_held_steps() -> None:
    every = many(20)
    have = found(*every)
    one = planned(wanted(*every[11:]), have).held.digest
    same = planned(wanted(*every[11:], key(30)), have, at=LATER).held.digest
    other = planned(wanted(*every[12:]), have).held.digest

    assert one == same
    assert one != other


def test_a_changed_base_is_held_and_the_former_one_stays_in_force() -> None:
    have = found(key(1))
    want = wanted(key(1), key(2), naming=replace(NAMING, base_url="https://new.example.dk"))

    made = planned(want, have)

    assert made.held.switches == (Switch("base_url", NAMING.base_url, "https://new.example.dk", 2),)
    assert made.names == (AddNames(Plan(records(2), {}, {})),)


def test_a_changed_zone_is_held_and_no_name_is_touched_whatever_stands_in_the_new_one() -> None:
    new = DnsName("new.example.dk.")
    have = found(key(1), key(2))
    have = replace(
        have,
        names={DnsName(f"stray.{new}"): Naptr(NAMING.base_url)},
        agreed=have.agreed.to_all(NAMING, "first"),
    )
    want = wanted(key(1), key(3), naming=replace(NAMING, zone=new))

    made = planned(want, have)

    assert made.held.switches == (Switch("zone", NAMING.zone, new, 4),)
    assert made.steps == (PutDocument(key(3), want.documents[key(3)], version(), None),)
    assert (made.claimed, made.forgotten, made.retirements) == (frozenset(), frozenset(), ())


def test_names_written_down_in_a_former_zone_are_not_forgotten() -> None:
    inner = DnsName(f"inner.{NAMING.zone}")
    have = without_names(found(key(1)))
    naming = replace(NAMING, zone=inner)
    have = replace(
        have,
        ledger=frozenset(records(1)) | {DnsName(f"x.{inner}")},
        agreed=have.agreed.to_all(NAMING, "first").to_all(naming, "first"),
    )

    made = planned(wanted(key(1), naming=naming), have)

    assert made.forgotten == {f"x.{inner}"}


@pytest.mark.parametrize(
    ("naming", "expected"),
    [
        ({"naptr": True}, (Switch("publisher_address", "192.0.2.7", "192.0.2.8", 1),)),
        ({"naptr": False}, (Switch("publisher_address", "192.0.2.7", "192.0.2.8", 2),)),
        ({"cname": False}, ()),
        ({"publisher": DnsName("smp.elsewhere.example.dk.")}, ()),
    ],
)
def test_a_changed_address_of_the_publisher_is_held_where_anybody_follows_it(
    naming: dict[str, Any], expected: tuple[Switch, ...]
) -> None:
    have = found(key(1))
    have = replace(have, agreed=have.agreed.to_all(NAMING, "first"))
    want = replace(NAMING, publisher_record=Address("192.0.2.8"), **naming)

    made = planned(wanted(key(1), naming=want), have)

    assert made.held.switches == expected
    assert not any(isinstance(step, EnsurePublisher) for step in made.steps)


def test_a_renewal_puts_every_document_and_the_group_anew_and_is_not_held() -> None:
    every = many(20)
    renewed = frozenset(each.participant for each in every)
    have = replace(found(*every), documents_gone=99)

    made = planned(replace(wanted(*every), renew=renewed), have)

    assert made.held.is_empty
    assert made.measured.documents == frozenset()
    assert [type(step) for step in made.steps] == [PutDocument, LinkGroup] * 20
    assert {whose(step) for step in made.documents} == renewed


def test_a_renewal_of_who_is_leaving_writes_the_group_anew() -> None:
    want = replace(wanted(), renew=frozenset({key(1).participant, key(2).participant}))

    assert planned(want, retiring(found(key(1)))).steps == (LinkGroup(key(1).participant),)


def test_a_renewal_is_not_signed_with_a_key_that_is_held() -> None:
    want = replace(wanted(key(1), signer="second"), renew=frozenset({key(1).participant}))

    made = planned(want, found(key(1)))

    assert made.steps == (LinkGroup(key(1).participant),)
    assert made.held.waiting == (key(1),)


@pytest.mark.parametrize(("gone", "is_held"), [(6, False), (7, True)])
def test_what_went_lately_counts_with_what_would_go_now(gone: int, *, is_held: bool) -> None:
    every = many(20)
    have = replace(found(*every), names_gone=gone, documents_gone=gone)

    made = planned(wanted(*every[2:]), have)

    assert made.held.is_empty is not is_held
    assert made.measured.names == (frozenset() if is_held else frozenset(records(1, 2)))
    assert made.measured.documents == (frozenset() if is_held else frozenset(every[:2]))


def test_however_much_went_lately_what_comes_is_never_held() -> None:
    have = replace(found(key(1)), names_gone=999, documents_gone=999)

    made = planned(wanted(key(1), key(2)), have)

    assert made.held.is_empty
    assert kinds(made) == [PutDocument, AddNames]


def test_a_base_that_was_agreed_to_moves_every_name_without_asking_again() -> None:
    every = many(20)
    have = found(*every)
    have = replace(have, agreed=have.agreed.to(base="https://new.example.dk", signer="first"))
    want = wanted(*every, naming=replace(NAMING, base_url="https://new.example.dk"))

    made = planned(want, have)

    assert made.held.is_empty
    [step] = made.names
    assert len(step.plan.replace) == 20


def test_nothing_is_signed_with_a_new_key_until_somebody_agrees() -> None:
    have = found(key(1), key(2), key(3), key(3, RECEIPT))

    made = planned(wanted(key(1), key(3), key(4), signer="second"), have)

    assert made.held.switches == (Switch("signer", "first", "second", 4),)
    assert made.held.waiting == (key(1), key(3), key(4))
    assert made.steps == (
        DropDocument(key(3, RECEIPT)),
        DropNames(Plan({}, {}, records(2))),
        ScheduleRetirement(key(2).participant, (key(2),), both(2)),
    )


def test_an_only_document_stays_while_the_one_in_its_place_waits_for_a_key() -> None:
    made = planned(wanted(key(1, RECEIPT), signer="second"), found(key(1)))

    assert made.is_empty
    assert made.held.waiting == (key(1), key(1, RECEIPT))


def test_who_comes_back_while_a_key_is_held_is_served_what_is_there() -> None:
    made = planned(wanted(key(1), signer="second"), retiring(found(key(1))))

    assert made.steps == (KeepDocument(key(1)), AddNames(Plan(records(1), {}, {})))


def test_who_is_left_with_nothing_public_keeps_no_name() -> None:
    """The only document is stopped, and the one in its place waits for a key."""
    made = planned(wanted(key(1, RECEIPT), stopped=[key(1)], signer="second"), found(key(1)))

    assert made.steps == (
        DropDocument(key(1), is_stopped=True),
        DropNames(Plan({}, {}, records(1))),
    )


def test_a_key_that_was_agreed_to_signs_everything_anew() -> None:
    have = found(key(1))
    have = replace(have, agreed=have.agreed.to(base=NAMING.base_url, signer="second"))

    made = planned(wanted(key(1), signer="second"), have)

    assert kinds(made) == [PutDocument]


def test_agreeing_again_makes_a_former_base_the_present_one() -> None:
    agreed = Agreed(("a", "b"), (), ("first",)).to(base="a", signer="first")

    assert agreed.bases == ("b", "a")


def test_only_those_are_asked_of_all_servers_who_lost_their_names_and_have_no_time() -> None:
    have = without_names(found(key(1), key(2), key(3)))
    have = replace(
        have,
        documents={**have.documents, key(3): Stored(version(), LATER)},
        names={**records(4)},
    )

    assert unnamed(wanted(key(2)), have) == frozenset(both(1))


def test_whoever_has_a_name_is_not_asked_for() -> None:
    assert unnamed(wanted(), found(key(1))) == frozenset()


def test_a_plan_tells_whom_it_concerns() -> None:
    have = found(key(1), key(1, RECEIPT), key(2))
    stray = DnsName(f"stray.{NAMING.zone}")
    have = replace(
        have,
        elsewhere=frozenset({key(3).participant}),
        names={**have.names, stray: Naptr(NAMING.base_url)},
    )

    made = planned(wanted(key(1), key(4)), have)

    assert made.participants == {key(number).participant for number in (1, 2, 3, 4)}


def test_held_contested_and_waiting_participants_are_unfinished() -> None:
    every = many(20)
    have = found(*every)
    have = replace(
        have,
        names={
            **have.names,
            both(30)[0]: Foreign("TXT x"),
            DnsName(f"stray.{NAMING.zone}"): Naptr(NAMING.base_url),
        },
    )
    made = planned(wanted(*every[11:], key(30)), have)

    left = unfinished(made, [Retirement(key(40).participant, None)])

    assert left == {gln(number) for number in (*range(1, 12), 30, 40)}


def test_a_conflict_at_the_publishers_name_is_nobodys() -> None:
    have = replace(found(), names={NAMING.publisher: Foreign("TXT x")}, own=frozenset())

    assert unfinished(planned(wanted(), have), ()) == frozenset()


def test_a_gln_is_a_participant_and_back() -> None:
    [participant] = participants_of([gln(1), "no GLN"])

    assert gln_of(participant) == gln(1)


@pytest.mark.parametrize(
    ("progress", "expected"),
    [
        (Progress(1, "s", "k", None), True),
        (Progress(1, "s", "k", LATER), True),
        (Progress(1, "s", "k", NOW), False),
        (Progress(1, "other", "k", None), False),
        (Progress(1, "s", "other", None), False),
    ],
)
def test_a_full_look_is_needed_when_settings_key_or_time_say_so(
    progress: Progress, *, expected: bool
) -> None:
    assert progress.covers(settings="s", signer="k", at=NOW) is expected


def test_the_settings_digest_changes_with_every_setting_that_is_published() -> None:
    digests = {
        settings_digest(TERMS, NAMING),
        settings_digest(replace(TERMS, document_schemes=("other",)), NAMING),
        settings_digest(replace(TERMS, processes=()), NAMING),
        settings_digest(replace(TERMS, transport_profiles=("other",)), NAMING),
        settings_digest(TERMS, replace(NAMING, base_url="https://other.example.dk")),
        settings_digest(TERMS, replace(NAMING, publisher=DnsName("x.example.dk."))),
        settings_digest(TERMS, replace(NAMING, publisher_record=Address("192.0.2.1"))),
        settings_digest(TERMS, replace(NAMING, cname=False)),
        settings_digest(TERMS, replace(NAMING, naptr=False)),
    }

    assert len(digests) == 9
