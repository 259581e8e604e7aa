"""What holds of every interaction: URLs, forms, failures, headers, preferences (R4 http)."""

import json
import logging
import os
import subprocess
from http.client import HTTPConnection
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

import builders_fhir as build
import builders_web as web
from builders_web import BASE, FHIR_JSON, FHIR_XML, Api
from exchanges import body, done, refused, root, values
from flows import house

DEVICE = build.device()
UNLISTED = build.endpoint(1)
XML = """<Device xmlns="http://hl7.org/fhir">{}</Device>"""
OLD_JSON, OLD_XML = "application/json+fhir", "application/xml+fhir"


@pytest.fixture
def filled(fhir: Api) -> Api:
    """Return the API over a register that holds a device."""
    fhir.put(DEVICE)
    return fhir


def in_xml(filled: Api) -> bytes:
    """Return the device that is held, in XML."""
    written: bytes = filled.get("Device/device-1?_format=xml").data
    return written


# 1: URLs


@pytest.mark.fhir(1)
def test_urls_hang_below_a_base_without_a_slash_at_its_end(fhir: Api) -> None:
    location = fhir.post(DEVICE).headers["Location"]

    assert done(fhir.get("metadata"))["implementation"]["url"] == BASE
    assert location.startswith(f"{BASE}/Device/")


@pytest.mark.fhir(1)
@pytest.mark.parametrize("path", ["device/device-1", "DEVICE/device-1", "Device/Device-1"])
def test_capitals_matter_in_a_path(filled: Api, path: str) -> None:
    assert filled.get(path).status_code == 404


@pytest.mark.fhir(1)
@pytest.mark.parametrize("path", ["/fhir", "/fhir/"])
def test_a_bundle_may_be_posted_to_the_base_in_both_spellings(fhir: Api, path: str) -> None:
    response = fhir.client.post(
        path,
        data=json.dumps(build.transaction(DEVICE)),
        content_type=FHIR_JSON,
        headers={"Authorization": f"Bearer {fhir.token}"},
    )

    assert done(response)["type"] == "transaction-response"
    assert fhir.get("Device/device-1").status_code == 200


# 2 to 12: forms


@pytest.mark.fhir(2)
@pytest.mark.parametrize("path", ["Device/device-1", "Device", "metadata", "Device/_history"])
def test_the_form_that_is_accepted_is_given_by_its_name(filled: Api, path: str) -> None:
    in_json = filled.get(path, headers={"Accept": FHIR_JSON})
    in_xml = filled.get(path, headers={"Accept": FHIR_XML})

    assert (in_json.status_code, in_json.mimetype) == (200, FHIR_JSON)
    assert (in_xml.status_code, in_xml.mimetype) == (200, FHIR_XML)
    assert root(in_xml) == json.loads(in_json.data)["resourceType"]


@pytest.mark.fhir(3)
@pytest.mark.parametrize("charset", ["", ";charset=utf-8", "; charset=UTF-8", '; charset="utf-8"'])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_body_is_utf_8(fhir: Api, charset: str, mark: bytes) -> None:
    named = build.device(manufacturer="Ærøskøbing Å")
    written = mark + json.dumps(named, ensure_ascii=False).encode()

    assert fhir.put(named, data=written, content_type=FHIR_JSON + charset).status_code == 201

    answer = fhir.get("Device/device-1?_format=xml")
    changed = mark + answer.data.replace("Ærøskøbing".encode(), "Rødøre".encode())
    assert fhir.put(named, data=changed, content_type=FHIR_XML + charset).status_code == 200
    assert done(fhir.get("Device/device-1"))["manufacturer"] == "Rødøre Å"


@pytest.mark.fhir(3)
def test_letters_are_answered_in_utf_8(fhir: Api) -> None:
    fhir.put(build.device(manufacturer="Ærø"))

    for form in ("json", "xml"):
        assert "Ærø" in fhir.get(f"Device/device-1?_format={form}").data.decode("utf-8")


@pytest.mark.fhir(3)
def test_a_body_in_another_encoding_is_not_guessed_at(fhir: Api) -> None:
    written = json.dumps(build.device(manufacturer="Ærø"), ensure_ascii=False).encode("latin-1")

    assert refused(fhir.put(DEVICE, data=written), 400) == ["structure"]


@pytest.mark.fhir(4)
@pytest.mark.parametrize(
    "media_type", ["application/json", "text/json", "application/xml", "text/xml"]
)
def test_a_generic_media_type_is_given_back(filled: Api, media_type: str) -> None:
    response = filled.get("Device/device-1", headers={"Accept": media_type})

    assert (response.status_code, response.mimetype) == (200, media_type)
    assert (response.data[:1] == b"{") == media_type.endswith("json")


@pytest.mark.fhir(5)
@pytest.mark.parametrize(("media_type", "first"), [(OLD_JSON, b"{"), (OLD_XML, b"<")])
def test_the_media_types_of_older_releases_are_accepted(
    filled: Api, media_type: str, first: bytes
) -> None:
    response = filled.get("Device/device-1", headers={"Accept": media_type})
    written = filled.put(DEVICE, data=response.data, content_type=media_type)

    assert response.data.startswith(first)
    assert (response.status_code, written.status_code) == (200, 200)


@pytest.mark.fhir(6)
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        *((each, FHIR_JSON) for each in ("json", "application/json", "application/fhir%2Bjson")),
        *((each, FHIR_XML) for each in ("xml", "text/xml", "application/xml")),
        *(("application/fhir%2Bxml", FHIR_XML), ("application/fhir+xml", FHIR_XML)),
        *(("application/fhir+json", FHIR_JSON), ("application/fhir%20json", FHIR_JSON)),
    ],
)
def test_format_decides_over_accept(filled: Api, written: str, expected: str) -> None:
    other = FHIR_XML if expected == FHIR_JSON else FHIR_JSON

    response = filled.get(f"Device/device-1?_format={written}", headers={"Accept": other})

    assert (response.status_code, response.mimetype) == (200, expected)


@pytest.mark.fhir(6, 9)
@pytest.mark.parametrize("written", ["turtle", "html", "application/pdf"])
def test_a_format_that_is_none_is_a_bad_request(filled: Api, written: str) -> None:
    assert filled.get(f"Device/device-1?_format={written}").status_code == 400


@pytest.mark.fhir(7)
def test_format_says_nothing_about_the_body(filled: Api) -> None:
    told = "Device/device-1?_format="

    as_json = filled.send("PUT", told + "xml", build.device(manufacturer="A"))
    as_xml = filled.ask("PUT", told + "json", data=in_xml(filled), content_type=FHIR_XML)

    assert (as_json.status_code, as_json.mimetype) == (200, FHIR_XML)
    assert (as_xml.status_code, as_xml.mimetype) == (200, FHIR_JSON)


@pytest.mark.fhir(8)
@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        *((each, FHIR_JSON) for each in (None, "*/*", "application/*", "text/html, */*;q=0.1")),
        (f"{FHIR_JSON};q=0.2, {FHIR_XML};q=0.9", FHIR_XML),
        (f"{FHIR_JSON};q=0.9, {FHIR_XML};q=0.2", FHIR_JSON),
        (f"text/turtle, {FHIR_XML};q=0.5, */*;q=0.1", FHIR_XML),
    ],
)
def test_the_answer_is_json_unless_xml_weighs_more(
    filled: Api, accept: str | None, expected: str
) -> None:
    headers = {} if accept is None else {"Accept": accept}

    assert filled.get("Device/device-1", headers=headers).mimetype == expected


@pytest.mark.fhir(9)
@pytest.mark.parametrize("accept", ["text/html", "text/turtle", "application/fhir+turtle"])
def test_an_accept_of_nothing_we_write_is_not_acceptable(fhir: Api, accept: str) -> None:
    headers = {"Accept": accept}

    assert refused(fhir.put(DEVICE, headers=headers), 406) == ["not-supported"]
    assert fhir.get("metadata", headers=headers).status_code == 406
    assert fhir.get("Device/device-1").status_code == 404


@pytest.mark.fhir(9)
@pytest.mark.parametrize("media_type", ["text/plain", "application/fhir+turtle", "x"])
def test_a_body_we_cannot_read_is_an_unsupported_media_type(fhir: Api, media_type: str) -> None:
    assert refused(fhir.put(DEVICE, content_type=media_type), 415) == ["not-supported"]
    assert fhir.post(DEVICE, content_type=media_type).status_code == 415


@pytest.mark.fhir(10)
@pytest.mark.parametrize("media_type", ["application/json", "text/json", "application/xml"])
def test_a_generic_body_is_read_as_fhir(filled: Api, media_type: str) -> None:
    written = filled.get("Device/device-1", headers={"Accept": media_type}).data
    other = written.replace(b"device-1", b"device-2")

    created = filled.ask("POST", "Device", data=other, content_type=media_type)
    updated = filled.ask("PUT", "Device/device-1", data=written, content_type=media_type)

    assert (created.status_code, updated.status_code) == (201, 200)


@pytest.mark.fhir(10)
def test_a_body_without_a_media_type_is_not_guessed_at(fhir: Api) -> None:
    assert refused(fhir.put(DEVICE, content_type=None), 415) == ["not-supported"]


@pytest.mark.fhir(11)
def test_a_media_type_may_name_version_4_0(filled: Api) -> None:
    named = f"{FHIR_JSON}; fhirVersion=4.0"

    assert filled.get("Device/device-1", headers={"Accept": named}).status_code == 200
    assert filled.put(DEVICE, content_type=named).status_code == 200


@pytest.mark.fhir(11)
@pytest.mark.parametrize("version", ["1.0", "3.0", "4.3", "5.0"])
def test_a_media_type_of_another_version_is_refused(filled: Api, version: str) -> None:
    named = f"{FHIR_JSON}; fhirVersion={version}"

    assert filled.get("Device/device-1", headers={"Accept": named}).status_code == 406
    assert filled.put(DEVICE, content_type=named).status_code == 415


@pytest.mark.fhir(12)
@pytest.mark.parametrize("path", ["Device/device-1?", "Device?", "metadata?", "Device/nowhere?"])
def test_pretty_spreads_json_over_lines(filled: Api, path: str) -> None:
    plain = filled.get(f"{path}_pretty=false")
    pretty = filled.get(f"{path}_pretty=true")

    assert plain.data.strip().count(b"\n") == 0
    assert pretty.data.strip().count(b"\n") > 5
    assert body(pretty).keys() == body(plain).keys()


@pytest.mark.fhir(12)
def test_pretty_spreads_xml_over_lines_and_says_the_same(filled: Api) -> None:
    plain = filled.get("Device/device-1?_format=xml")
    pretty = filled.get("Device/device-1?_format=xml&_pretty=true")

    sent_back = filled.put(DEVICE, data=pretty.data, content_type=FHIR_XML)
    assert pretty.data.strip().count(b"\n") > 5 > plain.data.strip().count(b"\n")
    assert (sent_back.status_code, sent_back.headers["ETag"]) == (200, 'W/"1"')


# 13: failures

FAILING = [
    ("GET", "Device/nowhere", {}, 404),
    ("GET", "Nothing/like/this/at/all", {}, 404),
    ("POST", "$nothing", {"data": "{}", "content_type": FHIR_JSON}, 404),
    ("DELETE", "Device/device-1/_history/1", {}, 405),
    ("POST", "Device/device-1", {"data": "{}", "content_type": FHIR_JSON}, 405),
    ("PUT", "Device/device-1", {"data": "{", "content_type": FHIR_JSON}, 400),
    ("PUT", "Device/device-1", {"data": "{}", "content_type": "text/plain"}, 415),
    ("PUT", "Device/device-1", {"data": b" " * 20_000_000, "content_type": FHIR_JSON}, 413),
]


@pytest.mark.fhir(13)
@pytest.mark.parametrize(("method", "path", "more", "status"), FAILING)
def test_whatever_fails_is_told_by_an_outcome_in_the_wanted_form(
    filled: Api, method: str, path: str, more: web.Json, status: int
) -> None:
    in_json = filled.ask(method, path, **more)
    in_xml = filled.ask(method, path, headers={"Accept": FHIR_XML}, **more)

    assert refused(in_json, status)
    assert in_json.mimetype == FHIR_JSON
    assert (in_xml.status_code, root(in_xml)) == (status, "OperationOutcome")
    assert "error" in values(in_xml, "f:issue/f:severity")


@pytest.mark.fhir(13)
def test_a_caller_who_is_not_known_is_told_by_an_outcome(fhir: Api) -> None:
    response = fhir.as_(None).get("Device", headers={"Accept": FHIR_XML})

    assert (response.status_code, root(response)) == (401, "OperationOutcome")


@pytest.mark.fhir(13)
def test_a_form_we_lack_is_told_in_json(fhir: Api) -> None:
    response = fhir.get("Device", headers={"Accept": "text/html"})

    assert (response.mimetype, refused(response, 406)) == (FHIR_JSON, ["not-supported"])


# 14, 15 and 19: headers


@pytest.mark.slow
@pytest.mark.fhir(14)
def test_a_served_answer_carries_the_time(tmp_path: Path) -> None:
    built = house.build(tmp_path)
    built.done("eer", "keys", "create")
    port = house.free_port()
    command = ["eer", "serve", "--bind", f"127.0.0.1:{port}", "--workers", "1"]
    with subprocess.Popen(
        [str(house.BIN / command[0]), *command[1:]],
        env={**os.environ, **built.environment},
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            house.await_port(port)
            connection = HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", "/fhir/metadata")
            response = connection.getresponse()
            connection.close()
        finally:
            process.terminate()

    assert (response.status, response.getheader("Date", "")[-4:]) == (200, " GMT")


EXPOSED = {"etag", "location", "content-location", "last-modified", "x-request-id"}


@pytest.mark.fhir(14)
@pytest.mark.parametrize("path", ["Device/device-1", "Device", "metadata", "Device/nowhere"])
def test_scripts_of_other_sites_may_read_answers_and_their_headers(filled: Api, path: str) -> None:
    headers = filled.get(path, headers={"Origin": "https://eas.example.dk"}).headers

    assert headers["Access-Control-Allow-Origin"] in ("*", "https://eas.example.dk")
    assert named(headers["Access-Control-Expose-Headers"]) >= EXPOSED


@pytest.mark.fhir(14)
@pytest.mark.parametrize(
    ("path", "method"),
    [
        *(("Device/device-1", "PUT"), ("Device/device-1", "PATCH"), ("Device/device-1", "DELETE")),
        *(("Device", "POST"), ("Device/_search", "POST"), ("", "POST"), ("metadata", "GET")),
    ],
)
def test_a_preflight_is_answered_without_a_token(fhir: Api, path: str, method: str) -> None:
    wanted = "authorization, content-type, if-match, if-none-exist, prefer, x-request-id"
    headers = {
        "Origin": "https://eas.example.dk",
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": wanted,
    }

    response = fhir.as_(None).ask("OPTIONS", path, headers=headers)

    assert (response.status_code, response.data) == (204, b"")
    assert response.headers["Access-Control-Allow-Origin"] in ("*", "https://eas.example.dk")
    assert method.lower() in named(response.headers["Access-Control-Allow-Methods"])
    assert named(response.headers["Access-Control-Allow-Headers"]) >= named(wanted)


@pytest.mark.fhir(15)
@pytest.mark.parametrize(
    "path",
    [
        *("Device/device-1", "Device/device-1/_history/1", "Device", "Device/device-1/_history"),
        *("Device/_history", "_history", "metadata", "Device/nowhere"),
    ],
)
def test_head_gives_the_headers_of_get_and_no_body(filled: Api, path: str) -> None:
    told = ("Content-Type", "ETag", "Last-Modified", "Content-Location")

    get, head = filled.get(path), filled.ask("HEAD", path)

    assert (head.status_code, head.data) == (get.status_code, b"")
    assert [head.headers.get(each) for each in told] == [get.headers.get(each) for each in told]


@pytest.mark.fhir(19)
@pytest.mark.parametrize("path", ["Device/device-1", "Device/nowhere", "metadata", "Nothing"])
def test_the_id_of_a_request_stands_in_its_answer(filled: Api, path: str) -> None:
    response = filled.get(path, headers={"X-Request-Id": "7f3c-1"})

    assert response.headers["X-Request-Id"] == "7f3c-1"


@pytest.mark.fhir(19)
def test_the_id_of_a_refused_request_stands_in_the_log(
    fhir: Api, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        fhir.get("Device/nowhere", headers={"X-Request-Id": "7f3c-2"})

    assert [each for each in caplog.records if "7f3c-2" in str(vars(each))]


def named(header: str) -> set[str]:
    return {each.strip().lower() for each in header.split(",")}


# 16: what is not served


@pytest.mark.fhir(16)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", "Patient"), ("GET", "Patient/1"), ("GET", "Patient/1/_history/1")),
        *(("GET", "Patient/_history"), ("GET", "Patient/1/_history"), ("DELETE", "Patient/1")),
        *(("POST", "Patient"), ("PUT", "Patient/1"), ("PATCH", "Patient/1"), ("GET", "device")),
        *(("POST", "Patient/_search"), ("PUT", "Patient?active=true"), ("GET", "Nonsense")),
    ],
)
def test_a_type_that_is_not_kept_is_not_supported(fhir: Api, method: str, path: str) -> None:
    patient = json.dumps({"resourceType": "Patient", "id": "1"})
    kind = "application/x-www-form-urlencoded" if "_search" in path else FHIR_JSON
    more = {} if method in ("GET", "DELETE") else {"data": patient, "content_type": kind}

    assert refused(fhir.ask(method, path, **more), 404) == ["not-supported"]


@pytest.mark.fhir(16)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("POST", "SearchParameter"), ("PUT", "OperationDefinition/x"), ("POST", "Device/x")),
        *(("DELETE", "StructureDefinition/x"), ("PATCH", "SearchParameter/x")),
        *(("PUT", "Device/x/_history/1"), ("DELETE", "Device/x/_history/1")),
    ],
)
def test_an_interaction_that_is_not_served_names_those_that_are(
    fhir: Api, method: str, path: str
) -> None:
    resource = {"resourceType": path.partition("/")[0], "id": "x"}

    response = fhir.send(method, path, resource)

    assert refused(response, 405) == ["not-supported"]
    assert "get" in named(response.headers["Allow"])
    assert method.lower() not in named(response.headers["Allow"])


# 17 and 18: preferences

WRITES = [("create", 201), ("update", 200), ("patch", 200)]
PREFERRED = ["minimal", "representation", "OperationOutcome"]
JSON_PATCH = "application/json-patch+json"


def write(fhir: Api, interaction: str, **headers: str) -> TestResponse:
    """Create, update or patch the endpoint whose organisation does not list it: a warning."""
    fhir.put(build.organization(1))
    if interaction == "create":
        return fhir.post(UNLISTED, headers=headers)
    fhir.put(UNLISTED)
    if interaction == "update":
        return fhir.put(build.endpoint(1, name="Et andet navn"), headers=headers)
    patch = [{"op": "replace", "path": "/name", "value": "Et andet navn"}]
    return fhir.ask(
        "PATCH",
        "Endpoint/endpoint-1",
        data=json.dumps(patch),
        content_type=JSON_PATCH,
        headers=headers,
    )


@pytest.mark.fhir(17)
@pytest.mark.parametrize(("interaction", "status"), WRITES)
def test_a_write_answers_as_is_preferred(fhir: Api, interaction: str, status: int) -> None:
    answer = write(fhir, interaction, Prefer="return=minimal")

    assert (answer.status_code, answer.data) == (status, b"")
    assert answer.headers["ETag"].startswith('W/"')


@pytest.mark.fhir(17)
@pytest.mark.parametrize(("interaction", "status"), WRITES)
@pytest.mark.parametrize("headers", [{}, {"Prefer": "return=representation"}])
def test_a_write_answers_with_the_resource_unasked(
    fhir: Api, interaction: str, status: int, headers: dict[str, str]
) -> None:
    answer = done(write(fhir, interaction, **headers), status)

    assert (answer["resourceType"], answer["meta"]["versionId"]) == (
        "Endpoint",
        "1" if interaction == "create" else "2",
    )


@pytest.mark.fhir(17)
@pytest.mark.parametrize(("interaction", "status"), WRITES)
def test_an_outcome_that_is_preferred_holds_the_warnings(
    fhir: Api, interaction: str, status: int
) -> None:
    answer = write(fhir, interaction, Prefer="return=OperationOutcome")

    assert answer.status_code == status
    assert "warning" in {severity for severity, _ in web.outcome(answer)}
    assert "error" not in {severity for severity, _ in web.outcome(answer)}


@pytest.mark.fhir(17)
@pytest.mark.parametrize(
    ("preferred", "held"),
    [("minimal", None), ("representation", "Endpoint"), ("OperationOutcome", "OperationOutcome")],
)
def test_a_transaction_answers_as_is_preferred(fhir: Api, preferred: str, held: str | None) -> None:
    bundle = build.transaction(build.organization(1), UNLISTED)

    answer = done(fhir.send("POST", "", bundle, headers={"Prefer": f"return={preferred}"}))

    entry = answer["entry"][1]
    told = entry.get("resource") or entry["response"].get("outcome") or {}
    assert entry["response"]["status"].startswith("201")
    assert told.get("resourceType") == held


@pytest.mark.fhir(17)
@pytest.mark.parametrize("preferred", PREFERRED)
def test_a_write_that_fails_is_told_whatever_is_preferred(fhir: Api, preferred: str) -> None:
    headers = {"Prefer": f"return={preferred}"}

    assert refused(fhir.put(build.device(status="bogus"), headers=headers), 400)


@pytest.mark.fhir(18)
@pytest.mark.parametrize("preferred", PREFERRED)
@pytest.mark.parametrize("interaction", ["create", "update", "patch"])
def test_a_preference_that_was_followed_is_named(
    fhir: Api, interaction: str, preferred: str
) -> None:
    answer = write(fhir, interaction, Prefer=f"return={preferred}")

    assert answer.headers["Preference-Applied"] == f"return={preferred}"


@pytest.mark.fhir(18)
@pytest.mark.parametrize("preferred", ["respond-async", "return=everything", ""])
def test_a_preference_that_was_not_followed_is_not_named(fhir: Api, preferred: str) -> None:
    answer = fhir.put(DEVICE, headers={"Prefer": preferred})

    assert done(answer, 201)["resourceType"] == "Device"
    assert "Preference-Applied" not in answer.headers
