"""How a resource and its versions are read (R4 http, read, vread and conditional read)."""

from email.utils import format_datetime, parsedate_to_datetime

import pytest

import builders_fhir as build
from builders_fhir import Clock, Json
from builders_web import BASE, FHIR_XML, Api
from exchanges import SUBSETTED, done, pass_on, refused, values

XHTML = '<div xmlns="http://www.w3.org/1999/xhtml"><p>Skrevet af <b>os</b></p></div>'
TELLING = build.organization(
    1,
    text={"status": "generated", "div": XHTML},
    telecom=[{"system": "phone", "value": "+4512345678"}],
    alias=["Lægerne"],
)


@pytest.fixture
def filled(fhir: Api) -> Api:
    """Return the API over a register that holds a device in two versions and one that is gone."""
    fhir.put(build.device())
    fhir.put(build.device(manufacturer="Et andet hus"))
    fhir.put(build.device(2, id="gone"))
    fhir.delete("Device/gone")
    return fhir


@pytest.mark.fhir(20)
def test_a_resource_of_each_type_is_read_under_its_id(fhir: Api) -> None:
    for each in [*build.registered(), build.message_definition()]:
        fhir.put({name: value for name, value in each.items() if name != "endpoint"})

        found = done(fhir.get(str(build.ref(each))))

        assert (found["resourceType"], found["id"]) == (each["resourceType"], each["id"])


@pytest.mark.fhir(21)
def test_a_read_carries_its_version_its_time_and_its_url(fhir: Api, clock: Clock) -> None:
    clock.at = clock.at.replace(microsecond=654321)
    fhir.put(build.device())

    response = fhir.get("Device/device-1")

    meta = done(response)["meta"]
    assert (response.headers["ETag"], meta["versionId"]) == ('W/"1"', "1")
    assert (
        parsedate_to_datetime(response.headers["Last-Modified"]).isoformat()[:19]
        == (meta["lastUpdated"][:19])
    )
    assert response.headers["Content-Location"] == f"{BASE}/Device/device-1/_history/1"


@pytest.mark.fhir(22, 130)
def test_what_never_was_is_not_found_and_what_was_deleted_is_gone(filled: Api) -> None:
    assert refused(filled.get("Device/nowhere"), 404) == ["not-found"]
    assert refused(filled.get("Device/gone"), 410) == ["deleted"]


@pytest.mark.fhir(23)
@pytest.mark.parametrize("written", ["a_b", "x" * 65, "%20", "a%2Fb", "%00", "%C3%A6", "a:b", "'"])
def test_what_can_be_no_id_is_not_found(filled: Api, written: str) -> None:
    assert refused(filled.get(f"Device/{written}"), 404) == ["not-found"]


@pytest.mark.fhir(24)
@pytest.mark.parametrize("held", ['W/"2"', '"2"', 'W/"1", W/"2"', '"x","2"', "*"])
def test_a_reader_who_holds_the_version_gets_none(filled: Api, held: str) -> None:
    response = filled.get("Device/device-1", headers={"If-None-Match": held})

    assert (response.status_code, response.data) == (304, b"")
    assert response.headers["ETag"] == 'W/"2"'


@pytest.mark.fhir(24)
@pytest.mark.parametrize("held", ['W/"1"', '"1", "3"', 'W/"22"', '"Device"'])
def test_a_reader_who_holds_another_version_gets_this_one(filled: Api, held: str) -> None:
    response = filled.get("Device/device-1", headers={"If-None-Match": held})

    assert done(response)["meta"]["versionId"] == "2"


@pytest.mark.fhir(24)
@pytest.mark.parametrize("path", ["Device/device-1", "Device/device-1/_history/1"])
def test_a_reader_who_has_read_since_gets_nothing(filled: Api, clock: Clock, path: str) -> None:
    pass_on(clock)
    read_at = filled.get(path).headers["Last-Modified"]

    response = filled.get(path, headers={"If-Modified-Since": read_at})

    assert (response.status_code, response.data) == (304, b"")


@pytest.mark.fhir(24)
def test_a_reader_who_read_before_gets_what_is_new(filled: Api, clock: Clock) -> None:
    before = format_datetime(clock.at, usegmt=True)
    pass_on(clock)
    filled.put(build.device(manufacturer="Et tredje hus"))
    pass_on(clock)

    response = filled.get("Device/device-1", headers={"If-Modified-Since": before})

    assert done(response)["manufacturer"] == "Et tredje hus"


@pytest.mark.fhir(24)
def test_a_version_of_this_very_second_is_always_given(filled: Api) -> None:
    read_at = filled.get("Device/device-1").headers["Last-Modified"]

    response = filled.get("Device/device-1", headers={"If-Modified-Since": read_at})

    assert response.status_code == 200


@pytest.mark.fhir(24)
@pytest.mark.parametrize(("held", "status"), [('W/"1"', 200), ('W/"2"', 304)])
def test_the_version_weighs_more_than_the_time(
    filled: Api, clock: Clock, held: str, status: int
) -> None:
    pass_on(clock)
    wrong = {'W/"1"': clock.at, 'W/"2"': clock.at.replace(year=2020)}[held]
    headers = {"If-None-Match": held, "If-Modified-Since": format_datetime(wrong, usegmt=True)}

    assert filled.get("Device/device-1", headers=headers).status_code == status


@pytest.mark.fhir(25)
@pytest.mark.parametrize(("number", "maker"), [(1, "Systemhuset"), (2, "Et andet hus")])
def test_a_version_is_read_by_its_number(filled: Api, number: int, maker: str) -> None:
    response = filled.get(f"Device/device-1/_history/{number}")

    found = done(response)
    assert (found["meta"]["versionId"], found["manufacturer"]) == (str(number), maker)
    assert response.headers["ETag"] == f'W/"{number}"'


@pytest.mark.fhir(25)
@pytest.mark.parametrize("number", ["3", "0", "x", "-1", "1.0", "9" * 30])
def test_a_version_that_never_was_is_not_found(filled: Api, number: str) -> None:
    assert refused(filled.get(f"Device/device-1/_history/{number}"), 404) == ["not-found"]
    assert filled.get(f"Device/nowhere/_history/{number}").status_code == 404


@pytest.mark.fhir(25)
def test_the_version_that_is_a_deletion_is_gone(filled: Api) -> None:
    assert refused(filled.get("Device/gone/_history/2"), 410) == ["deleted"]


@pytest.mark.fhir(26, 66)
def test_a_version_before_a_deletion_is_still_read(filled: Api) -> None:
    found = done(filled.get("Device/gone/_history/1"))

    assert (found["id"], found["meta"]["versionId"]) == ("gone", "1")


@pytest.mark.fhir(27)
@pytest.mark.parametrize(
    ("asked", "kept", "left_out"),
    [
        ("_summary=true", {"identifier", "active", "type", "name"}, {"telecom", "text"}),
        ("_summary=text", {"text"}, {"identifier", "name", "telecom"}),
        ("_summary=data", {"identifier", "name", "telecom", "alias"}, {"text"}),
        ("_elements=name", {"name"}, {"identifier", "telecom", "text"}),
        ("_elements=name,telecom", {"name", "telecom"}, {"identifier", "alias"}),
        ("_elements=name,colour", {"name"}, {"identifier", "telecom"}),
    ],
)
def test_a_read_is_cut_down_and_says_so(
    fhir: Api, asked: str, kept: set[str], left_out: set[str]
) -> None:
    fhir.put(TELLING)

    found = done(fhir.get(f"Organization/unit-1?{asked}"))

    assert kept | {"resourceType", "id", "meta"} <= found.keys()
    assert found.keys() & left_out == set()
    assert found["meta"]["versionId"] == "1"
    assert SUBSETTED in [{k: each[k] for k in SUBSETTED} for each in found["meta"]["tag"]]


@pytest.mark.fhir(27)
@pytest.mark.parametrize("asked", ["_elements=name", "_summary=text"])
def test_what_has_to_be_there_is_not_cut_away(fhir: Api, asked: str) -> None:
    fhir.put(build.organization(1))
    fhir.put(build.endpoint(1))

    found = done(fhir.get(f"Endpoint/endpoint-1?{asked}"))

    assert {"status", "connectionType", "payloadType", "address"} <= found.keys()
    assert "managingOrganization" not in found


@pytest.mark.fhir(27)
def test_a_version_is_cut_down_in_xml_too(fhir: Api) -> None:
    fhir.put(TELLING)

    response = fhir.get("Organization/unit-1/_history/1?_elements=name&_format=xml")

    assert values(response, "/f:Organization/f:name") == [TELLING["name"]]
    assert values(response, "/f:Organization/f:telecom/f:value") == []
    assert values(response, "/f:Organization/f:meta/f:tag/f:code") == ["SUBSETTED"]


@pytest.mark.fhir(27)
def test_a_summary_of_false_is_everything(fhir: Api) -> None:
    fhir.put(TELLING)

    assert done(fhir.get("Organization/unit-1?_summary=false")) == done(
        fhir.get("Organization/unit-1")
    )


RICH = build.device(
    meta={
        "profile": build.device()["meta"]["profile"],
        "source": "urn:uuid:7d3f6a0e-5c1f-4d39-9a53-0f3f4c1a7a11",
        "tag": [{"system": "urn:x", "code": "b"}, {"system": "urn:x", "code": "a"}],
    },
    language="da",
    text={"status": "additional", "div": XHTML},
    contained=[
        {"resourceType": "Organization", "id": "in", "name": "Inde i", "active": False},
        {"resourceType": "Patient", "id": "p", "birthDate": "1950-05"},
    ],
    extension=[
        {"url": "https://other.example.dk/b", "valueDecimal": 1.5},
        {"url": "https://other.example.dk/a", "extension": [{"url": "in", "valueCode": "x"}]},
        {"url": "https://other.example.dk/at", "valueInstant": "2026-05-05T12:00:00.000+02:00"},
        {"url": "https://other.example.dk/in", "valueReference": {"reference": "#in"}},
        {"url": "https://other.example.dk/p", "valueReference": {"reference": "#p"}},
    ],
    identifier=[{"value": "z"}, {"system": "urn:x", "value": "a", "id": "first"}],
    _manufacturer={"id": "m1", "extension": [{"url": "https://x.dk/lang", "valueCode": "da"}]},
    contact=[{"system": "phone", "value": "2"}, {"system": "phone", "value": "1"}],
    note=[{"text": "Linje 1\nLinje 2\t<b> & 'x' \"y\" 🦴", "time": "2026-05"}],
)


def unstamped(resource: Json) -> Json:
    """Return a resource without what the register adds to it."""
    ours = ("versionId", "lastUpdated")
    meta = {name: value for name, value in resource["meta"].items() if name not in ours}
    return {**resource, "meta": meta}


@pytest.mark.fhir(28)
def test_what_is_sent_is_served_unchanged(fhir: Api) -> None:
    sent = fhir.put(RICH)

    assert unstamped(done(sent, 201)) == RICH
    assert unstamped(done(fhir.get("Device/device-1"))) == RICH
    assert unstamped(done(fhir.get("Device/device-1/_history/1"))) == RICH


@pytest.mark.fhir(28)
@pytest.mark.parametrize("number", ["1.0", "1.10", "100", "0.000001", "3.141592653589793238462643"])
def test_a_number_keeps_its_spelling_in_both_forms(fhir: Api, number: str) -> None:
    wanted = '"valueDecimal":' + number
    some = build.device(extension=[{"url": "https://other.example.dk/b", "valueDecimal": 7777}])
    written = build.file(some)[1].decode().replace('"valueDecimal":7777', wanted)
    assert wanted in written

    assert fhir.put(some, data=written).status_code == 201

    assert wanted in fhir.get("Device/device-1").get_data(as_text=True).replace(": ", ":")
    in_xml = fhir.get("Device/device-1?_format=xml")
    assert values(in_xml, "f:extension/f:valueDecimal") == [number]


@pytest.mark.fhir(28)
def test_xml_says_the_same(fhir: Api) -> None:
    fhir.put(RICH)

    response = fhir.get("Device/device-1?_format=xml")

    assert values(response, "f:identifier/f:value") == ["z", "a"]
    assert values(response, "f:meta/f:tag/f:code") == ["b", "a"]
    assert values(response, "f:extension/f:valueInstant") == ["2026-05-05T12:00:00.000+02:00"]
    assert values(response, "f:contained/f:Patient/f:birthDate") == ["1950-05"]
    assert values(response, "f:manufacturer/f:extension/f:valueCode") == ["da"]
    assert values(response, "f:note/f:text") == [RICH["note"][0]["text"]]


@pytest.mark.fhir(28)
def test_what_comes_as_xml_goes_back_as_the_same(fhir: Api) -> None:
    fhir.put(RICH)
    written = fhir.get("Device/device-1?_format=xml").data

    again = fhir.put(RICH, data=written, content_type=FHIR_XML)

    assert (again.status_code, again.headers["ETag"]) == (200, 'W/"1"')
    anew = fhir.ask(
        "POST",
        "Device",
        data=written.replace(b'"z"', b'"y"').replace(b'"a"', b'"c"'),
        content_type=FHIR_XML,
    )
    found = unstamped(done(anew, 201))
    assert found["_manufacturer"] == RICH["_manufacturer"]
    assert found["note"] == RICH["note"]
    assert found["text"] == RICH["text"]
