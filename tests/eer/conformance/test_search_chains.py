"""FHIR R4 search: by what the other resource says, that is pointed at or that points here.

https://hl7.org/fhir/R4/search.html#chaining and #has
"""

import pytest

import builders_fhir as build
import builders_web as web
import searches
from builders_web import Api

SOR, CVR = "urn:oid:1.2.208.176.1.1", "http://cvr.dk"


@pytest.fixture
def filled(fhir: Api) -> Api:
    """Return the directory with a second endpoint of unit 1 and a unit of unit 1."""
    return searches.registered(
        searches.directory(fhir),
        build.organization(4, name="Satellitten", partOf={"reference": "Organization/unit-1"}),
        build.endpoint(4, name="Satellittens postkasse", status="off"),
    )


@pytest.mark.fhir(85)
def test_a_search_goes_through_a_reference(filled: Api) -> None:
    expected = {
        "Endpoint?organization.name=Plejehjemmet": ["endpoint-2"],
        "Endpoint?organization.name=laegehuset": ["endpoint-1"],
        "Endpoint?organization.name:contains=ÅHAVEN": ["endpoint-2"],
        "Endpoint?organization.name:exact=Satellitten": ["endpoint-4"],
        "Endpoint?organization.name:exact=satellitten": [],
        "Endpoint?organization.name=Plejehjemmet,Satellitten": ["endpoint-2", "endpoint-4"],
        "Endpoint?organization.active=true": ["endpoint-1", "endpoint-4"],
        "Endpoint?organization.active:not=true": ["endpoint-2"],
        "Endpoint?organization.partof:missing=true": ["endpoint-2"],
        "Endpoint?organization._id=unit-1": ["endpoint-1"],
        "Endpoint?organization.partof=unit-3": ["endpoint-1"],
        f"Endpoint?organization.identifier={SOR}|{build.sor(2)}": ["endpoint-2"],
        f"Endpoint?organization:Organization.identifier={SOR}|{build.sor(1)}": ["endpoint-1"],
        "Endpoint?organization:Organization.name=Plejehjemmet": ["endpoint-2"],
        f"Device?organization.identifier={CVR}|{build.cvr(90)}": ["ap-1"],
        "Organization?endpoint.status=active": ["unit-1"],
        "Organization?endpoint.status=suspended": [],
        "Organization?endpoint:Endpoint.status=active": ["unit-1"],
        f"Organization?endpoint.identifier=http://www.gs1.org/gln|{build.gln(1)}": ["unit-1"],
        f"Organization?endpoint.payload-type={searches.quoted(build.HCO_1_2)}": ["unit-1"],
        "Organization?partof.name=Region": ["unit-1"],
        "Organization?partof.type=IO": ["unit-1"],
        "Endpoint?organization.name=nowhere": [],
    }

    assert searches.findings(filled, expected) == expected


@pytest.mark.fhir(85)
def test_a_search_goes_through_two_references(filled: Api) -> None:
    expected = {
        "Endpoint?organization.partof.name=Region": ["endpoint-1"],
        f"Endpoint?organization.partof.identifier={SOR}|{build.sor(3)}": ["endpoint-1"],
        f"Endpoint?organization.partof.identifier={SOR}|{build.sor(1)}": ["endpoint-4"],
        "Endpoint?organization:Organization.partof:Organization.name=Region": ["endpoint-1"],
        "Organization?partof.partof.name:contains=FYN": ["unit-4"],
        "Organization?partof.endpoint.status=active": ["unit-4"],
        "Endpoint?organization.endpoint.organization=unit-1": ["endpoint-1"],
        "Endpoint?organization.partof.name=nowhere": [],
    }

    assert searches.findings(filled, expected) == expected


@pytest.mark.fhir(77, 85)
def test_chains_narrow_together_with_other_parameters(filled: Api) -> None:
    expected = {
        "organization.active=true&status=off": ["endpoint-4"],
        "organization.active=true&organization.name=Satellitten": ["endpoint-4"],
        "organization.active=false&organization.name=Satellitten": [],
        "organization.active=true&organization.partof.name=Region": ["endpoint-1"],
    }

    assert searches.findings(filled, expected, "Endpoint?") == expected


@pytest.mark.fhir(75, 85)
@pytest.mark.parametrize(
    "search",
    [
        *("organization.colour=red", "colour.name=red", "status.name=red", "name.identifier=red"),
        *("organization.status.name=red", "organization.partof.colour=red", "organization.=x"),
    ],
)
def test_a_strict_search_refuses_a_chain_that_leads_nowhere(filled: Api, search: str) -> None:
    response = searches.strictly(filled, f"Endpoint?{search}")

    assert response.status_code == 400
    assert [severity for severity, _ in web.outcome(response)] == ["error"]


@pytest.mark.fhir(76, 85)
@pytest.mark.parametrize("search", ["organization:Device.name=x", "organization:Patient.name=x"])
def test_a_chain_through_a_type_that_is_not_pointed_at_is_refused(filled: Api, search: str) -> None:
    assert searches.strictly(filled, f"Endpoint?{search}").status_code == 400


@pytest.mark.fhir(85)
def test_a_chain_follows_what_changed_at_the_other_end(filled: Api) -> None:
    searches.registered(filled, build.organization(2, name="Plejecentret", active=False))

    assert searches.found(filled, "Endpoint?organization.name=Plejehjemmet") == []
    assert searches.found(filled, "Endpoint?organization.name=Plejecentret") == ["endpoint-2"]


HAS = "_has:Endpoint:organization"


@pytest.mark.fhir(86)
def test_a_search_asks_for_what_points_here(filled: Api) -> None:
    expected = {
        f"{HAS}:status=active": ["unit-1"],
        f"{HAS}:status=active,off": ["unit-1", "unit-4"],
        f"{HAS}:status=active&{HAS}:status=off": [],
        f"{HAS}:status=off&active=true": ["unit-4"],
        f"{HAS}:status:not=active": ["unit-2", "unit-4"],
        f"{HAS}:name:contains=POSTKASSE": ["unit-4"],
        f"{HAS}:name:missing=true": ["unit-2"],
        f"{HAS}:_id=endpoint-1": ["unit-1"],
        f"{HAS}:identifier={build.gln(2)}": ["unit-2"],
        f"{HAS}:payload-type={searches.quoted(build.HCO_1_2)}": ["unit-1", "unit-2", "unit-4"],
        "_has:Device:organization:type=AP": ["owner-90"],
        "_has:Device:organization:type=MSH": [],
        "_has:Organization:partof:name=Satellitten": ["unit-1"],
        "_has:Organization:partof:active=true": ["unit-1", "unit-3"],
    }

    assert searches.findings(filled, expected, "Organization?") == expected


@pytest.mark.fhir(86)
def test_endpoints_are_found_by_the_units_that_list_them(filled: Api) -> None:
    listed = "Endpoint?_has:Organization:endpoint"

    assert searches.found(filled, f"{listed}:active=true") == ["endpoint-1"]
    assert searches.found(filled, f"{listed}:active=false") == []


@pytest.mark.fhir(86)
def test_what_points_here_may_be_pointed_at_itself(filled: Api) -> None:
    expected = {
        f"Organization?_has:Organization:partof:{HAS}:status=active": ["unit-3"],
        f"Organization?_has:Organization:partof:{HAS}:status=off": ["unit-1"],
        f"Organization?{HAS}:_has:Organization:endpoint:name=Lægehuset": ["unit-1"],
        f"Organization?{HAS}:_has:Organization:endpoint:name=Region": [],
    }

    assert searches.findings(filled, expected) == expected


@pytest.mark.fhir(75, 86)
@pytest.mark.parametrize(
    "parameter",
    [
        *("_has=x", "_has:Endpoint=x", HAS + "=x", "_has:Patient:organization:name=x"),
        *("_has:Endpoint:name:status=x", "_has:Endpoint:colour:status=x", HAS + ":colour=x"),
        *("_has:Endpoint:organization:_has:Endpoint=x", "_has:=x"),
    ],
)
def test_a_strict_search_refuses_to_be_pointed_at_by_nothing(filled: Api, parameter: str) -> None:
    response = searches.strictly(filled, f"Organization?{parameter}")

    assert response.status_code == 400
    assert [severity for severity, _ in web.outcome(response)] == ["error"]
