"""FHIR R4 search: codes by the value set they are in, or are not in.

https://hl7.org/fhir/R4/search.html#modifiers
"""

import pytest

import builders_fhir as build
import builders_plain as plain
import builders_web as web
import searches
from builders_web import Api
from eer.fhir import canonicals


@pytest.fixture
def filled(fhir: Api) -> Api:
    home = [
        build.concept(canonicals.HIERARCHY, "SI"),
        build.concept(canonicals.UNIT_TYPES, "plejehjem"),
    ]
    return searches.registered(
        fhir,
        build.organization(1, type=home),
        build.organization(2),
        build.endpoint(1),
        build.endpoint(2),
    )


HOMES = "https://codes.example.dk/ValueSet/homes"


def homes(**include: object) -> build.Json:
    return plain.value_set(url=HOMES, compose={"include": [include]})


@pytest.mark.fhir(79)
def test_a_code_is_found_by_the_value_set_it_is_in(filled: Api) -> None:
    codes = [{"code": "plejehjem"}, {"code": "bosted"}]
    searches.registered(filled, homes(system=canonicals.UNIT_TYPES, concept=codes))

    assert searches.found(filled, f"Organization?type:in={HOMES}") == ["unit-1"]
    assert searches.found(filled, f"Organization?type:in={HOMES}&active=false") == []


@pytest.mark.fhir(79)
def test_a_value_set_may_be_a_whole_code_system(filled: Api) -> None:
    searches.registered(filled, homes(system=canonicals.CONNECTION_TYPES))

    both = ["endpoint-1", "endpoint-2"]
    assert searches.found(filled, f"Endpoint?connection-type:in={HOMES}") == both
    assert searches.found(filled, f"Endpoint?connection-type:not-in={HOMES}") == []


@pytest.mark.fhir(79)
def test_a_code_is_found_by_the_value_set_it_is_not_in(filled: Api) -> None:
    codes = [{"code": "ihe-xds"}]
    searches.registered(filled, homes(system=canonicals.CONNECTION_TYPES, concept=codes))

    both = ["endpoint-1", "endpoint-2"]
    assert searches.found(filled, f"Endpoint?connection-type:not-in={HOMES}") == both
    assert searches.found(filled, f"Endpoint?connection-type:in={HOMES}") == []


@pytest.mark.fhir(79)
def test_a_code_without_a_system_is_of_the_one_it_implies(filled: Api) -> None:
    codes = [{"code": "active"}]
    searches.registered(filled, homes(system="http://hl7.org/fhir/endpoint-status", concept=codes))

    assert searches.found(filled, f"Endpoint?status:in={HOMES}") == ["endpoint-1", "endpoint-2"]
    assert searches.found(filled, f"Endpoint?status:not-in={HOMES}") == []


@pytest.mark.fhir(76, 79)
@pytest.mark.parametrize("modifier", ["in", "not-in"])
def test_a_value_set_that_is_not_held_is_refused(filled: Api, modifier: str) -> None:
    response = searches.asked(filled, f"Organization?type:{modifier}={HOMES}")

    assert response.status_code == 400
    assert HOMES in response.get_data(as_text=True)
    assert [severity for severity, _ in web.outcome(response)] == ["error"]
