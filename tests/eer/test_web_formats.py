"""Both written forms, asked for in every way FHIR R4 names (http, 3.1.0.1.10)."""

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

import builders_fhir as build
import builders_web as web
from builders_web import FHIR_JSON, FHIR_XML, Api
from eer.fhir import codec_json, codec_xml

UTF_8 = "; charset=utf-8"
NAMES = st.sampled_from(["value", "url", "system", "coding", "reference", "extension", "x"])
WHOLE = [*build.registered(), build.message_definition(), build.device()]


@pytest.fixture
def filled(fhir: Api) -> Api:
    fhir.put(build.device())
    return fhir


def form(response: TestResponse) -> str:
    return response.headers["Content-Type"].removesuffix(UTF_8)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        *((None, FHIR_JSON), ("*/*", FHIR_JSON), ("application/*", FHIR_JSON)),
        *((each, each) for each in (FHIR_JSON, FHIR_XML, "application/json", "text/json")),
        *((each, each) for each in ("application/xml", "text/xml")),
        *((each, each) for each in ("application/json+fhir", "application/xml+fhir")),
        (f"{FHIR_JSON}; charset=utf-8", FHIR_JSON),
        (f"{FHIR_XML};charset=UTF-8", FHIR_XML),
        (f"{FHIR_XML}; fhirVersion=4.0", FHIR_XML),
        ("Application/FHIR+XML", FHIR_XML),
        (f"{FHIR_JSON};q=0.5, {FHIR_XML}", FHIR_XML),
        (f"{FHIR_JSON};q=0, {FHIR_XML};q=0.1", FHIR_XML),
        (f"text/html, {FHIR_XML};q=0.9, */*;q=0.8", FHIR_XML),
        ("text/html, */*;q=0.1", FHIR_JSON),
    ],
)
def test_the_answer_has_the_form_that_is_accepted(
    filled: Api, accept: str | None, expected: str
) -> None:
    headers = {} if accept is None else {"Accept": accept}

    response = filled.get("Device/device-1", headers=headers)

    assert (response.status_code, form(response)) == (200, expected)


@pytest.mark.parametrize(
    "accept", ["text/html", "application/fhir+turtle", "image/*", f"{FHIR_JSON};q=0"]
)
def test_a_form_we_lack_is_not_acceptable(filled: Api, accept: str) -> None:
    response = filled.get("Device/device-1", headers={"Accept": accept})

    assert response.status_code == 406
    assert web.outcome(response) == [("error", "not-supported")]


@pytest.mark.parametrize("version", ["3.0", "5.0"])
def test_another_version_of_fhir_is_not_acceptable(filled: Api, version: str) -> None:
    accept = f"{FHIR_JSON}; fhirVersion={version}"

    assert filled.get("Device/device-1", headers={"Accept": accept}).status_code == 406
    assert filled.put(build.device(), content_type=accept).status_code == 415


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        *(("json", FHIR_JSON), ("xml", FHIR_XML), ("text/xml", FHIR_XML)),
        *(("application/json", FHIR_JSON), ("application/xml", FHIR_XML)),
        *(("application/fhir+xml", FHIR_XML), ("application/fhir%2Bxml", FHIR_XML)),
        ("application/fhir%2Bjson;charset=utf-8", FHIR_JSON),
    ],
)
def test_format_says_more_than_accept(filled: Api, written: str, expected: str) -> None:
    response = filled.get(f"Device/device-1?_format={written}", headers={"Accept": "text/html"})

    assert (response.status_code, form(response)) == (200, expected)


@pytest.mark.parametrize("written", ["", "html", "ttl", "jsonx", "%00"])
def test_a_format_that_is_none_is_a_bad_request(filled: Api, written: str) -> None:
    response = filled.get(f"Device/device-1?_format={written}")

    assert response.status_code == 400
    assert web.outcome(response) == [("error", "not-supported")]


def test_format_does_not_say_how_the_body_is_read(fhir: Api) -> None:
    response = fhir.send("PUT", "Device/device-1?_format=xml", build.device())

    assert (response.status_code, form(response)) == (201, FHIR_XML)


def test_both_forms_say_the_same(filled: Api) -> None:
    in_json = filled.get("Device/device-1").data
    in_xml = filled.get("Device/device-1?_format=xml").data

    assert codec_xml.parse(in_xml) == codec_json.parse(in_json)


@pytest.mark.parametrize("media_type", [FHIR_XML, "application/xml", f"text/xml{UTF_8}"])
def test_a_body_may_be_xml(fhir: Api, media_type: str) -> None:
    body = codec_xml.printed(build.device())

    response = fhir.put(build.device(), data=body, content_type=media_type)

    assert response.status_code == 201
    assert fhir.get("Device/device-1").get_json()["manufacturer"] == "Systemhuset"


@pytest.mark.parametrize("media_type", [FHIR_JSON, "application/json", f"{FHIR_JSON}{UTF_8}"])
def test_a_body_may_be_json(fhir: Api, media_type: str) -> None:
    assert fhir.put(build.device(), content_type=media_type).status_code == 201


@pytest.mark.parametrize(
    "media_type",
    [None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"],
)
def test_a_body_of_another_type_is_not_read(fhir: Api, media_type: str | None) -> None:
    response = fhir.put(build.device(), content_type=media_type)

    assert response.status_code == 415
    assert web.outcome(response) == [("error", "not-supported")]


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"   ", b"{", b'{"resourceType": "Device"', b"[]", b"null", b'"x"', b"\xff\xfe"),
        *(b'{"resourceType": "Device", "id": "device-1", "id": "device-1"}', b"NaN"),
        *(b"[" * 100_000, b'{"a":' * 100_000, b'{"resourceType": {}}', b'{"resourceType": 5}'),
        b'{"resourceType": "Device", "id": ["device-1"]}',
        b'{"resourceType": "Device", "id": "device-1", "meta": "x", "owner": 5, "type": []}',
        b'{"resourceType": "Device", "id": "device-1", "extension": {}, "contact": "x"}',
        b'{"resourceType": "Device", "id": "device-1", "identifier": [null, 5, [], {"value": {}}]}',
        b'{"resourceType": "Device", "id": "device-1", "meta": {"profile": [null, {}, 5]}}',
        b'{"resourceType": "Device", "id": "device-1", "text": {"status": 1, "div": "<script>"}}',
        b'{"resourceType": "Device", "id": "device-1", "manufacturer": "\\u0000\\ud800"}',
        b'{"resourceType": "Device", "id": "device-1", "url": 1e999}',
        b'{"resourceType": "Device", "id": "device-1", "contained": [{"resourceType": "Foo"}]}',
    ],
)
def test_a_body_that_is_no_resource_is_a_bad_request(fhir: Api, body: bytes) -> None:
    response = fhir.put(build.device(), data=body)

    assert response.status_code == 400
    assert {severity for severity, _ in web.outcome(response)} <= {"error", "warning"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<Device",
        b"<Device/>",
        b'<Device xmlns="http://hl7.org/fhir"><colour value="red"/></Device>',
        b'<!DOCTYPE Device><Device xmlns="http://hl7.org/fhir"><id value="device-1"/></Device>',
        b'<!DOCTYPE D [<!ENTITY a "b">]><Device xmlns="http://hl7.org/fhir"><id value="&a;"/>',
        b'<?xml version="1.0" encoding="UTF-7"?><Device xmlns="http://hl7.org/fhir"/>',
        b'<Device xmlns="http://hl7.org/fhir">' + b"<extension>" * 5000,
    ],
)
def test_xml_that_is_no_resource_is_a_bad_request(fhir: Api, body: bytes) -> None:
    response = fhir.put(build.device(), data=body, content_type=FHIR_XML)

    assert response.status_code == 400


def test_a_body_larger_than_allowed_is_not_read(fhir: Api) -> None:
    response = fhir.put(build.device(), data=b" " * (16 * 1024 * 1024 + 1))

    assert response.status_code == 413
    assert web.outcome(response) == [("error", "too-long")]


def test_what_can_be_read_alone_can_be_read_in_a_page_in_both_forms(fhir: Api) -> None:
    inner = build.worded("urn:x", "y")
    for _ in range(47):
        inner = {"url": "urn:x", "extension": [inner]}
    fhir.put(build.device(extension=[inner]))

    for asked in ("json", "xml"):
        assert fhir.get(f"Device?_format={asked}").status_code == 200
        assert fhir.get(f"Device/device-1?_format={asked}").status_code == 200


def test_letters_of_all_the_world_come_back_in_both_forms(fhir: Api) -> None:
    name = "Ærøskøbing 🦴 <&>\"' 中 \u200f"
    fhir.put(build.device(manufacturer=name))

    in_xml = codec_xml.parse(fhir.get("Device/device-1?_format=xml").data)

    assert in_xml["manufacturer"] == name
    assert fhir.get("Device/device-1").get_json()["manufacturer"] == name


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)


@st.composite
def mutilated(draw: st.DrawFn) -> build.Json:
    """Return a resource in which something else stands in one place or two."""
    resource: build.Json = copy.deepcopy(draw(st.sampled_from(WHOLE)))
    for _ in range(draw(st.integers(1, 2))):
        here: Any = resource
        while True:
            step = draw(st.sampled_from([*here] if isinstance(here, dict) else range(len(here))))
            if not isinstance(here[step], dict | list) or not here[step] or draw(st.booleans()):
                break
            here = here[step]
        if not (here is resource and step in ("resourceType", "id")):
            here[step] = draw(ANYTHING)
    return resource


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mutilated())
def test_whatever_is_sent_is_answered(fhir: Api, resource: build.Json) -> None:
    response = fhir.put(resource)

    assert response.status_code in (200, 201, 400, 409, 422)
    assert fhir.get(f"{resource['resourceType']}?_format=xml").status_code == 200


def test_an_answer_without_a_body_names_no_form(fhir: Api) -> None:
    made = fhir.put(build.device(), headers={"Prefer": "return=minimal"})
    held = fhir.get("Device/device-1", headers={"If-None-Match": made.headers["ETag"]})
    other = fhir.get("openapi.json", headers={"If-None-Match": "*"})
    preflight = fhir.ask("OPTIONS", "Device")

    for answer in (made, held, other, preflight):
        assert (answer.data, "Content-Type" in answer.headers) == (b"", False)
