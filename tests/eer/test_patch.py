"""What holds of every patch: nothing is changed in place, and what is the register's stays."""

from collections.abc import Callable
from typing import Any

import pytest

from builders_patch import operation, parameters, part
from eer.domain.errors import IssueCode, Malformed, Refused
from eer.fhir import codec_json, number, patch
from eer.fhir.codec_json import Json

META = {"versionId": "3", "lastUpdated": "2026-05-05T12:00:00Z", "source": "#a"}
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">Lægehuset</div>'
GENERATED = {"status": "generated", "div": DIV}
WRITTEN = {"status": "additional", "div": DIV}


def organization(**members: Any) -> Json:
    made = {"resourceType": "Organization", "id": "o", "meta": dict(META), "name": "Lægehuset"}
    return made | members


def by_json(*operations: Any) -> Callable[[Json], Json]:
    return lambda resource: patch.json_patch(resource, list(operations))


def by_merge(**members: Any) -> Callable[[Json], Json]:
    return lambda resource: patch.merge_patch(resource, members)


def by_fhirpath(*operations: Json) -> Callable[[Json], Json]:
    return lambda resource: patch.fhirpath_patch(resource, parameters(*operations))


def put(path: str, value: Any) -> Json:
    return {"op": "replace", "path": path, "value": value}


# What is not the patch's to change


@pytest.mark.fhir(59)
@pytest.mark.parametrize(
    ("change", "place", "name"),
    [
        (by_json(put("/name", "x"), put("/id", "x")), "[1]", "id"),
        (by_json({"op": "remove", "path": "/id"}), "[0]", "id"),
        (by_json({"op": "move", "from": "/id", "path": "/name"}), "[0]", "id"),
        (by_json(put("/resourceType", "Endpoint")), "[0]", "resourceType"),
        (by_json({"op": "remove", "path": "/resourceType"}), "[0]", "resourceType"),
        (by_json(put("/meta/versionId", "4")), "[0]", "meta.versionId"),
        (by_json({"op": "remove", "path": "/meta"}), "[0]", "meta.versionId"),
        (by_json(put("/meta", "x")), "[0]", "meta.versionId"),
        (by_json({"op": "remove", "path": "/meta/lastUpdated"}), "[0]", "meta.lastUpdated"),
        (by_json(put("", {"resourceType": "Organization"})), "[0]", "id"),
        (by_merge(id="x"), "Organization.id", "id"),
        (by_merge(id=None), "Organization.id", "id"),
        (by_merge(resourceType="Endpoint"), "Organization.resourceType", "resourceType"),
        (by_merge(meta=None), "Organization.meta.versionId", "meta.versionId"),
        (
            by_merge(meta={"lastUpdated": "2026"}),
            "Organization.meta.lastUpdated",
            "meta.lastUpdated",
        ),
        (by_fhirpath(operation("delete", "Organization.id")), "Parameters.parameter[0]", "id"),
        (
            by_fhirpath(operation("replace", "Organization.id", value={"valueId": "x"})),
            "Parameters.parameter[0]",
            "id",
        ),
        (
            by_fhirpath(
                operation("delete", "Organization.name"), operation("delete", "Organization.meta")
            ),
            "Parameters.parameter[1]",
            "meta.versionId",
        ),
        (
            by_fhirpath(
                operation("replace", "Organization.meta", value={"valueMeta": {"versionId": "3"}})
            ),
            "Parameters.parameter[0]",
            "meta.lastUpdated",
        ),
    ],
)
def test_identity_and_version_stay(change: Callable[[Json], Json], place: str, name: str) -> None:
    with pytest.raises(Refused) as caught:
        change(organization())

    (issue,) = caught.value.issues
    assert (issue.code, issue.expression) == (IssueCode.PROCESSING, place)
    assert issue.text.startswith(f"{name}: ")
    assert issue.text.endswith(": no patch may change it")


@pytest.mark.fhir(59)
@pytest.mark.parametrize(
    "change",
    [
        by_json({"op": "test", "path": "/id", "value": "o"}, put("/meta/source", "#b")),
        by_json({"op": "test", "path": "/meta/versionId", "value": "3"}, put("/meta/source", "#b")),
        by_json(put("/meta", META | {"source": "#b"})),
        by_json(put("", organization(meta=META | {"source": "#b"}))),
        by_merge(id="o", resourceType="Organization", meta={"versionId": "3", "source": "#b"}),
        by_fhirpath(operation("replace", "Organization.meta.source", value={"valueUri": "#b"})),
        by_fhirpath(
            operation("replace", "Organization.meta", value={"valueMeta": META | {"source": "#b"}})
        ),
    ],
)
def test_what_is_beside_identity_and_version_may_change(change: Callable[[Json], Json]) -> None:
    assert change(organization()) == organization(meta=META | {"source": "#b"})


@pytest.mark.parametrize("name", ["id", "meta"])
def test_what_the_register_has_not_set_a_patch_does_not_set(name: str) -> None:
    before = {key: each for key, each in organization().items() if key != name}

    with pytest.raises(Refused, match="no patch may change it"):
        patch.merge_patch(before, {name: organization()[name]})


# The narrative


@pytest.mark.fhir(62)
@pytest.mark.parametrize(
    "change",
    [
        by_json(put("/name", "x")),
        by_json(put("/name", "x"), {"op": "test", "path": "/text/div", "value": DIV}),
        by_merge(name="x"),
        by_fhirpath(operation("replace", "Organization.name", value="x")),
    ],
)
def test_a_generated_narrative_goes_when_what_it_tells_changed(
    change: Callable[[Json], Json],
) -> None:
    assert change(organization(text=GENERATED)) == organization(name="x")
    assert change(organization(text=WRITTEN)) == organization(name="x", text=WRITTEN)


@pytest.mark.fhir(62)
@pytest.mark.parametrize(
    "change",
    [
        by_json(put("/name", "x"), put("/text", GENERATED)),
        by_json(put("/name", "x"), put("/text/div", DIV)),
        by_json(put("", organization(name="x", text=GENERATED))),
        by_json(
            put("/name", "x"),
            {"op": "move", "from": "/text", "path": "/language"},
            {"op": "move", "from": "/language", "path": "/text"},
        ),
        by_merge(name="x", text={"status": "generated"}),
        by_fhirpath(
            operation("replace", "Organization.name", value="x"),
            operation("replace", "Organization.text.div", value=DIV),
        ),
        by_fhirpath(
            operation("replace", "Organization.name", value="x"),
            operation("delete", "Organization.text"),
            operation(
                "add",
                "Organization",
                name="text",
                value=[part("status", {"valueCode": "generated"}), part("div", DIV)],
            ),
        ),
    ],
)
def test_a_narrative_that_the_patch_sets_stays(change: Callable[[Json], Json]) -> None:
    assert change(organization(text=GENERATED)) == organization(name="x", text=GENERATED)


@pytest.mark.fhir(62)
@pytest.mark.parametrize(
    "change",
    [by_json(), by_json(put("/name", "Lægehuset")), by_merge(name="Lægehuset"), by_fhirpath()],
)
def test_a_narrative_stays_when_nothing_changed(change: Callable[[Json], Json]) -> None:
    assert change(organization(text=GENERATED)) == organization(text=GENERATED)


@pytest.mark.fhir(62)
def test_a_changed_spelling_of_a_number_is_a_change() -> None:
    before = {"resourceType": "Basic", "text": GENERATED, "n": number.parse("1.10")}

    assert patch.merge_patch(before, {"n": number.parse("1.1")}) == {
        "resourceType": "Basic",
        "n": 1.1,
    }


# Merge patches


def test_a_merge_patch_is_an_object() -> None:
    with pytest.raises(Malformed, match="an array found, expected an object"):
        patch.merge_patch(organization(), [])


def test_a_merge_patch_is_not_nested_without_end() -> None:
    deep: Json = {}
    for _ in range(5000):
        deep = {"x": deep}

    with pytest.raises(Malformed, match="nested deeper than 100 levels"):
        patch.merge_patch(organization(), deep)


def test_a_merge_patch_keeps_the_spelling_of_numbers_and_shares_nothing() -> None:
    body = {"a": [number.parse("1.10")], "b": {"c": {}}}

    found = patch.merge_patch({"d": number.parse("2.0")}, body)
    found["b"]["c"]["e"] = found["a"].append(1)

    assert codec_json.printed({"d": found["d"], "a": found["a"]}) == b'{"d":2.0,"a":[1.10,1]}'
    assert body == {"a": [1.1], "b": {"c": {}}}
