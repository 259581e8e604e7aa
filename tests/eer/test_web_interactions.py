"""Each interaction over HTTP: status, headers and body, as FHIR R4 http has them."""

from email.utils import parsedate_to_datetime
from typing import Any

import pytest

import builders_fhir as build
import builders_web as web
from builders_web import BASE, Api
from eer.fhir import canonicals
from eer.gate.gate import Gate
from eer.register import changes
from eer.register.counter import Counter
from eer.web import app

HELD = build.organization(1, id="another")


def test_a_resource_that_is_read_comes_with_its_version(fhir: Api) -> None:
    fhir.put(build.device())

    response = fhir.get("Device/device-1")

    assert response.status_code == 200
    assert response.get_json()["id"] == "device-1"
    assert response.headers["ETag"] == 'W/"1"'
    assert parsedate_to_datetime(response.headers["Last-Modified"]) == build.NOW
    assert response.headers["Content-Location"] == f"{BASE}/Device/device-1/_history/1"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("Device/nowhere", 404, "not-found"),
        ("Device/a_b", 404, "not-found"),
        (f"Device/{'x' * 65}", 404, "not-found"),
        ("Device/%00", 404, "not-found"),
        ("Device/gone", 410, "deleted"),
        ("Device/gone/_history/2", 410, "deleted"),
        ("Device/gone/_history/3", 404, "not-found"),
        ("Device/gone/_history/0", 404, "not-found"),
        ("Device/gone/_history/x", 404, "not-found"),
        ("Device/gone/_history/-1", 404, "not-found"),
        ("Device/gone/_history/٢", 404, "not-found"),
        (f"Device/gone/_history/{'9' * 30}", 404, "not-found"),
        ("device/gone", 404, "not-supported"),
        ("Patient/1", 404, "not-supported"),
        ("Patient", 404, "not-supported"),
        ("Patient/1/_history/1", 404, "not-supported"),
        ("Device/gone/extra/path", 404, "not-found"),
        ("Device//gone", 404, "not-found"),
    ],
)
def test_what_is_not_there_is_said_by_an_outcome(
    fhir: Api, path: str, status: int, code: str
) -> None:
    fhir.put(build.device(id="gone"))
    fhir.delete("Device/gone")

    response = fhir.get(path)

    assert response.status_code == status
    assert web.outcome(response) == [("error", code)]


def test_an_old_version_is_read_after_its_deletion(fhir: Api) -> None:
    fhir.put(build.device())
    fhir.delete("Device/device-1")

    response = fhir.get("Device/device-1/_history/1")

    assert (response.status_code, response.headers["ETag"]) == (200, 'W/"1"')


def test_head_is_get_without_a_body(fhir: Api) -> None:
    fhir.put(build.device())

    response = fhir.ask("HEAD", "Device/device-1")

    assert (response.status_code, response.data) == (200, b"")
    assert response.headers["ETag"] == 'W/"1"'


def test_an_alias_reads_as_the_one_that_is_kept(fhir: Api, counter: Counter) -> None:
    fhir.put(build.organization(1))
    build.loaded(counter, build.file(build.organization(1, id="overlay")))

    response = fhir.get("Organization/overlay")

    assert response.status_code == 200
    assert response.get_json()["id"] == "unit-1"
    assert response.headers["Content-Location"] == f"{BASE}/Organization/unit-1/_history/1"
    assert fhir.get("Organization/overlay/_history/1").get_json()["id"] == "unit-1"
    assert fhir.get("Organization?_id=overlay").get_json()["total"] == 0


def test_an_alias_is_not_written_to(fhir: Api, counter: Counter) -> None:
    fhir.put(build.organization(1))
    build.loaded(counter, build.file(build.organization(1, id="overlay")))

    for response in (
        fhir.put(build.organization(1, id="overlay")),
        fhir.delete("Organization/overlay"),
    ):
        assert response.status_code == 409
        assert "Organization/unit-1" in response.get_data(as_text=True)


def test_a_create_answers_where_it_is(fhir: Api) -> None:
    response = fhir.post(build.device(id="theirs"))

    assert response.status_code == 201
    assert response.headers["Location"] == f"{BASE}/Device/minted-1/_history/1"
    assert response.headers["ETag"] == 'W/"1"'
    assert response.get_json()["id"] == "minted-1"
    assert fhir.get("Device/theirs").status_code == 404


def test_a_create_of_another_type_than_its_url_is_a_bad_request(fhir: Api) -> None:
    assert fhir.send("POST", "Endpoint", build.device()).status_code == 400
    assert fhir.send("POST", "Patient", {"resourceType": "Patient"}).status_code == 404


def test_if_none_exist_may_say_how_the_answer_is_written(fhir: Api) -> None:  # HAPI's client does
    written = f"{BASE}/Organization?_format=json&_pretty=true&identifier={build.sor()}"
    unit = build.organization(id=None)

    first, second = (fhir.post(unit, headers={"If-None-Exist": written}) for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 200)


def test_a_create_with_criteria_in_its_url_is_told_of_if_none_exist(fhir: Api) -> None:
    path = f"Organization?identifier=urn:oid:1.2.208.176.1.1|{build.sor()}&_format=json"

    refused = fhir.send("POST", path, build.organization())

    assert refused.status_code == 400
    assert web.outcome(refused) == [("error", "not-supported")]
    assert "If-None-Exist" in refused.get_data(as_text=True)
    assert fhir.get("Organization").get_json()["total"] == 0


def test_an_entry_that_creates_with_criteria_in_its_url_is_told_of_if_none_exist(fhir: Api) -> None:
    request = {"method": "POST", "url": f"Organization?identifier={build.sor()}"}
    entry = {"resource": build.organization(), "request": request}

    answered = fhir.send("POST", "", {"resourceType": "Bundle", "type": "batch", "entry": [entry]})

    (only,) = answered.get_json()["entry"]
    assert only["response"]["status"] == "400 Bad Request"
    assert "If-None-Exist" in only["response"]["outcome"]["issue"][0]["details"]["text"]


def test_an_update_creates_what_is_not_there(fhir: Api) -> None:
    response = fhir.put(build.device())

    assert response.status_code == 201
    assert response.headers["Location"] == f"{BASE}/Device/device-1/_history/1"


def test_an_update_makes_a_new_version(fhir: Api) -> None:
    fhir.put(build.device())

    response = fhir.put(build.device(manufacturer="Et andet hus"))

    assert (response.status_code, response.headers["ETag"]) == (200, 'W/"2"')
    assert response.get_json()["meta"]["versionId"] == "2"
    assert "Location" not in response.headers


def test_an_update_that_says_the_same_makes_none(fhir: Api) -> None:
    fhir.put(build.device())
    read = fhir.get("Device/device-1").get_json()

    response = fhir.put(read)

    assert (response.status_code, response.headers["ETag"]) == (200, 'W/"1"')


def test_an_update_brings_back_what_was_deleted(fhir: Api) -> None:
    fhir.put(build.device())
    fhir.delete("Device/device-1")

    response = fhir.put(build.device())

    assert (response.status_code, response.headers["ETag"]) == (201, 'W/"3"')


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("Device/other", build.device()),
        ("Device/device-1", build.device(id=None)),
        ("Endpoint/device-1", build.device()),
        ("Device/device-1", {"id": "device-1"}),
    ],
)
def test_an_update_is_of_what_its_url_says(fhir: Api, path: str, resource: build.Json) -> None:
    assert fhir.send("PUT", path, resource).status_code == 400


def test_an_id_that_is_none_takes_no_update(fhir: Api) -> None:
    response = fhir.send("PUT", "Device/a_b", build.device(id="a_b"))

    assert response.status_code == 404


@pytest.mark.parametrize("written", ['W/"1"', '"1"', "1", ' W/"1" '])
def test_if_match_lets_its_version_be_written_over(fhir: Api, written: str) -> None:
    fhir.put(build.device())

    response = fhir.put(build.device(manufacturer="Et andet hus"), headers={"If-Match": written})

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("written", "status"),
    [('W/"2"', 412), ('W/"0"', 412), ("*x", 400), ('W/"x"', 400), ('W/"1", W/"2"', 400), ("", 400)],
)
def test_if_match_lets_no_other_version_be_written_over(
    fhir: Api, counter: Counter, written: str, status: int
) -> None:
    fhir.put(build.device())
    headers = {"If-Match": written}

    update = fhir.put(build.device(manufacturer="Et andet hus"), headers=headers)
    delete = fhir.delete("Device/device-1", headers=headers)

    assert (update.status_code, delete.status_code) == (status, status)
    assert changes.sequence(counter) == 1


def test_if_match_on_what_is_not_there_fails(fhir: Api) -> None:
    response = fhir.put(build.device(), headers={"If-Match": 'W/"1"'})

    assert response.status_code == 412


@pytest.mark.parametrize(
    ("resource", "status", "codes"),
    [
        (build.device(status="bogus"), 400, ["code-invalid"]),
        (build.device(colour="red"), 400, ["structure"]),
        (build.device(manufacturer=None), 422, ["required"]),
        (build.endpoint(managingOrganization={"reference": "Organization/x"}), 422, ["not-found"]),
        (
            build.endpoint(9, payloadType=build.payloads("urn:x")),
            422,
            ["code-invalid", "not-found"],
        ),
        (HELD, 409, ["duplicate"]),
        (build.endpoint(1, id="rival"), 409, ["duplicate", "duplicate", "duplicate"]),
    ],
)
def test_what_is_refused_is_said_by_an_outcome(
    fhir: Api, resource: build.Json, status: int, codes: list[str]
) -> None:
    fhir.put(build.organization(1))
    fhir.put(build.endpoint(1))

    response = fhir.put(resource)

    assert response.status_code == status
    errors = [code for severity, code in web.outcome(response) if severity == "error"]
    assert errors == codes


def test_an_identifier_that_is_held_names_its_holder(fhir: Api) -> None:
    fhir.put(build.organization(1))

    for response in (fhir.put(HELD), fhir.post(HELD)):
        assert response.status_code == 409
        assert "Organization/unit-1" in response.get_data(as_text=True)


def test_a_delete_answers_with_an_outcome(fhir: Api) -> None:
    fhir.put(build.device())

    response = fhir.delete("Device/device-1")

    assert (response.status_code, response.headers["ETag"]) == (200, 'W/"2"')
    assert web.outcome(response) == [("information", "informational")]
    assert fhir.get("Device/device-1").status_code == 410
    assert fhir.get("Device").get_json()["total"] == 0


def test_a_delete_may_be_repeated(fhir: Api) -> None:
    fhir.put(build.device())

    again = [fhir.delete("Device/device-1") for _ in range(2)]

    assert [each.status_code for each in again] == [200, 200]
    assert again[1].headers["ETag"] == 'W/"2"'


def test_a_delete_of_what_never_was_finds_nothing(fhir: Api) -> None:
    response = fhir.delete("Device/nowhere")

    assert response.status_code == 200
    assert web.outcome(response) == [("information", "not-found")]


def test_a_delete_of_what_others_point_at_names_them(fhir: Api) -> None:
    fhir.put(build.organization(1))
    fhir.put(build.endpoint(1))

    response = fhir.delete("Organization/unit-1")

    assert response.status_code == 409
    assert web.outcome(response) == [("error", "conflict")]
    assert "Endpoint/endpoint-1" in response.get_data(as_text=True)


def test_a_search_answers_with_a_page(fhir: Api) -> None:
    fhir.put(build.device(1))
    fhir.put(build.device(2))

    page = fhir.get("Device?identifier=device-2").get_json()

    assert (page["type"], page["total"]) == ("searchset", 1)
    assert page["entry"][0]["fullUrl"] == f"{BASE}/Device/device-2"
    assert page["link"] == [
        {"relation": "self", "url": f"{BASE}/Device?identifier=device-2&_count=50"}
    ]


def test_the_pages_of_a_search_follow_each_other(fhir: Api) -> None:
    for number in range(5):
        fhir.put(build.device(number))
    seen: list[str] = []
    path: str | None = "Device?_count=2&status=active"

    while path is not None:
        page = fhir.get(path).get_json()
        assert page["total"] == 5
        seen += [entry["resource"]["id"] for entry in page["entry"]]
        links = {link["relation"]: link["url"].removeprefix(f"{BASE}/") for link in page["link"]}
        path = links.get("next")

    assert seen == [f"device-{number}" for number in range(5)]


def test_a_link_writes_commas_as_they_are(fhir: Api) -> None:
    fhir.put(build.device())

    found = fhir.get("?_type=Device,Endpoint&_id=device-1,x").get_json()

    assert found["link"][0]["url"] == f"{BASE}?_id=device-1,x&_count=50&_type=Device,Endpoint"


def test_an_unknown_parameter_is_passed_over_and_said(fhir: Api) -> None:
    page = fhir.get("Device?colour=red").get_json()

    assert page["total"] == 0
    assert page["entry"][0]["search"] == {"mode": "outcome"}
    assert "colour" not in page["link"][0]["url"]


@pytest.mark.parametrize(
    "query",
    [
        *("_count=x", "_count=-1", "identifier:contains=x", "status:missing=no", "identifier=%00"),
        *("organization=a/b/c", "_page=%00", "_page=abc", "_lastUpdated=never"),
    ],
)
def test_a_search_that_cannot_be_read_is_a_bad_request(fhir: Api, query: str) -> None:
    assert fhir.get(f"Endpoint?{query}").status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        *("identifier=%ff%fe", "identifier=%ED%A0%80", "identifier=%F0%9F%A6%B4", "_page=%F0%9F"),
        *("", "?", "&&&", "=", "=x", "_id", "identifier=|||", "%00=1&identifier=", "_count=0"),
        *("_id=" + "x," * 3000, "identifier=" + "%5C" * 3001, "_count=1&_count=2"),
    ],
)
def test_an_odd_search_is_answered(fhir: Api, query: str) -> None:
    fhir.put(build.device())

    assert fhir.get(f"Device?{query}").status_code in (200, 400)


def test_a_code_with_its_signs_may_be_searched_for(fhir: Api) -> None:
    fhir.put(build.message_definition())

    quoted = build.HCO_1_2.replace("#", "%23")

    assert fhir.get(f"MessageDefinition?identifier={quoted}").get_json()["total"] == 1


@pytest.mark.parametrize("number", range(4))
def test_what_is_registered_is_read_back_as_it_was_sent(fhir: Api, number: int) -> None:
    plain = build.registered()
    plain[2].pop("endpoint")
    for each in plain:
        assert fhir.put(each).status_code == 201

    found = fhir.get(str(build.ref(plain[number]))).get_json()

    assert found | {"meta": plain[number]["meta"]} == plain[number]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "Device/x", {"GET", "HEAD", "PUT", "PATCH", "DELETE"}),
        ("DELETE", "Device/x/_history/1", {"GET", "HEAD"}),
    ],
)
def test_a_method_that_is_not_offered_says_which_are(
    fhir: Api, method: str, path: str, allowed: set[str]
) -> None:
    response = fhir.ask(method, path)

    assert response.status_code == 405
    assert set(response.headers["Allow"].split(", ")) == allowed
    assert web.outcome(response) == [("error", "not-supported")]


def test_the_statement_is_what_the_server_does(fhir: Api) -> None:
    statement = fhir.get("metadata").get_json()

    assert statement["implementation"]["url"] == BASE
    assert canonicals.AP_DETAILS in fhir.get("metadata?_format=xml").get_data(as_text=True)


def test_health_needs_no_token(fhir: Api) -> None:
    assert fhir.client.get("/health").get_json() == {"status": "alive"}
    assert fhir.client.get("/ready").get_json() == {"status": "ready", "sequence": 0}


def test_a_base_without_a_path_serves_too(counter: Counter) -> None:
    base = "http://127.0.0.1:8080"
    gate = Gate(key=web.key(), audience=base, now=counter.now)
    client = app.create_app(app.Parts(counter, gate, base, "1.0")).test_client()

    assert client.get("/metadata").status_code == 200
    assert client.get("/Device").status_code == 401
    assert client.get("/health").get_json() == {"status": "alive"}


def test_everything_wrong_is_said_with_its_place(fhir: Api) -> None:
    wrong: Any = build.endpoint(identifier=[{"system": "https://www.gs1.org/gln", "value": "1"}])
    del wrong["payloadMimeType"]

    response = fhir.put(wrong)

    places = {issue["expression"][0] for issue in response.get_json()["issue"]}
    assert places == {
        "Endpoint.identifier[0].value",
        "Endpoint.payloadMimeType",
        "Endpoint.managingOrganization",
    }


def test_an_answer_that_cannot_be_given_is_refused_before_anything_is_written(
    fhir: Api, counter: Counter
) -> None:
    device = build.device()
    before = changes.sequence(counter)

    html = {"headers": {"Accept": "text/html"}}
    statuses = [
        fhir.post(device, **html).status_code,
        fhir.put(device, **html).status_code,
        fhir.delete("Device/x", **html).status_code,
    ]

    assert statuses == [406, 406, 406]
    assert changes.sequence(counter) == before
