"""fhirpy against a served register: it sends application/json, and follows links below its base.

What it cannot do here has its outcome below and its reason in docs/interfaces/fhir-clients.md.
"""

import asyncio
from typing import Any

import pytest
from fhirpy import AsyncFHIRClient, SyncFHIRClient
from fhirpy.base.exceptions import (
    AuthorizationError,
    MultipleResourcesFound,
    OperationOutcome,
    ResourceNotFound,
)
from fhirpy.base.searchset import Raw

import builders_fhir as build
from flows.served import GLN_OF_NORTH, NORTH, SOR_OF_NORTH, Served, new_pair, new_unit, sor_of

pytestmark = pytest.mark.slow

Json = dict[str, Any]


@pytest.fixture
def client(served: Served) -> SyncFHIRClient:
    return SyncFHIRClient(served.base, authorization=f"Bearer {served.token}")


def test_fhirpy_reads_what_the_server_can(client: SyncFHIRClient) -> None:
    statement = client.execute("metadata", method="get")

    assert statement.fhirVersion == "4.0.1"


def test_fhirpy_creates_reads_updates_and_deletes(client: SyncFHIRClient) -> None:
    unit = client.resource(**_named(new_unit())).create()
    unit["name"] = "Lægehuset Åboulevarden"

    unit.update()

    read = client.reference("Organization", unit.id).to_resource()
    assert (read.name, read.meta.versionId) == ("Lægehuset Åboulevarden", "2")
    assert client.get(f"Organization/{unit.id}")["name"] == "Lægehuset Åboulevarden"

    told = unit.delete()

    assert told.resourceType == "OperationOutcome"
    with pytest.raises(ResourceNotFound, match="was deleted"):
        client.reference("Organization", unit.id).to_resource()


def test_fhirpy_keeps_what_has_not_changed(client: SyncFHIRClient) -> None:
    unit = client.resource(**_named(new_unit())).create()

    _, status = client._do_request(
        "get",
        f"Organization/{unit.id}",
        extra_headers={"If-None-Match": unit.meta.versionId},
        returning_status=True,
    )

    assert status == 304
    assert unit.refresh().meta.versionId == "1"


def test_fhirpy_updates_and_deletes_by_a_search(client: SyncFHIRClient) -> None:
    unit = new_unit()
    found = client.resources("Organization").search(identifier=sor_of(unit))

    made, is_new = found.update(client.resource(**_named(unit)))
    changed, is_new_again = found.update(client.resource(**_named(unit | {"name": "Ny"})))

    assert (is_new, is_new_again) == (True, False)
    assert (changed.id, changed.meta.versionId) == (made.id, "2")

    _, status = found.delete()

    assert status == 200
    assert found.count() == 0


def test_fhirpy_hears_that_a_search_is_not_of_one(client: SyncFHIRClient) -> None:
    with pytest.raises(MultipleResourcesFound, match="multiple-matches"):
        client.resources("Organization").search(active=True).delete()


def test_fhirpys_get_or_create_is_refused_and_told_of_if_none_exist(client: SyncFHIRClient) -> None:
    unit = new_unit()
    found = client.resources("Organization").search(identifier=sor_of(unit))

    with pytest.raises(OperationOutcome, match="If-None-Exist"):
        found.get_or_create(client.resource(**_named(unit)))

    assert found.count() == 0


def test_fhirpy_creates_once_with_if_none_exist(served: Served) -> None:
    unit = new_unit()
    client = SyncFHIRClient(
        served.base,
        authorization=f"Bearer {served.token}",
        extra_headers={"If-None-Exist": f"identifier={sor_of(unit)}"},
    )

    first, second = (client.resource(**_named(unit)).create() for _ in range(2))

    assert first.id == second.id


def test_fhirpys_patch_is_refused_and_told_which_are_taken(client: SyncFHIRClient) -> None:
    unit = client.resource(**_named(new_unit())).create()

    with pytest.raises(OperationOutcome, match=r"application/merge-patch\+json"):
        unit.patch(name="Ny")

    with pytest.raises(OperationOutcome, match=r"application/merge-patch\+json"):
        client.resources("Organization").search(_id=unit.id).patch(name="Ny")


def test_fhirpys_patch_is_taken_where_it_says_what_it_is(
    client: SyncFHIRClient, served: Served
) -> None:
    unit = client.resource(**_named(new_unit())).create()
    merging = SyncFHIRClient(
        served.base,
        authorization=f"Bearer {served.token}",
        extra_headers={"Content-Type": "application/merge-patch+json"},
    )

    patched = merging.patch("Organization", unit.id, alias=["Lægehuset"])

    assert (patched["alias"], patched["name"]) == (["Lægehuset"], unit.name)


@pytest.mark.parametrize(
    ("criteria", "wanted"),
    [
        ({"name": "hjemmesygeplejen"}, 3),
        ({"name__contains": "SYGEPLEJEN"}, 3),
        ({"name__exact": "hjemmesygeplejen"}, 0),
        ({"active__not": "true", "name__contains": "inaktiv"}, 0),
        ({"partof__missing": False, "_id": NORTH}, 1),
        ({"_lastUpdated__ge": "2026-01-01", "_id": f"{NORTH},none"}, 1),
        ({"_lastUpdated__lt": "2026-01-01"}, 0),
        ({"endpoint__status": "active", "name": "Hjemmesygeplejen Nord"}, 1),
        ({"endpoint__Endpoint__name__contains": "Nord", "_id": NORTH}, 1),
    ],
    ids=str,
)
def test_fhirpy_searches(client: SyncFHIRClient, criteria: Json, wanted: int) -> None:
    found = client.resources("Organization").search(**criteria)

    assert found.count() == wanted
    assert len(found.fetch_all()) == wanted


def test_fhirpy_searches_by_what_points_at_a_unit(client: SyncFHIRClient) -> None:
    units = client.resources("Organization")

    assert units.has("Endpoint", "organization", status="active").search(_id=NORTH).count() == 1
    assert units.has("Endpoint", "organization", status="off").search(_id=NORTH).count() == 0


def test_fhirpy_asks_where_a_unit_receives_a_message(client: SyncFHIRClient) -> None:
    unit = client.resources("Organization").search(_id=NORTH).include("Organization", "endpoint")

    found = unit.search(Raw(messageType=build.ACK_2_0)).fetch_raw()
    none = unit.search(Raw(messageType=build.HCO_1_1)).fetch_raw()

    assert [each.resource.resourceType for each in found.entry] == ["Organization", "Endpoint"]
    assert none.total == 0


def test_fhirpy_calls_operations(client: SyncFHIRClient) -> None:
    units = client.resources("Organization")

    receivers = units.execute(
        "$getEerReceiverDataBySORId", method="get", params={"sorId": SOR_OF_NORTH}
    )
    parameter = [
        {"name": "gln", "valueString": GLN_OF_NORTH},
        {"name": "messageType", "valueString": build.HCO_1_1},
    ]
    answer = units.execute(
        "$addressability", data={"resourceType": "Parameters", "parameter": parameter}
    )
    progress = client.reference("Endpoint", NORTH).execute("$publication", method="get")

    assert [each.search.mode for each in receivers.entry] == ["match", "include"]
    assert answer.get_by_path(["parameter", {"name": "addressable"}, "valueBoolean"]) is False
    assert progress.get_by_path(["parameter", {"name": "version"}, "valueInteger"]) == 1


def test_fhirpy_includes_and_reverses(client: SyncFHIRClient) -> None:
    endpoints = client.resources("Endpoint").search(organization=f"Organization/{NORTH}")
    wide = (
        endpoints.include("Endpoint", "organization")
        .include("Organization", "partof", iterate=True)
        .revinclude("Organization", "endpoint", "Endpoint")
    )

    entries = wide.fetch_raw().entry

    modes = [(each.search.mode, each.resource.reference) for each in entries]
    assert modes[0] == ("match", f"Endpoint/{NORTH}")
    assert ("include", f"Organization/{NORTH}") in modes[1:]
    assert {mode for mode, _ in modes[1:]} == {"include"}
    assert len(modes) == len(set(modes)) > 2


def test_fhirpys_recursive_include_is_passed_over_and_said(client: SyncFHIRClient) -> None:
    endpoints = client.resources("Endpoint").search(_id=NORTH)

    entries = endpoints.include("Endpoint", "organization", recursive=True).fetch_raw().entry

    assert [each.search.mode for each in entries] == ["match", "outcome"]


def test_fhirpy_pages_to_the_end(client: SyncFHIRClient) -> None:
    endpoints = client.resources("Endpoint").sort("-name").limit(7)

    found = endpoints.fetch_all()

    names = [each.name for each in found]
    assert len({each.id for each in found}) == len(found) == endpoints.count() > 21
    assert names[0] > names[-1]
    assert len(endpoints.fetch()) == 7
    assert endpoints.first().id == found[0].id


def test_fhirpy_takes_a_part(client: SyncFHIRClient) -> None:
    part = client.resources("Endpoint").search(_id=NORTH).elements("name").get()

    assert part.name
    assert "period" not in part
    assert part.get_by_path("meta.tag.0.code") == "SUBSETTED"


def test_fhirpys_exclusion_of_elements_leaves_only_what_has_to_be_there(
    client: SyncFHIRClient,
) -> None:
    part = client.resources("Endpoint").search(_id=NORTH).elements("period", exclude=True).get()

    assert {"status", "connectionType", "payloadType", "address"} <= set(part)
    assert "name" not in part


def test_fhirpy_validates(client: SyncFHIRClient) -> None:
    unit = new_unit()

    assert client.resource(**_named(unit)).is_valid()
    assert not client.resource(**_named(unit | {"name": None})).is_valid()


def test_fhirpy_writes_a_batch_and_a_transaction(client: SyncFHIRClient) -> None:
    bundle = new_pair()

    written = client.resource(**_named(bundle)).create()

    unit, endpoint = (_located(each.response.location) for each in written.entry)
    read = client.reference(reference=unit).to_resource()
    assert read.endpoint[0].reference == endpoint

    asked = [{"request": {"method": "GET", "url": url}} for url in (unit, "Organization/none")]
    answered = client.execute("", data={"resourceType": "Bundle", "type": "batch", "entry": asked})

    assert [each.response.status for each in answered.entry] == ["200 OK", "404 Not Found"]


def test_fhirpy_reads_histories(client: SyncFHIRClient) -> None:
    unit = client.resource(**_named(new_unit())).create()
    unit.delete()
    path = f"Organization/{unit.id}/_history"

    versions = client.execute(path, method="get").entry
    newest = client.execute("_history", method="get", params={"_count": 1}).entry
    of_type = client.execute("Organization/_history", method="get", params={"_count": 1})

    assert [each.request.method for each in versions] == ["DELETE", "POST"]
    assert [each.request.method for each in newest] == ["DELETE"]
    assert of_type.total > len(of_type.entry) == 1
    assert client.execute(f"{path}/1", method="get").id == unit.id


def test_fhirpy_hears_what_a_unit_is_refused_for(client: SyncFHIRClient) -> None:
    with pytest.raises(OperationOutcome) as caught:
        client.resource(**_named(new_unit(identifier=None))).create()

    issues = caught.value.resource["issue"]
    assert ["Organization.identifier"] in [each.get("expression") for each in issues]


def test_fhirpy_hears_that_nobody_knows_it(served: Served) -> None:
    with pytest.raises(AuthorizationError, match="no token found"):
        SyncFHIRClient(served.base).resources("Endpoint").fetch()


def test_fhirpy_does_the_same_without_waiting(served: Served) -> None:
    client = AsyncFHIRClient(served.base, authorization=f"Bearer {served.token}")

    unit, found = asyncio.run(_without_waiting(client))

    assert unit.meta.versionId == "2"
    assert len({each.id for each in found}) == len(found) > 5


async def _without_waiting(client: AsyncFHIRClient) -> tuple[Any, list[Any]]:
    unit = await client.resource(**_named(new_unit())).create()
    unit["name"] = "Lægehuset Nyhavn"
    await unit.update()
    assert await unit.is_valid()
    found = [each async for each in client.resources("Endpoint").limit(5)]
    await unit.delete()
    return unit, found


def _named(resource: Json) -> Json:
    """Return *resource* as fhirpy takes it."""
    rest = {name: each for name, each in resource.items() if name != "resourceType"}
    return {"resource_type": resource["resourceType"], **rest}


def _located(location: str) -> str:
    """Return type and id of a location with a version."""
    return "/".join(location.split("/")[-4:-2])
