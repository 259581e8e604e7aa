"""The rules hold whoever writes at the same time: they are judged under the one writer's lock."""

from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Any

import pytest

import builders_fhir as build
from eer.domain.errors import Conflict, Failure, Refused
from eer.domain.identifiers import Reference
from eer.domain.model import Mailbox
from eer.domain.policy import Level, Policy
from eer.register import write
from eer.register.change import Effect, Outcome
from eer.register.counter import Counter
from eer.register.intent import Create, Criteria, Update
from eer.register.state import State
from eer.register.write import Result
from eer.store.records import Records
from threads import at_once

MANY = 6
OF_GLN: Criteria = (("identifier", build.gln(1)),)


def effects(results: list[Any]) -> list[Effect]:
    assert all(isinstance(each, Outcome) for each in results), results
    return sorted(each.effect for each in results)


def one_of(results: list[Any], failure: type[Failure]) -> bool:
    """Whether one of *results* came to something, and the others to *failure*."""
    failed = [each for each in results if isinstance(each, Failure)]
    assert all(isinstance(each, failure) for each in failed), failed
    return len(failed) == len(results) - 1


def count(counter: Counter, type_name: str) -> int:
    with counter.store.reading() as connection:
        return Records(connection).count(type_name)


@pytest.mark.parametrize(
    ("json", "criteria"),
    [
        (build.device(), (("identifier", "device-1"),)),
        (build.message_definition(), (("identifier", build.HCO_1_2),)),
        (build.organization(), (("identifier", f"urn:oid:1.2.208.176.1.1|{build.sor()}"),)),
        (build.endpoint(status="suspended"), OF_GLN),
    ],
)
def test_of_many_conditional_creates_one_makes_a_resource(
    counter: Counter, json: build.Json, criteria: Criteria
) -> None:
    if json["resourceType"] == "Endpoint":
        build.put(counter, build.organization())
    before = count(counter, json["resourceType"])
    bare = {name: value for name, value in json.items() if name != "id"}
    intent = Create(type=json["resourceType"], json=bare, criteria=criteria)

    results = at_once(*[partial(write.perform, counter, intent, build.THE_OPERATOR)] * MANY)

    assert effects(results) == [Effect.CREATED] + [Effect.UNCHANGED] * (MANY - 1)
    assert len({each.reference for each in results}) == 1
    assert count(counter, json["resourceType"]) == before + 1


def test_of_many_conditional_creates_in_transactions_one_makes_a_resource(
    counter: Counter,
) -> None:
    urn = "urn:uuid:00000000-0000-4000-8000-000000000001"
    unit = build.organization(1, id=None)

    def ask(number: int) -> tuple[Result, ...]:
        criteria = (("identifier", build.sor(1)),)
        owned = build.device(number, id=None, owner={"reference": urn})
        intents = [
            Create(
                type="Organization",
                json=unit,
                criteria=criteria,
                full_url=urn,
                place="Bundle.entry[0]",
            ),
            Create(type="Device", json=owned, place="Bundle.entry[1]"),
        ]
        return write.perform_all(counter, intents, build.THE_OPERATOR, lambda _: None)[0]

    results = at_once(*(partial(ask, number) for number in range(1, MANY + 1)))

    units = [unit for unit, _ in results]
    assert effects(units) == [Effect.CREATED] + [Effect.UNCHANGED] * (MANY - 1)
    assert (count(counter, "Organization"), count(counter, "Device")) == (1, MANY)
    owners = {
        build.current(counter, str(device.reference))["owner"]["reference"] for _, device in results
    }
    assert owners == {str(units[0].reference)}


def test_of_many_conditional_updates_one_makes_a_resource(counter: Counter) -> None:
    criteria = (("identifier", "device-1"),)

    def ask(number: int) -> Result:
        json = build.device(1, id=None, manufacturer=f"Hus {number}")
        return write.perform(
            counter, Update(type="Device", json=json, criteria=criteria), build.THE_OPERATOR
        )

    results = at_once(*(partial(ask, number) for number in range(MANY)))

    assert effects(results) == [Effect.CREATED] + [Effect.UPDATED] * (MANY - 1)
    assert count(counter, "Device") == 1


def test_of_many_that_receive_the_same_one_wins(counter: Counter) -> None:
    """Each begins on another day, so the index does not keep them apart."""
    build.put(counter, build.organization(1))
    periods = [{"start": f"2026-05-{day:02}T00:00:00+02:00"} for day in range(1, MANY + 1)]
    endpoints = [
        build.endpoint(1, id=f"endpoint-{place}", period=period)
        for place, period in enumerate(periods)
    ]

    results = at_once(*(partial(build.put, counter, each) for each in endpoints))

    assert one_of(results, Conflict)
    assert count(counter, "Endpoint") == 1


def test_of_many_glns_for_a_unit_one_wins(counter: Counter) -> None:
    strict = replace(counter, policy=Policy(gln_per_unit=Level.ERROR))
    build.put(strict, build.organization(1))
    manager = {"reference": "Organization/unit-1"}
    endpoints = [build.endpoint(n, managingOrganization=manager) for n in range(1, MANY + 1)]

    results = at_once(*(partial(build.put, strict, each) for each in endpoints))

    assert one_of(results, Refused)


def test_nothing_is_left_pointing_at_what_is_gone(counter: Counter) -> None:
    link = build.linked("https://extensions.example.dk/see", "Location/ward")
    ward = {"resourceType": "Location", "id": "ward"}
    for number in range(1, 6):
        build.put(counter, ward)
        pointing = build.device(number, extension=[link])

        pointed, gone = at_once(
            partial(build.put, counter, pointing),
            partial(build.remove, counter, "Location/ward"),
        )

        assert isinstance(pointed, Refused) != isinstance(gone, Conflict), (pointed, gone)
        if isinstance(gone, Conflict):
            build.remove(counter, f"Device/device-{number}")


def two(counter: Counter) -> tuple[build.Json, build.Json]:
    """Put two endpoints that offer the same under GLNs of their own; return them."""
    pair = build.endpoint(1), build.endpoint(2, payloadType=build.payloads(build.ACK_2_0))
    build.put(counter, build.organization(1), build.organization(2), *pair)
    return pair


def swapped(one: build.Json, other: build.Json) -> tuple[build.Json, build.Json]:
    """Return the two with each other's GLN and documents."""
    parts = ("identifier", "payloadType")
    return (
        one | {name: other[name] for name in parts},
        other | {name: one[name] for name in parts},
    )


def holders(counter: Counter) -> list[tuple[str, str]]:
    """Return who holds each GLN, as of one moment."""
    with counter.store.reading() as connection:
        state = State(Records(connection))
        readings = [state.reading(Reference("Endpoint", f"endpoint-{n}")) for n in (1, 2)]
        return sorted(
            (each.says.gln, each.reference.id)
            for each in readings
            if each is not None and isinstance(each.says, Mailbox)
        )


def test_two_endpoints_swap_glns_and_documents(counter: Counter) -> None:
    one, other = two(counter)

    build.put(counter, *swapped(one, other))

    assert holders(counter) == [(build.gln(1), "endpoint-2"), (build.gln(2), "endpoint-1")]
    with pytest.raises(Conflict, match="is held by"):
        build.put(counter, one | {"id": "third"})


def test_two_that_swap_again_and_again_are_seen_swapped_or_not(counter: Counter) -> None:
    pair = two(counter)
    states: set[tuple[tuple[str, str], ...]] = set()
    deadline = monotonic() + 20

    def is_over() -> bool:
        return len(states) == 2 or monotonic() > deadline

    def swap() -> None:
        while not is_over():
            build.put(counter, *swapped(*pair))
            build.put(counter, *pair)

    def look() -> None:
        while not is_over():
            states.add(tuple(holders(counter)))

    results = at_once(look, swap, swap)

    assert results == [None, None, None]
    assert states == {
        ((build.gln(1), "endpoint-1"), (build.gln(2), "endpoint-2")),
        ((build.gln(1), "endpoint-2"), (build.gln(2), "endpoint-1")),
    }


def test_nobody_gets_between_two_that_swap(counter: Counter) -> None:
    one, other = two(counter)
    build.put(counter, build.organization(3))
    third = build.endpoint(3, identifier=other["identifier"], payloadType=other["payloadType"])

    swap, rival = at_once(
        partial(build.put, counter, *swapped(one, other)), partial(build.put, counter, third)
    )

    assert (len(swap), type(rival)) == (2, Conflict)
