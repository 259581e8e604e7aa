import pytest
from hypothesis import given
from hypothesis import strategies as st

from eer.domain.errors import Malformed
from eer.domain.identifiers import Reference
from eer.domain.search import Clause, Query, Token
from eer.fhir import endpoint, params

BASE = "https://eer.example.dk/fhir"
GLN = "https://www.gs1.org/gln"
NAMES = (*endpoint.KIND.terms, "_id", "_count", "_after", "_format", "colour", "identifier:not")


def query(*pairs: tuple[str, str]) -> Query:
    return params.search(endpoint.KIND, pairs, BASE).query


def clause(name: str, value: str) -> Clause:
    (found,) = query((name, value)).clauses
    return found


@pytest.mark.parametrize(
    ("written", "token"),
    [
        ("123", Token(None, "123")),
        (f"{GLN}|123", Token(GLN, "123")),
        ("http://www.gs1.org/gln|123", Token(GLN, "123")),
        ("|123", Token("", "123")),
        (f"{GLN}|", Token(GLN, None)),
        ("urn:a::b##c", Token(None, "urn:a::b##c")),
        ("a|b|c", Token("a", "b|c")),
        (r"a\|b", Token(None, "a|b")),
        (r"a\,b", Token(None, "a,b")),
        (r"a\\", Token(None, "a\\")),
        (r"a\$b", Token(None, "a$b")),
    ],
)
def test_a_token_is_read_in_each_of_its_forms(written: str, token: Token) -> None:
    assert clause("identifier", written) == Clause("identifier", (token,))


def test_a_comma_is_or_and_a_second_parameter_is_and() -> None:
    found = query(("status", "active,off"), ("status", "active"))

    assert found.clauses == (
        Clause("status", (Token(None, "active"), Token(None, "off"))),
        Clause("status", (Token(None, "active"),)),
    )


def test_a_comma_behind_an_escaped_backslash_is_a_comma() -> None:
    assert clause("identifier", r"a\\,b").any_of == (Token(None, "a\\"), Token(None, "b"))


@pytest.mark.parametrize(
    "written",
    [
        *("unit-1", "Organization/unit-1", f"{BASE}/Organization/unit-1"),
        "Organization/unit-1/_history/2",
    ],
)
def test_a_reference_is_read_in_each_of_its_forms(written: str) -> None:
    assert clause("organization", written).any_of == (Reference("Organization", "unit-1"),)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("organization", "https://other.example.dk/fhir/Organization/unit-1"),
        ("organization", "a b"),
        ("identifier:not", "123"),
        ("_id:missing", "true"),
        ("_count", "many"),
        ("_count", "-1"),
        ("_count", "1234567890"),
        ("_count", "\N{ARABIC-INDIC DIGIT FIVE}"),
        ("identifier", "a\0b"),
        ("_after", "\0"),
    ],
)
def test_what_cannot_be_read_is_malformed(name: str, value: str) -> None:
    with pytest.raises(Malformed, match="expected"):
        query((name, value))


def test_ids_are_compared_as_they_are() -> None:
    assert clause("_id", "a,b") == Clause("_id", ("a", "b"))


def test_a_page_is_counted_and_goes_on_behind_an_id() -> None:
    assert query() == Query("Endpoint", (), params.DEFAULT_COUNT, None)
    assert query(("_count", "7"), ("_after", "x")) == Query("Endpoint", (), 7, "x")
    assert query(("_count", "999999999")).count == params.MAXIMUM_COUNT


def test_what_is_not_known_or_empty_is_passed_over() -> None:
    found = params.search(
        endpoint.KIND,
        [("colour", "red"), ("status", ""), ("_format", "json"), ("status", "active")],
        BASE,
    )

    assert found.ignored == ("colour",)
    assert found.used == (("status", "active"),)


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.text())))
def test_any_search_string_is_a_query_or_malformed(pairs: list[tuple[str, str]]) -> None:
    try:
        found = params.search(endpoint.KIND, pairs, BASE)
    except Malformed:
        return
    assert found.query.type == "Endpoint"
