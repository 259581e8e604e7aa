"""FHIR R4 search: repeated parameters, lists, escapes, and values that are no more than values.

https://hl7.org/fhir/R4/search.html#combining and #escaping
"""

import pytest

import builders_fhir as build
import searches
from builders_web import Api
from eer.fhir import canonicals

A_MEGABYTE = 1024 * 1024
MAKERS = ["Hus, Hjem", "Ind|ud", "Fem$", "Bag\\slag", "100% pleje", "Pleje_hjem", "Plejexhjem"]


def device(number: int, value: str) -> build.Json:
    return build.device(
        number,
        identifier=[{"system": "https://a,b.example.dk", "value": value}],
        manufacturer=value,
    )


@pytest.fixture
def filled(fhir: Api) -> Api:
    made = [device(number, value) for number, value in enumerate(MAKERS)]
    return searches.registered(fhir, *made)


@pytest.fixture
def units(fhir: Api) -> Api:
    home = [
        build.concept(canonicals.HIERARCHY, "SI"),
        build.concept(canonicals.UNIT_TYPES, "plejehjem"),
    ]
    return searches.registered(fhir, build.organization(1), build.organization(2, type=home))


@pytest.mark.fhir(77)
def test_a_repeated_parameter_narrows_and_a_comma_widens(units: Api) -> None:
    assert searches.found(units, "Organization?type=SI") == ["unit-1", "unit-2"]
    assert searches.found(units, "Organization?type=SI&type=plejehjem") == ["unit-2"]
    assert searches.found(units, "Organization?type=IE,plejehjem") == ["unit-2"]
    assert searches.found(units, "Organization?type=IE,plejehjem&type=bosted,SI") == ["unit-2"]
    assert searches.found(units, "Organization?name:contains=læge&name:contains=2") == ["unit-2"]


@pytest.mark.fhir(77)
@pytest.mark.parametrize(
    ("written", "number"), [("Hus\\, Hjem", 0), ("Ind\\|ud", 1), ("Fem\\$", 2), ("Bag\\\\slag", 3)]
)
def test_a_backslash_keeps_a_sign_what_it_is(filled: Api, written: str, number: int) -> None:
    expected = [f"device-{number}"]

    assert searches.found(filled, f"Device?manufacturer={written}") == expected
    assert searches.found(filled, f"Device?manufacturer:exact={written}") == expected
    assert searches.found(filled, f"Device?manufacturer=nobody,{written}") == expected
    assert searches.found(filled, f"Device?identifier={written}") == expected
    assert (
        searches.found(filled, f"Device?identifier=https://a\\,b.example.dk|{written}") == expected
    )


@pytest.mark.fhir(77)
def test_a_comma_without_its_backslash_parts_two_values(filled: Api) -> None:
    assert searches.found(filled, "Device?manufacturer:exact=Hus, Hjem") == []
    assert searches.found(filled, "Device?identifier=https://a,b.example.dk|Fem\\$") == []


@pytest.mark.fhir(100)
def test_signs_of_patterns_stand_for_themselves(filled: Api) -> None:
    expected = {
        "manufacturer:contains=%25": ["device-4"],
        "manufacturer=%25": [],
        "manufacturer=100%25": ["device-4"],
        "manufacturer:exact=%25": [],
        "manufacturer:contains=_": ["device-5"],
        "manufacturer=Pleje_": ["device-5"],
        "manufacturer=Pleje": ["device-5", "device-6"],
        "manufacturer:contains=\\\\": ["device-3"],
        "manufacturer:contains=*": [],
        "identifier=100%25 pleje": ["device-4"],
        "identifier=Pleje_hjem": ["device-5"],
        "identifier=%25": [],
        "_id=device-%25": [],
        "_id=device-_": [],
        "url:below=%25": [],
    }

    assert searches.findings(filled, expected, "Device?") == expected


def status_of(fhir: Api, below: str, value: str) -> int:
    return fhir.get(f"{below}={searches.quoted(value)}").status_code


PROBES = [
    *("' OR 1=1 --", "'; DROP TABLE resource; --", '" OR ""="', "x') OR ('1'='1", "\\' OR 1=1 --"),
    *(
        "%",
        "_",
        "\\",
        "\\\\\\",
        "🦴",
        "\x1b",
        "\u202e",
        "ﷺ",
        "{{7*7}}",
        "${x}",
        ":name",
        "%(x)s",
        "?",
    ),
    *("(a+)+$" + "a" * 50 + "!", ".*" * 2000, "a" * 20_000, "\\" * 5001, "|" * 5000, "$" * 5000),
]
PARAMETERS = [
    *(
        "manufacturer",
        "manufacturer:contains",
        "manufacturer:exact",
        "identifier",
        "identifier:not",
    ),
    *("type:text", "identifier:of-type", "_id", "url", "url:below", "url:above", "organization"),
    *("organization:identifier", "organization.name", "_tag", "_profile", "_source", "type:in"),
    *("_has:Endpoint:organization:name", "_sort", "_include", "_elements", "_lastUpdated"),
    *("_count", "_total", "_summary", "_revinclude:iterate", "_after", "_type", "nonsense"),
]


@pytest.mark.fhir(76, 100)
def test_no_value_is_more_than_a_value(fhir: Api) -> None:
    searches.registered(fhir, build.device(1))

    wrong = [
        (parameter, probe[:40], status)
        for parameter in PARAMETERS
        for probe in PROBES
        if (status := status_of(fhir, f"Device?{searches.quoted(parameter)}", probe))
        not in (200, 400)
    ]

    assert wrong == []
    assert searches.found(fhir, "Device") == ["device-1"]


@pytest.mark.fhir(100)
def test_no_name_of_a_parameter_is_more_than_a_name(fhir: Api) -> None:
    wrong = [
        (name[:40], status)
        for probe in PROBES
        for name in (probe, f"name:{probe}", f"organization.{probe}", f"_has:{probe}:x:y")
        if (status := status_of(fhir, f"Endpoint?{searches.quoted(name)}", "x")) not in (200, 400)
    ]

    assert wrong == []


@pytest.mark.fhir(99)
@pytest.mark.parametrize(
    "parameter",
    [
        *("_id={}", "identifier=urn:x|{}", "name={}", "organization=unit-{}", "status=code-{}"),
        *("identifier:not={}", "organization.name={}", "_has:Organization:endpoint:_id=unit-{}"),
    ],
)
def test_a_list_of_a_thousand_values_is_searched_through(fhir: Api, parameter: str) -> None:
    searches.registered(fhir, build.organization(1), build.endpoint(1))
    name, _, value = parameter.partition("=")
    values = ",".join(value.format(1000 + number) for number in range(1000))

    by_get = searches.page(fhir, f"Endpoint?{name}={values}")
    by_post = searches.read(searches.sent(fhir, "Endpoint/_search", f"{name}={values}"))

    expected = ["endpoint-1"] if name.endswith(":not") else []
    assert searches.matches(by_get) == searches.matches(by_post) == expected


@pytest.mark.fhir(99)
def test_what_stands_at_the_end_of_a_thousand_is_found(fhir: Api) -> None:
    searches.registered(fhir, build.organization(1), build.endpoint(1))
    values = ",".join(f"x{number}" for number in range(1000))

    assert searches.found(fhir, f"Endpoint?_id={values},endpoint-1") == ["endpoint-1"]
    assert searches.found(fhir, f"Endpoint?identifier={values},{build.gln(1)}") == ["endpoint-1"]


@pytest.mark.fhir(99)
def test_a_form_of_a_megabyte_is_searched_through(fhir: Api) -> None:
    searches.registered(fhir, build.device(1))
    values = ",".join(f"urn:x|{number:09}" for number in range(A_MEGABYTE // 16))

    response = searches.sent(fhir, "Device/_search", f"identifier={values},device-1")

    assert searches.matches(searches.read(response)) == ["device-1"]


@pytest.mark.fhir(98)
@pytest.mark.parametrize("parts", [3, 10, 200])
def test_a_chain_too_long_to_follow_is_said_to_be_one(fhir: Api, parts: int) -> None:
    response = searches.asked(fhir, f"Endpoint?organization{'.partof' * parts}.name=x")

    assert response.status_code in (200, 400, 403)
    if response.status_code == 200:
        assert searches.read(response)["total"] == 0
