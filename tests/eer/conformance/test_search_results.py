"""FHIR R4 search: the order, the number and the total of what was found.

https://hl7.org/fhir/R4/search.html#return
"""

import pytest

import builders_fhir as build
import builders_web as web
import searches
from builders_web import Api

NAMES = ["Zealand Klinik", "Ærø Sygehus", "Aabenraa Hus", "Århus Lægehus", "østre Gasværk", "Bo"]
IN_ORDER = ["Aabenraa Hus", "Århus Lægehus", "Ærø Sygehus", "Bo", "østre Gasværk", "Zealand Klinik"]


@pytest.fixture
def units(fhir: Api) -> Api:
    made = [build.organization(number, name=name) for number, name in enumerate(NAMES)]
    return searches.registered(fhir, *made)


def names(fhir: Api, search: str) -> list[str]:
    return [each["name"] for each in searches.resources(searches.page(fhir, search))]


@pytest.mark.fhir(89)
def test_names_come_in_the_order_of_their_folded_letters(units: Api) -> None:
    assert names(units, "Organization?_sort=name") == IN_ORDER
    assert names(units, "Organization?_sort=-name") == IN_ORDER[::-1]


@pytest.mark.fhir(89)
@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("_sort=_id", "012345"),
        ("_sort=-_id", "543210"),
        ("_sort=_lastUpdated", "543210"),
        ("_sort=-_lastUpdated", "012345"),
        ("_sort=manufacturer,_id", "135024"),
        ("_sort=manufacturer,-_id", "531420"),
        ("_sort=-manufacturer,_id", "024135"),
        ("_sort=manufacturer", "135024"),
        ("_sort=manufacturer,-_lastUpdated", "135024"),
        ("_sort=manufacturer,_lastUpdated", "531420"),
        ("_sort=status,manufacturer", "135024"),
        ("_sort=type", "012345"),
        ("", "012345"),
    ],
)
def test_ties_are_broken_by_what_comes_next_and_last_by_the_id(
    fhir: Api, search: str, expected: str
) -> None:
    for number in reversed(range(6)):
        maker = "Anders" if number % 2 else "Bodil"
        searches.registered(fhir, build.device(number, manufacturer=maker))

    found = searches.found(fhir, f"Device?{search}")

    assert found == [f"device-{each}" for each in expected]


@pytest.mark.fhir(89)
@pytest.mark.parametrize(("sort", "expected"), [("name", "1302"), ("-name", "3102")])
def test_what_has_no_value_comes_last_in_either_direction(
    fhir: Api, sort: str, expected: str
) -> None:
    for number, name in enumerate((None, "Anders", None, "Bodil")):
        searches.registered(fhir, build.organization(number), build.endpoint(number, name=name))

    assert searches.found(fhir, f"Endpoint?_sort={sort}") == [
        f"endpoint-{each}" for each in expected
    ]


@pytest.mark.fhir(89)
@pytest.mark.parametrize(
    "sort", ["colour", "-colour", "name,colour", "--name", "organization.name"]
)
def test_an_order_that_is_not_known_is_told_or_refused(units: Api, sort: str) -> None:
    bundle = searches.page(units, f"Organization?_sort={sort}")
    strict = searches.strictly(units, f"Organization?_sort={sort}")

    assert bundle["total"] == len(NAMES)
    assert searches.remarks(bundle) == [("warning", "not-supported")]
    assert (strict.status_code, web.outcome(strict)) == (400, [("error", "not-supported")])


@pytest.mark.fhir(90)
def test_a_page_has_as_many_matches_as_were_asked_for(units: Api) -> None:
    bundle = searches.page(units, "Organization?_count=4")

    assert (bundle["total"], len(searches.matches(bundle))) == (6, 4)
    assert "_count=4" in (searches.link(bundle, "self") or "")


@pytest.mark.fhir(90)
def test_a_page_has_fifty_matches_unasked(fhir: Api) -> None:
    searches.registered(fhir, *(build.device(number) for number in range(51)))

    bundle = searches.page(fhir, "Device")

    assert (bundle["total"], len(searches.matches(bundle))) == (51, 50)
    assert searches.link(bundle, "next") is not None


@pytest.mark.fhir(90)
@pytest.mark.parametrize("asked", [501, 1000, 999999999])
def test_a_page_is_no_longer_than_the_maximum_and_says_so(units: Api, asked: int) -> None:
    bundle = searches.page(units, f"Organization?_count={asked}")

    assert len(searches.matches(bundle)) == 6
    assert "_count=500" in (searches.link(bundle, "self") or "").split("?")[1].split("&")


@pytest.mark.fhir(90)
@pytest.mark.parametrize("search", ["_count=0", "_summary=count"])
def test_a_page_of_none_is_the_total_alone(units: Api, search: str) -> None:
    bundle = searches.page(units, f"Organization?name=A&{search}")

    assert bundle["total"] == 3
    assert "entry" not in bundle
    assert searches.link(bundle, "next") is None


@pytest.mark.fhir(91)
@pytest.mark.parametrize("search", ["", "&_total=accurate"])
def test_a_total_is_exact(units: Api, search: str) -> None:
    assert searches.page(units, f"Organization?_count=1{search}")["total"] == 6
    assert searches.page(units, f"Organization?name=A&_count=1{search}")["total"] == 3


@pytest.mark.fhir(91)
def test_a_total_is_left_out_when_it_is_not_wanted(units: Api) -> None:
    pages = list(searches.walk(units, "Organization?_count=4&_total=none"))

    assert [("total" in page, len(searches.matches(page))) for page in pages] == [
        (False, 4),
        (False, 2),
    ]


@pytest.mark.fhir(91)
def test_a_total_may_be_estimated(units: Api) -> None:
    bundle = searches.page(units, "Organization?_total=estimate&_count=1")

    assert isinstance(bundle["total"], int)
    assert searches.link(bundle, "next") is not None
