"""A follower of the history that goes on from what it last saw has, in the end, what there is.

IHE ITI-91: writers change the register while a reader builds a copy of it from `_history?_since`.
"""

import random
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from urllib.parse import urlencode

import pytest

import builders_fhir as build
from builders_web import BASE, Api
from eer.domain.errors import Absent
from eer.register.counter import Counter
from eer.store.records import Records

WRITERS, ROUNDS, DEVICES = 3, 30, 8
PAGE = 7


class Follower:
    """Keeps a copy of what it is told, and the newest time it was told of."""

    def __init__(self, fhir: Api, path: str) -> None:
        self._fhir, self._path = fhir, path
        self._since = "2026-01-01T00:00:00Z"
        self.copy: dict[str, Any] = {}
        self.seen: set[tuple[str, str]] = set()

    def catch_up(self) -> None:
        """Walk the pages of what is new, newest first, and then take it in from the oldest on."""
        told: list[Any] = []
        query = urlencode({"_since": self._since, "_count": PAGE})
        url: str | None = f"{self._path}?{query}"
        while url is not None:
            page = self._fhir.get(url).get_json()
            told += page.get("entry", [])
            following = [each["url"] for each in page["link"] if each["relation"] == "next"]
            url = following[0].removeprefix(f"{BASE}/") if following else None
        for entry in reversed(told):
            self._take(entry)

    def _take(self, entry: Any) -> None:
        name = entry["fullUrl"].removeprefix(f"{BASE}/")
        self.seen.add((name, entry["response"]["etag"]))
        if entry["request"]["method"] == "DELETE":
            self.copy.pop(name, None)
        else:
            self.copy[name] = entry["resource"]
        self._since = max(self._since, entry["response"]["lastModified"])


def writes(counter: Counter, number: int, started: Barrier) -> None:
    """Create, change and delete devices of a writer's own, in an order of its own."""
    chance = random.Random(number)  # noqa: S311 - the same one in each run
    started.wait(30)
    for step in range(ROUNDS):
        name = f"device-{number}-{chance.randrange(DEVICES)}"
        device = build.device(id=name, identifier=[{"value": name}], manufacturer=f"Trin {step}")
        if chance.random() < 0.3:
            gone = read_or_none(counter, f"Device/{name}")
            if gone is not None:
                build.remove(counter, f"Device/{name}")
                continue
        build.put(counter, device)


def read_or_none(counter: Counter, reference: str) -> build.Json | None:
    try:
        return build.current(counter, reference)
    except Absent:
        return None


@pytest.mark.slow
@pytest.mark.fhir(34, 35, 137)
@pytest.mark.parametrize("path", ["Device/_history", "_history"])
def test_a_follower_misses_no_version_while_others_write(
    fhir: Api, counter: Counter, path: str
) -> None:
    started = Barrier(WRITERS + 1)
    follower = Follower(fhir, path)

    with ThreadPoolExecutor(WRITERS) as pool:
        at_work = [pool.submit(writes, counter, each, started) for each in range(WRITERS)]
        started.wait(30)
        while not all(each.done() for each in at_work):
            follower.catch_up()
        for each in at_work:
            each.result()
    follower.catch_up()

    with counter.store.reading() as connection:
        versions = list(Records(connection).since(0))
    there = {str(each.reference): each for each in versions}
    expected = {
        name: build.current(counter, name) for name, each in there.items() if each.body is not None
    }
    assert follower.copy == expected
    assert follower.seen == {(str(each.reference), f'W/"{each.number}"') for each in versions}
