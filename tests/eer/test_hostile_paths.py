"""Whatever is sent as a path, a header or a token, the answer is in FHIR and in words."""

import base64
import json

import pytest

import builders_fhir as build
import searches
from builders_web import FHIR_JSON, FHIR_XML, Api
from hostile import answered

PATHS = [
    *("%00", "Device/%00", "Device/%00/_history", "Device/a%2Fb", "Device/%ff%fe", "Device/..%2f"),
    *("../metadata", "//metadata", "Device//", "Device/device-1/", "Device/device-1//_history"),
    *("Device/device-1/_history/%C2%B2", "Device/device-1/_history/1/2", "Device/device-1/x/y/z"),
    *("Device/device-1/_history/-1", "Device/device-1/_history/9999999999", "device/device-1"),
    *("Device/$", "Device/$%00", "$", "Device/device-1/$", "Device/_search/x", "_history/1", "_"),
    *("Device/" + "a" * 65, "Device/" + "a" * 5_000, "Device/%F0%9F%A6%B4", "\u00e6\u00f8\u00e5"),
    *(
        "Device?_format=%00",
        "Device?_format=xml%00",
        "Device?_pretty=%ff",
        "Device?=",
        "Device?&&=",
    ),
    *("Device?%00=x", "Device?_id=%00", "Device?name=%ED%A0%80", "Device?name=%ff", "Device?%=%"),
    *("_history?_count=%00", "_history?_since=%00", "_history?_at=0001", "_history?_at=9999"),
    *("_history?_before=99999999999999999999", "_history?_before=-1", "_history?_since=0001-01-01"),
    *("_history?_since=9999-12-31T23:59:59%2B14:00", "_history?_since=0001-01-01T00:00:00%2B14:00"),
    *("Device?_lastUpdated=lt0001", "Device?_lastUpdated=gt9999-12-31T23:59:59Z"),
    *("Device/$validate", "Device/device-1/$validate?mode=%00", "Endpoint/endpoint-1/$publication"),
    *("Organization/$addressability?sorId=%00&messageType=x", "Organization/$addressability"),
    *("Organization/$addressability?sorId=1&messageType=%00&gln=%00", "Endpoint/%00/$publication"),
    *("Organization/$getEerReceiverDataBySORId?sorId=%00&messageType=%00",),
    *("Organization/$getEerReceiverDataBySORId?sorId=x&activeOnly=%00",),
]


@pytest.fixture
def filled(fhir: Api) -> Api:
    return searches.registered(fhir, build.organization(), build.device(), build.endpoint())


@pytest.mark.parametrize(
    ("method", "form"),
    [
        *((each, FHIR_JSON) for each in ("GET", "DELETE", "PUT", "PATCH", "POST")),
        ("GET", FHIR_XML),
    ],
)
def test_any_path_is_answered(filled: Api, method: str, form: str) -> None:
    for path in PATHS:
        response = filled.ask(method, path, headers={"Accept": form})

        assert answered(response, form) in (200, 400, 404, 405, 410, 415), path


HEADERS = [
    *(("If-Match", each) for each in ("", "*", "W/", 'W/"', '""', "\u00e6", "-1", "9" * 40, "1,2")),
    *(("If-None-Match", each) for each in ("", "*,", ",,,", "W/" * 2_000, "\u00b2", "9" * 5_000)),
    *(
        ("If-Modified-Since", each)
        for each in (
            *("x", "Mon, 01 Jan 2024 00:00:00 +9999999999", "Mon, 01 Jan 99999 00:00:00 GMT"),
            *("Mon, 99 Jan 2024 99:99:99 GMT", "0", "-1", "Mon, 01 Jan 0001 00:00:00 -2359"),
        )
    ),
    *(("Prefer", each) for each in ("return=", 'return="', ";;;===,,,", "handling=strict;" * 900)),
    *(
        ("Accept", each)
        for each in ("", ";", "*/*;q=nan", "*/*;q=-1", "a/b;q=" + "9" * 999, "\xe6")
    ),
    ("Accept", 'application/fhir+json;fhirVersion="4.0'),
    ("Accept", "application/fhir+json;fhirVersion*=utf-8''%ff"),
    *(("Accept-Language", each) for each in ("da;q=" + "1" * 99, "*-" * 4_000, ",,;;", "\xe6")),
    *(("Range", each) for each in ("bytes=0-1", "bytes=-", "bytes=9-1", "x=" + "1," * 999)),
    *(("X-Request-Id", each) for each in ("\x7f", "a" * 5_000, "\xe6", "%00", "<script>")),
    *(("Content-Length", each) for each in ("-1", "x", "99")),
    *(("Expect", each) for each in ("100-continue", "x")),
    ("Transfer-Encoding", "chunked"),
    *(("Cookie", each) for each in ("=;=;", "a" * 5_000)),
    *(("Content-Encoding", each) for each in ("gzip", "x")),
    *(
        ("Content-Type", each)
        for each in ("", ";", "\xe6/\xf8", "a" * 5_000, "multipart/form-data")
    ),
    ("Content-Type", "multipart/form-data; boundary=x"),
    ("Content-Type", "application/x-www-form-urlencoded; charset=utf-16"),
    ("Content-Type", "application/fhir+json; charset=utf-16"),
    *(
        ("If-None-Exist", each)
        for each in (
            *("", "?", "=", "x", "identifier", "identifier=", "identifier=%00", "_id=x&_count=1"),
            *(
                "identifier=\xe6",
                "_sort=_id",
                "_page=x&identifier=x",
                "name:contains=%20",
                "&" * 999,
            ),
            *("_has:" * 40 + "x=y", "identifier=" + "x," * 9_000, "%ff=%ff", "_include=*"),
        )
    ),
]


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_any_header_is_answered(filled: Api, method: str) -> None:
    body = json.dumps(build.device(manufacturer="Et hus til"))
    path = "Device" if method == "POST" else "Device/device-1"
    for name, value in HEADERS:
        sends = {} if method in ("GET", "DELETE") else {"data": body, "content_type": FHIR_JSON}
        response = filled.ask(method, path, headers={name: value}, **sends)

        assert answered(response) < 500, (name, value)


@pytest.mark.parametrize(
    "token",
    [
        *("", ".", "..", "a.b.c", "a." * 3_000, "\xe6", "eyJhbGciOiJub25lIn0.e30.", "\x7f" * 99),
        base64.urlsafe_b64encode(b'{"alg":["none"]}').decode() + ".e30.",
        base64.urlsafe_b64encode(b"[" * 9_000).decode() + ".e30.",
        base64.urlsafe_b64encode(b'{"alg":"ES256","crit":[1],"kid":{}}').decode() + ".e30.AA",
    ],
)
def test_any_token_is_answered(filled: Api, token: str) -> None:
    for path in ("Device", "Device/device-1", "_history", "Device/$validate"):
        assert answered(filled.as_(token).get(path)) == 401


@pytest.mark.parametrize("form", [FHIR_JSON, FHIR_XML])
def test_a_failure_keeps_to_the_form_that_can_be_given(filled: Api, form: str) -> None:
    for path in ("Device?_format=nothing", "nowhere", "Device/nowhere", "Device?_count=x"):
        assert answered(filled.get(path, headers={"Accept": form}), form) in (400, 404)
