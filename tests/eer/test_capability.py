from eer.fhir import canonicals, capability, kinds, structure
from eer.fhir.operations import OPERATIONS
from eer.web import app

BASE = "https://eer.example.dk/fhir"
STATEMENT = capability.statement(
    kinds.KINDS, app.CODES, OPERATIONS.values(), BASE, ("1.0", "2026-11-23")
)
RESOURCES = {each["type"]: each for each in STATEMENT["rest"][0]["resource"]}


def test_the_statement_is_a_resource_of_fhir() -> None:
    assert structure.issues(STATEMENT) == []


def test_every_kind_is_stated() -> None:
    assert set(RESOURCES) == set(kinds.KINDS)


def test_no_more_is_stated_than_has_a_route() -> None:
    stated = capability.statement(
        kinds.KINDS, ("read",), OPERATIONS.values(), BASE, ("1.0", "2026-11-23")
    )

    (rest,) = stated["rest"]
    assert rest["interaction"] == []
    assert {each["code"] for kind in rest["resource"] for each in kind["interaction"]} == {"read"}
    assert not any(kind["updateCreate"] for kind in rest["resource"])


def test_the_search_parameters_are_those_that_are_understood() -> None:
    for name, resource in RESOURCES.items():
        stated = [each["name"] for each in resource["searchParam"]]
        assert stated == ["_id", "_lastUpdated", *kinds.KINDS[name].all_terms]


def test_the_profiles_are_stated() -> None:
    assert canonicals.AP_DETAILS in RESOURCES["Device"]["supportedProfile"]
    assert "supportedProfile" not in RESOURCES["MessageDefinition"]
