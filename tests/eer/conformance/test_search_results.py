"""FHIR R4 search: the order, the number, the total and the parts of what was found.

https://hl7.org/fhir/R4/search.html#return
"""

import pytest

import builders_fhir as build
import builders_web as web
import searches
from builders_fhir import Json
from builders_web import FHIR_XML, Api
from eer.fhir import codec_xml

NAMES = ["Zealand Klinik", "Ærø Sygehus", "Aabenraa Hus", "Århus Lægehus", "østre Gasværk", "Bo"]
IN_ORDER = ["Aabenraa Hus", "Århus Lægehus", "Ærø Sygehus", "Bo", "østre Gasværk", "Zealand Klinik"]
SUBSETTED = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}
NARRATIVE = {
    "status": "additional",
    "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p>Postkassen</p></div>',
}


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
    assert "_count=50" in (searches.link(bundle, "self") or "")


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


@pytest.fixture
def told(fhir: Api) -> Api:
    """Return the API over a unit and an endpoint that say all kinds of things."""
    address = {"city": "Ærøskøbing"}
    tag = {"system": "https://codes.example.dk/tags", "code": "pilot"}
    return searches.registered(
        fhir,
        build.organization(
            1,
            meta={"profile": [build.canonicals.MESSAGING_ORGANIZATION], "tag": [tag]},
            text=NARRATIVE,
            address=[address],
            alias=["Havnen"],
            _name={"extension": [build.worded("https://x.example.dk/spoken", "Lægehuset")]},
        ),
        build.endpoint(1, text=NARRATIVE, contact=[{"system": "email", "value": "a@example.dk"}]),
    )


def cut(fhir: Api, search: str) -> tuple[Json, set[str]]:
    """Return the one match and the names of its elements."""
    (resource,) = searches.resources(searches.page(fhir, search))
    return resource, set(resource) - {"resourceType"}


def tags(resource: Json) -> list[Json]:
    return [
        {name: each[name] for name in ("system", "code")}
        for each in resource["meta"].get("tag", [])
    ]


@pytest.mark.fhir(92)
def test_a_summary_has_the_elements_of_the_summary(told: Api) -> None:
    unit, of_unit = cut(told, "Organization?_summary=true")
    endpoint, of_endpoint = cut(told, "Endpoint?_summary=true")

    assert of_unit - {"_name"} == {"id", "meta", "identifier", "active", "type", "name"}
    assert of_endpoint == {
        *("id", "meta", "identifier", "status", "connectionType", "name", "managingOrganization"),
        *("period", "payloadType", "payloadMimeType", "address"),
    }
    assert SUBSETTED in tags(unit)
    assert SUBSETTED in tags(endpoint)


@pytest.mark.fhir(92)
def test_a_summary_of_the_text_has_what_must_be_there_besides(told: Api) -> None:
    unit, of_unit = cut(told, "Organization?_summary=text")
    endpoint, of_endpoint = cut(told, "Endpoint?_summary=text")

    assert {"id", "meta", "text"} <= of_unit
    assert not of_unit & {"name", "address", "alias", "identifier", "type"}
    assert of_endpoint == {
        *("id", "meta", "text", "status", "connectionType", "payloadType", "address"),
    }
    assert SUBSETTED in tags(unit)
    assert SUBSETTED in tags(endpoint)


@pytest.mark.fhir(92)
def test_a_summary_of_the_data_leaves_out_the_text(told: Api) -> None:
    unit, elements = cut(told, "Organization?_summary=data")

    assert elements == {
        *("id", "meta", "identifier", "active", "type", "name", "_name", "alias", "address"),
    }
    assert SUBSETTED in tags(unit)


@pytest.mark.fhir(92)
def test_no_summary_leaves_out_nothing(told: Api) -> None:
    unit, elements = cut(told, "Organization?_summary=false")

    assert {"text", "address", "alias"} <= elements
    assert SUBSETTED not in tags(unit)
    assert unit == cut(told, "Organization")[0]


@pytest.mark.fhir(92)
def test_a_summary_keeps_the_tags_that_were_there(told: Api) -> None:
    unit, _ = cut(told, "Organization?_summary=true")

    assert {"system": "https://codes.example.dk/tags", "code": "pilot"} in tags(unit)
    assert unit["meta"]["profile"] == [build.canonicals.MESSAGING_ORGANIZATION]
    assert unit["meta"]["versionId"] == "1"


@pytest.mark.fhir(28, 92)
def test_a_summary_leaves_what_is_kept_as_it_was(told: Api) -> None:
    before = told.get("Organization/unit-1").get_json()

    cut(told, "Organization?_summary=true")

    after = told.get("Organization/unit-1").get_json()
    assert after == before
    assert "address" in after
    assert SUBSETTED not in tags(after)


@pytest.mark.fhir(92, 94)
def test_the_next_page_is_cut_down_like_the_first(units: Api) -> None:
    for search in ("_summary=true", "_elements=name"):
        pages = list(searches.walk(units, f"Organization?_count=2&{search}"))

        found = [each for page in pages for each in searches.resources(page)]
        assert len(found) == len(NAMES)
        assert all(SUBSETTED in tags(each) for each in found)


@pytest.mark.fhir(92, 93)
@pytest.mark.parametrize("search", ["_summary=text", "_elements=name"])
def test_what_is_cut_down_can_be_xml(told: Api, search: str) -> None:
    response = searches.asked(told, f"Endpoint?{search}", headers={"Accept": FHIR_XML})

    bundle = codec_xml.parse(response.data)
    assert searches.resources(bundle) == [cut(told, f"Endpoint?{search}")[0]]


@pytest.mark.fhir(93)
@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("Endpoint?_elements=name", {"name"}),
        ("Endpoint?_elements=name,contact", {"name", "contact"}),
        ("Endpoint?_elements=status", set()),
        ("Endpoint?_elements=colour", set()),
        ("Endpoint?_elements=colour,name", {"name"}),
        ("Endpoint?_elements=id", set()),
    ],
)
def test_what_was_named_and_what_must_be_there_is_kept(
    told: Api, search: str, expected: set[str]
) -> None:
    resource, elements = cut(told, search)

    mandatory = {"status", "connectionType", "payloadType", "address"}
    assert elements == {"id", "meta"} | mandatory | expected
    assert SUBSETTED in tags(resource)


@pytest.mark.fhir(93)
def test_what_changes_the_meaning_of_the_rest_is_kept(told: Api) -> None:
    _, elements = cut(told, "Organization?_elements=alias")

    assert elements == {"id", "meta", "active", "alias"}


@pytest.mark.fhir(93)
def test_an_element_keeps_its_extensions(told: Api) -> None:
    resource, elements = cut(told, "Organization?_elements=name")

    assert elements == {"id", "meta", "active", "name", "_name"}
    assert resource["_name"]["extension"][0]["valueString"] == "Lægehuset"


@pytest.mark.fhir(93)
def test_elements_that_are_none_are_not_warned_of(told: Api) -> None:
    assert searches.remarks(searches.page(told, "Endpoint?_elements=colour")) == []
