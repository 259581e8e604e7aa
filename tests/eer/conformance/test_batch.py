"""FHIR R4 batch: requests that share nothing but their envelope.

https://hl7.org/fhir/R4/http.html#brules
"""

import pytest

import builders_bundle as bundles
import builders_fhir as build
import builders_web as web
import searches
from builders_fhir import Json
from builders_web import FHIR_XML, Api
from eer.fhir import codec_xml

NEWER = build.device(1, manufacturer="Nyt")


@pytest.fixture
def filled(fhir: Api) -> Api:
    return searches.registered(
        fhir, build.device(1), build.device(2), build.organization(1), build.endpoint(1)
    )


def told(answer: Json) -> list[str]:
    """Return the codes of the outcome of an entry."""
    outcome = answer["response"].get("outcome") or answer["resource"]
    assert outcome["resourceType"] == "OperationOutcome"
    return [issue["code"] for issue in outcome["issue"] if issue["severity"] == "error"]


@pytest.mark.fhir(106, 120)
def test_one_entry_that_fails_leaves_the_others_be(filled: Api) -> None:
    response = bundles.sent(
        filled,
        bundles.batch(
            bundles.update(NEWER),
            bundles.create(build.device(3, manufacturer=None)),
            bundles.create(build.device(4)),
            bundles.delete("Organization/unit-1"),
            bundles.delete("Device/device-2"),
        ),
    )

    updated, refused, created, held, deleted = bundles.answers(response)
    assert response.get_json()["type"] == "batch-response"
    assert bundles.statuses(response) == ["200", "422", "201", "409", "200"]
    assert (told(refused), told(held)) == (["required"], ["conflict"])
    assert (updated["response"]["etag"], created["response"]["etag"]) == ('W/"2"', 'W/"1"')
    assert filled.get("Device/device-1").get_json()["manufacturer"] == "Nyt"
    assert filled.get(f"Device/{bundles.id_of(created)}").status_code == 200
    assert filled.get("Device/device-2").status_code == 410
    assert "outcome" not in deleted["response"] or not told(deleted)


@pytest.mark.fhir(120)
@pytest.mark.parametrize(
    ("entry", "status", "code"),
    [
        (bundles.get("Device/nowhere"), "404", "not-found"),
        (bundles.get("Device/gone"), "410", "deleted"),
        (bundles.get("Patient/1"), "404", "not-supported"),
        (bundles.get("Device?_count=x"), "400", "value"),
        (bundles.update(build.device(4, status="bogus")), "400", "code-invalid"),
        (bundles.update(build.device(4, identifier=[{"value": "device-1"}])), "409", "duplicate"),
        (bundles.update(NEWER, ifMatch='W/"9"'), "412", "conflict"),
        (
            bundles.create(build.device(4), ifNoneExist="type=MSH"),
            "412",
            "multiple-matches",
        ),
        (bundles.entry("PUT", "Device/other", build.device(4)), "400", None),
    ],
)
def test_each_entry_that_fails_has_its_own_status_and_outcome(
    filled: Api, entry: Json, status: str, code: str | None
) -> None:
    searches.registered(filled, build.device(5, id="gone"))
    filled.delete("Device/gone")

    response = bundles.sent(filled, bundles.batch(entry, bundles.update(build.device(3))))

    failed, _ = bundles.answers(response)
    assert bundles.statuses(response) == [status, "201"]
    assert told(failed) != []
    assert code is None or code in told(failed)


@pytest.mark.fhir(119, 120)
def test_a_batch_reads_searches_and_asks_for_the_past(filled: Api) -> None:
    response = bundles.sent(
        filled,
        bundles.batch(
            bundles.get("Device/device-1"),
            bundles.get("Device?identifier=|device-2"),
            bundles.get("Device/device-1/_history"),
            bundles.get("Device/device-1/_history/1"),
        ),
    )

    read, found, history, version = (each["resource"] for each in bundles.answers(response))
    assert bundles.statuses(response) == ["200"] * 4
    assert (read["id"], version["id"]) == ("device-1", "device-1")
    assert searches.matches(found) == ["device-2"]
    assert (history["type"], history["total"]) == ("history", 1)


@pytest.mark.fhir(108, 120)
def test_entries_are_answered_in_the_order_of_the_batch(filled: Api) -> None:
    entries = [bundles.get(f"Device/device-{number}") for number in (2, 9, 1)]

    response = bundles.sent(filled, bundles.batch(*entries))

    assert bundles.statuses(response) == ["200", "404", "200"]
    second, _, first = bundles.answers(response)
    assert (second["resource"]["id"], first["resource"]["id"]) == ("device-2", "device-1")


@pytest.mark.fhir(17, 120)
def test_what_a_batch_wrote_comes_back_when_it_is_preferred(filled: Api) -> None:
    preferred = {"Prefer": "return=representation"}

    (updated,) = bundles.answers(
        bundles.sent(filled, bundles.batch(bundles.update(NEWER)), headers=preferred)
    )
    (created,) = bundles.answers(
        bundles.sent(filled, bundles.batch(bundles.create(build.device(3))))
    )

    assert updated["resource"]["manufacturer"] == "Nyt"
    assert "resource" not in created


@pytest.mark.fhir(120)
@pytest.mark.parametrize(
    ("written", "status"),
    [(bundles.urn(1), "400"), ("https://other.example.dk/fhir/Organization/abc", "422")],
)
def test_references_between_new_entries_are_not_rewritten(
    filled: Api, written: str, status: str
) -> None:
    unit = bundles.create(build.organization(2)) | {"fullUrl": written}
    endpoint = bundles.create(build.endpoint(2, managingOrganization={"reference": written}))

    response = bundles.sent(filled, bundles.batch(unit, endpoint))

    assert bundles.statuses(response) == ["201", status]
    assert searches.found(filled, "Endpoint") == ["endpoint-1"]


@pytest.mark.fhir(115, 120)
def test_each_entry_of_a_batch_can_be_conditional(filled: Api) -> None:
    response = bundles.sent(
        filled,
        bundles.batch(
            bundles.create(build.device(1), ifNoneExist="identifier=|device-1"),
            bundles.get("Device/device-1", ifNoneMatch='W/"1"'),
            bundles.entry("PUT", "Device?identifier=|device-2", build.device(2, id=None)),
            bundles.delete("Device?identifier=|nowhere"),
        ),
    )

    assert bundles.statuses(response) == ["200", "304", "200", "200"]


@pytest.mark.fhir(118, 120)
def test_an_entry_of_a_batch_may_be_a_patch(filled: Api) -> None:
    patch = bundles.replacing("Device.manufacturer", "Nyt")

    response = bundles.sent(
        filled,
        bundles.batch(
            bundles.entry("PATCH", "Device/device-1", patch),
            bundles.entry("PATCH", "Device/nowhere", patch),
        ),
    )

    assert bundles.statuses(response) == ["200", "404"]
    assert filled.get("Device/device-1").get_json()["manufacturer"] == "Nyt"


@pytest.mark.fhir(120, 124)
def test_a_batch_in_xml_is_answered_in_xml(filled: Api) -> None:
    bundle = bundles.batch(
        bundles.get("Device/device-1"), bundles.get("Device/nowhere"), bundles.update(NEWER)
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
    assert (response.status_code, found["type"]) == (200, "batch-response")
    assert [each["response"]["status"][:3] for each in found["entry"]] == ["200", "404", "200"]
    assert told(found["entry"][1]) == ["not-found"]


@pytest.mark.fhir(8, 124)
def test_a_bundle_in_xml_may_be_answered_in_json(filled: Api) -> None:
    response = filled.ask(
        "POST",
        "",
        data=codec_xml.printed(bundles.batch(bundles.get("Device/device-1"))),
        content_type=FHIR_XML,
        headers={"Accept": web.FHIR_JSON},
    )

    assert bundles.statuses(response) == ["200"]
