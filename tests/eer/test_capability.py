from eer.fhir import canonicals, capability, kinds, structure

STATEMENT = capability.statement(kinds.KINDS, "https://eer.example.dk/fhir", "1.0", "2026-11-23")
RESOURCES = {each["type"]: each for each in STATEMENT["rest"][0]["resource"]}


def test_the_statement_is_a_resource_of_fhir() -> None:
    assert structure.issues(STATEMENT) == []


def test_every_kind_is_stated_with_what_can_be_done_to_it() -> None:
    assert list(RESOURCES) == ["Organization", "Endpoint", "Device", "MessageDefinition"]
    for resource in RESOURCES.values():
        assert [each["code"] for each in resource["interaction"]] == [
            *("read", "vread", "create", "update", "delete", "search-type")
        ]


def test_the_search_parameters_are_those_that_are_understood() -> None:
    found = {
        name: [each["name"] for each in resource["searchParam"]]
        for name, resource in RESOURCES.items()
    }

    assert found == {
        "Organization": ["_id", "identifier"],
        "Endpoint": ["_id", "identifier", "organization", "status"],
        "Device": ["_id", "identifier", "organization", "status"],
        "MessageDefinition": ["_id", "identifier", "status"],
    }


def test_the_profiles_are_stated() -> None:
    assert canonicals.AP_DETAILS in RESOURCES["Device"]["supportedProfile"]
    assert "supportedProfile" not in RESOURCES["MessageDefinition"]
