import pytest
from hypothesis import given
from hypothesis import strategies as st

from eer.domain.errors import Malformed
from eer.domain.search import Chain, Clause, Ids, Key, Missing, Not, Pointer, Query, Text, Token
from eer.fhir import kinds, params, results, terminology
from eer.fhir.clauses import Terms
from eer.fhir.types import endpoint

BASE = "https://eer.example.dk/fhir"
GLN = "https://www.gs1.org/gln"
NAMES = (
    *(*endpoint.KIND.all_terms, "_id", "_lastUpdated", "_count", "_page", "_format", "colour"),
    *("identifier:not", "organization.name", "_has:Organization:endpoint:name", "name:contains"),
    *(
        "_sort",
        "_include",
        "_revinclude",
        "_summary",
        "_elements",
        "_total",
        "organization:missing",
    ),
)
TERMS = Terms(kinds.KINDS, BASE, terminology.shipped)


def query(*pairs: tuple[str, str]) -> Query:
    return params.search(TERMS, ("Endpoint",), pairs).query


def clause(name: str, value: str) -> Clause:
    (found,) = query((name, value)).conditions
    assert isinstance(found, Clause)
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

    assert found.conditions == (
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
    assert clause("organization", written).any_of == (Pointer("Organization", "unit-1"),)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("organization", "a b"),
        ("identifier:contains", "123"),
        ("_id:missing", "perhaps"),
        ("status:missing", "perhaps"),
        ("name:text", "x"),
        ("organization:Device", "x"),
        ("identifier:of-type", "a|b"),
        ("payload-type:in", "https://example.dk/ValueSet/none"),
        ("_has:Organization", "x"),
        ("_has:Device:organization:status", "active"),
        ("_lastUpdated", "yesterday"),
        ("status.name", "x"),
        ("_total", "some"),
        ("_count", "many"),
        ("_count", "-1"),
        ("_count", "1234567890"),
        ("_count", "\N{ARABIC-INDIC DIGIT FIVE}"),
        ("identifier", "a\0b"),
        ("_page", "\0"),
        ("_page", "abc"),
    ],
)
def test_what_cannot_be_read_is_malformed(name: str, value: str) -> None:
    with pytest.raises(Malformed, match="expected"):
        query((name, value))


def test_ids_are_compared_as_they_are() -> None:
    assert query(("_id", "a,b")).conditions == (Ids(("a", "b")),)


def test_a_page_is_counted() -> None:
    assert query() == Query(("Endpoint",), (), results.DEFAULT_COUNT)
    assert query(("_count", "7")).count == 7
    assert query(("_count", "999999999")).count == results.MAXIMUM_COUNT


def test_what_is_not_and_what_is_missing_are_conditions() -> None:
    active = Clause("status", (Token(None, "active"),))

    assert query(("status:not", "active")).conditions == (Not(active),)
    assert query(("name:missing", "true")).conditions[0] == Missing("name", Text, is_missing=True)


def test_what_is_not_known_or_empty_is_passed_over() -> None:
    found = params.search(
        TERMS,
        ("Endpoint",),
        [("colour", "red"), ("status", ""), ("_format", "json"), ("status", "active")],
    )

    assert found.ignored == (("colour", "red"),)
    assert found.used == (("status", "active"), ("_count", "50"))


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.text())))
def test_any_search_string_is_a_query_or_malformed(pairs: list[tuple[str, str]]) -> None:
    try:
        found = params.search(TERMS, ("Endpoint",), pairs)
    except Malformed:
        return
    assert found.query.types == ("Endpoint",)


def test_a_search_is_sorted_by_each_parameter_once() -> None:
    found = query(("_sort", "name,-status,-name,status,colour"))

    assert found.sort == (Key("name", Text), Key("status", Token, is_descending=True))


def test_what_comes_along_is_asked_for_once() -> None:
    include = ("_include", "Endpoint:organization")

    found = params.search(TERMS, ("Endpoint",), [include, include, include])

    assert len(found.results.includes) == 1
    assert found.used == (include, ("_count", "50"))


@pytest.mark.parametrize(
    "name", ["name", "name:contains", "organization.name", "payload-type:text"]
)
@pytest.mark.parametrize("blank", [" ", "\t", "\N{COMBINING ACUTE ACCENT}", " , "])
def test_a_text_that_says_nothing_finds_nothing(name: str, blank: str) -> None:
    (found,) = query((name, blank)).conditions

    while isinstance(found, Chain):
        found = found.inner
    assert isinstance(found, Clause)
    assert found.any_of == ()
