"""In which form things are sent and answered (R4 http, content types and _format)."""

import json

import pytest

import builders_fhir as build
from builders_web import FHIR_JSON, FHIR_XML, Api
from exchanges import body, done, refused, root

DEVICE = build.device()
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
