"""FHIR R4 transaction: references by search, and those to what a condition found.

https://hl7.org/fhir/R4/http.html#trules
"""

import pytest

import builders_bundle as bundles
import builders_fhir as build
import searches
from builders_fhir import Json
from builders_web import BASE, Api

SOR, CVR = "urn:oid:1.2.208.176.1.1", "http://cvr.dk"


def to(reference: str) -> Json:
    return {"reference": reference}


def manager(fhir: Api, endpoint_id: str) -> str:
    """Return where the managing organisation of an endpoint leads."""
    found = fhir.get(f"Endpoint/{endpoint_id}").get_json()["managingOrganization"]["reference"]
    return str(found).removeprefix(f"{BASE}/")


BY_SOR = f"Organization?identifier={SOR}|{build.sor(1)}"


@pytest.fixture
def filled(fhir: Api) -> Api:
    """Return the API over two units, and two owners of one company."""
    twin = build.owner(91, identifier=build.owner(90)["identifier"])
    return searches.registered(
        fhir, build.organization(1), build.organization(2), build.owner(90), twin
    )


@pytest.mark.fhir(114)
@pytest.mark.parametrize(
    "written",
    [
        BY_SOR,
        f"Organization?identifier={build.sor(1)}&active=true",
        "Organization?name:exact=L%C3%A6gehuset%20p%C3%A5%20%C3%86r%C3%B8vej%201",
        "Organization?_id=unit-1",
    ],
)
def test_a_reference_by_search_becomes_the_one_that_matches(filled: Api, written: str) -> None:
    endpoint = build.endpoint(1, managingOrganization=to(written))

    response = bundles.sent(filled, bundles.transaction(bundles.update(endpoint)))

    assert bundles.statuses(response) == ["201"]
    assert manager(filled, "endpoint-1") == "Organization/unit-1"


@pytest.mark.fhir(114)
def test_a_reference_by_search_may_stand_in_an_extension(filled: Api) -> None:
    unit = build.organization(3, extension=[build.linked("https://x.example.dk/near", BY_SOR)])

    bundles.sent(filled, bundles.transaction(bundles.update(unit)))

    (kept,) = filled.get("Organization/unit-3").get_json()["extension"]
    assert kept["valueReference"] == to("Organization/unit-1")


@pytest.mark.fhir(114)
@pytest.mark.parametrize(
    ("written", "status"),
    [
        (f"Organization?identifier={SOR}|{build.sor(9)}", 412),
        (f"Organization?identifier={CVR}|{build.cvr(90)}", 412),
        ("Organization?active=true", 412),
        ("Organization?colour=red", 400),
        (f"{BY_SOR}&colour=red", 400),
        ("Organization?identifier=", 400),
        ("Organization?_count=1", 400),
        ("Organization?name:fuzzy=x", 400),
    ],
)
def test_a_reference_by_search_that_is_not_of_one_fails(
    filled: Api, written: str, status: int
) -> None:
    device = build.device(2, owner=to(written))

    response = bundles.sent(
        filled, bundles.transaction(bundles.update(build.device(1)), bundles.update(device))
    )

    assert response.status_code == status
    assert any(each.startswith("Bundle.entry[1]") for each in bundles.places(response))
    assert searches.found(filled, "Device") == []


@pytest.mark.fhir(114, 117)
def test_a_reference_by_search_does_not_see_what_the_bundle_creates(filled: Api) -> None:
    wanted = f"Organization?identifier={SOR}|{build.sor(5)}"

    response = bundles.sent(
        filled,
        bundles.transaction(
            bundles.create(build.organization(5)),
            bundles.update(build.device(1, owner=to(wanted))),
        ),
    )

    assert response.status_code == 412
    assert searches.found(filled, "Device") == []


@pytest.mark.fhir(114)
def test_only_transactions_know_references_by_search(filled: Api) -> None:
    device = build.device(1, owner=to(BY_SOR))

    alone = (filled.post(device), filled.put(device))
    in_batch = bundles.sent(filled, bundles.batch(bundles.update(device)))

    assert [each.status_code for each in alone] == [400, 400]
    assert bundles.statuses(in_batch) == ["400"]
    assert searches.found(filled, "Device") == []


@pytest.mark.fhir(116)
def test_references_to_what_turned_out_to_exist_lead_there(filled: Api) -> None:
    unit = bundles.create(build.organization(1), 1, ifNoneExist=f"identifier={SOR}|{build.sor(1)}")
    endpoint = bundles.create(build.endpoint(1, managingOrganization=to(bundles.urn(1))))

    response = bundles.sent(filled, bundles.transaction(endpoint, unit))

    of_endpoint, of_unit = bundles.answers(response)
    assert bundles.statuses(response) == ["201", "200"]
    assert bundles.id_of(of_unit) == "unit-1"
    assert manager(filled, bundles.id_of(of_endpoint)) == "Organization/unit-1"
    assert filled.get("Organization/unit-1").headers["ETag"] == 'W/"1"'


@pytest.mark.fhir(115, 116)
def test_references_to_what_a_conditional_update_found_lead_there(filled: Api) -> None:
    unit = build.organization(1, id=None, name="Lægehuset ved havnen")
    update = bundles.entry("PUT", BY_SOR, unit, bundles.urn(1))
    endpoint = bundles.create(build.endpoint(1, managingOrganization=to(bundles.urn(1))))

    response = bundles.sent(filled, bundles.transaction(endpoint, update))

    of_endpoint, _ = bundles.answers(response)
    assert manager(filled, bundles.id_of(of_endpoint)) == "Organization/unit-1"
