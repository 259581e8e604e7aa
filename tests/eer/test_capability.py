from collections.abc import Collection
from typing import Any

from eer.fhir import canonicals, capability, kinds, structure
from eer.fhir.operations import OPERATIONS
from eer.web import app

BASE = "https://eer.example.dk/fhir"
EVERY = {**kinds.KINDS, **kinds.DEFINITIONS}


def _stated(codes: Collection[str], of_definitions: Collection[str]) -> dict[str, Any]:
    release = ("1.0", "2026-11-23")
    return capability.statement(EVERY, codes, of_definitions, OPERATIONS.values(), BASE, release)


STATEMENT = _stated(app.CODES, app.CODES_OF_DEFINITIONS)
RESOURCES = {each["type"]: each for each in STATEMENT["rest"][0]["resource"]}


def test_the_statement_is_a_resource_of_fhir() -> None:
    assert structure.issues(STATEMENT) == []


def test_every_kind_is_stated() -> None:
    assert set(RESOURCES) == set(EVERY)


def test_no_more_is_stated_than_has_a_route() -> None:
    stated = _stated(("read",), ("read",))

    (rest,) = stated["rest"]
    assert rest["interaction"] == []
    assert {each["code"] for kind in rest["resource"] for each in kind["interaction"]} == {"read"}
    assert not any(kind["updateCreate"] for kind in rest["resource"])


def test_the_search_parameters_are_those_that_are_understood() -> None:
    for name, resource in RESOURCES.items():
        stated = [each["name"] for each in resource["searchParam"]]
        assert stated == ["_id", "_lastUpdated", *EVERY[name].all_terms]


def test_definitions_are_read_and_searched_and_no_more() -> None:
    for name in kinds.DEFINITIONS:
        stated = RESOURCES[name]
        assert {each["code"] for each in stated["interaction"]} == {"read", "search-type"}
        assert stated["versioning"] == "no-version"
        assert "operation" not in stated


def test_the_profiles_are_stated() -> None:
    assert canonicals.AP_DETAILS in RESOURCES["Device"]["supportedProfile"]
    assert "supportedProfile" not in RESOURCES["MessageDefinition"]
