"""How a resource changes in part (R4 http, patch; R4 fhirpatch; RFC 6902 and 7396)."""

import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

import builders_fhir as build
import builders_web as web
from builders_fhir import Json
from builders_web import FHIR_JSON, FHIR_XML, Api
from exchanges import done, refused

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
XHTML = '<div xmlns="http://www.w3.org/1999/xhtml">Systemhuset</div>'
TO_OTHER = [{"op": "replace", "path": "/manufacturer", "value": "Et andet hus"}]


@pytest.fixture
def filled(fhir: Api) -> Api:
    """Return the API over a register that holds a device with two identifiers and two contacts."""
    fhir.put(
        build.device(
            identifier=[{"value": "a"}, {"value": "b"}],
            contact=[{"system": "phone", "value": "1"}, {"system": "email", "value": "x@y.dk"}],
            note=[{"text": "første"}, {"text": "anden"}, {"text": "tredje"}],
        )
    )
    return fhir


def patch(
    fhir: Api, change: Any, media_type: str = JSON_PATCH, path: str = "Device/device-1", **more: Any
) -> TestResponse:
    data = change if isinstance(change, str | bytes) else json.dumps(change)
    return fhir.ask("PATCH", path, data=data, content_type=media_type, **more)


def operation(kind: str, path: str, **parts: Any) -> Json:
    """Return one operation of a FHIRPath Patch; *value* is a value[x] by its name and content."""
    found: list[Json] = [
        {"name": "type", "valueCode": kind},
        {"name": "path", "valueString": path},
    ]
    for name, value in parts.items():
        if name == "value":
            found.append({"name": "value", **value})
        elif isinstance(value, int):
            found.append({"name": name, "valueInteger": value})
        else:
            found.append({"name": name, "valueString": value})
    return {"name": "operation", "part": found}


def fhirpath(*operations: Json) -> Json:
    return {"resourceType": "Parameters", "parameter": list(operations)}


def device(fhir: Api) -> Json:
    return done(fhir.get("Device/device-1"))


def notes(found: Json) -> list[str]:
    return [each["text"] for each in found.get("note", [])]


REPLACE = operation("replace", "Device.manufacturer", value={"valueString": "Et andet hus"})
REPLACE_IN_XML = """<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="operation"/>
<part><name value="type"/><valueCode value="replace"/></part>
<part><name value="path"/><valueString value="Device.manufacturer"/></part>
<part><name value="value"/><valueString value="Et andet hus"/></part>
</parameter></Parameters>"""


@pytest.mark.fhir(57)
@pytest.mark.parametrize(
    ("media_type", "change"),
    [
        (JSON_PATCH, TO_OTHER),
        (f"{JSON_PATCH}; charset=utf-8", TO_OTHER),
        (MERGE_PATCH, {"manufacturer": "Et andet hus"}),
        (FHIR_JSON, fhirpath(REPLACE)),
        (FHIR_XML, REPLACE_IN_XML),
    ],
)
def test_a_patch_is_what_its_media_type_says(filled: Api, media_type: str, change: Any) -> None:
    response = patch(filled, change, media_type)

    assert done(response)["manufacturer"] == "Et andet hus"
    assert device(filled)["manufacturer"] == "Et andet hus"
    assert device(filled)["note"][1] == {"text": "anden"}


@pytest.mark.fhir(57)
@pytest.mark.parametrize(
    ("media_type", "change"),
    [
        ("application/json", {"manufacturer": "Et andet hus"}),
        ("application/json", TO_OTHER),
        ("application/xml-patch+xml", '<diff><remove sel="Device/note"/></diff>'),
        ("application/xml", REPLACE_IN_XML),
        ("text/plain", "x"),
    ],
)
def test_any_other_patch_is_an_unsupported_media_type(
    filled: Api, media_type: str, change: Any
) -> None:
    assert refused(patch(filled, change, media_type), 415) == ["not-supported"]
    assert device(filled)["meta"]["versionId"] == "1"


@pytest.mark.fhir(57)
@pytest.mark.parametrize(
    ("media_type", "change"),
    [
        *((JSON_PATCH, text) for text in ("", "{", "{}", "7", '[{"op": "spin", "path": "/id"}]')),
        *((FHIR_JSON, text) for text in ("", "[]", json.dumps(build.device()))),
        (FHIR_JSON, fhirpath(operation("spin", "Device.note"))),
        (FHIR_JSON, fhirpath({"name": "operation"})),
        *((FHIR_XML, text) for text in ("", "<x/>")),
        *((MERGE_PATCH, text) for text in ("", "[]", "7")),
    ],
)
def test_what_is_no_patch_changes_nothing(filled: Api, media_type: str, change: Any) -> None:
    response = patch(filled, change, media_type)

    assert response.status_code in (400, 422), response.get_data(as_text=True)
    assert device(filled)["meta"]["versionId"] == "1"


@pytest.mark.fhir(57)
def test_a_merge_patch_takes_away_what_it_says_is_null(filled: Api) -> None:
    found = done(patch(filled, {"contact": None, "note": [{"text": "ny"}]}, MERGE_PATCH))

    assert "contact" not in found
    assert notes(found) == ["ny"]
    assert len(found["identifier"]) == 2


@pytest.mark.fhir(58)
@pytest.mark.parametrize(
    ("change", "statuses"),
    [
        ([{"op": "remove", "path": "/manufacturer"}], {422}),
        ([{"op": "replace", "path": "/status", "value": "bogus"}], {400, 422}),
        ([{"op": "add", "path": "/colour", "value": "red"}], {400, 422}),
        ([{"op": "replace", "path": "/identifier", "value": []}], {400, 422}),
        (
            [*TO_OTHER, {"op": "add", "path": "/owner", "value": {"reference": "Organization/x"}}],
            {422},
        ),
    ],
)
def test_a_patched_resource_is_judged_like_an_update(
    filled: Api, change: Any, statuses: set[int]
) -> None:
    response = patch(filled, change)

    assert response.status_code in statuses
    assert {"error"} <= {severity for severity, _ in web.outcome(response)}
    assert device(filled)["meta"]["versionId"] == "1"
    assert device(filled)["manufacturer"] == "Systemhuset"


@pytest.mark.fhir(58)
def test_a_patch_to_an_identifier_that_is_taken_is_a_duplicate(filled: Api) -> None:
    filled.put(build.device(2))
    change = [{"op": "replace", "path": "/identifier/0/value", "value": "device-2"}]

    assert refused(patch(filled, change), 409) == ["duplicate"]
    assert device(filled)["meta"]["versionId"] == "1"


@pytest.mark.fhir(58, 64)
@pytest.mark.parametrize(
    "tested", [{"path": "/status", "value": "inactive"}, {"path": "/version", "value": "1"}]
)
def test_a_test_that_fails_changes_nothing(filled: Api, tested: Json) -> None:
    response = patch(filled, [*TO_OTHER, {"op": "test", **tested}])

    assert refused(response, 422)
    assert device(filled)["manufacturer"] == "Systemhuset"


@pytest.mark.fhir(58)
@pytest.mark.parametrize(
    ("media_type", "change"),
    [
        (JSON_PATCH, [{"op": "replace", "path": "/nowhere", "value": 1}]),
        (JSON_PATCH, [{"op": "remove", "path": "/note/7"}]),
        (JSON_PATCH, [{"op": "copy", "from": "/nowhere", "path": "/note/0/text"}]),
        (FHIR_JSON, fhirpath(operation("replace", "Device.nowhere", value={"valueString": "x"}))),
        (
            FHIR_JSON,
            fhirpath(operation("replace", "Device.note[7].text", value={"valueString": "x"})),
        ),
    ],
)
def test_a_path_to_nothing_changes_nothing(filled: Api, media_type: str, change: Any) -> None:
    assert refused(patch(filled, change, media_type), 422) == ["processing"]
    assert device(filled)["meta"]["versionId"] == "1"


@pytest.mark.fhir(59)
@pytest.mark.parametrize(
    ("media_type", "change"),
    [
        *((JSON_PATCH, [{"op": "remove", "path": each}]) for each in ("/id", "/resourceType")),
        (JSON_PATCH, [{"op": "replace", "path": "/id", "value": "other"}]),
        (JSON_PATCH, [{"op": "replace", "path": "/resourceType", "value": "Organization"}]),
        (JSON_PATCH, [{"op": "replace", "path": "/meta/versionId", "value": "41"}]),
        (JSON_PATCH, [{"op": "remove", "path": "/meta/versionId"}]),
        (JSON_PATCH, [{"op": "replace", "path": "", "value": build.device(id="other")}]),
        (MERGE_PATCH, {"id": "other"}),
        (MERGE_PATCH, {"id": None, "resourceType": None}),
        (MERGE_PATCH, {"meta": {"versionId": "41"}}),
        (FHIR_JSON, fhirpath(operation("delete", "Device.id"))),
        (FHIR_JSON, fhirpath(operation("replace", "Device.id", value={"valueId": "other"}))),
        (
            FHIR_JSON,
            fhirpath(operation("replace", "Device.meta.versionId", value={"valueId": "41"})),
        ),
    ],
)
def test_a_patch_leaves_a_resource_where_it_is(filled: Api, media_type: str, change: Any) -> None:
    response = patch(filled, change, media_type)

    found = device(filled)
    assert response.status_code in (200, 400, 422)
    assert (found["resourceType"], found["id"]) == ("Device", "device-1")
    assert found["meta"]["versionId"] in ("1", "2")
    assert (found["meta"]["versionId"] == "1") or response.status_code == 200
    assert filled.get("Device/other").status_code == 404


@pytest.mark.fhir(59, 50)
def test_a_patch_heeds_if_match(filled: Api) -> None:
    wrong = patch(filled, TO_OTHER, headers={"If-Match": 'W/"7"'})
    right = patch(filled, TO_OTHER, headers={"If-Match": 'W/"1"'})

    assert refused(wrong, 412)
    assert (right.status_code, right.headers["ETag"]) == (200, 'W/"2"')
    assert right.headers["Last-Modified"]


@pytest.mark.fhir(59)
def test_a_patch_answers_as_is_preferred(filled: Api) -> None:
    minimal = patch(filled, TO_OTHER, headers={"Prefer": "return=minimal"})

    assert (minimal.status_code, minimal.data) == (200, b"")
    assert minimal.headers["ETag"] == 'W/"2"'


@pytest.mark.fhir(59)
@pytest.mark.parametrize("change", [[], [{"op": "test", "path": "/id", "value": "device-1"}]])
def test_a_patch_of_nothing_makes_no_version(filled: Api, change: Any) -> None:
    response = patch(filled, change)

    assert (response.status_code, response.headers["ETag"]) == (200, 'W/"1"')


@pytest.mark.fhir(60)
def test_what_is_not_there_cannot_be_patched(filled: Api) -> None:
    filled.delete("Device/device-1")

    assert refused(patch(filled, TO_OTHER), 410) == ["deleted"]
    assert refused(patch(filled, TO_OTHER, path="Device/nowhere"), 404) == ["not-found"]
    assert filled.get("Device/device-1").status_code == 410


@pytest.mark.fhir(61)
@pytest.mark.parametrize(
    ("media_type", "change"), [(JSON_PATCH, TO_OTHER), (FHIR_JSON, fhirpath(REPLACE))]
)
def test_a_conditional_patch_changes_the_one_that_matches(
    filled: Api, media_type: str, change: Any
) -> None:
    response = patch(filled, change, media_type, "Device?identifier=b")

    assert done(response)["id"] == "device-1"
    assert device(filled)["manufacturer"] == "Et andet hus"


@pytest.mark.fhir(61)
def test_a_conditional_patch_of_none_or_several_changes_nothing(filled: Api) -> None:
    filled.put(build.device(2))

    none = patch(filled, TO_OTHER, path="Device?identifier=nowhere")
    several = patch(filled, TO_OTHER, path="Device?status=active")

    assert refused(none, 404) == ["not-found"]
    assert refused(several, 412) == ["multiple-matches"]
    assert device(filled)["meta"]["versionId"] == "1"


@pytest.mark.fhir(61)
@pytest.mark.parametrize("criteria", ["", "identifier=", "colour=red", "_count=1"])
def test_a_condition_that_is_none_changes_nothing(filled: Api, criteria: str) -> None:
    assert refused(patch(filled, TO_OTHER, path=f"Device?{criteria}"), 400)
    assert device(filled)["meta"]["versionId"] == "1"


@pytest.mark.fhir(62)
@pytest.mark.parametrize(
    ("media_type", "change"),
    [
        (JSON_PATCH, TO_OTHER),
        (MERGE_PATCH, {"manufacturer": "Et andet hus"}),
        (FHIR_JSON, fhirpath(REPLACE)),
    ],
)
def test_a_generated_narrative_does_not_outlive_a_patch(
    filled: Api, media_type: str, change: Any
) -> None:
    filled.put({**device(filled), "text": {"status": "generated", "div": XHTML}})

    assert "Systemhuset" not in json.dumps(done(patch(filled, change, media_type)).get("text", ""))


@pytest.mark.fhir(62)
def test_a_narrative_that_says_more_than_the_data_is_kept(filled: Api) -> None:
    text = {"status": "additional", "div": XHTML}
    filled.put({**device(filled), "text": text})

    assert done(patch(filled, TO_OTHER))["text"] == text


@pytest.mark.fhir(63)
@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        (
            [operation("add", "Device", name="note", value={"valueAnnotation": {"text": "ny"}})],
            ["første", "anden", "tredje", "ny"],
        ),
        (
            [
                operation(
                    "insert", "Device.note", index=1, value={"valueAnnotation": {"text": "ny"}}
                )
            ],
            ["første", "ny", "anden", "tredje"],
        ),
        ([operation("delete", "Device.note[0]")], ["anden", "tredje"]),
        ([operation("delete", "Device.note.where(text = 'anden')")], ["første", "tredje"]),
        ([operation("delete", "Device.lotNumber")], ["første", "anden", "tredje"]),
        (
            [operation("replace", "Device.note[2].text", value={"valueMarkdown": "ny"})],
            ["første", "anden", "ny"],
        ),
        (
            [operation("move", "Device.note", source=2, destination=0)],
            ["tredje", "første", "anden"],
        ),
        (
            [
                operation("delete", "Device.note[0]"),
                operation("move", "Device.note", source=1, destination=0),
                operation("replace", "Device.note[0].text", value={"valueString": "ny"}),
            ],
            ["ny", "anden"],
        ),
    ],
    ids=["add", "insert", "delete", "where", "delete nothing", "replace", "move", "several"],
)
def test_a_fhirpath_patch_has_its_operations(
    filled: Api, operations: list[Json], expected: list[str]
) -> None:
    response = patch(filled, fhirpath(*operations), FHIR_JSON)

    assert notes(done(response)) == expected
    assert notes(device(filled)) == expected


@pytest.mark.fhir(63)
@pytest.mark.parametrize(
    "several",
    [
        operation("delete", "Device.note"),
        operation("replace", "Device.note.text", value={"valueString": "x"}),
        operation("add", "Device.note", name="text", value={"valueString": "x"}),
    ],
    ids=["delete", "replace", "add"],
)
def test_a_path_to_several_places_is_refused(filled: Api, several: Json) -> None:
    response = patch(filled, fhirpath(REPLACE, several), FHIR_JSON)

    assert refused(response, 422)
    assert device(filled)["manufacturer"] == "Systemhuset"


@pytest.mark.fhir(64)
@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([{"op": "add", "path": "/note/1", "value": {"text": "ny"}}], "første ny anden tredje"),
        ([{"op": "add", "path": "/note/-", "value": {"text": "ny"}}], "første anden tredje ny"),
        ([{"op": "remove", "path": "/note/0"}], "anden tredje"),
        ([{"op": "replace", "path": "/note/1/text", "value": "ny"}], "første ny tredje"),
        ([{"op": "move", "from": "/note/2", "path": "/note/0"}], "tredje første anden"),
        ([{"op": "copy", "from": "/note/0", "path": "/note/-"}], "første anden tredje første"),
        (
            [
                {"op": "test", "path": "/note/0", "value": {"text": "første"}},
                {"op": "remove", "path": "/note/0"},
            ],
            "anden tredje",
        ),
    ],
    ids=["add", "append", "remove", "replace", "move", "copy", "test"],
)
def test_a_json_patch_has_its_operations(
    filled: Api, operations: list[Json], expected: str
) -> None:
    assert " ".join(notes(done(patch(filled, operations)))) == expected
    assert " ".join(notes(device(filled))) == expected
