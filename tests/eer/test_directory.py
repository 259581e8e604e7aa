from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import builders_fhir as build
from eer.domain import eligibility
from eer.domain.eligibility import Reason
from eer.domain.model import Certificate, Endpoint
from eer.fhir import canonicals
from eer.register import directory
from eer.register.counter import Counter


def asked(counter: Counter, *glns: str) -> Mapping[str, Endpoint]:
    found = directory.directory(counter, frozenset(glns) if glns else None)
    return {str(each.reference): each for each in found.endpoints}


def test_an_empty_register_has_an_empty_directory(counter: Counter) -> None:
    found = directory.directory(counter, None)

    assert (found.sequence, found.endpoints, found.glns) == (0, (), None)


def test_an_endpoint_comes_with_all_that_hangs_on_it(counter: Counter) -> None:
    build.put(counter, *build.registered())

    found = directory.directory(counter, None)

    (endpoint,) = found.endpoints
    (access_point,) = endpoint.access_points
    assert found.sequence == 4
    assert endpoint.organization is not None
    assert endpoint.organization.name == "Lægehuset på Ærøvej 1"
    assert access_point is not None
    assert access_point.url == "https://ap1.example.dk/as4"
    assert isinstance(access_point.certificate, Certificate)
    assert access_point.owner is not None
    assert eligibility.obstacles(found, build.NOW) == {endpoint.reference: ()}


def test_asked_for_a_few_it_gives_those(counter: Counter) -> None:
    build.put(counter, build.organization(1), build.organization(2))
    build.put(counter, build.endpoint(1), build.endpoint(2))

    found = directory.directory(counter, frozenset({build.gln(2), build.gln(9)}))

    assert [str(each.reference) for each in found.endpoints] == ["Endpoint/endpoint-2"]
    assert found.glns == frozenset({build.gln(2), build.gln(9)})


def test_both_spellings_of_the_gln_system_are_one_participant(counter: Counter) -> None:
    other = [{"system": "http://www.gs1.org/gln", "value": build.gln(1)}]
    build.put(counter, build.organization(1), build.endpoint(1))
    build.put(counter, build.endpoint(1, id="other", identifier=other, status="off"))

    assert set(asked(counter, build.gln(1))) == {"Endpoint/endpoint-1", "Endpoint/other"}


def test_what_is_deleted_is_not_in_it(counter: Counter) -> None:
    build.put(counter, build.organization(1), build.endpoint(1))
    build.remove(counter, "Endpoint/endpoint-1")

    assert asked(counter) == asked(counter, build.gln(1)) == {}


def test_references_by_another_id_lead_to_what_is_kept(counter: Counter) -> None:
    build.put(counter, build.owner(), build.access_point(), build.organization(1))
    overlay = [
        build.access_point(id="ap-of-overlay"),
        build.organization(1, id="unit-of-overlay"),
        build.endpoint(
            managingOrganization={"reference": "Organization/unit-of-overlay"},
            extension=[build.linked(canonicals.AP_SYSTEM, "Device/ap-of-overlay")],
        ),
    ]
    build.loaded(counter, build.file(build.collection(*overlay)))

    endpoint = asked(counter)["Endpoint/endpoint-1"]

    assert endpoint.organization is not None
    assert str(endpoint.organization.reference) == "Organization/unit-1"
    assert [str(each.reference) for each in endpoint.access_points if each] == ["Device/ap-1"]


def test_an_endpoint_without_access_point_says_so(counter: Counter) -> None:
    build.put(counter, build.organization(1), build.endpoint(1))

    found = directory.directory(counter, None)

    assert list(eligibility.obstacles(found, build.NOW).values()) == [(Reason.NO_AP,)]


@pytest.fixture
def six(counter: Counter) -> Counter:
    units = [build.organization(number) for number in range(1, 7)]
    build.put(counter, *units, *(build.endpoint(number) for number in range(1, 7)))
    return counter


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.integers(1, 8), min_size=1))
def test_a_few_at_a_time_come_to_the_same_as_all(six: Counter, numbers: set[int]) -> None:
    glns = [build.gln(number) for number in numbers]

    assert asked(six, *glns) == {
        name: each for name, each in asked(six).items() if each.gln in glns
    }
