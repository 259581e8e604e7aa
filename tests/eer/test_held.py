"""What was asked before is answered the same, at once, and never when it is no longer so."""

import random
import tracemalloc
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from sqlalchemy import Connection
from werkzeug.test import Client, TestResponse

import builders_fhir as build
import builders_web as web
from builders_fhir import Clock
from builders_web import Api
from eer.domain.errors import Malformed
from eer.domain.identifiers import Reference
from eer.gate.gate import Gate
from eer.register import long_searches, steady
from eer.register.cached import Cached
from eer.register.counter import Counter
from eer.store.records import Records
from eer.store.rows import Tip
from eer.store.session import Store
from eer.web import app, held
from eer.web.parts import Parts
from threads import at_once

READS = [
    "Device/device-1",
    "Device/device-1/_history/1",
    "Device?identifier=device-1",
    "?_type=Device",
    "Device/_history",
]

CHANGING = [each for each in READS if not each.endswith("/1")]


class Counted:
    """The application behind what is held: how often is it asked?"""

    def __init__(self, behind: Any) -> None:
        self.behind = behind
        self.asked = 0

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        self.asked += 1
        answer: Iterable[bytes] = self.behind(environ, start)
        return answer


def served(counter: Counter, mebibytes: int = 1) -> tuple[Api, Counted]:
    gate = Gate(key=web.key(), audience=web.BASE, now=counter.now)
    flask = app.create_app(Parts(counter, gate, web.BASE, "1.0", held_answers=0))
    behind = Counted(flask.wsgi_app)
    parts = Parts(counter, gate, web.BASE, "1.0", held_answers=mebibytes)
    flask.wsgi_app = held.Held(behind, parts)  # type: ignore[method-assign]
    return Api(flask.test_client(), web.token()), behind


@pytest.fixture
def both(counter: Counter) -> tuple[Api, Counted]:
    fhir, behind = served(counter)
    assert fhir.put(build.device(1)).status_code == 201
    behind.asked = 0
    return fhir, behind


def told(response: TestResponse) -> tuple[int, bytes, dict[str, str]]:
    return response.status_code, response.data, dict(response.headers)


@pytest.mark.parametrize("path", READS)
def test_what_is_asked_again_is_answered_alike_and_not_made_again(
    both: tuple[Api, Counted], path: str
) -> None:
    fhir, behind = both

    first, second = told(fhir.get(path)), told(fhir.get(path))

    assert first == second
    assert first[0] == 200
    assert behind.asked == 1


@pytest.mark.parametrize("path", CHANGING)
def test_what_is_written_is_seen_by_the_next_who_asks(
    counter: Counter, both: tuple[Api, Counted], path: str
) -> None:
    fhir, _ = both
    before = fhir.get(path).data
    elsewhere = web.api(counter)

    assert elsewhere.put({**build.device(1), "manufacturer": "2.0"}).status_code == 200

    after = fhir.get(path).data
    assert b'"manufacturer":"2.0"' in after
    assert after != before


def test_what_is_deleted_is_gone_for_the_next_who_asks(both: tuple[Api, Counted]) -> None:
    fhir, _ = both
    assert fhir.get("Device/device-1").status_code == 200

    fhir.delete("Device/device-1")

    assert fhir.get("Device/device-1").status_code == 410


def test_another_id_is_seen_by_the_next_who_asks(store: Store, both: tuple[Api, Counted]) -> None:
    fhir, behind = both
    fhir.get("Device/device-1")
    behind.asked = 0
    with store.writing() as connection:  # no version tells of it
        Records(connection).put_alias(Reference("Device", "other"), Reference("Device", "device-1"))

    fhir.get("Device/device-1")

    assert behind.asked == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": "application/fhir+xml"},
        {"Accept-Language": "da"},
        {"Prefer": "handling=strict"},
    ],
    ids=lambda each: next(iter(each)),
)
def test_what_is_asked_in_another_way_is_made_for_it(
    both: tuple[Api, Counted], headers: dict[str, str]
) -> None:
    fhir, behind = both
    path = "Device?identifier=device-1"
    fhir.get(path)

    fhir.get(path, headers=headers)

    assert behind.asked == 2


def test_nobody_is_answered_what_another_may_read(both: tuple[Api, Counted]) -> None:
    fhir, _ = both
    assert fhir.get("Device/device-1").status_code == 200

    narrow = fhir.as_(web.token(scope="system/Endpoint.cruds"))

    assert narrow.get("Device/device-1").status_code == 403


@pytest.mark.parametrize(
    "caller", [None, "no token", web.token(exp=1), web.token(aud="https://other.example.dk")]
)
def test_a_token_is_looked_at_each_time(both: tuple[Api, Counted], caller: str | None) -> None:
    fhir, _ = both
    assert fhir.get("Device/device-1").status_code == 200

    assert fhir.as_(caller).get("Device/device-1").status_code == 401


def test_a_token_that_has_ended_is_refused(both: tuple[Api, Counted], clock: Clock) -> None:
    fhir, _ = both
    assert fhir.get("Device/device-1").status_code == 200

    clock.at += timedelta(minutes=6)

    assert fhir.get("Device/device-1").status_code == 401


def test_each_request_gets_its_own_name_back(both: tuple[Api, Counted]) -> None:
    fhir, behind = both

    names = [
        fhir.get("Device/device-1", headers=headers).headers.get("X-Request-Id")
        for headers in ({"X-Request-Id": "one"}, {"X-Request-Id": "two"}, {}, {"X-Request-Id": "æ"})
    ]

    assert names == ["one", "two", None, None]
    assert behind.asked == 1


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("HEAD", "Device/device-1", {}),
        ("GET", "Device/device-1", {"If-None-Match": 'W/"9"'}),
        ("GET", "Device/device-1", {"If-Modified-Since": "Mon, 01 Jan 2024 00:00:00 GMT"}),
        ("GET", "Device/nobody", {}),
        ("GET", "Device?identifier=" + "x" * 2_000, {}),
        ("GET", "metadata", {}),
        ("POST", "Device/_search", {}),
        ("GET", "Device/device-1", {"Accept-Language": "da" + ", en" * 1_000}),
        ("GET", "Device/device-1", {"Transfer-Encoding": "chunked"}),
    ],
)
def test_what_is_not_held_is_asked_each_time(
    both: tuple[Api, Counted], method: str, path: str, headers: dict[str, str]
) -> None:
    fhir, behind = both

    answers = [fhir.ask(method, path, headers=headers) for _ in range(2)]

    assert answers[0].status_code == answers[1].status_code
    assert behind.asked == 2


def test_a_failure_is_not_held(both: tuple[Api, Counted]) -> None:
    fhir, behind = both

    assert [fhir.get("Device?_lastUpdated=x").status_code for _ in range(2)] == [400, 400]
    assert behind.asked == 2


def test_a_database_without_tables_is_told_of_as_ever(counter: Counter) -> None:
    fhir, _ = served(Counter(Store.at("sqlite://"), counter.now, counter.new_id))

    response = fhir.get("Device/device-1")

    assert response.status_code == 503
    assert web.outcome(response) == [("error", "transient")]


def test_what_is_held_is_bounded(counter: Counter) -> None:
    fhir, behind = served(counter, mebibytes=1)
    note = [{"text": "x" * 40_000}]
    for number in range(1, 41):
        fhir.put({**build.device(number), "note": note})
    behind.asked = 0

    for path in [f"Device/device-{number}" for number in range(1, 41)] * 2:
        assert fhir.get(path).status_code == 200
    assert behind.asked == 80  # 40 of 42 kB, each asked for when it had made way for others

    assert len(fhir.get("Device?_count=40").data) > 1024 * 1024
    assert fhir.get("Device?_count=40").status_code == 200
    assert behind.asked == 82


def test_what_is_held_lasts_an_hour(both: tuple[Api, Counted], clock: Clock) -> None:
    fhir, behind = both
    lasting = fhir.as_(web.token(exp=int((clock.at + timedelta(days=1)).timestamp())))
    lasting.get("Device/device-1")

    clock.at += timedelta(minutes=61)
    lasting.get("Device/device-1")

    assert behind.asked == 2
    assert timedelta(seconds=held._LIFE_SECONDS) < long_searches._LIFE / 2


def test_a_register_that_was_restored_is_another_one(store: Store, counter: Counter) -> None:
    def tip() -> Tip:
        with store.looking() as connection:
            return Records(connection).tip()

    web.api(counter).put(build.device(1))
    before = tip()
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE version SET at = at + 1")

    assert tip().sequence == before.sequence
    assert tip() != before


def test_who_has_written_sees_it_wherever_it_asks(counter: Counter) -> None:
    apis = [web.api(counter) for _ in range(3)]
    for number in range(3):
        apis[0].put(build.device(number))

    def write(number: int) -> list[tuple[str, str]]:
        chance = random.Random(number)  # noqa: S311 - the same each time
        seen = []
        for turn in range(15):
            said = f"{number}.{turn}"
            apis[number].put({**build.device(number), "manufacturer": said})
            path = chance.choice(["Device/device-{}", "Device?_id=device-{}"]).format(number)
            seen.append((said, chance.choice(apis).get(path).get_data(as_text=True)))
        return seen

    for seen in at_once(*(partial(write, number) for number in range(3))):
        assert all(f'"manufacturer":"{said}"' in body for said, body in seen)


class Interrupted:
    """Looks twice, and the first time somebody writes in between."""

    def __init__(self, counter: Counter) -> None:
        self._fhir = web.api(counter)
        self._written = 0

    def __call__(self, records: Records) -> tuple[int, int]:
        before = records.tip().sequence
        if not self._written:
            self._fhir.put(build.device(1))
        self._written += 1
        return before, records.tip().sequence


def test_what_takes_several_statements_is_of_one_state(store: Store, counter: Counter) -> None:
    before, after = steady.steadily(store, Interrupted(counter))

    assert before == after == 1


def test_a_failure_between_two_states_is_none(store: Store, counter: Counter) -> None:
    seen: list[int] = []
    interrupted = Interrupted(counter)

    def find(records: Records) -> int:
        seen.append(len(set(interrupted(records))))
        if seen[-1] > 1:
            raise Malformed("two states")
        return seen[-1]

    assert steady.steadily(store, find) == 1
    assert seen == [2, 1]


def test_a_failure_in_one_state_is_raised(store: Store) -> None:
    def find(_: Records) -> Connection:
        raise Malformed("found, expected none")

    with pytest.raises(Malformed, match="expected none"):
        steady.steadily(store, find)


def test_a_body_that_says_how_to_answer_is_read_each_time(both: tuple[Api, Counted]) -> None:
    fhir, _ = both
    form = {"content_type": "application/x-www-form-urlencoded"}

    answers = [
        fhir.get("Device/device-1", data=f"_format={each}", **form).mimetype
        for each in ("xml", "json")
    ]

    assert answers == ["application/fhir+xml", "application/fhir+json"]


def test_a_clock_that_steps_back_spoils_no_answer(counter: Counter, clock: Clock) -> None:
    fhir, _ = served(counter)
    lasting = fhir.as_(web.token(exp=int((clock.at + timedelta(days=1)).timestamp())))
    for number in range(1, 25):
        lasting.put({**build.device(number), "note": [{"text": "x" * 40_000}]})

    def ask(*numbers: int) -> set[int]:
        return {lasting.get(f"Device/device-{each}").status_code for each in numbers}

    seen = ask(1)
    clock.at -= timedelta(seconds=10)
    seen |= ask(*range(2, 21), 1)
    clock.at += timedelta(seconds=3_605)
    seen |= ask(*range(21, 25), *range(1, 21))

    assert seen == {200}


def test_what_is_held_is_as_small_as_it_says(counter: Counter) -> None:
    counter.store.close()
    gate = Gate(key=web.key(), audience=web.BASE, now=counter.now)
    parts = Parts(counter, gate, web.BASE, "1.0", held_answers=1)
    flask = app.create_app(replace(parts, held_answers=0))
    held_ = held.Held(flask.wsgi_app, parts)
    flask.wsgi_app = held_  # type: ignore[method-assign]
    fhir = Api(flask.test_client(), web.token())
    fhir.put(build.device(1))
    paths = [f"Device?identifier=device-1&_count={number}" for number in range(1, 200)]
    fhir.get(paths[0])
    tracemalloc.start()
    for path in paths:
        assert fhir.get(path).status_code == 200
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert kept < 1_500_000


def test_who_is_asked_whether_it_lives_asks_nobody(counter: Counter) -> None:
    lost = Counter(Store.at("sqlite://"), counter.now, counter.new_id)
    fhir, _ = served(lost)
    with lost.store.writing() as connection:  # whoever looks now would have to wait
        assert connection.in_transaction()
        answer = fhir.client.get("/health", headers={"Authorization": f"Bearer {fhir.token}"})

    assert answer.status_code == 200


def test_what_one_machine_writes_another_sees(counter: Counter) -> None:
    url = counter.store.engine.url.render_as_string(hide_password=False)
    other = replace(counter, store=Store.at(url))
    here, there = web.api(counter), web.api(other)
    for turn in range(5):
        here.put({**build.device(1), "manufacturer": f"Hus {turn}"})
        for api in (here, there, there):
            assert f"Hus {turn}" in api.get("Device/device-1").get_data(as_text=True)
    other.store.close()


def test_what_was_made_of_two_states_is_not_kept(counter: Counter) -> None:
    """Somebody writes between the number and what is made: the next look makes it anew."""
    fhir = web.api(counter)
    fhir.put(build.device(1))
    made: list[int] = []

    def make(records: Records) -> int:
        if not made:
            fhir.put(build.device(2))
        made.append(len(list(records.all_of("Device"))))
        return made[-1]

    cached = Cached(("Device",), make)
    with counter.store.reading() as snapshot:
        of_one = Records(snapshot, Records(snapshot).tip())
        with counter.store.looking() as connection:
            assert cached.of(Records(connection, Records(connection).tip())) == 2
        assert cached.of(of_one) == 1


def test_a_body_is_closed_when_it_was_read(counter: Counter) -> None:
    closed: list[bool] = []

    class Body(list[bytes]):
        def close(self) -> None:
            closed.append(True)

    def behind(_: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", "text/plain")])
        return Body([b"one ", b"body"])

    gate = Gate(key=web.key(), audience=web.BASE, now=counter.now)
    application = held.Held(behind, Parts(counter, gate, web.BASE, "1.0"))
    headers = {"Authorization": f"Bearer {web.token()}"}
    response = Client(application).get("/fhir/Device", headers=headers)

    assert response.data == b"one body"
    assert closed == [True]
