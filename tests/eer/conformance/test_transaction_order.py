"""FHIR R4 transaction: which entry is carried out when, and what two of them may not do.

https://hl7.org/fhir/R4/http.html#trules
"""

import pytest

import builders_bundle as bundles
import builders_fhir as build
import builders_web as web
import searches
from builders_fhir import Json
from builders_web import Api


@pytest.fixture
def filled(fhir: Api) -> Api:
    return searches.registered(
        fhir, build.device(1), build.device(2), build.organization(1), build.endpoint(1)
    )


def maker(fhir: Api) -> str:
    """Return who makes the first device now."""
    found: str = fhir.get("Device/device-1").get_json()["manufacturer"]
    return found


@pytest.mark.fhir(109)
def test_what_is_deleted_makes_room_for_what_is_created(filled: Api) -> None:
    response = bundles.sent(
        filled,
        bundles.transaction(
            bundles.create(build.device(1, manufacturer="Nyt")), bundles.delete("Device/device-1")
        ),
    )

    created, _ = bundles.answers(response)
    assert bundles.statuses(response) == ["201", "200"]
    assert filled.get("Device/device-1").status_code == 410
    assert searches.found(filled, "Device?identifier=device-1") == [bundles.id_of(created)]


@pytest.mark.fhir(109)
def test_what_is_updated_may_point_at_what_is_created_behind_it(filled: Api) -> None:
    moved = build.endpoint(1, managingOrganization={"reference": bundles.urn(2)})

    response = bundles.sent(
        filled,
        bundles.transaction(bundles.update(moved), bundles.create(build.organization(2), 2)),
    )

    _, created = bundles.answers(response)
    new = f"Organization/{bundles.id_of(created)}"
    assert filled.get("Endpoint/endpoint-1").get_json()["managingOrganization"]["reference"] == new


@pytest.mark.fhir(109)
@pytest.mark.parametrize("order", [1, -1])
def test_what_points_at_each_other_is_deleted_together(filled: Api, order: int) -> None:
    both = [bundles.delete("Organization/unit-1"), bundles.delete("Endpoint/endpoint-1")]

    response = bundles.sent(filled, bundles.transaction(*both[::order]))

    assert bundles.statuses(response) == ["200", "200"]
    assert filled.get("Organization/unit-1").status_code == 410


@pytest.mark.fhir(107, 109)
def test_two_may_swap_what_only_one_can_hold(filled: Api) -> None:
    first, second = (build.device(number)["identifier"] for number in (1, 2))

    response = bundles.sent(
        filled,
        bundles.transaction(
            bundles.update(build.device(1, identifier=second)),
            bundles.update(build.device(2, identifier=first)),
        ),
    )

    assert bundles.statuses(response) == ["200", "200"]
    assert searches.found(filled, "Device?identifier=|device-1") == ["device-2"]


@pytest.mark.fhir(109, 119)
def test_reads_see_the_writes_wherever_they_stand(filled: Api) -> None:
    response = bundles.sent(
        filled,
        bundles.transaction(
            bundles.get("Device/device-1"),
            bundles.get("Device?manufacturer=Nyt"),
            bundles.get("Device/device-1/_history/1"),
            bundles.update(build.device(1, manufacturer="Nyt")),
            bundles.create(build.device(3, manufacturer="Nyt hus")),
            bundles.get("Device?identifier=|device-2&_summary=count"),
            bundles.delete("Device/device-2"),
        ),
    )

    read, found, earlier, _, created, counted, _ = bundles.answers(response)
    assert read["resource"]["manufacturer"] == "Nyt"
    assert earlier["resource"]["manufacturer"] == "Systemhuset"
    assert found["resource"]["type"] == "searchset"
    assert searches.matches(found["resource"]) == sorted(["device-1", bundles.id_of(created)])
    assert counted["resource"]["total"] == 0


PATCH = bundles.replacing("Device.manufacturer", "Nyt")
BY_IDENTIFIER = "Device?identifier=|device-1"
NEWER = build.device(1, manufacturer="Nyt")
TWICE = [
    (bundles.update(NEWER), bundles.update(build.device(1))),
    (bundles.update(NEWER), bundles.delete("Device/device-1")),
    (bundles.update(NEWER), bundles.entry("PATCH", "Device/device-1", PATCH)),
    (bundles.delete("Device/device-1"), bundles.delete("Device/device-1")),
    (bundles.update(NEWER), bundles.entry("PUT", BY_IDENTIFIER, NEWER)),
    (bundles.entry("PUT", BY_IDENTIFIER, NEWER), bundles.entry("PUT", BY_IDENTIFIER, NEWER)),
    (bundles.update(NEWER), bundles.delete(BY_IDENTIFIER)),
    (bundles.entry("PATCH", BY_IDENTIFIER, PATCH), bundles.delete("Device/device-1")),
]


@pytest.mark.fhir(110)
@pytest.mark.parametrize(("one", "other"), TWICE)
def test_two_entries_about_one_resource_refuse_the_transaction(
    filled: Api, one: Json, other: Json
) -> None:
    for entries in ((one, other), (other, one)):
        response = bundles.sent(filled, bundles.transaction(*entries))

        assert response.status_code == 400
        assert web.outcome(response)[0][0] == "error"
        assert any(each.startswith("Bundle.entry[") for each in bundles.places(response))
        assert maker(filled) == "Systemhuset"


@pytest.mark.fhir(110)
def test_a_resource_may_be_read_beside_its_write_and_twice(filled: Api) -> None:
    read = bundles.get("Device/device-1")

    response = bundles.sent(filled, bundles.transaction(read, bundles.update(NEWER), read))

    assert bundles.statuses(response) == ["200", "200", "200"]


@pytest.mark.fhir(118)
@pytest.mark.parametrize(
    "patch",
    [PATCH, bundles.json_patch({"op": "replace", "path": "/manufacturer", "value": "Nyt"})],
)
@pytest.mark.parametrize("url", ["Device/device-1", BY_IDENTIFIER])
def test_an_entry_may_be_a_patch(filled: Api, patch: Json, url: str) -> None:
    response = bundles.sent(filled, bundles.transaction(bundles.entry("PATCH", url, patch)))

    (patched,) = bundles.answers(response)
    assert (patched["response"]["status"][:3], patched["response"]["etag"]) == ("200", 'W/"2"')
    assert maker(filled) == "Nyt"


@pytest.mark.fhir(118)
@pytest.mark.parametrize(
    ("patch", "status"),
    [
        (bundles.json_patch({"op": "test", "path": "/manufacturer", "value": "Andet"}), {422}),
        (bundles.json_patch({"op": "remove", "path": "/nothing"}), {422}),
        (bundles.json_patch({"op": "remove", "path": "/manufacturer"}), {422}),
        (bundles.replacing("Device.nothing", "x"), {400, 422}),
        (build.device(1, manufacturer="Nyt"), {400, 415, 422}),
        ({"resourceType": "Binary", "contentType": "text/plain", "data": "eA=="}, {400, 415, 422}),
    ],
)
def test_a_patch_that_fails_refuses_the_transaction(
    filled: Api, patch: Json, status: set[int]
) -> None:
    entries = (bundles.update(build.device(3)), bundles.entry("PATCH", "Device/device-1", patch))

    response = bundles.sent(filled, bundles.transaction(*entries))

    assert response.status_code in status
    assert all(each.startswith("Bundle.entry[1]") for each in bundles.places(response))
    assert (maker(filled), filled.get("Device/device-3").status_code) == ("Systemhuset", 404)
