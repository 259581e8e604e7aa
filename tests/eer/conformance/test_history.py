"""What happened to a resource, a type and the whole register (R4 http, history)."""

from collections.abc import Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime
from itertools import count
from urllib.parse import quote

import pytest

import builders_fhir as build
from builders_fhir import Clock, Json
from builders_web import BASE, FHIR_JSON, FHIR_XML, Api
from exchanges import (
    at_once,
    done,
    entries,
    links,
    pages,
    pass_on,
    refused,
    root,
    values,
    versions,
)

LEVELS = ["Device/device-1/_history", "Device/_history", "_history"]


@pytest.fixture
def told(fhir: Api, clock: Clock) -> Api:
    """Return the API over a register where a device was changed, deleted and brought back."""
    writes: list[Callable[[], object]] = [
        lambda: fhir.put(build.device()),
        lambda: fhir.put(build.organization(1)),
        lambda: fhir.put(build.device(manufacturer="Et andet hus")),
        lambda: fhir.post(build.device(2)),
        lambda: fhir.delete("Device/device-1"),
        lambda: fhir.put(build.device()),
    ]
    for write in writes:
        write()
        pass_on(clock)
    return fhir


def history(fhir: Api, path: str = "_history") -> list[Json]:
    return entries(list(pages(fhir, path)))


def instant(found: Json) -> str:
    written: str = found["response"]["lastModified"]
    return written


def by_time(clock: Clock, before: int) -> str:
    """Return the time *before* seconds ago as an instant, percent-encoded for a query."""
    return quote((clock.at - timedelta(seconds=before)).isoformat())


@pytest.mark.fhir(29)
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Device/device-1/_history", [f"Device/device-1 {n}" for n in (4, 3, 2, 1)]),
        (
            "Device/_history",
            [
                *("Device/device-1 4", "Device/device-1 3", "Device/minted-1 1"),
                *("Device/device-1 2", "Device/device-1 1"),
            ],
        ),
        (
            "_history",
            [
                *("Device/device-1 4", "Device/device-1 3", "Device/minted-1 1"),
                *("Device/device-1 2", "Organization/unit-1 1", "Device/device-1 1"),
            ],
        ),
        ("Organization/_history", ["Organization/unit-1 1"]),
        ("Endpoint/_history", []),
    ],
)
def test_each_level_has_its_history_newest_first(told: Api, path: str, expected: list[str]) -> None:
    bundle = done(told.get(path))

    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "history")
    assert versions(bundle.get("entry", [])) == expected


@pytest.mark.fhir(29)
def test_a_history_is_told_in_xml_too(told: Api) -> None:
    response = told.get("Device/device-1/_history", headers={"Accept": FHIR_XML})

    assert (root(response), values(response, "f:type")) == ("Bundle", ["history"])
    assert values(response, "f:entry/f:request/f:method") == ["PUT", "DELETE", "PUT", "PUT"]


@pytest.mark.fhir(30)
@pytest.mark.parametrize("path", LEVELS)
def test_each_entry_says_what_was_asked_and_answered(told: Api, path: str) -> None:
    for each in history(told, path):
        assert each["request"]["method"] in ("POST", "PUT", "DELETE")
        assert each["request"]["url"]
        assert each["response"]["status"][:3] in ("200", "201", "204")
        assert each["response"]["etag"].startswith('W/"')
        assert each["response"]["lastModified"].endswith("Z")
        assert "search" not in each


@pytest.mark.fhir(31)
def test_writes_hold_the_resource_and_deletions_only_its_url(told: Api) -> None:
    found = history(told, "Device/_history")

    assert [(each["request"]["method"], each["request"]["url"]) for each in found] == [
        ("PUT", "Device/device-1"),
        ("DELETE", "Device/device-1"),
        ("POST", "Device"),
        ("PUT", "Device/device-1"),
        ("PUT", "Device/device-1"),
    ]
    assert ["resource" in each for each in found] == [True, False, True, True, True]
    for each in found:
        meta = each.get("resource", {}).get("meta")
        assert meta is None or (f'W/"{meta["versionId"]}"', meta["lastUpdated"]) == (
            each["response"]["etag"],
            each["response"]["lastModified"],
        )


@pytest.mark.fhir(32)
def test_conditional_writes_are_told_as_what_they_came_to(fhir: Api) -> None:
    one, two = build.device(1, id=None), build.device(2)
    fhir.send("POST", "Device", one, headers={"If-None-Exist": "identifier=device-1"})
    fhir.send("POST", "Device", one, headers={"If-None-Exist": "identifier=device-1"})
    fhir.send("PUT", "Device?identifier=device-1", {**one, "manufacturer": "Et andet hus"})
    fhir.put(two)
    fhir.delete("Device?identifier=device-1")

    found = history(fhir)

    assert [(each["request"]["method"], each["request"]["url"]) for each in found] == [
        ("DELETE", "Device/minted-1"),
        ("PUT", "Device/device-2"),
        ("PUT", "Device/minted-1"),
        ("POST", "Device"),
    ]
    assert [each["response"]["status"][:3] for each in found[1:]] == ["201", "200", "201"]
    assert {"ifNoneExist", "ifMatch", "ifNoneMatch"} & found[3]["request"].keys() == set()


@pytest.mark.fhir(33)
@pytest.mark.parametrize(("before", "expected"), [(60, 6), (20, 2), (15, 1), (10, 1), (5, 0)])
def test_since_tells_what_happened_at_that_time_or_later(
    told: Api, clock: Clock, before: int, expected: int
) -> None:
    found = history(told, f"_history?_since={by_time(clock, before)}")

    assert len(found) == expected


@pytest.mark.fhir(33)
def test_since_heeds_the_zone(told: Api, clock: Clock) -> None:
    there = (clock.at - timedelta(seconds=20)).isoformat().replace("T12:", "T14:")
    since = there.replace("+00:00", "+02:00")

    assert len(history(told, f"_history?_since={quote(since)}")) == 2


@pytest.mark.fhir(33)
@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (55, ["Device/device-1 1"]),
        (35, ["Device/device-1 2", "Organization/unit-1 1"]),
        (5, ["Device/device-1 4", "Device/minted-1 1", "Organization/unit-1 1"]),
        (600, []),
    ],
)
def test_at_tells_what_was_current_then(
    told: Api, clock: Clock, before: int, expected: list[str]
) -> None:
    assert versions(history(told, f"_history?_at={by_time(clock, before)}")) == expected


@pytest.mark.fhir(33, 34)
@pytest.mark.parametrize("path", LEVELS)
@pytest.mark.parametrize("size", [1, 2, 3])
def test_count_limits_each_page(told: Api, path: str, size: int) -> None:
    whole = versions(history(told, path))

    found = list(pages(told, f"{path}?_count={size}"))

    assert [len(each["entry"]) for each in found[:-1]] == [size] * (len(found) - 1)
    assert versions(entries(found)) == whole
    assert "next" not in links(found[-1])


@pytest.mark.fhir(6, 34)
def test_the_form_is_kept_from_page_to_page(told: Api) -> None:
    first = told.get("_history?_count=1&_format=json", headers={"Accept": FHIR_XML}).get_json()
    following = links(first)["next"]

    second = told.get(following, headers={"Accept": FHIR_XML})

    assert second.content_type.partition(";")[0] == FHIR_JSON
    assert len(second.get_json()["entry"]) == 1


@pytest.mark.fhir(33, 34)
def test_since_is_kept_from_page_to_page(told: Api, clock: Clock) -> None:
    path = f"Device/_history?_count=1&_since={by_time(clock, 40)}"

    found = list(pages(told, path))

    assert versions(entries(found)) == versions(history(told, "Device/_history")[:4])
    assert {each["total"] for each in found} == {4}


@pytest.mark.fhir(33)
@pytest.mark.parametrize(
    "query",
    [
        *("_since=yesterday", "_since=2026-05-05T12:00:00", "_since=2026", "_at=x", "_count=x"),
        *("_count=-1", "_count=1&_count=2", "_at=2026-05-05&_at=2026-05-05"),
        "_since=2026-05-05T12:00:00Z&_since=2026-05-05T12:00:00Z",
    ],
)
@pytest.mark.parametrize("path", LEVELS)
def test_what_cannot_be_read_or_comes_twice_is_a_bad_request(
    told: Api, path: str, query: str
) -> None:
    assert refused(told.get(f"{path}?{query}"), 400)


@pytest.mark.fhir(34)
@pytest.mark.parametrize("path", LEVELS[1:])
def test_pages_lose_and_repeat_nothing_while_others_write(told: Api, path: str) -> None:
    there = versions(history(told, path))
    numbers = count(100)

    def write() -> None:
        told.put(build.device(next(numbers)))
        told.put(build.device(manufacturer=f"Hus {next(numbers)}"))

    found = versions(entries(list(pages(told, f"{path}?_count=2", write))))

    assert [each for each in found if each in there] == there
    assert len(set(found)) == len(found)


@pytest.mark.fhir(35)
def test_times_rise_even_when_the_clock_stands_or_steps_back(fhir: Api, clock: Clock) -> None:
    for number in range(6):
        fhir.put(build.device(number))
        pass_on(clock, -30 if number == 3 else 0)

    times = [instant(each) for each in history(fhir)]

    assert times == sorted(set(times), reverse=True)


@pytest.mark.fhir(35)
def test_who_goes_on_from_the_last_time_seen_misses_nothing(fhir: Api) -> None:
    seen: set[str] = set()
    since = ""

    for turn in range(4):
        at_once(
            fhir,
            *(
                lambda api, number=10 * turn + each: api.put(build.device(number))
                for each in range(4)
            ),
        )
        news = history(fhir, f"_history?_count=3{since}")
        seen.update(versions(news))
        since = f"&_since={quote(max(instant(each) for each in news))}"

    assert sorted(seen) == sorted(versions(history(fhir)))
    assert len(seen) == 16


@pytest.mark.fhir(36)
def test_the_history_of_what_never_was_is_not_found(told: Api) -> None:
    assert refused(told.get("Device/nowhere/_history"), 404) == ["not-found"]


@pytest.mark.fhir(36, 66)
def test_the_history_of_what_was_deleted_shows_the_deletion(told: Api) -> None:
    told.delete("Device/device-1")

    found = history(told, "Device/device-1/_history")

    assert [each["request"]["method"] for each in found] == [
        *("DELETE", "PUT", "DELETE", "PUT", "PUT")
    ]


@pytest.mark.fhir(37)
@pytest.mark.parametrize("path", LEVELS)
def test_a_full_url_names_no_version_and_comes_again(told: Api, path: str) -> None:
    urls = [each["fullUrl"] for each in history(told, path)]

    assert urls.count(f"{BASE}/Device/device-1") == 4
    assert [each for each in urls if "_history" in each] == []


@pytest.mark.fhir(38)
@pytest.mark.parametrize(("path", "expected"), [*zip(LEVELS, [4, 5, 6], strict=True)])
def test_a_history_says_how_many_versions_there_are(told: Api, path: str, expected: int) -> None:
    assert {page["total"] for page in pages(told, f"{path}?_count=2")} == {expected}


@pytest.mark.fhir(38)
@pytest.mark.parametrize("path", LEVELS)
def test_a_poller_sees_by_the_headers_whether_something_happened(
    told: Api, clock: Clock, path: str
) -> None:
    def polled() -> tuple[str, str]:
        headers = told.get(path).headers
        return headers["ETag"], headers["Last-Modified"]

    before, still = polled(), polled()
    told.put(build.device(manufacturer="Et tredje hus"))
    after = polled()

    assert before == still
    assert before[0] != after[0]
    assert parsedate_to_datetime(after[1]) == clock.at.replace(microsecond=0)
    assert parsedate_to_datetime(before[1]) < parsedate_to_datetime(after[1])
