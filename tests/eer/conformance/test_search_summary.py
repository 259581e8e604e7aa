"""FHIR R4 search: only the parts of what was found that are wanted.

https://hl7.org/fhir/R4/search.html#summary and #elements
"""

import pytest

import builders_fhir as build
import searches
from builders_fhir import Json
from builders_web import FHIR_XML, Api
from eer.fhir import canonicals, codec_xml

SUBSETTED = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}
NARRATIVE = {
    "status": "additional",
    "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p>Postkassen</p></div>',
}


@pytest.fixture
def told(fhir: Api) -> Api:
    """Return the API over a unit and an endpoint that say all kinds of things."""
    address = {"city": "Ærøskøbing"}
    tag = {"system": "https://codes.example.dk/tags", "code": "pilot"}
    return searches.registered(
        fhir,
        build.organization(
            1,
            meta={"profile": [canonicals.MESSAGING_ORGANIZATION], "tag": [tag]},
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
    assert unit["meta"]["profile"] == [canonicals.MESSAGING_ORGANIZATION]
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
@pytest.mark.parametrize("search", ["_summary=true", "_elements=url"])
def test_the_next_page_is_cut_down_like_the_first(fhir: Api, search: str) -> None:
    searches.registered(fhir, *(build.device(number) for number in range(5)))

    pages = list(searches.walk(fhir, f"Device?_count=2&{search}"))

    found = [each for page in pages for each in searches.resources(page)]
    assert len(found) == 5
    assert all(SUBSETTED in tags(each) and "manufacturer" not in each for each in found)


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
