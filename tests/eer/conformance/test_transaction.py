"""FHIR R4 transaction: all or nothing, and each entry answered in its place.

https://hl7.org/fhir/R4/http.html#transaction, #trules and #transaction-response
"""

import pytest

import builders_bundle as bundles
import builders_fhir as build
import builders_web as web
import searches
from builders_fhir import Json
from builders_web import BASE, FHIR_XML, Api
from eer.fhir import codec_xml

TOO_COSTLY = "too-costly"


@pytest.fixture
def filled(fhir: Api) -> Api:
    return searches.registered(
        fhir, build.device(1), build.device(2), build.organization(1), build.endpoint(1)
    )


@pytest.mark.fhir(1, 106)
@pytest.mark.parametrize("path", ["/fhir", "/fhir/"])
@pytest.mark.parametrize("kind", ["transaction", "batch"])
def test_a_bundle_is_posted_to_the_base(filled: Api, path: str, kind: str) -> None:
    make = bundles.transaction if kind == "transaction" else bundles.batch

    response = bundles.sent_to(filled, path, make(bundles.update(build.device(3))))

    assert response.status_code == 200
    assert response.get_json()["type"] == f"{kind}-response"
    assert filled.get("Device/device-3").status_code == 200


@pytest.mark.fhir(106)
@pytest.mark.parametrize(
    "kind",
    ["searchset", "collection", "document", "message", "batch-response", "transaction-response"],
)
def test_a_bundle_of_another_type_is_refused(filled: Api, kind: str) -> None:
    bundle = bundles.transaction(bundles.update(build.device(3))) | {"type": kind}

    response = bundles.sent(filled, bundle)

    assert response.status_code in (400, 422)
    assert web.outcome(response)[0][0] == "error"
    assert filled.get("Device/device-3").status_code == 404


@pytest.mark.fhir(106)
@pytest.mark.parametrize(
    "body",
    [build.device(3), {"resourceType": "Bundle"}, {"resourceType": "Bundle", "type": "bogus"}, {}],
)
def test_what_is_no_bundle_is_a_bad_request(filled: Api, body: Json) -> None:
    assert bundles.sent(filled, body).status_code == 400


WRONG = [
    (bundles.update(build.device(4, status="bogus")), 400),
    (bundles.update(build.device(4, colour="red")), 400),
    (bundles.create(build.device(4, manufacturer=None)), 422),
    (bundles.update(build.device(4, owner={"reference": "Organization/nowhere"})), 422),
    (bundles.update(build.device(4, identifier=[{"value": "device-1"}])), 409),
    (bundles.create(build.organization(1)), 409),
    (bundles.delete("Organization/unit-1"), 409),
    (bundles.update(build.device(1, manufacturer="Nyt"), ifMatch='W/"9"'), 412),
    (bundles.entry("PATCH", "Device/no", bundles.replacing("Device.manufacturer", "Nyt")), 404),
    (bundles.entry("PUT", "Patient/1", {"resourceType": "Patient", "id": "1"}), 404),
]


@pytest.mark.fhir(107)
@pytest.mark.parametrize(("wrong", "status"), WRONG)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_transaction_that_fails_names_the_entry_and_does_nothing(
    filled: Api, wrong: Json, status: int, place: int
) -> None:
    right = [bundles.update(build.device(3)), bundles.delete("Device/device-2")]
    entries = [*right[:place], wrong, *right[place:]]

    response = bundles.sent(filled, bundles.transaction(*entries))

    assert response.status_code == status
    assert web.outcome(response)[0][0] == "error"
    assert all(each.startswith(f"Bundle.entry[{place}]") for each in bundles.places(response))
    assert bundles.places(response) != []
    assert searches.found(filled, "Device") == ["device-1", "device-2"]
    assert searches.found(filled, "Device?identifier=|device-3") == []
    assert filled.get("_history").get_json()["total"] == 4


@pytest.mark.fhir(107)
def test_everything_wrong_with_a_transaction_is_said_at_once(filled: Api) -> None:
    response = bundles.sent(
        filled,
        bundles.transaction(
            bundles.update(build.device(3, manufacturer=None)),
            bundles.update(build.device(4)),
            bundles.update(build.device(5, manufacturer=None)),
        ),
    )

    assert response.status_code == 422
    assert {each.partition(".resource")[0] for each in bundles.places(response)} == {
        "Bundle.entry[0]",
        "Bundle.entry[2]",
    }


@pytest.mark.fhir(107)
def test_what_failed_once_is_done_when_it_is_right(filled: Api) -> None:
    new = bundles.update(build.device(3))
    bundles.sent(filled, bundles.transaction(new, WRONG[0][0]))

    response = bundles.sent(filled, bundles.transaction(new))

    assert bundles.statuses(response) == ["201"]
    assert filled.get("Device/device-3").headers["ETag"] == 'W/"1"'


@pytest.mark.fhir(108)
def test_each_entry_is_answered_in_its_place(filled: Api) -> None:
    response = bundles.sent(
        filled,
        bundles.transaction(
            bundles.get("Device/device-1"),
            bundles.create(build.device(3)),
            bundles.update(build.device(1, manufacturer="Nyt")),
            bundles.delete("Device/device-2"),
            bundles.update(build.device(4)),
        ),
    )

    read, created, updated, deleted, put = (each["response"] for each in bundles.answers(response))
    assert bundles.statuses(response) == ["200", "201", "200", "200", "201"]
    assert response.get_json()["type"] == "transaction-response"
    assert (read["etag"], updated["etag"]) == ('W/"2"', 'W/"2"')
    assert (created["etag"], put["etag"]) == ('W/"1"', 'W/"1"')
    assert created["location"].endswith("/_history/1")
    assert put["location"].removeprefix(f"{BASE}/") == "Device/device-4/_history/1"
    for each in (read, created, updated, put):
        assert each["lastModified"].startswith("2026-05-05T12:00:00")
    assert "location" not in deleted


@pytest.mark.fhir(17, 108)
@pytest.mark.parametrize(
    ("headers", "versions"),
    [
        ({}, []),
        ({"Prefer": "return=minimal"}, []),
        ({"Prefer": "return=representation"}, ["1", "2"]),
    ],
)
def test_what_was_written_comes_back_when_it_is_preferred(
    filled: Api, headers: dict[str, str], versions: list[str]
) -> None:
    writes = (bundles.create(build.device(3)), bundles.update(build.device(1, manufacturer="Nyt")))

    response = bundles.sent(filled, bundles.transaction(*writes), headers=headers)

    written = [each["resource"] for each in bundles.answers(response) if "resource" in each]
    assert [each["meta"]["versionId"] for each in written] == versions


@pytest.mark.fhir(17, 108)
def test_an_outcome_of_each_write_comes_back_when_it_is_preferred(filled: Api) -> None:
    write = bundles.create(build.device(3))

    response = bundles.sent(
        filled, bundles.transaction(write), headers={"Prefer": "return=OperationOutcome"}
    )

    (created,) = bundles.answers(response)
    assert "resource" not in created
    assert created["response"]["outcome"]["resourceType"] == "OperationOutcome"


@pytest.mark.fhir(121)
@pytest.mark.parametrize("kind", ["transaction", "batch"])
def test_an_empty_bundle_is_answered_emptily(filled: Api, kind: str) -> None:
    response = bundles.sent(filled, {"resourceType": "Bundle", "type": kind})

    body = response.get_json()
    assert (response.status_code, body["type"]) == (200, f"{kind}-response")
    assert "entry" not in body


@pytest.mark.fhir(121)
@pytest.mark.parametrize(
    "wrong",
    [
        {"resource": build.device(4)},
        {"resource": build.device(4), "request": {"method": "PUT"}},
        {"resource": build.device(4), "request": {"url": "Device/device-4"}},
        {"resource": build.device(4), "request": {"method": "BREW", "url": "Device/device-4"}},
        {"request": {"method": "PUT", "url": "Device/device-4"}},
        {"request": {"method": "POST", "url": "Device"}},
    ],
)
def test_an_entry_that_asks_for_nothing_refuses_the_transaction(filled: Api, wrong: Json) -> None:
    response = bundles.sent(filled, bundles.transaction(bundles.update(build.device(3)), wrong))

    assert response.status_code == 400
    assert any(each.startswith("Bundle.entry[1]") for each in bundles.places(response))
    assert filled.get("Device/device-3").status_code == 404


@pytest.mark.fhir(121)
@pytest.mark.parametrize("kind", ["transaction", "batch"])
def test_a_bundle_of_more_entries_than_the_limit_is_refused(fhir: Api, kind: str) -> None:
    make = bundles.transaction if kind == "transaction" else bundles.batch

    response = bundles.sent(fhir, make(*[bundles.get("Device/x")] * 10_001))

    assert response.status_code == 422
    assert web.outcome(response) == [("error", TOO_COSTLY)]


@pytest.mark.fhir(122)
def test_an_update_chooses_its_id_as_a_single_one_does(filled: Api) -> None:
    for full_url in (None, f"{BASE}/Device/device-3", bundles.urn(1)):
        update = bundles.entry("PUT", "Device/device-3", build.device(3), full_url)

        response = bundles.sent(filled, bundles.transaction(update))

        assert bundles.statuses(response) in (["201"], ["200"])
        assert filled.get("Device/device-3").get_json()["id"] == "device-3"


@pytest.mark.fhir(122)
@pytest.mark.parametrize(
    "wrong",
    [
        bundles.entry("PUT", "Device/device-3", build.device(3), f"{BASE}/Device/other"),
        bundles.entry("PUT", "Device/device-3", build.device(3), f"{BASE}/Endpoint/device-3"),
        bundles.entry("PUT", "Device/other", build.device(3)),
        bundles.entry("PUT", "Device/device-3", build.device(3, id=None)),
        bundles.entry("PUT", "Endpoint/device-3", build.device(3)),
        bundles.entry("POST", "Endpoint", build.device(3, id=None)),
    ],
)
def test_an_entry_that_contradicts_itself_is_a_bad_request(filled: Api, wrong: Json) -> None:
    response = bundles.sent(filled, bundles.transaction(wrong))

    assert response.status_code == 400
    assert all(each.startswith("Bundle.entry[0]") for each in bundles.places(response))
    assert searches.found(filled, "Device") == ["device-1", "device-2"]


@pytest.mark.fhir(124)
def test_a_transaction_in_xml_is_answered_in_xml(filled: Api) -> None:
    bundle = bundles.transaction(
        bundles.get("Device/device-1"),
        bundles.create(build.device(3)),
        bundles.update(build.device(1, manufacturer="Nyt")),
    )

    response = filled.ask(
        "POST",
        "",
        data=codec_xml.printed(bundle),
        content_type=FHIR_XML,
        headers={"Accept": FHIR_XML},
    )

    found = codec_xml.parse(response.data)
    assert response.headers["Content-Type"].startswith(FHIR_XML)
    assert (response.status_code, found["type"]) == (200, "transaction-response")
    assert [each["response"]["status"][:3] for each in found["entry"]] == ["200", "201", "200"]
    assert found["entry"][0]["resource"]["manufacturer"] == "Nyt"


@pytest.mark.fhir(107, 124)
def test_a_transaction_in_xml_is_refused_in_xml(filled: Api) -> None:
    response = filled.ask(
        "POST",
        "",
        data=codec_xml.printed(bundles.transaction(WRONG[2][0])),
        content_type=FHIR_XML,
        headers={"Accept": FHIR_XML},
    )

    found = codec_xml.parse(response.data)
    assert (response.status_code, found["resourceType"]) == (422, "OperationOutcome")
    assert found["issue"][0]["expression"][0].startswith("Bundle.entry[0]")
