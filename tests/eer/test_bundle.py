from typing import Any

import pytest

import builders_fhir as build
from eer.domain.errors import Malformed
from eer.fhir import bundle, codec_xml
from eer.fhir.bundle import Item, Unit

URN = "urn:uuid:0b5f0e2a-8a2b-4f6e-8a1e-2f6f1d2b3c4d"


def unit(json: build.Json, name: str = "file.json") -> Unit:
    return bundle.unit(*build.file(json, name))


def entry(method: str, url: str, resource: build.Json, **more: Any) -> build.Json:
    request = {"method": method, "url": url, **more.pop("request", {})}
    return {"resource": resource, "request": request, **more}


def transaction(*entries: Any) -> build.Json:
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}


def test_a_transaction_stands_or_falls_as_one() -> None:
    found = unit(build.transaction(build.owner(), build.device()))

    assert found.is_atomic
    assert [(item.place, item.id) for item in found.items] == [
        ("Bundle.entry[0].resource", "owner-90"),
        ("Bundle.entry[1].resource", "device-1"),
    ]


def test_a_collection_does_not() -> None:
    found = unit(build.collection(build.owner()))

    assert not found.is_atomic
    assert found.items == (Item("Bundle.entry[0].resource", build.owner(), "owner-90"),)


def test_a_resource_alone_is_a_unit() -> None:
    assert unit(build.device()).items == (Item("Device", build.device(), "device-1"),)


def test_xml_is_told_by_how_it_begins() -> None:
    body = codec_xml.printed(build.device())

    for written in (body, b"\xef\xbb\xbf" + body, b" \n" + body.partition(b"\n")[2]):
        assert bundle.unit("file", written).items[0].json == build.device()


def test_a_post_leaves_the_id_to_the_register() -> None:
    found = unit(transaction(entry("POST", "Device", build.device(), fullUrl=URN)))

    assert (found.items[0].id, found.items[0].urn) == (None, URN)


@pytest.mark.parametrize(
    "wrong",
    [
        entry("DELETE", "Device/device-1", build.device()),
        entry("GET", "Device/device-1", build.device()),
        entry("PUT", "Device/other", build.device()),
        entry("PUT", "Device?identifier=x", build.device()),
        entry("POST", "Endpoint", build.device()),
        entry("POST", "Device", build.device(), request={"ifNoneExist": "identifier=x"}),
        entry("PUT", "Device/device-1", build.device(), request={"ifMatch": 'W/"1"'}),
        entry("PUT", "Device/device-1", {}),
        {"resource": build.device()},
    ],
)
def test_an_entry_that_is_no_plain_put_or_post_is_named(wrong: build.Json) -> None:
    with pytest.raises(Malformed, match=r"file.json: .* found") as fault:
        unit(transaction(entry("PUT", "Device/device-2", build.device(2)), wrong))

    assert fault.value.issues[0].expression.startswith("Bundle.entry[1].request")


@pytest.mark.parametrize("entries", [{}, "x", [None], [build.device(), 5]])
def test_entries_that_are_no_objects_are_malformed(entries: Any) -> None:
    for kind in ("transaction", "collection"):
        with pytest.raises(Malformed, match="an array of objects"):
            unit({"resourceType": "Bundle", "type": kind, "entry": entries})


@pytest.mark.parametrize("kind", ["searchset", "batch", "history", None])
def test_a_bundle_of_another_type_is_malformed(kind: str | None) -> None:
    with pytest.raises(Malformed, match="expected transaction or collection"):
        unit({"resourceType": "Bundle", "type": kind})


def test_a_resource_that_stands_twice_is_malformed() -> None:
    for make in (build.transaction, build.collection):
        with pytest.raises(Malformed, match="Device/device-1 stands twice"):
            unit(make(build.device(), build.device()))


def test_an_empty_bundle_holds_nothing() -> None:
    assert unit({"resourceType": "Bundle", "type": "collection"}).items == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"resourceType": "Bund',
        b"[]",
        b"\xff",
        b"<?xml version='1.0'?><!DOCTYPE x><Device xmlns='http://hl7.org/fhir'/>",
        b"<Device",
    ],
)
def test_what_cannot_be_read_is_malformed_and_named(body: bytes) -> None:
    with pytest.raises(Malformed, match=r"^broken\.json: "):
        bundle.unit("broken.json", body)


def test_urns_become_the_ids_they_stand_for() -> None:
    json = build.organization(
        endpoint=[{"reference": URN}, {"reference": "urn:uuid:other"}],
        extension=[build.linked("urn:x", URN), build.worded("urn:x", URN)],
    )

    found = bundle.resolved(json, {URN: "Endpoint/new"})

    assert found["endpoint"] == [{"reference": "Endpoint/new"}, {"reference": "urn:uuid:other"}]
    assert found["extension"] == [
        build.linked("urn:x", "Endpoint/new"),
        build.worded("urn:x", URN),
    ]


def test_resources_that_came_alone_stand_together_where_the_first_came() -> None:
    first, last = (unit(build.transaction(build.device(n)), f"{n}.json") for n in (1, 2))
    one, other = unit(build.owner(), "one.json"), unit(build.access_point(), "other.json")

    found = list(bundle.gathered([first, one, last, other]))

    assert [each.name for each in found] == ["1.json", "2 files", "2.json"]
    assert [item.place for item in found[1].items] == [
        "one.json: Organization",
        "other.json: Device",
    ]


def test_a_resource_that_came_alone_stays_so() -> None:
    units = [unit(build.owner())]

    assert list(bundle.gathered(units)) == units
