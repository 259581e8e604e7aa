"""One path for every write: what it takes, what it refuses, and that it holds when many come."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from time import monotonic

import pytest

import builders_fhir as build
from eer.domain import access
from eer.domain.errors import Absent, Conflict, Failure, IssueCode, Malformed, Refused
from eer.domain.identifiers import Reference
from eer.domain.model import Claim
from eer.fhir import canonicals
from eer.register import changes, read, transaction, write
from eer.register.change import Delete, Effect, Outcome, Put
from eer.register.counter import Counter
from eer.register.intent import Remove
from eer.register.resolve import Nothing
from eer.store.records import Records
from eer.store.rows import Version
from threads import at_once

A, B = build.company(1), build.company(2)
SOR_OF = {number: build.organization(number)["identifier"][0] for number in (1, 2)}
LATER = {"start": "2026-06-01T00:00:00+02:00"}


def removed(counter: Counter, reference: str, expected: int | None = None) -> Outcome:
    return build.remove(counter, reference, version=expected)


def history(counter: Counter) -> list[Version]:
    with counter.store.reading() as connection:
        return list(Records(connection).since(0))


def places(failure: Failure) -> list[str]:
    return [issue.expression for issue in failure.issues if issue.is_error]


# What a write comes to


def test_what_is_new_is_created_as_its_first_version(counter: Counter) -> None:
    (outcome,) = build.put(counter, build.device())

    assert outcome.effect is Effect.CREATED
    assert (outcome.version.number, outcome.version.sequence) == (1, 1)
    assert build.current(counter, "Device/device-1")["meta"]["versionId"] == "1"


def test_what_says_something_else_is_a_new_version(counter: Counter) -> None:
    build.put(counter, build.device())

    (outcome,) = build.put(counter, build.device(manufacturer="Et andet hus"))

    assert (outcome.effect, outcome.version.number) == (Effect.UPDATED, 2)
    assert read.read_version(counter, outcome.reference, 1).body is not None


def test_what_says_the_same_keeps_its_version(counter: Counter) -> None:
    (first,) = build.put(counter, build.device())
    turned = dict(reversed(build.device().items()))

    (outcome,) = build.put(counter, turned)

    assert outcome.effect is Effect.UNCHANGED
    assert outcome.version == first.version
    assert changes.sequence(counter) == 1


def test_every_version_says_who_wrote_it(counter: Counter) -> None:
    build.put(counter, build.organization(1), by=A)

    (version,) = history(counter)

    assert json.loads(version.author) == {
        "subject": "superuser",
        "client": "tests",
        "cvr": build.cvr(1),
        "roles": [],
    }


def test_a_version_says_how_it_was_written(counter: Counter) -> None:
    build.create(counter, build.device())
    build.put(counter, build.device(2))
    removed(counter, "Device/device-2")
    build.put(counter, build.device(2))

    assert [version.method for version in history(counter)] == ["POST", "PUT", "DELETE", "PUT"]


def test_a_resource_that_is_refused_says_everything_at_once(counter: Counter) -> None:
    wrong = build.endpoint(
        status="bogus",
        period=None,
        extension=[build.linked(canonicals.AP_SYSTEM, "Device/nowhere")],
    )

    with pytest.raises(Malformed) as failure:
        build.put(counter, wrong)

    assert set(places(failure.value)) == {
        "Endpoint.status",
        "Endpoint.period",
        "Endpoint.managingOrganization",
        "Endpoint.extension[0].value",
    }


def test_one_that_is_wrong_refuses_all(counter: Counter) -> None:
    with pytest.raises(Refused):
        build.put(counter, build.device(1), build.device(2, manufacturer=None))

    assert changes.sequence(counter) == 0


def test_a_structure_that_is_wrong_is_malformed_and_a_rule_broken_refused(
    counter: Counter,
) -> None:
    with pytest.raises(Malformed):
        build.put(counter, build.device(status="bogus"))
    with pytest.raises(Refused):
        build.put(counter, build.device(manufacturer=None))


def test_warnings_come_with_what_was_taken_and_with_what_was_not(counter: Counter) -> None:
    placeholder = build.endpoint(address="https://example.org/fhir")
    build.put(counter, build.organization())

    (outcome,) = build.put(counter, placeholder)
    with pytest.raises(Refused) as failure:
        build.put(counter, {k: v for k, v in placeholder.items() if k != "period"})

    assert {issue.expression for issue in outcome.issues} == {
        "Endpoint.address",
        "Endpoint.managingOrganization",
    }
    assert "Endpoint.address" in {issue.expression for issue in failure.value.issues}


# What fits together


def test_resources_of_one_transaction_may_point_at_each_other(counter: Counter) -> None:
    outcomes = build.put(counter, *build.registered())

    assert [outcome.issues for outcome in outcomes] == [(), (), (), ()]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Organization/nowhere", IssueCode.NOT_FOUND),
        ("Organization/owner-90", IssueCode.INVARIANT),
        ("https://other.example.dk/fhir/Organization/unit-1", IssueCode.VALUE),
        ("urn:uuid:0b5f0e2a-8a2b-4f6e-8a1e-2f6f1d2b3c4d", IssueCode.VALUE),
        ("#unit", IssueCode.INVARIANT),
        ("Organization?identifier=1", IssueCode.VALUE),
    ],
)
def test_a_reference_leads_to_what_it_must_in_this_register(
    counter: Counter, written: str, code: IssueCode
) -> None:
    build.put(counter, build.owner(), build.organization())

    with pytest.raises(Failure) as failure:
        build.put(counter, build.endpoint(managingOrganization={"reference": written}))

    assert [issue.code for issue in failure.value.issues if issue.is_error] == [code]


def test_a_reference_to_a_version_counts_as_one_to_the_resource(counter: Counter) -> None:
    build.put(counter, build.organization())

    build.put(
        counter,
        build.endpoint(managingOrganization={"reference": "Organization/unit-1/_history/1"}),
    )

    with pytest.raises(Conflict, match="still pointed at by Endpoint/endpoint-1"):
        removed(counter, "Organization/unit-1")


def test_no_organisation_is_part_of_itself(counter: Counter) -> None:
    def unit(number: int, above: int | None) -> build.Json:
        over = None if above is None else {"reference": f"Organization/unit-{above}"}
        return build.organization(number, partOf=over)

    build.put(counter, unit(1, None), unit(2, 1), unit(3, 2))

    with pytest.raises(Refused, match="runs in a circle"):
        build.put(counter, unit(1, 3))
    with pytest.raises(Refused, match="runs in a circle"):
        build.put(counter, unit(4, 4))


def test_no_organisation_is_part_of_itself_under_another_id(counter: Counter) -> None:
    build.loaded(counter, build.file(build.organization(1)))
    build.loaded(counter, build.file(build.organization(1, id="other")))

    with pytest.raises(Refused, match="runs in a circle"):
        build.put(counter, build.organization(1, partOf={"reference": "Organization/other"}))


# What may be held once


def test_a_sor_id_that_is_held_names_its_holder(counter: Counter) -> None:
    build.put(counter, build.organization(1))

    with pytest.raises(Conflict, match="is held by Organization/unit-1"):
        build.put(counter, build.organization(1, id="another"))


def test_two_of_one_transaction_may_not_hold_the_same(counter: Counter) -> None:
    with pytest.raises(Conflict, match="only one resource may hold it"):
        build.put(counter, build.device(1), build.device(2, identifier=[{"value": "device-1"}]))


def test_two_may_swap_what_they_hold(counter: Counter) -> None:
    one, other = build.device(1), build.device(2)
    build.put(counter, one, other)
    swapped = one | {"identifier": other["identifier"]}, other | {"identifier": one["identifier"]}

    build.put(counter, *swapped)

    assert build.current(counter, "Device/device-1")["identifier"] == other["identifier"]


def test_what_is_let_go_in_a_transaction_may_be_taken_up_in_it(counter: Counter) -> None:
    build.put(counter, build.device(1))
    successor = build.device(2, identifier=[{"value": "device-1"}])

    transaction.commit(
        counter,
        [Delete(Reference("Device", "device-1")), Put(build.ref(successor), successor)],
        build.THE_OPERATOR,
    )

    assert build.current(counter, "Device/device-2")["identifier"] == [{"value": "device-1"}]


def test_a_device_that_holds_an_identifier_twice_is_no_rival_of_itself(counter: Counter) -> None:
    build.put(counter, build.device(identifier=[{"value": "x"}, {"value": "x"}]))

    assert changes.sequence(counter) == 1


def test_two_endpoints_of_a_gln_may_not_offer_a_document_at_once(counter: Counter) -> None:
    build.put(counter, build.organization(1), build.endpoint(1))

    with pytest.raises(Conflict, match="Endpoint/endpoint-1 is active for the same GLN"):
        build.put(counter, build.endpoint(1, id="rival", period=LATER))


def test_two_endpoints_of_a_gln_may_follow_each_other(counter: Counter) -> None:
    ending = build.endpoint(1, period={"start": build.START, "end": LATER["start"]})
    build.put(counter, build.organization(1), ending)

    build.put(counter, build.endpoint(1, id="successor", period=LATER))

    assert build.current(counter, "Endpoint/successor")["status"] == "active"


@pytest.mark.parametrize(
    "other",
    [
        build.endpoint(1, id="other", payloadType=build.payloads(build.ACK_2_0)),
        build.endpoint(1, id="other", status="suspended"),
        build.endpoint(
            1,
            id="other",
            connectionType={"system": canonicals.CONNECTION_TYPES, "code": "vansMessaging"},
        ),
    ],
)
def test_two_endpoints_of_a_gln_may_stand_beside_each_other(
    counter: Counter, other: build.Json
) -> None:
    build.put(counter, build.organization(1), build.endpoint(1), other)

    assert changes.sequence(counter) == 3


# Who may write


def test_a_company_writes_its_own_unit_and_endpoint(counter: Counter) -> None:
    build.put(counter, build.organization(1), by=A)
    build.put(counter, build.endpoint(1), by=A)
    build.put(counter, build.endpoint(1, status="suspended"), by=A)

    assert build.current(counter, "Endpoint/endpoint-1")["status"] == "suspended"


def test_a_unit_without_a_cvr_belongs_to_the_nearest_above_that_has_one(counter: Counter) -> None:
    sor_only = build.organization(3)["identifier"][:1]
    below = build.organization(3, identifier=sor_only, partOf={"reference": "Organization/unit-1"})
    build.put(counter, build.organization(1), build.organization(2), below)

    build.put(counter, below | {"name": "Nyt navn"}, by=A)

    with pytest.raises(Refused, match=f"belongs to CVR {build.cvr(1)}"):
        build.put(counter, below | {"name": "Andet navn"}, by=B)


ROADS: dict[str, list[build.Json]] = {
    "a unit": [build.organization(2, name="Taget")],
    "a unit by its CVR": [
        build.organization(
            2,
            identifier=[SOR_OF[2], {"system": "http://cvr.dk", "value": build.cvr(1)}],
        )
    ],
    "a unit by what it is part of": [
        build.organization(
            2,
            identifier=build.organization(2)["identifier"][:1],
            partOf={"reference": "Organization/unit-1"},
        )
    ],
    "a unit of one's own made to be another's": [
        build.organization(
            1,
            identifier=build.organization(1)["identifier"][:1],
            partOf={"reference": "Organization/unit-2"},
        )
    ],
    "a unit of one's own given another's CVR": [
        build.organization(
            1,
            identifier=[SOR_OF[1], {"system": "http://cvr.dk", "value": build.cvr(2)}],
        )
    ],
    "a unit that becomes nobody's": [
        build.organization(1, identifier=build.organization(1)["identifier"][:1])
    ],
    "a unit that becomes an owner": [build.owner(1, id="unit-1")],
    "a unit that claims to be an owner": [
        build.organization(1, meta={"profile": [canonicals.AP_OWNER]})
    ],
    "an endpoint": [build.endpoint(2, status="off")],
    "an endpoint moved to oneself": [
        build.endpoint(2, managingOrganization={"reference": "Organization/unit-1"})
    ],
    "an endpoint of one's own moved to another": [
        build.endpoint(1, managingOrganization={"reference": "Organization/unit-2"})
    ],
    "another's GLN for documents it does not receive yet": [
        build.endpoint(
            1,
            id="squatter",
            identifier=build.endpoint(2)["identifier"],
            payloadType=build.payloads(build.ACK_2_0),
        )
    ],
    "another's GLN from a later day": [
        build.endpoint(1, id="squatter", identifier=build.endpoint(3)["identifier"], period=LATER)
    ],
    "one's own endpoint given another's GLN": [
        build.endpoint(1, identifier=build.endpoint(2)["identifier"], status="suspended")
    ],
    "an access point": [build.access_point(url="https://mine.example.dk/as4")],
    "an owner": [build.owner(name="Taget")],
    "a device": [build.device(1, owner={"reference": "Organization/unit-1"})],
    "a message definition": [build.message_definition()],
    "what was deleted": [
        build.endpoint(
            1, id="gone", identifier=[{"system": "https://www.gs1.org/gln", "value": build.gln(8)}]
        )
    ],
    "two at once, each to the other": [
        build.endpoint(1, managingOrganization={"reference": "Organization/unit-2"}),
        build.endpoint(2, managingOrganization={"reference": "Organization/unit-1"}),
    ],
}


@pytest.mark.parametrize("road", ROADS)
def test_a_company_cannot_take(counter: Counter, road: str) -> None:
    ended = {"start": build.START, "end": "2026-05-20T00:00:00+02:00"}
    build.put(counter, build.owner(), build.access_point(), build.device())
    build.put(counter, build.organization(1), build.organization(2), build.endpoint(1))
    build.put(counter, build.endpoint(2), build.endpoint(2, id="gone", status="off"))
    build.put(
        counter,
        build.endpoint(3, managingOrganization={"reference": "Organization/unit-2"}, period=ended),
    )
    removed(counter, "Endpoint/gone")
    before = changes.sequence(counter)

    with pytest.raises(Refused) as failure:
        build.put(counter, *ROADS[road], by=A)

    assert failure.value.issues[0].code is IssueCode.FORBIDDEN
    assert changes.sequence(counter) == before


def test_a_company_cannot_delete_what_is_anothers(counter: Counter) -> None:
    build.put(counter, build.organization(1), build.organization(2))

    with pytest.raises(Refused, match="belongs to CVR"):
        build.remove(counter, "Organization/unit-2", A)


@pytest.mark.parametrize("leaving", ["deleted", "moved"])
def test_a_gln_that_was_let_go_is_nobody_elses_to_take(counter: Counter, leaving: str) -> None:
    build.put(counter, build.organization(1), build.organization(2), build.endpoint(1))
    if leaving == "deleted":
        build.remove(counter, "Endpoint/endpoint-1", A)
    else:
        build.put(counter, build.endpoint(1, identifier=build.endpoint(3)["identifier"]), by=A)
    unit = {"reference": "Organization/unit-2"}
    theirs = build.endpoint(1, id="another", managingOrganization=unit)

    with pytest.raises(Refused, match="belongs to CVR"):
        build.create(counter, theirs, B)

    again = build.endpoint(1, id=None)
    assert build.create(counter, again, A).effect is Effect.CREATED


def test_a_gln_that_an_operator_gave_to_another_is_theirs_from_then_on(counter: Counter) -> None:
    unit = {"reference": "Organization/unit-2"}
    build.put(counter, build.organization(1), build.organization(2), build.endpoint(1))
    build.remove(counter, "Endpoint/endpoint-1", A)
    theirs = build.endpoint(1, id="another", managingOrganization=unit)
    build.put(counter, theirs)
    build.remove(counter, "Endpoint/another", B)

    assert build.create(counter, theirs, B).effect is Effect.CREATED


def test_a_company_brings_back_what_it_deleted_itself(counter: Counter) -> None:
    build.put(counter, build.organization(1), build.endpoint(1), by=A)
    build.remove(counter, "Endpoint/endpoint-1", A)

    (outcome,) = build.put(counter, build.endpoint(1), by=A)

    assert (outcome.effect, outcome.version.number) == (Effect.CREATED, 3)


def test_only_operators_choose_ids(counter: Counter) -> None:
    unit = build.organization(1)
    reference = build.ref(unit)

    with pytest.raises(Refused, match="only operators choose ids"):
        build.update(counter, unit, A, of=reference)

    assert build.update(counter, unit, of=reference).effect is Effect.CREATED


def test_a_company_creates_its_own_under_an_id_of_ours(counter: Counter) -> None:
    outcome = build.create(counter, build.organization(1), A)

    assert outcome.reference == Reference("Organization", "minted-1")


@pytest.mark.parametrize("act", ["create", "update", "delete"])
def test_a_write_wants_a_scope_for_it(counter: Counter, act: str) -> None:
    reader = replace(build.THE_OPERATOR, scopes=access.scopes("system/*.rs"))
    device = build.device()
    acts: dict[str, Callable[[], object]] = {
        "create": lambda: build.create(counter, device, reader),
        "update": lambda: build.update(counter, device, reader),
        "delete": lambda: build.remove(counter, "Device/device-1", reader),
    }

    with pytest.raises(Refused, match="no scope"):
        acts[act]()


@pytest.mark.parametrize(
    ("type_name", "identifier", "json"),
    [
        ("Endpoint", "device-1", build.device()),
        ("Device", "other", build.device()),
        ("Device", "device-1", build.device(id=None)),
    ],
)
def test_a_resource_is_what_its_url_says(
    counter: Counter, type_name: str, identifier: str, json: build.Json
) -> None:
    with pytest.raises(Malformed, match="as in the URL"):
        build.update(counter, json, of=Reference(type_name, identifier))


# Deletion


def test_what_is_deleted_is_gone_and_its_versions_stay(counter: Counter) -> None:
    build.put(counter, build.device())

    outcome = removed(counter, "Device/device-1")

    assert (outcome.effect, outcome.version.number) == (Effect.DELETED, 2)
    with pytest.raises(Absent) as failure:
        read.read(counter, outcome.reference)
    assert failure.value.issues[0].code is IssueCode.DELETED
    assert read.read_version(counter, outcome.reference, 1).body is not None
    with pytest.raises(Absent):
        read.read_version(counter, outcome.reference, 2)


def test_deleting_again_changes_nothing(counter: Counter) -> None:
    build.put(counter, build.device())
    first = removed(counter, "Device/device-1")

    again = removed(counter, "Device/device-1")

    assert again.version == first.version
    assert changes.sequence(counter) == 2


def test_what_never_was_cannot_be_deleted(counter: Counter) -> None:
    with pytest.raises(Absent, match="is not in the register"):
        transaction.commit(counter, [Delete(Reference("Device", "x"))], build.THE_OPERATOR)
    assert write.perform(counter, Remove(type="Device", id="x"), build.THE_OPERATOR) == Nothing(
        "Device/x is not in the register"  # type: ignore[arg-type]  # a sentence is its text
    )


def test_what_others_point_at_is_not_deleted_and_they_are_named(counter: Counter) -> None:
    build.put(
        counter,
        *build.registered(),
        build.endpoint(2, managingOrganization={"reference": "Organization/unit-1"}),
    )

    with pytest.raises(Conflict) as failure:
        removed(counter, "Organization/unit-1")

    assert "by Endpoint/endpoint-1, Endpoint/endpoint-2:" in failure.value.text


def test_all_that_points_at_each_other_may_go_together(counter: Counter) -> None:
    build.put(counter, *build.registered())

    transaction.commit(
        counter, [Delete(build.ref(each)) for each in build.registered()], build.THE_OPERATOR
    )

    assert changes.sequence(counter) == 8


def test_what_others_need_stays_what_it_is(counter: Counter) -> None:
    build.put(counter, *build.registered())

    with pytest.raises(Conflict, match="Endpoint/endpoint-1 would break"):
        build.put(
            counter,
            build.access_point(
                meta=None, extension=None, type=build.concept(canonicals.DEVICE_TYPES, "MSH")
            ),
        )


def test_a_unit_that_leaves_the_profile_of_sor_breaks_nobody(counter: Counter) -> None:
    contact = [{"purpose": build.concept(canonicals.CONTACT_TYPES, "PRESS")}]
    profile = {"profile": [canonicals.SOR_ORGANIZATION]}
    above = build.organization(1, meta=profile, contact=contact)
    below = build.organization(
        2, meta=profile, contact=contact, partOf={"reference": "Organization/unit-1"}
    )
    build.put(counter, above, below)

    (outcome,) = build.put(counter, build.organization(1))

    assert outcome.effect is Effect.UPDATED


# Versions, time and many at once


def test_a_version_that_is_not_as_expected_is_a_conflict(counter: Counter) -> None:
    device = build.device()
    build.put(counter, device)

    for expected in (0, 2):
        with pytest.raises(Conflict, match=f"is version 1, expected version {expected}"):
            build.update(counter, device, version=expected)
    with pytest.raises(Conflict, match="is not there, expected version 1"):
        build.update(counter, device | {"id": "x"}, version=1)
    with pytest.raises(Conflict, match="expected version 7"):
        removed(counter, "Device/device-1", expected=7)
    assert changes.sequence(counter) == 1


def test_a_version_that_is_as_expected_is_written_over(counter: Counter) -> None:
    device = build.device()
    build.put(counter, device)

    changed = device | {"manufacturer": "Et andet hus"}
    outcome = build.update(counter, changed, version=1)

    assert outcome.version.number == 2


def test_time_only_ever_goes_on(counter: Counter, clock: build.Clock) -> None:
    build.put(counter, build.device(1), build.device(2))
    clock.at = build.NOW - timedelta(days=1)
    build.put(counter, build.device(3))
    clock.at = build.NOW + timedelta(seconds=1)
    build.put(counter, build.device(4))

    times = [version.at for version in history(counter)]

    assert times == sorted(set(times))
    assert times[0] == build.NOW
    assert times[3] == clock.at


def test_of_many_that_take_one_sor_id_exactly_one_wins(counter: Counter) -> None:
    units = [build.organization(1, id=f"unit-of-{number}") for number in range(4)]

    results = at_once(*(lambda unit=unit: build.put(counter, unit) for unit in units))

    assert sum(isinstance(each, Conflict) for each in results) == 3
    assert changes.sequence(counter) == 1


def test_of_many_that_expect_one_version_exactly_one_wins(counter: Counter) -> None:
    device = build.device()
    build.put(counter, device)

    def change(number: int) -> Outcome:
        changed = device | {"manufacturer": f"Hus {number}"}
        return build.update(counter, changed, version=1)

    results = at_once(*(lambda number=number: change(number) for number in range(4)))

    assert sum(isinstance(each, Conflict) for each in results) == 3
    assert [version.number for version in history(counter)] == [1, 2]


def test_the_sequence_has_no_gap_and_is_committed_in_its_order(counter: Counter) -> None:
    seen: list[int] = []

    def writer(start: int) -> None:
        for number in range(start, start + 5):
            build.put(counter, build.device(number), build.device(number + 50))
            with pytest.raises(Failure):
                build.put(counter, build.device(number + 90), build.device(1, status="bogus"))

    def reader() -> None:
        deadline = monotonic() + 20
        while (sequence := changes.sequence(counter)) < 20 and monotonic() < deadline:
            seen.append(sequence)

    at_once(lambda: writer(1), lambda: writer(10), reader)

    assert [version.sequence for version in history(counter)] == list(range(1, 21))
    assert seen == sorted(seen)
    assert all(sequence % 2 == 0 for sequence in seen)


def test_the_index_holds_what_an_endpoint_claims(counter: Counter) -> None:
    """The backstop of decision 10: no two claims alike, whoever wrote them."""
    build.put(counter, build.organization(1), build.endpoint(1))
    document = f"{build.gln(1)} {build.HCO_1_2} from 2026-05-04T22:00:00+00:00"

    with counter.store.reading() as connection:
        holder = Records(connection).holder(Claim("receiver of", document, ""))

    assert holder == Reference("Endpoint", "endpoint-1")
