"""Many at once, over HTTP: nobody is told of a failure of ours, and everything adds up."""

import random
from collections import Counter as Tally
from collections.abc import Callable
from functools import partial
from itertools import chain

import pytest
from werkzeug.test import TestResponse

import builders_fhir as build
import builders_plain as plain
import builders_web as web
import searches
from builders_fhir import Json
from builders_web import Api
from eer.register.counter import Counter
from threads import at_once

WRITERS, ROUNDS = 3, 12


def named(number: int, name: str) -> Json:
    return plain.location(number, name=name, managingOrganization=None)


@pytest.mark.fhir(94, 95)
@pytest.mark.parametrize("sort", ["name", "-_lastUpdated", "_id"])
def test_pages_show_each_untouched_resource_once_while_others_write(
    counter: Counter, sort: str
) -> None:
    fhir = web.api(counter)
    still = [f"location-{number}" for number in range(100, 120)]
    searches.registered(fhir, *(named(n, f"Hus {n % 7}") for n in range(100, 120)))
    searches.registered(fhir, *(named(n, "Flyttes") for n in range(200, 206)))

    # An application is built by one thread at a time: Python's own compiler is not safe in 3.11.
    apis = [web.api(counter) for _ in range(WRITERS + 1)]

    def write(writer: int) -> None:
        api, chance = apis[writer], random.Random(writer)  # noqa: S311 - the same each time
        for turn in range(ROUNDS):
            number = 200 + chance.randrange(6)
            if chance.random() < 0.3:
                api.delete(f"Location/location-{number}")
            else:
                api.put(named(number, f"{chance.choice('AHZ')} {writer} {turn}"))

    def walk() -> list[list[str]]:
        path = f"Location?_count=3&_sort={sort}"
        return [
            [each for page in searches.walk(apis[-1], path) for each in searches.matches(page)]
            for _ in range(4)
        ]

    seen, *_ = at_once(walk, *(partial(write, each) for each in range(WRITERS)))

    for ids in seen:
        assert Tally(each for each in ids if each in still) == Tally(still)


def act(api: Api, chance: random.Random) -> int:
    """Do one of many things; return the status that it came to."""
    number = chance.randrange(4)
    name, gln = f"device-{number}", build.gln(1)
    device = build.device(number, manufacturer=f"Hus {chance.randrange(9)}")
    entries = [
        {"resource": device, "request": {"method": "PUT", "url": f"Device/{name}"}},
        {"request": {"method": "GET", "url": f"Device?identifier={name}"}},
    ]
    bundle = {"resourceType": "Bundle", "type": chance.choice(["batch", "transaction"])}
    acts: list[Callable[[], TestResponse]] = [
        lambda: api.put(device),
        lambda: api.put(device, headers={"If-Match": f'W/"{chance.randrange(9)}"'}),
        lambda: api.delete(f"Device/{name}"),
        lambda: api.delete(f"Device?identifier={name}"),
        lambda: api.send("PUT", f"Device?identifier={name}", device),
        lambda: api.post(device, headers={"If-None-Exist": f"identifier={name}"}),
        lambda: api.post(device),
        lambda: api.send("POST", "", bundle | {"entry": entries}),
        lambda: api.get(f"Device/{name}"),
        lambda: api.get(f"Device?_sort=manufacturer&identifier={name}"),
        lambda: api.get(f"Organization?_has:Endpoint:organization:identifier={gln}"),
        lambda: api.get("_history?_count=2"),
        lambda: api.send("POST", "Device/$validate", device),
        lambda: api.send("POST", "ValueSet", plain.value_set("red", url=f"urn:{number}")),
        lambda: api.get("Device?type:in=urn:0"),
    ]
    return chance.choice(acts)().status_code


def test_whoever_does_what_at_once_is_answered(counter: Counter) -> None:
    fhir = web.api(counter)
    searches.registered(fhir, build.organization(1), build.endpoint(1))

    apis = [web.api(counter) for _ in range(6)]

    def work(number: int) -> list[int]:
        chance = random.Random(number)  # noqa: S311 - the same each time
        return [act(apis[number], chance) for _ in range(20)]

    statuses = at_once(*(partial(work, number) for number in range(6)))

    told = Tally(chain.from_iterable(statuses))
    assert max(told) < 500, told
    assert_adds_up(fhir)


def assert_adds_up(fhir: Api) -> None:
    """Every device is held once, and the versions of each resource have no gap."""
    devices = searches.resources(searches.page(fhir, "Device?_count=500"))
    held = Tally(each["identifier"][0]["value"] for each in devices)
    assert set(held.values()) <= {1}
    versions: dict[str, list[int]] = {}
    for entry in fhir.get("_history?_count=500").get_json()["entry"]:
        number = int(entry["response"]["etag"].strip('W/"'))
        versions.setdefault(entry["fullUrl"], []).append(number)
    for numbers in versions.values():
        assert numbers == list(range(len(numbers), 0, -1))
