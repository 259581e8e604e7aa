"""Whatever is sent, the answer is in FHIR, in words, and soon; nothing of ours leaks out."""

from urllib.parse import urlencode

import pytest
from werkzeug.test import TestResponse

import builders_fhir as build
import builders_plain as plain
import builders_web as web
import searches
from builders_web import Api
from hostile import answered


@pytest.fixture
def filled(fhir: Api) -> Api:
    return searches.registered(
        fhir,
        build.owner(),
        build.access_point(),
        build.device(),
        build.organization(),
        build.endpoint(),
        plain.location(managingOrganization=None),
        plain.code_system(),
        plain.value_set("red"),
    )


def sent(fhir: Api, path: str, *pairs: tuple[str, str]) -> TestResponse:
    """Search by a form."""
    return fhir.ask("POST", f"{path}/_search", data=urlencode(pairs), content_type=searches.FORM)


def listed(form: str, number: int) -> str:
    return ",".join(form.format(each) for each in range(number))


# --- searches that are too much ---


@pytest.mark.fhir(99)
@pytest.mark.parametrize(
    ("name", "form", "value"),
    [
        ("identifier", "x{}", "device-1"),
        ("identifier", "s{0}|x{0}", "|device-1"),
        ("_id", "x{}", "device-1"),
        ("status", "x{}", "active"),
        ("organization:missing=false&_id", "x{}", "ap-1"),
        ("organization", "owner-x{}", "owner-90"),
        ("organization", "Organization/x{}", "Organization/owner-90"),
        ("url", "urn:x:{}", "https://ap1.example.dk/as4"),
        ("organization._id", "x{}", "owner-90"),
    ],
)
def test_what_stands_behind_many_values_is_found(
    filled: Api, name: str, form: str, value: str
) -> None:
    before, _, name = name.rpartition("&")
    pairs = [tuple(each.split("=")) for each in before.split("&") if each]

    response = sent(filled, "Device", *pairs, (name, f"{listed(form, 10_000)},{value}"))

    assert answered(response) == 200
    assert len(searches.matches(response.get_json())) == 1 + (name == "status")


@pytest.mark.fhir(98, 99)
@pytest.mark.parametrize(
    "pairs",
    [
        [("active", "true")] * 1_500,
        [("name", listed("x{}", 3_000))],
        [("identifier", listed("s{0}|x{0}", 120_000))],
    ],
)
def test_a_search_without_end_is_too_costly(filled: Api, pairs: list[tuple[str, str]]) -> None:
    response = sent(filled, "Organization", *pairs)

    assert answered(response) == 400
    assert web.outcome(response) == [("error", "too-costly")]


@pytest.mark.fhir(99)
@pytest.mark.parametrize(
    "pairs",
    [
        [("_include", "Organization:endpoint")] * 5_000,
        [("_revinclude:iterate", "Endpoint:organization")] * 5_000,
        [("_sort", ",".join(["name", "-name"] * 5_000))],
        [("_sort", listed("k{}", 5_000))],
        [("_elements", listed("e{}", 50_000))],
        [(f"unknown{number}", "x") for number in range(5_000)],
        [("_type", "x")] * 5_000,
    ],
)
def test_what_is_asked_again_and_again_is_answered_once(
    filled: Api, pairs: list[tuple[str, str]]
) -> None:
    assert answered(sent(filled, "Organization", *pairs)) == 200


@pytest.mark.fhir(99)
@pytest.mark.parametrize(
    "path", ["?_type=" + ",".join(["Organization", "Endpoint"] * 500) + "&_sort=_id", "?_type=,"]
)
def test_types_are_searched_once(filled: Api, path: str) -> None:
    assert answered(filled.get(path)) in (200, 400)


@pytest.mark.fhir(99, 100)
@pytest.mark.parametrize(
    "name", ["name", "name:contains", "name:exact", "type:text", "_profile:above", "_profile:below"]
)
@pytest.mark.parametrize(
    "value", ["a" * 60_000, "%_!" * 30_000, "/" * 100_000, "https://x/" + "a/" * 50_000, "å" * 900]
)
def test_a_value_without_end_is_answered(filled: Api, name: str, value: str) -> None:
    filled.put(build.organization(2, name="a" * 70_000))

    assert answered(sent(filled, "Organization", (name, value))) in (200, 400)
