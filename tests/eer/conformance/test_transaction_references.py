"""FHIR R4 transaction: how references between its entries become references in the register.

https://hl7.org/fhir/R4/http.html#trules
"""

import pytest

import builders_bundle as bundles
import builders_fhir as build
import builders_web as web
import searches
from builders_fhir import Json
from builders_web import BASE, Api
from eer.fhir import canonicals

SOR = "urn:oid:1.2.208.176.1.1"
OID = "urn:oid:2.16.840.1.113883.3.7.11"
THEIRS = "https://other.example.dk/fhir/Organization/abc"
EXTENSION = "https://extensions.example.dk/said"


def to(reference: str) -> Json:
    return {"reference": reference}


def said(**value: object) -> Json:
    return {"url": EXTENSION, **value}


def manager(fhir: Api, endpoint_id: str) -> str:
    """Return where the managing organisation of an endpoint leads."""
    found = fhir.get(f"Endpoint/{endpoint_id}").get_json()["managingOrganization"]["reference"]
    return str(found).removeprefix(f"{BASE}/")


@pytest.mark.fhir(111)
@pytest.mark.parametrize("order", [1, -1])
def test_what_is_created_may_point_at_each_other(fhir: Api, order: int) -> None:
    unit = bundles.create(build.organization(1, endpoint=[to(bundles.urn(2))]), 1)
    endpoint = bundles.create(build.endpoint(1, managingOrganization=to(bundles.urn(1))), 2)

    response = bundles.sent(fhir, bundles.transaction(*[unit, endpoint][::order]))

    of_unit, of_endpoint = (bundles.id_of(each) for each in bundles.answers(response)[::order])
    assert bundles.statuses(response) == ["201", "201"]
    assert manager(fhir, of_endpoint) == f"Organization/{of_unit}"
    assert searches.found(fhir, f"Organization?endpoint={of_endpoint}") == [of_unit]


@pytest.mark.fhir(111)
def test_a_urn_may_be_an_oid(fhir: Api) -> None:
    unit = bundles.create(build.organization(1)) | {"fullUrl": OID}
    endpoint = bundles.create(build.endpoint(1, managingOrganization=to(OID)))

    response = bundles.sent(fhir, bundles.transaction(endpoint, unit))

    of_endpoint, of_unit = (bundles.id_of(each) for each in bundles.answers(response))
    assert manager(fhir, of_endpoint) == f"Organization/{of_unit}"


@pytest.mark.fhir(111)
def test_what_is_updated_may_be_called_by_a_urn_too(fhir: Api) -> None:
    unit = bundles.update(build.organization(1)) | {"fullUrl": bundles.urn(1)}
    endpoint = bundles.create(build.endpoint(1, managingOrganization=to(bundles.urn(1))))

    response = bundles.sent(fhir, bundles.transaction(endpoint, unit))

    of_endpoint, _ = bundles.answers(response)
    assert manager(fhir, bundles.id_of(of_endpoint)) == "Organization/unit-1"


@pytest.fixture
def rewritten(fhir: Api) -> tuple[Json, str, str]:
    """Return a unit that spoke of an endpoint in every way, its id, and what became of the urn."""
    urn = bundles.urn(2)
    link = f'<p><a href="{urn}">Postkassen</a> <img src="{urn}" alt="Postkasse"/></p>'
    unit = build.organization(
        1,
        text={
            "status": "additional",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{link}</div>',
        },
        contained=[
            {
                "resourceType": "Location",
                "id": "inner",
                "managingOrganization": to(bundles.urn(1)),
            }
        ],
        extension=[
            said(valueReference=to("#inner")),
            said(valueReference=to(urn)),
            said(valueUri=urn),
            said(valueUrl=urn),
            said(valueCanonical=urn),
            said(valueString=urn),
            said(extension=[said(valueReference=to(urn))]),
        ],
    )
    endpoint = build.endpoint(1, managingOrganization=to(bundles.urn(1)))
    response = bundles.sent(
        fhir, bundles.transaction(bundles.create(unit, 1), bundles.create(endpoint, 2))
    )
    of_unit, of_endpoint = (bundles.id_of(each) for each in bundles.answers(response))
    found: Json = fhir.get(f"Organization/{of_unit}").get_json()
    return found, of_unit, f"Endpoint/{of_endpoint}"


@pytest.mark.fhir(111)
def test_a_urn_is_rewritten_in_extensions(rewritten: tuple[Json, str, str]) -> None:
    unit, _, endpoint = rewritten

    inner, reference, uri, url, *_, nested = unit["extension"]
    assert inner["valueReference"] == to("#inner")
    assert reference["valueReference"] == to(endpoint)
    assert nested["extension"][0]["valueReference"] == to(endpoint)
    assert uri["valueUri"] in (endpoint, f"{BASE}/{endpoint}")
    assert url["valueUrl"] in (endpoint, f"{BASE}/{endpoint}")


@pytest.mark.fhir(111)
def test_a_urn_is_rewritten_in_what_is_contained(rewritten: tuple[Json, str, str]) -> None:
    unit, of_unit, _ = rewritten

    assert unit["contained"][0]["managingOrganization"] == to(f"Organization/{of_unit}")


@pytest.mark.fhir(111)
def test_a_urn_is_rewritten_in_the_links_of_the_narrative(
    rewritten: tuple[Json, str, str],
) -> None:
    unit, _, endpoint = rewritten

    narrative = unit["text"]["div"]
    assert narrative.count(endpoint) == 2
    assert bundles.urn(2) not in narrative


@pytest.mark.fhir(111)
def test_a_urn_is_left_in_canonicals_and_in_text(rewritten: tuple[Json, str, str]) -> None:
    unit, _, _ = rewritten

    *_, canonical, text, _ = unit["extension"]
    assert canonical["valueCanonical"] == text["valueString"] == bundles.urn(2)


@pytest.mark.fhir(111)
def test_a_canonical_element_keeps_the_urn_of_a_sibling(fhir: Api) -> None:
    definition = build.message_definition(replaces=[bundles.urn(1)])

    response = bundles.sent(
        fhir,
        bundles.transaction(bundles.create(build.device(1), 1), bundles.update(definition)),
    )

    assert bundles.statuses(response) == ["201", "201"]
    kept = fhir.get("MessageDefinition/hco-1.2").get_json()
    assert kept["replaces"] == [bundles.urn(1)]


@pytest.mark.fhir(112)
@pytest.mark.parametrize("written", [THEIRS, "Organization/abc"])
def test_a_reference_by_the_full_url_of_a_sibling_is_rewritten(fhir: Api, written: str) -> None:
    unit = bundles.create(build.organization(1)) | {"fullUrl": THEIRS}
    endpoint = bundles.create(build.endpoint(1, managingOrganization=to(written)))
    endpoint["fullUrl"] = "https://other.example.dk/fhir/Endpoint/def"

    response = bundles.sent(fhir, bundles.transaction(unit, endpoint))

    of_unit, of_endpoint = (bundles.id_of(each) for each in bundles.answers(response))
    assert of_unit != "abc"
    assert manager(fhir, of_endpoint) == f"Organization/{of_unit}"


@pytest.mark.fhir(111, 112)
@pytest.mark.parametrize("written", [THEIRS, "Organization/abc"])
def test_a_reference_to_a_version_of_a_sibling_stays_one(fhir: Api, written: str) -> None:
    unit = bundles.create(build.organization(1)) | {"fullUrl": THEIRS}
    endpoint = bundles.create(build.endpoint(1, managingOrganization=to(f"{written}/_history/1")))
    endpoint["fullUrl"] = "https://other.example.dk/fhir/Endpoint/def"

    response = bundles.sent(fhir, bundles.transaction(unit, endpoint))

    of_unit, of_endpoint = (bundles.id_of(each) for each in bundles.answers(response))
    assert manager(fhir, of_endpoint) == f"Organization/{of_unit}/_history/1"


@pytest.mark.fhir(112)
@pytest.mark.parametrize("written", ["Organization/unit-1", "Organization/unit-1/_history/1"])
def test_a_reference_to_what_is_not_in_the_bundle_is_left_alone(fhir: Api, written: str) -> None:
    searches.registered(fhir, build.organization(1))
    endpoint = build.endpoint(1, managingOrganization=to(written))

    response = bundles.sent(
        fhir,
        bundles.transaction(
            bundles.create(build.organization(2)) | {"fullUrl": THEIRS}, bundles.create(endpoint)
        ),
    )

    _, of_endpoint = bundles.answers(response)
    assert manager(fhir, bundles.id_of(of_endpoint)) == written


@pytest.mark.fhir(113)
@pytest.mark.parametrize(
    "resource",
    [
        build.endpoint(1, managingOrganization=to(bundles.urn(9))),
        build.device(1, owner=to(bundles.urn(9))),
        build.device(1, owner=to(OID)),
        build.device(1, extension=[said(valueReference=to(bundles.urn(9)))]),
    ],
)
def test_a_urn_that_nothing_answers_to_is_a_bad_request(fhir: Api, resource: Json) -> None:
    searches.registered(fhir, build.organization(1))

    response = bundles.sent(
        fhir, bundles.transaction(bundles.create(build.device(2)), bundles.create(resource, 1))
    )

    assert response.status_code == 400
    assert web.outcome(response)[0][0] == "error"
    assert any(each.startswith("Bundle.entry[1]") for each in bundles.places(response))
    assert searches.found(fhir, "Device") == []


@pytest.mark.fhir(111, 135)
def test_a_whole_configuration_is_created_in_one(fhir: Api) -> None:
    unit, endpoint = build.organization(1), build.endpoint(1)
    unit["endpoint"] = [to(bundles.urn(4))]
    endpoint["managingOrganization"] = to(bundles.urn(3))
    endpoint["extension"] = [build.linked(canonicals.AP_SYSTEM, bundles.urn(2))]
    access_point = build.access_point(owner=to(bundles.urn(1)))

    response = bundles.sent(
        fhir,
        bundles.transaction(
            bundles.create(endpoint, 4),
            bundles.create(unit, 3),
            bundles.create(access_point, 2),
            bundles.create(build.owner(), 1),
        ),
    )

    assert bundles.statuses(response) == ["201"] * 4
    assert "urn:uuid" not in fhir.get("Endpoint").get_data(as_text=True)
    found = searches.found(fhir, f"Endpoint?organization.identifier={SOR}|{build.sor(1)}")
    assert found == [bundles.id_of(bundles.answers(response)[0])]
