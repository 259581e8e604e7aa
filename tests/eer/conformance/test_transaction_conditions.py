"""FHIR R4 transaction: entries that hang on what there is already.

https://hl7.org/fhir/R4/http.html#trules, #ccreate, #cond-update and #concurrency
"""

from datetime import timedelta

import pytest

import builders_bundle as bundles
import builders_fhir as build
import searches
from builders_fhir import Clock, Json
from builders_web import Api

NEWER = build.device(1, manufacturer="Nyt")
NAMELESS = build.device(1, id=None, manufacturer="Nyt")


@pytest.fixture
def filled(fhir: Api) -> Api:
    return searches.registered(fhir, build.device(1), build.device(2))


def done(fhir: Api, *entries: Json) -> str:
    """Send a transaction; return the statuses of its entries, or its own when it failed."""
    response = bundles.sent(fhir, bundles.transaction(*entries))
    if response.status_code == 200:
        return " ".join(bundles.statuses(response))
    return f"failed {response.status_code}"


@pytest.mark.fhir(115)
@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ("identifier=|device-1", "200"),
        ("identifier=|device-3", "201"),
        ("type=MSH", "failed 412"),
        ("colour=red", "failed 400"),
        ("identifier=", "failed 400"),
        ("_count=1", "failed 400"),
    ],
)
def test_a_create_may_hang_on_there_being_none(filled: Api, criteria: str, expected: str) -> None:
    create = bundles.create(build.device(3), ifNoneExist=criteria)

    assert done(filled, create) == expected
    assert searches.page(filled, "Device")["total"] == (3 if expected == "201" else 2)


@pytest.mark.fhir(115)
def test_a_create_that_found_one_tells_where_it_is(filled: Api) -> None:
    create = bundles.create(NEWER, ifNoneExist="identifier=|device-1")

    (answer,) = bundles.answers(bundles.sent(filled, bundles.transaction(create)))

    assert (bundles.id_of(answer), answer["response"]["etag"]) == ("device-1", 'W/"1"')
    assert filled.get("Device/device-1").get_json()["manufacturer"] == "Systemhuset"


@pytest.mark.fhir(115)
@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (bundles.update(NEWER, ifMatch='W/"1"'), "200"),
        (bundles.update(NEWER, ifMatch='W/"2"'), "failed 412"),
        (bundles.update(build.device(3), ifMatch='W/"1"'), "failed 412"),
        (bundles.delete("Device/device-1", ifMatch='W/"1"'), "200"),
        (bundles.delete("Device/device-1", ifMatch='W/"2"'), "failed 412"),
        (
            bundles.entry(
                "PATCH",
                "Device/device-1",
                bundles.replacing("Device.manufacturer", "Nyt"),
                ifMatch='W/"1"',
            ),
            "200",
        ),
        (
            bundles.entry(
                "PATCH",
                "Device/device-1",
                bundles.replacing("Device.manufacturer", "Nyt"),
                ifMatch='W/"2"',
            ),
            "failed 412",
        ),
        (bundles.update(NEWER, ifNoneMatch="*"), "failed 412"),
        (bundles.update(build.device(3), ifNoneMatch="*"), "201"),
        (bundles.get("Device/device-1", ifNoneMatch='W/"1"'), "304"),
        (bundles.get("Device/device-1", ifNoneMatch='W/"2"'), "200"),
    ],
)
def test_an_entry_may_hang_on_a_version(filled: Api, entry: Json, expected: str) -> None:
    beside = bundles.update(build.device(4))

    assert done(filled, beside, entry) == (
        expected if expected.startswith("failed") else f"201 {expected}"
    )
    assert filled.get("Device/device-4").status_code == (404 if "failed" in expected else 200)


@pytest.mark.fhir(115)
def test_a_read_may_hang_on_a_time(filled: Api, clock: Clock) -> None:
    clock.at += timedelta(seconds=10)
    entries = [
        bundles.get("Device/device-1", ifModifiedSince=f"2026-05-05T{time}")
        for time in ("12:00:05Z", "11:59:50Z")
    ]

    response = bundles.sent(filled, bundles.transaction(*entries))

    unchanged, changed = bundles.answers(response)
    assert bundles.statuses(response) == ["304", "200"]
    assert "resource" not in unchanged
    assert changed["resource"]["id"] == "device-1"


@pytest.mark.fhir(115)
@pytest.mark.parametrize(
    ("url", "resource", "expected"),
    [
        ("Device?identifier=|device-1", NAMELESS, "200"),
        ("Device?identifier=|device-1", NEWER, "200"),
        ("Device?identifier=|device-1", build.device(3), "failed 400"),
        ("Device?identifier=|device-3", build.device(3, id=None), "201"),
        ("Device?type=MSH", build.device(3, id=None), "failed 412"),
        ("Device?colour=red", build.device(3, id=None), "failed 400"),
        ("Device?", build.device(3, id=None), "failed 400"),
    ],
)
def test_an_update_may_name_its_resource_by_search(
    filled: Api, url: str, resource: Json, expected: str
) -> None:
    assert done(filled, bundles.entry("PUT", url, resource)) == expected
    assert searches.page(filled, "Device")["total"] == (3 if expected == "201" else 2)


@pytest.mark.fhir(115)
@pytest.mark.parametrize(
    ("url", "expected", "left"),
    [
        ("Device?identifier=|device-1", "200", ["device-2"]),
        ("Device?identifier=|device-3", "200", ["device-1", "device-2"]),
        ("Device?type=MSH", "failed 412", ["device-1", "device-2"]),
        ("Device?colour=red", "failed 400", ["device-1", "device-2"]),
        ("Device?", "failed 400", ["device-1", "device-2"]),
    ],
)
def test_a_delete_may_name_its_resource_by_search(
    filled: Api, url: str, expected: str, left: list[str]
) -> None:
    assert done(filled, bundles.delete(url)) == expected
    assert searches.found(filled, "Device") == left


@pytest.mark.fhir(115)
@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("Device?identifier=|device-1", "200"),
        ("Device?identifier=|device-3", "failed 404"),
        ("Device?type=MSH", "failed 412"),
    ],
)
def test_a_patch_may_name_its_resource_by_search(filled: Api, url: str, expected: str) -> None:
    patch = bundles.replacing("Device.manufacturer", "Nyt")

    assert done(filled, bundles.entry("PATCH", url, patch)) == expected
    assert searches.found(filled, "Device?manufacturer=Nyt") == (
        ["device-1"] if expected == "200" else []
    )


@pytest.mark.fhir(110, 117)
def test_what_the_bundle_deletes_still_meets_a_condition(filled: Api) -> None:
    update = bundles.entry("PUT", "Device?identifier=|device-1", NAMELESS)

    assert done(filled, bundles.delete("Device/device-1"), update) == "failed 400"
    assert searches.found(filled, "Device") == ["device-1", "device-2"]


@pytest.mark.fhir(117)
def test_what_the_bundle_creates_meets_no_condition_of_it(filled: Api) -> None:
    owners = [
        bundles.create(build.owner(90), ifNoneExist=f"identifier=http://cvr.dk|{build.cvr(90)}")
    ] * 2

    assert done(filled, *owners) == "201 201"
