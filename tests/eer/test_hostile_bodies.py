"""Whatever is sent as a body, the answer is in FHIR and in words."""

import base64
import json
from typing import Any

import pytest

import builders_fhir as build
import builders_plain as plain
import builders_web as web
import searches
from builders_fhir import Json
from builders_web import FHIR_JSON, FHIR_XML, Api
from eer.domain.identifiers import GLN_SYSTEMS, SOR_SYSTEM
from hostile import answered, is_danish, told

JSON_PATCH, MERGE_PATCH = "application/json-patch+json", "application/merge-patch+json"
XMLNS = 'xmlns="http://hl7.org/fhir"'


@pytest.fixture
def filled(fhir: Api) -> Api:
    return searches.registered(
        fhir, build.organization(), build.device(), build.endpoint(), plain.code_system()
    )


def written(resource: Json, *texts: str) -> list[bytes]:
    """Return a resource with each of *texts*, JSON or no JSON, in place of the string @."""
    return [json.dumps(resource).replace('"@"', each).encode() for each in texts]


def nested(depth: int) -> str:
    return '{"extension":[' * depth + "1" + "]}" * depth


def narrative(div: str) -> str:
    return json.dumps({"status": "generated", "div": div})


LEAD = build.device(owner={"reference": "@"})
BODIES: list[bytes] = [
    *(b"", b" ", b"\x00", b"null", b"1", b'"x"', b"[]", b"[[]]", b"{", b"{}", b"\xff\xfe{\x00}"),
    *(b'{"resourceType":1}', b'{"resourceType":"Device","id":1}', b'{"resourceType":"Nonsense"}'),
    *(b'{"a":1,"a":2}', b'{"a":NaN}', b"1" * 100_000, b"[" * 200_000, b'{"a":' * 200_000),
    *(b"\xed\xa0\x80", b'{"resourceType":"Device","x":"\\ud800"}', b'\xef\xbb\xbf{"a":1}'),
    *written(build.device(extension=["@"]), nested(40), nested(100), nested(3_000)),
    *written(build.device(manufacturer="@"), '"\\u0000"', '"\\u0001"', '""', '"\\ud83d"', "{}"),
    *written(build.device(manufacturer="@"), '"' + "x" * 1_100_000 + '"'),
    *written(build.device(identifier=[{"value": "@"}]), '"\\u0000"', '"' + "x" * 9_999 + '"'),
    *written(build.device(status="@"), "null", "[]", "{}", "1e999", "true", '""', "1" * 5_000),
    *written(build.device(identifier="@"), "null", "[null]", "[[]]", "[{}]", "{}", "1", '"x"'),
    *written(LEAD, '"x"', '"?"', '"Device?"', '"urn:uuid:x"', '"\\u0000"', '"Device/\\u0000"'),
    *written(LEAD, '"Organization?name=\\u0000"', '"' + "Device/" * 9_999 + '"', "{}", "[1]"),
    *written(build.device(text="@"), narrative("<b>" * 5_000), narrative("<script/>"), '"x"'),
    *written(build.device(text="@"), narrative('<!DOCTYPE x [<!ENTITY a "b">]>&a;')),
    *written(build.device(meta="@"), '{"profile":[null,1,{},"\\u0000"]}', "[]", '"x"', "null"),
]
WAYS = [("PUT", "Device/device-1"), ("POST", "Device"), ("POST", "Device/$validate"), ("POST", "")]


@pytest.mark.parametrize("form", [FHIR_JSON, FHIR_XML])
def test_any_json_is_answered(filled: Api, form: str) -> None:
    for body in BODIES:
        for method, path in WAYS:
            response = filled.ask(
                method, path, data=body, content_type=FHIR_JSON, headers={"Accept": form}
            )
            assert answered(response, form) < 500, (method, path, body[:80])


def used(**value: Any) -> Json:
    return plain.code_system(useContext=[{"code": {"code": "x"}, **value}])


VALUES: list[Json] = [
    build.organization(9, identifier=[{"system": SOR_SYSTEM, "value": "50000\x0001000016"}]),
    build.endpoint(9, identifier=[{"system": GLN_SYSTEMS[0], "value": "579000\x000000001"}]),
    build.endpoint(9, payloadType=build.payloads("\x00")),
    build.message_definition(identifier=[{"value": "\x00"}], url="\x00"),
    build.message_definition(focus=[{"code": "Device", "min": 0, "max": "1" * 300_000 + "x"}]),
    plain.code_system(url="urn:\x00"),
    plain.code_system(concept=[{"code": "\x00"}]),
    plain.value_set(url="\x00"),
    plain.location(identifier=[{"system": "\x00", "value": "\x00"}]),
    plain.location(managingOrganization={"identifier": {"value": "\x00"}}),
    *(used(valueQuantity={"value": each}) for each in (10**400, -(10**400), 1e308, True, None)),
    used(valueRange={"low": {"value": 2}, "high": {"value": 1}}),
]


@pytest.mark.parametrize("way", ["PUT", "POST", "$validate", "batch", "transaction"])
def test_any_value_is_answered(filled: Api, way: str) -> None:
    for resource in VALUES:
        type_name, reference = resource["resourceType"], str(build.ref(resource))
        if way in ("batch", "transaction"):
            request = {"method": "PUT", "url": reference}
            entries = [{"resource": resource, "request": request}]
            sent = {"resourceType": "Bundle", "type": way, "entry": entries}
            response = filled.send("POST", "", sent)
            told = response.get_json().get("entry", [])
            assert [each for each in told if each["response"]["status"] >= "5"] == [], reference
        elif way == "$validate":
            response = filled.send("POST", f"{type_name}/$validate", resource)
        else:
            response = filled.send(way, reference if way == "PUT" else type_name, resource)
        assert answered(response) < 500, (way, reference)


@pytest.mark.fhir(129)
def test_what_is_wrong_with_a_body_is_told_in_danish_to_danes(filled: Api) -> None:
    headers = {"Accept-Language": "da"}
    for body in BODIES:
        for method, path in WAYS:
            sent = {"data": body, "content_type": FHIR_JSON, "headers": headers}
            texts = told(filled.ask(method, path, **sent).get_json(force=True))
            assert [each for each in texts if not is_danish(each)] == [], (path, body[:80])
    for patch, media_type in PATCHES:
        sent = {"data": patch.encode(), "content_type": media_type, "headers": headers}
        texts = told(filled.ask("PATCH", "Device/device-1", **sent).get_json(force=True))
        assert [each for each in texts if not is_danish(each)] == [], patch[:80]


XML = [
    *("", "<", "<a/>", f"<Device {XMLNS}>", "<?xml version='1.0' encoding='utf-16'?><Device/>"),
    f'<!DOCTYPE Device [<!ENTITY x "y">]><Device {XMLNS}><id value="&x;"/></Device>',
    f'<!DOCTYPE x SYSTEM "file:///etc/passwd"><Device {XMLNS}/>',
    f"<Device {XMLNS}>" + "<extension>" * 5_000 + "</extension>" * 5_000 + "</Device>",
    f'<Device {XMLNS}><id value="device-1"/><id value="device-1"/></Device>',
    f'<Device {XMLNS}><?pi x?><!-- c --><id value="device-1">text</id></Device>',
    f'<Device {XMLNS}><id value="{"x" * 1_100_000}"/></Device>',
    f'<Device {XMLNS}><id value="&#0;"/></Device>',
    f'<Device {XMLNS}><manufacturer value="&#xD800;"/></Device>',
    '<f:Device xmlns:f="http://hl7.org/fhir"><f:id value="device-1"/></f:Device>',
    f'<Bundle {XMLNS}><type value="transaction"/><entry>x</entry></Bundle>',
    f"<Parameters {XMLNS}>" + "<parameter/>" * 9_000 + "</Parameters>",
]


@pytest.mark.parametrize("form", [FHIR_JSON, FHIR_XML])
def test_any_xml_is_answered(filled: Api, form: str) -> None:
    for body in XML:
        for method, path in [*WAYS, ("PATCH", "Device/device-1")]:
            response = filled.ask(
                method, path, data=body.encode(), content_type=FHIR_XML, headers={"Accept": form}
            )
            assert answered(response, form) < 500, (method, path, body[:80])


def operation(**changes: Any) -> str:
    return json.dumps([{"op": "add", "path": "/manufacturer", "value": "x"} | changes])


def parameters(*parts: Any) -> str:
    parameter = [{"name": "operation", "part": list(parts)}]
    return json.dumps({"resourceType": "Parameters", "parameter": parameter})


ADD, DELETE = ({"name": "type", "valueCode": each} for each in ("add", "delete"))
LONG_PATH, BROKEN_PATH = (
    {"name": "path", "valueString": f"Device{each}"} for each in (".extension" * 2_000, "(" * 2_000)
)
BINARY = {"resourceType": "Binary", "contentType": JSON_PATCH}
PATCHES: list[tuple[str, str]] = [
    *(
        ("", FHIR_JSON),
        ("", JSON_PATCH),
        ("[]", JSON_PATCH),
        ("{}", MERGE_PATCH),
        ("1", MERGE_PATCH),
    ),
    *((each, JSON_PATCH) for each in ("null", "[1]", "[null]", "[[]]", "[" * 9_000, '[{"op":1}]')),
    *(
        (operation(path=p), JSON_PATCH)
        for p in ("", "/", "x", "/~", "/" * 9_000, "/a" * 900, "/id")
    ),
    *((operation(path=f"/identifier/{p}"), JSON_PATCH) for p in ("-", "99", "1e9", "-1", "\u00b2")),
    *((operation(value=each), JSON_PATCH) for each in ("\x00", "\ud800", None, [], {}, [[]], 1)),
    (operation(path="/identifier/0/value", value="a\x00"), JSON_PATCH),
    *((operation(value=each).replace('"', ""), JSON_PATCH) for each in ("NaN", "1e999")),
    *((operation(value="@").replace('"@"', nested(d)), JSON_PATCH) for d in (60, 400, 3_000)),
    (json.dumps([{"op": "copy", "from": "", "path": "/extension"}] * 40), JSON_PATCH),
    (json.dumps([{"op": "test", "path": "/id", "value": "device-1"}] * 9_000), JSON_PATCH),
    *((f'{{"manufacturer":"{each}"}}', MERGE_PATCH) for each in ("\\ud800", "\\u0000", "")),
    (nested(3_000), MERGE_PATCH),
    *((parameters(*each), FHIR_JSON) for each in ([], [None], [1], [{}], [ADD], [ADD, LONG_PATH])),
    *((parameters(*each), FHIR_JSON) for each in ([DELETE, LONG_PATH], [DELETE, BROKEN_PATH])),
    ('{"resourceType":"Parameters","parameter":{}}', FHIR_JSON),
]


def test_any_patch_is_answered(filled: Api) -> None:
    for body, media_type in PATCHES:
        for path in ("Device/device-1", "Device?identifier=device-1"):
            response = filled.ask("PATCH", path, data=body.encode(), content_type=media_type)

            assert answered(response) in (200, 400, 415, 422), (path, body[:80])


@pytest.mark.parametrize("data", ["", "!", "AAAA", "WyJ4Il0=", "W" * 999, "\x00"])
def test_any_patch_in_a_binary_is_answered(filled: Api, data: str) -> None:
    deep, nul = (base64.b64encode(each).decode() for each in (b"[" * 9_000, b'["\\u0000"]'))
    for each in (data, deep, nul):
        request = {"method": "PATCH", "url": "Device/device-1"}
        entry = {"request": request, "resource": BINARY | {"data": each}}
        sent = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}

        assert answered(filled.send("POST", "", sent)) in (200, 400, 422), each[:20]


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        *(
            (each, 415)
            for each in ("application/json", "text/plain", "multipart/form-data", "x", "")
        ),
        *((f"{searches.FORM}{each}", 200) for each in ("", ";charset=utf-8", ";x", ";charset=x")),
    ],
)
def test_a_search_by_post_is_a_form(filled: Api, content_type: str, status: int) -> None:
    response = filled.ask("POST", "Device/_search", data=b"_id=device-1", content_type=content_type)

    assert answered(response) == status


@pytest.mark.parametrize(
    "data", [b"\x00", b"\xff=\xff", b"&" * 9_000, b"%", b"=" * 9_000, b"a" * 9_000]
)
def test_any_form_is_answered(filled: Api, data: bytes) -> None:
    for path in ("Device/_search", "_search"):
        response = filled.ask("POST", path, data=data, content_type=searches.FORM)
        assert answered(response) in (200, 400), data[:20]


@pytest.mark.parametrize(
    ("path", "content_type"),
    [("Device", FHIR_JSON), ("", FHIR_XML), ("Device/_search", searches.FORM)],
)
def test_what_is_too_large_is_said_to_be(filled: Api, path: str, content_type: str) -> None:
    data = b"a" * (16 * 1024 * 1024 + 1)

    response = filled.ask("POST", path, data=data, content_type=content_type)

    assert answered(response) == 413
    assert web.outcome(response) == [("error", "too-long")]
