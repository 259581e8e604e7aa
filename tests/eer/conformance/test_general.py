"""What holds of every interaction: URLs, failures, headers, what is not served (R4 http)."""

import json
import logging
import os
import subprocess
from http.client import HTTPConnection
from pathlib import Path

import pytest

import builders_fhir as build
import builders_web as web
from builders_web import BASE, FHIR_JSON, FHIR_XML, Api
from exchanges import done, refused, root, values
from flows import house

DEVICE = build.device()


@pytest.fixture
def filled(fhir: Api) -> Api:
    """Return the API over a register that holds a device."""
    fhir.put(DEVICE)
    return fhir


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
