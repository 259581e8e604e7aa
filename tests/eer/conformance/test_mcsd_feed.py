"""IHE mCSD 4.0: replicas follow the directory and sources feed it, ITI-91 and ITI-130.

https://profiles.ihe.net/ITI/mCSD
"""

import pytest

import builders_bundle as bundles
import builders_fhir as build
import builders_plain as plain
import builders_web as web
import searches
from builders_fhir import Clock, Json
from builders_web import FHIR_JSON, FHIR_XML, Api
from eer.fhir import codec_xml

ACTORS = "https://profiles.ihe.net/ITI/mCSD/CapabilityStatement/IHE.mCSD.Directory"


@pytest.fixture
def filled(fhir: Api) -> Api:
    return searches.directory(fhir)


@pytest.mark.fhir(137)
@pytest.mark.parametrize("form", [FHIR_JSON, FHIR_XML])
def test_a_replica_follows_the_history_of_a_type(filled: Api, clock: Clock, form: str) -> None:
    clock.at = clock.at.replace(minute=1)
    searches.registered(
        filled,
        build.organization(2, name="Nyt navn", active=False),
        build.organization(5),
        build.endpoint(2, status="off"),
    )
    assert filled.delete("Organization/unit-5").status_code == 200

    response = filled.get(
        "Organization/_history?_since=2026-05-05T12:00:30Z", headers={"Accept": form}
    )

    bundle = codec_xml.parse(response.data) if form == FHIR_XML else response.get_json()
    assert (response.status_code, bundle["type"]) == (200, "history")
    assert [
        (each["request"]["method"], each["request"]["url"], "resource" in each)
        for each in bundle["entry"]
    ] == [
        ("DELETE", "Organization/unit-5", False),
        ("PUT", "Organization/unit-5", True),
        ("PUT", "Organization/unit-2", True),
    ]


@pytest.mark.fhir(137)
@pytest.mark.parametrize(
    "type_name",
    ["Organization", "Endpoint", "Location", "HealthcareService", "OrganizationAffiliation"],
)
def test_each_type_of_the_directory_has_a_history(fhir: Api, type_name: str) -> None:
    response = fhir.get(f"{type_name}/_history?_since=2026-01-01T00:00:00Z")

    assert (response.status_code, response.get_json()["type"]) == (200, "history")


@pytest.mark.fhir(138)
@pytest.mark.parametrize("form", [FHIR_JSON, FHIR_XML])
@pytest.mark.parametrize("resource", [build.organization(9), plain.location(1)])
def test_a_source_feeds_the_directory_in_both_forms(filled: Api, resource: Json, form: str) -> None:
    def body(changed: Json) -> Json:
        if form == FHIR_JSON:
            return {}
        return {"data": codec_xml.printed(changed), "content_type": FHIR_XML}

    made = filled.post(resource, **body(resource), headers={"Accept": FHIR_JSON})
    changed = made.get_json() | {"name": "Et andet navn"}
    updated = filled.put(changed, **body(changed))
    deleted = filled.delete(str(build.ref(changed)))

    assert [each.status_code for each in (made, updated, deleted)] == [201, 200, 200]


@pytest.mark.fhir(138)
def test_a_source_feeds_several_resources_as_one(fhir: Api) -> None:
    response = bundles.sent(
        fhir,
        bundles.transaction(
            *(
                bundles.update(each)
                for each in (
                    plain.affiliation(),
                    plain.healthcare_service(),
                    plain.location(),
                    build.endpoint(1),
                    build.organization(1),
                    build.organization(2),
                )
            )
        ),
    )

    assert response.get_json()["type"] == "transaction-response"
    assert bundles.statuses(response) == ["201"] * 6
    assert fhir.get("OrganizationAffiliation/affiliation-1").status_code == 200


@pytest.mark.fhir(138)
def test_a_feed_that_is_wrong_changes_nothing(filled: Api) -> None:
    wrong = plain.location(1, status="bogus")

    response = bundles.sent(
        filled, bundles.transaction(bundles.update(build.organization(9)), bundles.update(wrong))
    )

    assert (response.status_code, web.outcome(response)[0]) == (400, ("error", "code-invalid"))
    assert filled.get("Organization/unit-9").status_code == 404


@pytest.mark.fhir(139)
def test_what_was_made_inactive_is_still_there(filled: Api) -> None:
    searches.registered(
        filled,
        build.organization(3, active=False, name="Region Fyn"),
        build.endpoint(1, status="off"),
    )

    assert filled.get("Organization/unit-3").get_json()["active"] is False
    assert searches.found(filled, "Organization?active=false") == ["unit-2", "unit-3"]
    assert searches.found(filled, "Organization?active=true&name=Region") == []
    assert searches.found(filled, "Endpoint?status=off") == ["endpoint-1"]
    assert searches.found(filled, "Organization?endpoint.status=off") == ["unit-1"]


@pytest.mark.fhir(139)
def test_making_inactive_works_where_a_delete_is_refused(filled: Api) -> None:
    assert filled.delete("Organization/unit-1").status_code == 409

    inactive = filled.get("Organization/unit-1").get_json() | {"active": False}

    assert filled.put(inactive).status_code == 200


@pytest.mark.fhir(141)
@pytest.mark.parametrize("actor", ["", ".Update", ".Feed"])
def test_the_statement_says_which_actors_we_are(fhir: Api, actor: str) -> None:
    statement = fhir.get("metadata").get_json()

    claimed = {each.partition("|")[0] for each in statement["instantiates"]}
    assert f"{ACTORS}{actor}" in claimed
