"""FHIR R4 search: what points where, in each way that a reference can be written.

https://hl7.org/fhir/R4/search.html#reference and #versions
"""

import pytest

import builders_fhir as build
import searches
from builders_web import BASE, Api

LOCAL = "https://local.example.dk"


def to(reference: str, **more: object) -> build.Json:
    return {"reference": reference, **more}


@pytest.fixture
def filled(fhir: Api) -> Api:
    logical = {"system": LOCAL, "value": "077701"}
    return searches.registered(
        searches.directory(fhir),
        build.endpoint(
            3,
            managingOrganization=to("Organization/unit-3", type="Organization", identifier=logical),
        ),
        build.endpoint(4, managingOrganization=to("Organization/unit-3/_history/1")),
    )


@pytest.mark.fhir(81)
@pytest.mark.parametrize(
    "written",
    [
        *("unit-1", "Organization/unit-1", f"{BASE}/Organization/unit-1"),
        *("Organization/unit-1/_history/1", f"{BASE}/Organization/unit-1/_history/1"),
        *("nowhere,unit-1", "Organization/nowhere,unit-1"),
    ],
)
def test_a_reference_is_found_by_id_by_type_and_id_and_by_url(filled: Api, written: str) -> None:
    assert searches.found(filled, f"Endpoint?organization={written}") == ["endpoint-1"]


@pytest.mark.fhir(81)
def test_a_reference_is_found_where_it_leads(filled: Api) -> None:
    expected = {
        "Organization?endpoint=endpoint-1": ["unit-1"],
        "Organization?endpoint=Endpoint/endpoint-1": ["unit-1"],
        "Organization?endpoint=endpoint-2": [],
        "Organization?partof=unit-3": ["unit-1"],
        "Organization?partof=unit-1": [],
        "Device?organization=owner-90": ["ap-1"],
        "Endpoint?organization=unit-1,unit-2": ["endpoint-1", "endpoint-2"],
        "Endpoint?organization=unit-1&organization=unit-2": [],
        "Endpoint?organization=Device/unit-1": [],
        "Endpoint?organization=Unit-1": [],
        "Endpoint?organization=unit": [],
    }

    assert searches.findings(filled, expected) == expected


@pytest.mark.fhir(81)
def test_a_reference_to_a_version_is_found_by_what_it_is_a_version_of(filled: Api) -> None:
    both = ["endpoint-3", "endpoint-4"]

    assert searches.found(filled, "Endpoint?organization=unit-3") == both
    assert searches.found(filled, f"Endpoint?organization={BASE}/Organization/unit-3") == both


@pytest.mark.fhir(81)
def test_a_reference_may_be_asked_for_by_its_type(filled: Api) -> None:
    expected = {
        "Endpoint?organization:Organization=unit-1": ["endpoint-1"],
        "Endpoint?organization:Organization=unit-1,unit-2": ["endpoint-1", "endpoint-2"],
        "Organization?endpoint:Endpoint=endpoint-1": ["unit-1"],
        "Organization?partof:Organization=nowhere": [],
        "Device?organization:Organization=owner-90": ["ap-1"],
    }

    assert searches.findings(filled, expected) == expected


@pytest.mark.fhir(81)
def test_a_reference_is_found_by_the_identifier_in_it(filled: Api) -> None:
    expected = {
        f"{LOCAL}|077701": ["endpoint-3"],
        "077701": ["endpoint-3"],
        f"{LOCAL}|": ["endpoint-3"],
        "|077701": [],
        f"{LOCAL}|nothing": [],
        f"nothing,{LOCAL}|077701": ["endpoint-3"],
    }

    assert searches.findings(filled, expected, "Endpoint?organization:identifier=") == expected


@pytest.mark.fhir(81)
def test_what_another_server_keeps_is_not_ours(filled: Api) -> None:
    response = searches.asked(
        filled, "Endpoint?organization=https://other.example.dk/fhir/Organization/unit-1"
    )

    assert response.status_code in (200, 400)
    if response.status_code == 200:
        assert searches.read(response)["total"] == 0


@pytest.mark.fhir(81)
def test_a_reference_that_was_moved_is_found_where_it_leads_now(filled: Api) -> None:
    searches.registered(
        filled, build.endpoint(2, managingOrganization=to("Organization/unit-3"), status="off")
    )

    assert searches.found(filled, "Endpoint?organization=unit-2") == []
    assert "endpoint-2" in searches.found(filled, "Endpoint?organization=unit-3")
