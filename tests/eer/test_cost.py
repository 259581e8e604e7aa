"""A search that cannot be answered soon is refused before it is begun."""

import pytest

from eer.domain.errors import IssueCode, Malformed
from eer.fhir import cost, index, kinds, params, terminology
from eer.fhir.clauses import Terms

TERMS = Terms(kinds.KINDS, "https://eer.example.dk/fhir", terminology.shipped)
FEW, MANY = cost.MOST_COMPARED, 5_000


@pytest.fixture(autouse=True)
def _fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading a hundred thousand values takes a second."""
    monkeypatch.setattr(cost, "MOST_VALUES", MANY)


def searched(type_name: str, *pairs: tuple[str, str]) -> None:
    params.search(TERMS, (type_name,), pairs)


def listed(form: str, number: int) -> str:
    return ",".join(form.format(each) for each in range(number))


@pytest.mark.parametrize(
    ("type_name", "name", "form", "most"),
    [
        *(("Organization", name, "x{}", FEW) for name in ("name", "name:contains", "type:text")),
        ("Organization", "_lastUpdated", "gt2026-01-01T00:00:00.{:06}Z", FEW),
        ("Organization", "_profile:below", "urn:x:{}", FEW),
        ("CodeSystem", "context-quantity", "{}", FEW),
        ("CodeSystem", "context-type-value", "x{0}$x{0}", FEW),
        ("CodeSystem", "supplements", "urn:x:{}|1.0", FEW),
        ("Organization", "partof.name", "x{}", FEW),
        ("Organization", "_has:Endpoint:organization:name", "x{}", FEW),
        *(("Organization", name, "x{}", MANY) for name in ("_id", "identifier:not", "partof")),
        ("Organization", "_profile", "urn:x:{}", MANY),
        ("Organization", "messageType", "x{}", MANY // 2),
    ],
)
def test_so_many_values_are_looked_for_and_no_more(
    type_name: str, name: str, form: str, most: int
) -> None:
    written = listed(form, most + 1)
    halved = most // 2 if name.startswith("context-type") else most

    searched(type_name, (name, ",".join(written.split(",")[:halved])))
    with pytest.raises(Malformed, match="at most") as failure:
        searched(type_name, (name, written))

    assert failure.value.issues[0].code is IssueCode.TOO_COSTLY


def test_values_count_over_all_parameters() -> None:
    half = listed("x{}", FEW // 2)

    searched("Organization", ("name", half), ("address", half))
    with pytest.raises(Malformed, match="2001 texts, times or amounts"):
        searched("Organization", ("name", half), ("address", half), ("address-city", "x"))


def test_so_many_parameters_are_looked_at_and_no_more() -> None:
    searched("Organization", *[("active", "true")] * cost.MOST_CONDITIONS)
    with pytest.raises(Malformed, match="101 parameters found, expected 100 at most"):
        searched("Organization", *[("active", "true")] * (cost.MOST_CONDITIONS + 1))


@pytest.mark.parametrize(
    ("name", "text", "most"),
    [
        *((name, "å", cost.LONGEST // 2) for name in ("name", "name:contains", "type:text")),
        *((name, "/", index.LONGEST) for name in ("_profile:above", "_profile:below")),
    ],
)
def test_what_is_compared_in_part_is_not_without_end(name: str, text: str, most: int) -> None:
    searched("Organization", (name, text * most))
    with pytest.raises(Malformed, match="characters found") as failure:
        searched("Organization", (name, text * (most + 1)))

    assert failure.value.issues[0].code is IssueCode.TOO_LONG


@pytest.mark.parametrize("name", ["name:exact", "identifier", "_profile"])
def test_what_is_compared_whole_may_be_as_long_as_it_is(name: str) -> None:
    searched("Organization", (name, "å" * 100_000))
