"""FHIR R4 search: what comes along with the matches.

https://hl7.org/fhir/R4/search.html#include and #revinclude
"""

import pytest

import builders_fhir as build
import builders_plain as plain
import builders_web as web
import searches
from builders_web import Api


@pytest.fixture
def filled(fhir: Api) -> Api:
    """Return the directory with a unit of unit 1, whose endpoint it is as well."""
    return searches.registered(
        searches.directory(fhir),
        build.organization(
            4,
            name="Satellitten",
            partOf={"reference": "Organization/unit-1"},
            endpoint=[{"reference": "Endpoint/endpoint-1"}],
        ),
    )


@pytest.mark.fhir(87)
@pytest.mark.parametrize(
    ("search", "matches", "included"),
    [
        ("Organization?_id=unit-1&_include=Organization:endpoint", "unit-1", "Endpoint/endpoint-1"),
        (
            "Endpoint?status=active&_include=Endpoint:organization",
            "endpoint-1",
            "Organization/unit-1",
        ),
        ("Device?type=AP&_include=Device:organization", "ap-1", "Organization/owner-90"),
        ("Organization?_id=unit-4&_include=Organization:partof", "unit-4", "Organization/unit-1"),
        ("Organization?_id=unit-2&_include=Organization:endpoint", "unit-2", ""),
        (
            "Organization?_id=unit-1&_include=Organization:endpoint&_include=Organization:partof",
            "unit-1",
            "Endpoint/endpoint-1 Organization/unit-3",
        ),
        (
            "Organization?_id=unit-1&_include=Organization:endpoint:Endpoint",
            "unit-1",
            "Endpoint/endpoint-1",
        ),
        (
            "Organization?_id=unit-1&_include=Organization:partof:Organization",
            "unit-1",
            "Organization/unit-3",
        ),
    ],
)
def test_what_a_match_points_at_comes_along(
    filled: Api, search: str, matches: str, included: str
) -> None:
    bundle = searches.page(filled, search)

    assert searches.matches(bundle) == matches.split()
    assert searches.included(bundle) == included.split()
    assert bundle["total"] == 1
    assert searches.remarks(bundle) == []


@pytest.mark.fhir(87)
@pytest.mark.parametrize(
    ("search", "included"),
    [
        ("Organization?_id=unit-1&_revinclude=Endpoint:organization", "Endpoint/endpoint-1"),
        ("Organization?_id=unit-2&_revinclude=Endpoint:organization", "Endpoint/endpoint-2"),
        ("Organization?_id=owner-90&_revinclude=Device:organization", "Device/ap-1"),
        ("Organization?_id=unit-3&_revinclude=Organization:partof", "Organization/unit-1"),
        (
            "Endpoint?_id=endpoint-1&_revinclude=Organization:endpoint",
            "Organization/unit-1 Organization/unit-4",
        ),
        (
            "Endpoint?_id=endpoint-1&_revinclude=Organization:endpoint:Endpoint",
            "Organization/unit-1 Organization/unit-4",
        ),
        ("Organization?_id=unit-3&_revinclude=Endpoint:organization", ""),
        (
            "Organization?_id=unit-1&_revinclude=Endpoint:organization&_include=Organization:partof",
            "Endpoint/endpoint-1 Organization/unit-3",
        ),
    ],
)
def test_what_points_at_a_match_comes_along(filled: Api, search: str, included: str) -> None:
    bundle = searches.page(filled, search)

    assert searches.included(bundle) == included.split()
    assert (bundle["total"], len(searches.matches(bundle))) == (1, 1)


@pytest.mark.fhir(87)
@pytest.mark.parametrize(
    ("search", "includes", "included"),
    [
        (
            "Endpoint?status=active",
            "_include=Endpoint:organization _include:iterate=Organization:partof",
            "Organization/unit-1 Organization/unit-3",
        ),
        (
            "Endpoint?status=active",
            "_include=Endpoint:organization _include=Organization:partof",
            "Organization/unit-1",
        ),
        (
            "Endpoint?_id=endpoint-1",
            "_revinclude=Organization:endpoint _include:iterate=Organization:partof",
            "Organization/unit-1 Organization/unit-3 Organization/unit-4",
        ),
        (
            "Organization?_id=unit-4",
            "_include:iterate=Organization:partof",
            "Organization/unit-1 Organization/unit-3",
        ),
        (
            "Organization?_id=unit-3",
            "_revinclude:iterate=Organization:partof",
            "Organization/unit-1 Organization/unit-4",
        ),
        (
            "Organization?_id=unit-3",
            "_revinclude=Organization:partof _revinclude:iterate=Endpoint:organization",
            "Endpoint/endpoint-1 Organization/unit-1",
        ),
        (
            "Organization?_id=unit-4",
            "_include:iterate=Organization:endpoint _include:iterate=Endpoint:organization",
            "Endpoint/endpoint-1 Organization/unit-1",
        ),
    ],
)
def test_what_came_along_brings_more_when_it_iterates(
    filled: Api, search: str, includes: str, included: str
) -> None:
    bundle = searches.page(filled, "&".join([search, *includes.split()]))

    assert searches.included(bundle) == included.split()
    assert bundle["total"] == 1


@pytest.mark.fhir(87)
def test_what_two_matches_point_at_comes_along_once(filled: Api) -> None:
    bundle = searches.page(
        filled, "Organization?endpoint=endpoint-1&_include=Organization:endpoint"
    )

    assert (bundle["total"], searches.matches(bundle)) == (2, ["unit-1", "unit-4"])
    assert searches.included(bundle) == ["Endpoint/endpoint-1"]


@pytest.mark.fhir(87)
def test_a_match_does_not_come_along_as_well(filled: Api) -> None:
    bundle = searches.page(
        filled, "Organization?_include=Organization:partof&_revinclude=Organization:partof"
    )

    assert searches.included(bundle) == []
    assert bundle["total"] == len(bundle["entry"]) == 5


@pytest.mark.fhir(87, 90)
def test_each_page_brings_what_its_own_matches_point_at(filled: Api) -> None:
    search = "Endpoint?_count=1&_include=Endpoint:organization"

    pages = [
        (page["total"], searches.matches(page), searches.included(page))
        for page in searches.walk(filled, search)
    ]

    assert pages == [
        (2, ["endpoint-1"], ["Organization/unit-1"]),
        (2, ["endpoint-2"], ["Organization/unit-2"]),
    ]


@pytest.mark.fhir(71, 87)
def test_a_post_search_brings_along_too(filled: Api) -> None:
    response = searches.sent(
        filled, "Endpoint/_search", "status=active&_include=Endpoint:organization"
    )

    assert searches.included(searches.read(response)) == ["Organization/unit-1"]


@pytest.mark.fhir(87)
def test_what_was_deleted_does_not_come_along(filled: Api) -> None:
    searches.registered(
        filled, build.organization(4), build.organization(1, partOf=None, endpoint=None)
    )
    assert filled.delete("Endpoint/endpoint-1").status_code == 200

    bundle = searches.page(
        filled, "Organization?_id=unit-1,unit-4&_revinclude=Endpoint:organization"
    )

    assert (searches.matches(bundle), searches.included(bundle)) == (["unit-1", "unit-4"], [])


UNKNOWN = [
    *("_include=Organization:colour", "_include=Patient:organization", "_include=Organization"),
    *("_include=*", "_include=Organization:*", "_include=Organization:name", "_include=:"),
    *("_revinclude=Endpoint:colour", "_revinclude=*", "_revinclude=Patient:organization"),
    *("_revinclude=Endpoint:status", "_include:iterate=Organization:colour"),
    "_revinclude:iterate=Endpoint",
]


@pytest.mark.fhir(88)
@pytest.mark.parametrize("include", UNKNOWN)
def test_an_include_that_is_not_known_is_passed_over_with_a_warning(
    filled: Api, include: str
) -> None:
    bundle = searches.page(filled, f"Organization?_id=unit-1&{include}")

    assert searches.matches(bundle) == ["unit-1"]
    assert searches.included(bundle) == []
    assert searches.remarks(bundle) == [("warning", "not-supported")]
    assert searches.used(bundle) == [("_id", "unit-1")]


@pytest.mark.fhir(87, 88)
@pytest.mark.parametrize("include", UNKNOWN)
def test_a_strict_search_refuses_an_include_that_is_not_known(filled: Api, include: str) -> None:
    response = searches.strictly(filled, f"Organization?_id=unit-1&{include}")

    assert response.status_code == 400
    assert web.outcome(response) == [("error", "not-supported")]


@pytest.mark.fhir(88)
def test_the_includes_that_are_known_come_along_beside_one_that_is_not(filled: Api) -> None:
    bundle = searches.page(
        filled,
        "Organization?_id=unit-1&_include=Organization:endpoint&_include=Organization:colour",
    )

    assert searches.included(bundle) == ["Endpoint/endpoint-1"]
    assert searches.remarks(bundle) == [("warning", "not-supported")]


MCSD = (
    *("Location:organization", "OrganizationAffiliation:participating-organization"),
    *("OrganizationAffiliation:primary-organization", "HealthcareService:organization"),
)


@pytest.mark.fhir(88, 132)
@pytest.mark.parametrize("include", MCSD)
def test_the_includes_of_the_directory_are_known_where_nothing_points_here(
    filled: Api, include: str
) -> None:
    response = searches.strictly(filled, f"Organization?_id=unit-1&_revinclude={include}")

    assert searches.included(searches.read(response)) == []


@pytest.mark.fhir(87, 132)
@pytest.mark.parametrize(
    ("search", "included"),
    [
        ("Organization?_id=unit-1&_revinclude=Location:organization", "Location/location-1"),
        (
            "Organization?_id=unit-1&_revinclude=OrganizationAffiliation:primary-organization",
            "OrganizationAffiliation/affiliation-1",
        ),
        (
            "Organization?_id=unit-2&_revinclude=OrganizationAffiliation:participating-organization",
            "OrganizationAffiliation/affiliation-1",
        ),
        (
            "Organization?_id=unit-1&_revinclude=HealthcareService:organization",
            "HealthcareService/service-1",
        ),
        ("Location?_include=Location:organization", "Organization/unit-1"),
        ("HealthcareService?_include=HealthcareService:location", "Location/location-1"),
        (
            "OrganizationAffiliation?_include=OrganizationAffiliation:endpoint",
            "Endpoint/endpoint-1",
        ),
    ],
)
def test_the_resources_of_the_directory_come_along(filled: Api, search: str, included: str) -> None:
    searches.registered(filled, plain.location(), plain.healthcare_service(), plain.affiliation())

    assert searches.included(searches.page(filled, search)) == included.split()
