"""Whatever stands in a bundle, the answer is in FHIR and in words, and nothing is guessed."""

from typing import Any

import pytest

import builders_fhir as build
import builders_plain as plain
import builders_web as web
import searches
from builders_fhir import Json
from builders_web import Api
from eer.domain import rules
from hostile import answered, is_danish, told


@pytest.fixture
def filled(fhir: Api) -> Api:
    return searches.registered(
        fhir, build.organization(), build.device(), build.endpoint(), plain.code_system()
    )


def bundle(kind: Any, entries: Any) -> Json:
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def entry(method: Any, url: Any, resource: Any = None, **more: Any) -> Json:
    found = {"request": {"method": method, "url": url, **more}}
    return found if resource is None else found | {"resource": resource}


def device(**changes: Any) -> Json:
    return entry("PUT", "Device/device-1", build.device(manufacturer="Et andet hus"), **changes)


def new(owner: str) -> Json:
    return entry("POST", "Device", build.device(2, owner={"reference": owner}))


def circle(size: int) -> list[Json]:
    """Return units each of which is part of the next, the last of the first."""
    names = [f"urn:uuid:00000000-0000-4000-8000-{number:012}" for number in range(size)]
    return [
        entry("POST", "Organization", build.organization(n, partOf={"reference": names[n % size]}))
        | {"fullUrl": names[n - 1]}
        for n in range(1, size + 1)
    ]


GETS = [
    *(None, 1, "", "?", "/", "http://x/Device", "urn:uuid:x", "\x00", "_history", "metadata", "$x"),
    *(f"Device/device-1/_history/{each}" for each in ("\u00b2", "\u0663", "x", "1/2", "")),
    *(
        "Device/%00",
        "Device/%00/_history",
        "Device?_id=%00",
        "%00",
        "Device?_page=x",
        "Device?_count=x",
    ),
    *("Device/$validate", "Device?" + "status=active&" * 1_500, "Organization?partof." * 50 + "=x"),
]
ODD: list[Any] = ["", "x", 1, [], {}, None, "\x00", True]
ENTRIES: list[Any] = [
    *([each] for each in (*ODD, {"a": 1}, {"request": 1}, {"request": {}}, {"resource": {}})),
    *([entry(each, "Device")] for each in (*ODD, "get", "OPTIONS", "TRACE")),
    *([entry("GET", each)] for each in GETS),
    *(
        [entry("PUT", each, build.device())]
        for each in ("Device/%00", "Device/\x00", "x/y/z", "Device")
    ),
    *([entry("PUT", "Device/device-1", each)] for each in (*ODD, {"resourceType": "Nonsense"})),
    *([entry("DELETE", f"Device{each}")] for each in ("", "?", "?_id=", "?type:text=%20", "?x=y")),
    *([entry("PATCH", "Device/device-1", each)] for each in ({}, {"resourceType": "Binary"})),
    *([device() | {"fullUrl": each}] for each in (*ODD, "urn:uuid:x", "http://x/Device/other")),
    [device()] * 3,
    *(
        [new(each)]
        for each in ("urn:uuid:x", "Organization?name=%00", "Organization?", "Nonsense?x=y")
    ),
    *(circle(size) for size in (1, 2, 3, 50)),
    [entry("GET", "Device/nowhere")] * 200,
    [entry("GET", "Device/nowhere")] * 10_001,
]


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_any_bundle_is_answered(filled: Api, kind: str) -> None:
    for entries in ENTRIES:
        response = filled.send("POST", "", bundle(kind, entries))

        assert answered(response) < 500, str(entries)[:200]
        for each in response.get_json().get("entry", []):
            assert each["response"]["status"] < "5", str(entries)[:200]


@pytest.mark.fhir(129)
@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_what_is_wrong_with_a_bundle_is_told_in_danish_to_danes(filled: Api, kind: str) -> None:
    for entries in ENTRIES[:-2]:
        sent = bundle(kind, entries)
        response = filled.send("POST", "", sent, headers={"Accept-Language": "da"})

        texts = told(response.get_json())
        assert [each for each in texts if not is_danish(each)] == [], str(entries)[:200]


@pytest.mark.fhir(106)
@pytest.mark.parametrize("kind", ["history", "searchset", "document", "", None, 1, []])
def test_a_bundle_of_no_kind_is_refused(filled: Api, kind: Any) -> None:
    assert answered(filled.send("POST", "", bundle(kind, []))) == 400


@pytest.mark.parametrize("kind", ["batch", "transaction"])
@pytest.mark.parametrize("entries", [{"a": 1}, "x", 1, None])
def test_entries_that_are_no_list_are_refused(filled: Api, kind: str, entries: Any) -> None:
    response = filled.send("POST", "", bundle(kind, entries))

    assert answered(response) == 400
    assert response.get_json()["issue"][0]["expression"] == ["Bundle.entry"]


@pytest.mark.fhir(115)
@pytest.mark.parametrize("kind", ["batch", "transaction"])
@pytest.mark.parametrize(
    ("asked", "name"),
    [
        (device(ifMatch=99), "ifMatch"),
        (device(ifNoneMatch=["*"]), "ifNoneMatch"),
        (entry("DELETE", "Device/device-1", ifMatch={"x": 1}), "ifMatch"),
        (entry("POST", "Device", build.device(7), ifNoneExist=99), "ifNoneExist"),
        (entry("GET", "Device/device-1", ifModifiedSince=True), "ifModifiedSince"),
    ],
)
def test_a_condition_that_cannot_be_read_is_never_passed_over(
    filled: Api, kind: str, asked: Json, name: str
) -> None:
    response = filled.send("POST", "", bundle(kind, [asked]))

    told = response.get_json()
    said = told if kind == "transaction" else told["entry"][0]["response"]["outcome"]
    assert said["issue"][0]["expression"] == [f"Bundle.entry[0].request.{name}"]
    assert searches.found(filled, "Device?manufacturer=Systemhuset") == ["device-1"]


@pytest.mark.parametrize("size", [rules.HIGHEST + 1, 800])
def test_units_stand_above_each_other_in_no_tower(fhir: Api, size: int) -> None:
    tower = circle(size)
    for each in tower:
        each["resource"]["identifier"] = each["resource"]["identifier"][:1]  # of no company
    del tower[-1]["resource"]["partOf"]

    response = fhir.send("POST", "", bundle("transaction", tower))

    assert answered(response) == (422 if size > rules.HIGHEST + 1 else 200)
    assert len(response.data) < 1_000 * size


def test_units_may_be_part_of_each_other_in_no_circle(filled: Api) -> None:
    response = filled.send("POST", "", bundle("transaction", circle(3)))

    assert answered(response) == 422
    assert ("error", "invariant") in web.outcome(response)
