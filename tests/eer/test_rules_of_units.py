"""One GLN for each SOR unit: off, a warning or a refusal, whoever is written."""

from dataclasses import replace

import pytest

import builders_fhir as build
from eer.domain.errors import Refused
from eer.domain.policy import Level, Policy
from eer.register import validate
from eer.register.change import Outcome
from eer.register.counter import Counter

SECOND = "more than one GLN for one SOR unit"
BY_1 = {"reference": "Organization/unit-1"}


def level(counter: Counter, of: Level) -> Counter:
    return replace(counter, policy=Policy(gln_per_unit=of))


def unit(number: int, *endpoints: int) -> build.Json:
    named = [{"reference": f"Endpoint/endpoint-{each}"} for each in endpoints]
    return build.organization(number, endpoint=named or None)


def told(*outcomes: Outcome) -> list[str]:
    """Return of which resources it is said that a unit has a second GLN."""
    return [str(each.reference) for each in outcomes for i in each.issues if SECOND in i.text]


def test_a_second_gln_that_a_unit_manages_is_told_of_both_endpoints(counter: Counter) -> None:
    second = build.endpoint(2, managingOrganization=BY_1)

    outcomes = build.put(counter, unit(1), build.endpoint(1), second)

    assert told(*outcomes) == ["Endpoint/endpoint-1", "Endpoint/endpoint-2"]


def test_a_second_gln_that_a_unit_names_is_told_of_it_and_the_endpoints(
    counter: Counter,
) -> None:
    outcomes = build.put(counter, unit(1, 1, 2), unit(2), build.endpoint(1), build.endpoint(2))

    assert told(*outcomes) == [
        "Organization/unit-1",
        "Endpoint/endpoint-1",
        "Endpoint/endpoint-2",
    ]


def test_a_unit_that_comes_to_name_a_second_one_is_told(counter: Counter) -> None:
    build.put(counter, unit(1, 1), unit(2, 2), build.endpoint(1), build.endpoint(2))

    assert told(*build.put(counter, unit(1, 1, 2))) == ["Organization/unit-1"]


def test_one_gln_that_several_units_share_is_right(counter: Counter) -> None:
    outcomes = build.put(counter, unit(1, 1), unit(2, 1), unit(3, 1), build.endpoint(1))

    assert told(*outcomes) == []


def test_who_points_at_an_endpoint_otherwise_does_not_name_it(counter: Counter) -> None:
    link = build.linked("https://extensions.example.dk/see", "Endpoint/endpoint-1")
    other = unit(2, 2) | {"extension": [link]}

    outcomes = build.put(counter, unit(1, 1), other, build.endpoint(1), build.endpoint(2))

    assert told(*outcomes) == []


def test_a_unit_is_one_under_all_its_ids(counter: Counter) -> None:
    build.loaded(counter, build.file(unit(1)))
    build.loaded(counter, build.file(build.organization(1, id="overlay")))
    by_overlay = build.endpoint(2, managingOrganization={"reference": "Organization/overlay"})
    build.put(counter, build.endpoint(1))

    assert told(*build.put(counter, by_overlay)) == ["Endpoint/endpoint-2"]


def test_an_operator_may_have_a_second_gln_refused(counter: Counter) -> None:
    strict = level(counter, Level.ERROR)
    build.put(strict, unit(1), build.endpoint(1))

    with pytest.raises(Refused, match=SECOND):
        build.put(strict, build.endpoint(2, managingOrganization=BY_1))


def test_a_refusal_is_foretold(counter: Counter) -> None:
    strict = level(counter, Level.ERROR)
    build.put(strict, unit(1), build.endpoint(1))
    second = build.endpoint(2, managingOrganization=BY_1)

    issues = validate.of_put(strict, build.ref(second), second)

    assert [issue.is_error for issue in issues if SECOND in issue.text] == [True]


def test_a_unit_may_change_its_gln_within_one_transaction(counter: Counter) -> None:
    strict = level(counter, Level.ERROR)
    build.put(strict, unit(1, 1), build.endpoint(1))

    outcomes = build.put(
        strict,
        unit(1, 2),
        build.endpoint(1, status="off"),
        build.endpoint(2, managingOrganization=BY_1),
    )

    assert told(*outcomes) == []


def test_a_change_of_gln_may_be_prepared(counter: Counter) -> None:
    strict = level(counter, Level.ERROR)
    day = "2026-09-01T00:00:00+02:00"
    until = build.endpoint(1, period={"start": build.START, "end": day})
    then = build.endpoint(2, managingOrganization=BY_1, period={"start": day})

    assert told(*build.put(strict, unit(1, 1, 2), until, then)) == []


def test_an_operator_may_hear_nothing_of_it(counter: Counter) -> None:
    quiet = level(counter, Level.OFF)
    second = build.endpoint(2, managingOrganization=BY_1)

    assert told(*build.put(quiet, unit(1, 1, 2), build.endpoint(1), second)) == []
