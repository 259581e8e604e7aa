"""FHIR R4 search: what a search answers with, and what it does not take.

https://hl7.org/fhir/R4/http.html#search
"""

import pytest

import builders_fhir as build
import builders_web as web
import searches
from builders_web import BASE, FHIR_XML, Api
from eer.fhir import codec_xml

SEARCHES = [
    "Organization?name=Plejehjemmet",
    "Organization?active=true&type=SI",
    "Endpoint?status=active,suspended&_sort=-status&_include=Endpoint:organization",
    f"Endpoint?identifier=https://www.gs1.org/gln|{build.gln(1)}",
    "Device?type=AP&_count=1&_total=none",
    "Organization?_has:Endpoint:organization:status=active&name:missing=false",
    "Endpoint?organization.name:contains=vej&_elements=status",
    "Device?identifier=nowhere",
    "Device?colour=red",
]


@pytest.fixture
def filled(fhir: Api) -> Api:
    return searches.directory(fhir)


@pytest.mark.fhir(71)
@pytest.mark.parametrize("search", SEARCHES)
def test_a_search_by_post_finds_what_the_same_by_get_does(filled: Api, search: str) -> None:
    type_name, _, parameters = search.partition("?")

    posted = searches.read(searches.sent(filled, f"{type_name}/_search", parameters))

    assert searches.answer(posted) == searches.answer(searches.page(filled, search))


@pytest.mark.fhir(71)
def test_a_post_takes_parameters_from_its_url_and_its_form_together(filled: Api) -> None:
    both = "organization=unit-1,unit-2"

    assert searches.found(filled, f"Endpoint?{both}") == ["endpoint-1", "endpoint-2"]
    response = searches.sent(filled, f"Endpoint/_search?{both}", "status=suspended")
    assert searches.matches(searches.read(response)) == ["endpoint-2"]


@pytest.mark.fhir(71)
def test_a_post_may_have_all_its_parameters_in_the_url(filled: Api) -> None:
    response = searches.sent(filled, "Endpoint/_search?status=suspended", "")

    assert searches.matches(searches.read(response)) == ["endpoint-2"]


@pytest.mark.fhir(71, 77)
def test_a_parameter_in_the_url_and_in_the_form_narrows_twice(filled: Api) -> None:
    response = searches.sent(filled, "Endpoint/_search?status=active", "status=suspended")

    assert searches.read(response)["total"] == 0


@pytest.mark.fhir(71)
def test_a_form_is_what_a_post_search_carries(filled: Api) -> None:
    response = searches.sent(filled, "Device/_search", "{}", content_type="application/json")

    assert response.status_code == 415
    assert web.outcome(response) == [("error", "not-supported")]


@pytest.mark.fhir(71)
def test_a_post_search_answers_in_xml_too(filled: Api) -> None:
    response = searches.sent(
        filled, "Endpoint/_search", "status=active", headers={"Accept": FHIR_XML}
    )

    bundle = codec_xml.parse(response.data)
    assert (response.status_code, bundle["total"]) == (200, 1)
    assert searches.matches(bundle) == ["endpoint-1"]


@pytest.mark.fhir(72)
@pytest.mark.parametrize("search", ["Endpoint?identifier=nowhere", "Organization?name=nowhere"])
def test_a_search_that_finds_nothing_has_a_total_and_no_entries(filled: Api, search: str) -> None:
    bundle = searches.page(filled, search)

    assert bundle["total"] == 0
    assert "entry" not in bundle


@pytest.mark.fhir(72)
def test_a_device_that_is_not_there_is_told_of_in_an_empty_result(filled: Api) -> None:
    bundle = searches.page(filled, "Device?identifier=nowhere")

    assert bundle["total"] == 0
    ((severity, code),) = searches.remarks(bundle)
    assert (severity, code) in {("information", "not-found"), ("warning", "not-found")}


@pytest.mark.fhir(72)
def test_a_device_that_is_there_needs_no_telling(filled: Api) -> None:
    assert searches.remarks(searches.page(filled, "Device?identifier=device-1")) == []


@pytest.mark.fhir(73)
def test_each_entry_has_an_absolute_url_and_says_why_it_is_there(filled: Api) -> None:
    bundle = searches.page(
        filled, "Endpoint?status=active&colour=red&_include=Endpoint:organization"
    )

    modes = [each["search"]["mode"] for each in bundle["entry"]]
    assert sorted(modes) == ["include", "match", "outcome"]
    for each in bundle["entry"]:
        assert each["fullUrl"].startswith(("http://", "https://", "urn:uuid:"))
        if each["search"]["mode"] != "outcome":
            assert each["fullUrl"] == f"{BASE}/{build.ref(each['resource'])}"


@pytest.mark.fhir(74)
@pytest.mark.parametrize(
    ("search", "used"),
    [
        ("Endpoint?status=active", [("status", "active")]),
        ("Endpoint?status=active&colour=red", [("status", "active")]),
        ("Endpoint?colour=red", []),
        ("Endpoint?name=&status=active", [("status", "active")]),
        ("Organization?type=SI&type=IE", [("type", "SI"), ("type", "IE")]),
        ("Organization?name:exact=x,y", [("name:exact", "x,y")]),
        (
            "Endpoint?organization.name=x&_sort=-name",
            [("organization.name", "x"), ("_sort", "-name")],
        ),
        ("Endpoint?_include=Endpoint:organization", [("_include", "Endpoint:organization")]),
        (
            "Organization?_has:Endpoint:organization:status=off",
            [("_has:Endpoint:organization:status", "off")],
        ),
        ("Device?_elements=url&_total=none", [("_elements", "url"), ("_total", "none")]),
    ],
)
def test_the_self_link_holds_what_was_understood(
    filled: Api, search: str, used: list[tuple[str, str]]
) -> None:
    bundle = searches.page(filled, search)

    assert sorted(searches.used(bundle)) == sorted(used)


@pytest.mark.fhir(74)
@pytest.mark.parametrize("search", SEARCHES)
def test_the_self_link_finds_the_same_again(filled: Api, search: str) -> None:
    first = searches.answer(searches.page(filled, search))

    again = searches.answer(searches.read(filled.get(first["self"])))

    assert again | {"remarks": first["remarks"]} == first


@pytest.mark.fhir(71, 74)
def test_the_self_link_of_a_post_search_can_be_got(filled: Api) -> None:
    bundle = searches.read(searches.sent(filled, "Endpoint/_search?status=active", "name=Læge"))

    again = searches.read(filled.get(searches.link(bundle, "self") or ""))

    assert searches.matches(again) == searches.matches(bundle) == ["endpoint-1"]


@pytest.mark.fhir(75)
@pytest.mark.parametrize("headers", [{}, {"Prefer": "handling=lenient"}])
def test_an_unknown_parameter_is_passed_over_with_a_warning(
    filled: Api, headers: dict[str, str]
) -> None:
    for parameter in (
        *("colour=red", "colour:exact=red", "_totalMethod=count", "Status=off", "MessageType=x"),
        *("_text=x", "_content=x", "_query=x", "_list=x"),
    ):
        bundle = searches.read(searches.asked(filled, f"Endpoint?{parameter}", headers=headers))
        assert bundle["total"] == 2
        assert searches.remarks(bundle) == [("warning", "not-supported")], parameter
        assert searches.used(bundle) == []


@pytest.mark.fhir(75)
def test_the_warning_names_what_was_passed_over(filled: Api) -> None:
    bundle = searches.page(filled, "Endpoint?colour=red&shape=round")

    told = [
        issue["details"]["text"]
        for each in bundle["entry"]
        if each["search"]["mode"] == "outcome"
        for issue in each["resource"]["issue"]
    ]
    assert [name for name in ("colour", "shape") if any(name in text for text in told)] == [
        "colour",
        "shape",
    ]


@pytest.mark.fhir(75)
@pytest.mark.parametrize(
    "parameter", ["colour=red", "_totalMethod=count", "_text=x", "_content=x", "_list=x"]
)
def test_a_strict_search_refuses_an_unknown_parameter(filled: Api, parameter: str) -> None:
    response = searches.strictly(filled, f"Endpoint?status=active&{parameter}")

    assert response.status_code == 400
    assert web.outcome(response) == [("error", "not-supported")]


@pytest.mark.fhir(71, 75)
def test_a_strict_post_search_refuses_an_unknown_parameter(filled: Api) -> None:
    response = searches.sent(filled, "Endpoint/_search", "colour=red", headers=searches.STRICT)

    assert response.status_code == 400


@pytest.mark.fhir(75)
def test_a_strict_search_takes_what_is_known(filled: Api) -> None:
    search = (
        "Endpoint?status=active&_sort=name&_count=3&_include=Endpoint:organization&_format=json"
    )

    response = searches.strictly(filled, search)

    assert searches.matches(searches.read(response)) == ["endpoint-1"]


NO_MODIFIER = [
    *("Organization?name:fuzzy=x", "Organization?name:not=x", "Organization?name:above=x"),
    *("Endpoint?status:exact=active", "Endpoint?status:contains=a", "Endpoint?status:below=a"),
    *("Endpoint?organization:exact=unit-1", "Endpoint?organization:Patient=unit-1"),
    *("Device?url:exact=x", "Device?url:contains=x", "Device?_lastUpdated:exact=2026"),
    *("Device?_id:exact=x", "Endpoint?organization.name:fuzzy=x"),
    "Organization?_has:Endpoint:organization:status:fuzzy=x",
]


@pytest.mark.fhir(76)
@pytest.mark.parametrize("headers", [{}, searches.STRICT])
def test_a_modifier_that_a_parameter_does_not_have_is_refused(
    filled: Api, headers: dict[str, str]
) -> None:
    for search in NO_MODIFIER:
        response = searches.asked(filled, search, headers=headers)
        assert response.status_code == 400, search
        assert [severity for severity, _ in web.outcome(response)] == ["error"]


NO_VALUE = [
    *("Device?_lastUpdated=abc", "Device?_lastUpdated=gt", "Device?_lastUpdated=xx2026"),
    *("Device?_count=x", "Device?_count=-1", "Device?_count=1.5", "Device?_count=٢"),
    *("Device?_summary=x", "Device?_total=x", "Device?identifier:missing=maybe"),
    *("Endpoint?organization=a/b/c", "Device?identifier=%00", "Device?_summary=TRUE"),
    *("MessageDefinition?date=2026-13-01", "MessageDefinition?date=2026-02-30"),
    "Endpoint?organization._lastUpdated=abc",
]


@pytest.mark.fhir(76)
@pytest.mark.parametrize("headers", [{}, searches.STRICT])
def test_a_value_that_cannot_be_read_is_refused(filled: Api, headers: dict[str, str]) -> None:
    for search in NO_VALUE:
        response = searches.asked(filled, search, headers=headers)
        assert response.status_code == 400, search
        assert [severity for severity, _ in web.outcome(response)] == ["error"]


@pytest.mark.fhir(76)
def test_an_empty_value_is_passed_over(filled: Api) -> None:
    for parameter in (
        *("name=", "name:exact=", "status=", "organization=", "_id=", "_lastUpdated=", "_sort="),
        *("_count=", "_include=", "_elements=", "_summary=", "_total=", "organization.name="),
        *("identifier", "_has:Organization:endpoint:name="),
    ):
        bundle = searches.page(filled, f"Endpoint?{parameter}")
        assert searches.matches(bundle) == ["endpoint-1", "endpoint-2"], parameter
        assert (searches.remarks(bundle), searches.used(bundle)) == ([], [])


@pytest.mark.fhir(98)
def test_get_reads_the_search_path_too(filled: Api) -> None:
    answer = searches.answer(searches.page(filled, "Endpoint/_search?status=suspended"))

    assert answer["matches"] == ["endpoint-2"]
    assert answer == searches.answer(searches.page(filled, "Endpoint?status=suspended"))
