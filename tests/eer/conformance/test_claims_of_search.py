"""Each claim of the CapabilityStatement about searches is tried; no other search must work.

A test goes over all types and tells every claim that is not true at once.
"""

import pytest

from builders_fhir import Json
from builders_web import Api
from examples import fill, filled_with_each, linked, stated
from exchanges import done, links

pytestmark = pytest.mark.fhir(125)

STRICT = {"Prefer": "handling=strict"}


@pytest.fixture
def filled(fhir: Api) -> Api:
    """Return the API over a register that holds two resources of each type it takes."""
    return filled_with_each(fhir)


VALUES = {
    **dict.fromkeys(["token", "string", "reference"], "x"),
    "uri": "https://x.example.dk",
    "date": "2026-05-05",
    "number": "1",
    "quantity": "5",
    "special": "55.0|12.0|9|km",
}
COMPOSITES = {"context-type-quantity": "workflow$5", "context-type-value": "workflow$x"}


def parameters(statement: Json) -> dict[str, str]:
    """Return the type of each search parameter that is claimed, by its name."""
    return {each["name"]: each["type"] for each in statement.get("searchParam", [])}


def test_every_parameter_is_understood_where_it_is_claimed(filled: Api) -> None:
    lies: list[tuple[str, str, object]] = []

    for each in stated(filled):
        for name, kind in parameters(each).items():
            value = COMPOSITES[name] if kind == "composite" else VALUES[kind]
            response = filled.get(f"{each['type']}?{name}={value}", headers=STRICT)
            if response.status_code != 200:
                lies.append((each["type"], name, response.status_code))
            elif f"{name}=" not in links(response.get_json())["self"]:
                lies.append((each["type"], name, "passed over"))

    assert lies == []


def test_every_parameter_tells_what_has_a_value_from_what_has_none(filled: Api) -> None:
    lies: list[tuple[str, str, object]] = []

    for each in stated(filled):
        whole = done(filled.get(f"{each['type']}?_count=0"))["total"]
        for name in parameters(each):
            if name.startswith("_"):
                continue
            asked = [f"{each['type']}?{name}:missing={it}" for it in ("true", "false")]
            answers = [filled.get(path, headers=STRICT) for path in asked]
            totals = [answer.get_json(force=True).get("total", -1) for answer in answers]
            lies += [] if sum(totals) == whole else [(each["type"], name, totals)]

    assert lies == []


def test_no_parameter_is_understood_where_it_is_not_claimed(filled: Api) -> None:
    claimed = {each["type"]: parameters(each) for each in stated(filled)}
    named = {name: kind for found in claimed.values() for name, kind in found.items()}
    lies: list[tuple[str, str, int]] = []

    for each, own in claimed.items():
        for name in sorted({*named, "colour"} - own.keys()):
            value = COMPOSITES.get(name) or VALUES[named.get(name, "token")]
            status = filled.get(f"{each}?{name}={value}", headers=STRICT).status_code
            lies += [] if status == 400 else [(each, name, status)]

    assert lies == []


def test_a_parameter_of_the_whole_server_is_understood_for_each_type(filled: Api) -> None:
    (rest,) = done(filled.get("metadata"))["rest"]

    for name, kind in parameters(rest).items():
        for path in (
            "?_type=Organization,Device&",
            *(f"{each['type']}?" for each in stated(filled)),
        ):
            assert filled.get(f"{path}{name}={VALUES[kind]}", headers=STRICT).status_code == 200


@pytest.fixture
def woven(fhir: Api) -> Api:
    """Return the API over a register whose resources lead to each other."""
    return fill(fhir, linked())


def test_every_include_brings_what_is_pointed_at(woven: Api) -> None:
    lies: list[tuple[str, object]] = []
    tried = set()

    for each in stated(woven):
        for include in each.get("searchInclude", []):
            name, _, parameter = include.partition(":")
            query = "" if include == "*" else f"{parameter.partition(':')[0]}:missing=false&"
            response = woven.get(f"{each['type']}?{query}_include={include}", headers=STRICT)
            if response.status_code != 200:
                lies.append((include, response.status_code))
                continue
            page = done(response)
            modes = [entry["search"]["mode"] for entry in page.get("entry", [])]
            if page["total"] and include != "*":
                tried.add(include)
                lies += [] if "include" in modes else [(include, "brings nothing")]
            assert include == "*" or name == each["type"]

    assert lies == []
    assert {"Organization:endpoint", "Organization:partof", "Endpoint:organization"} <= tried


def test_every_reverse_include_brings_what_points_here(woven: Api) -> None:
    lies: list[tuple[str, str, object]] = []
    tried = set()

    for each in stated(woven):
        for include in each.get("searchRevInclude", []):
            response = woven.get(f"{each['type']}?_revinclude={include}", headers=STRICT)
            if response.status_code != 200:
                lies.append((each["type"], include, response.status_code))
                continue
            source, _, parameter = include.partition(":")
            if include == "*" or woven.get(source).status_code != 200:
                continue  # mCSD names types that are not kept here: they bring nothing
            pointing = f"{source}?{parameter.partition(':')[0]}:missing=false"
            if done(woven.get(pointing))["total"]:
                tried.add((each["type"], include))
                brought = {entry["resource"]["resourceType"] for entry in done(response)["entry"]}
                lies += [] if source in brought else [(each["type"], include, "brings nothing")]

    assert lies == []
    assert ("Organization", "Endpoint:organization") in tried


def test_no_include_works_that_is_not_claimed(woven: Api) -> None:
    lies: list[tuple[str, int]] = []

    for each in stated(woven):
        claimed = {":".join(found.split(":")[:2]) for found in each.get("searchInclude", [])}
        references = [name for name, kind in parameters(each).items() if kind == "reference"]
        for name in ("colour", *references):
            include = f"{each['type']}:{name}"
            if include not in claimed:
                status = woven.get(f"{each['type']}?_include={include}", headers=STRICT).status_code
                lies += [] if status == 400 else [(include, status)]

    assert lies == []
