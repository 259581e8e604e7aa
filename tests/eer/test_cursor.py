"""The place where a page begins: it reads back as it was, and nothing else reads as one."""

import base64
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import builders_fhir as build
import builders_web as web
import searches
from builders_web import Api
from eer.domain.errors import Malformed
from eer.domain.search import Address, Key, Pointer, Position, Stretch, Text, Token
from eer.fhir import cursor

NAME, BEGIN, ID = Key("name", Text), Key("date", Stretch), Key("_id", None)
AT = Key("_lastUpdated", None, is_descending=True)
USED = (("_sort", "name"), ("_type", "Organization"))
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
INSTANTS = st.integers(-(2**62), 2**62)
IDS = st.from_regex(r"[A-Za-z0-9\-.]{1,64}", fullmatch=True)
KEYS = [
    *((Key("x", kind), WORDS | st.none()) for kind in (Text, Token, Address, Pointer)),
    *((BEGIN, INSTANTS | st.none()), (AT, INSTANTS), (ID, IDS)),
]


@st.composite
def positions(draw: st.DrawFn) -> tuple[Position, list[Key]]:
    chosen = draw(st.lists(st.sampled_from(KEYS), max_size=3))
    values = tuple(draw(values) for _, values in chosen)
    return Position(values, "Organization", draw(IDS)), [key for key, _ in chosen]


@given(positions(), st.lists(st.tuples(WORDS, WORDS)))
def test_a_position_reads_back_as_it_was(
    drawn: tuple[Position, list[Key]], used: list[tuple[str, str]]
) -> None:
    position, sort = drawn

    text = cursor.printed(position, used)

    assert cursor.parse(text, used, sort) == position
    assert cursor.parse(text, list(reversed(used)), sort) == position


@given(st.text())
def test_no_other_text_is_a_position(text: str) -> None:
    with pytest.raises(Malformed, match="begin anew"):
        cursor.parse(text, USED, [NAME])


def forged(*parts: Any) -> str:
    """Return a cursor with these parts behind its digest, as somebody might make it."""
    whole = cursor.printed(Position((), "Organization", "unit-1"), USED)
    digest = json.loads(base64.urlsafe_b64decode(whole + "=" * (-len(whole) % 4)))[0]
    return base64.urlsafe_b64encode(json.dumps([digest, *parts]).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("keys", "sort"),
    [
        *((["x", "y"], [NAME]), ([], [NAME]), ("x", [NAME]), (None, [NAME]), ({"0": "x"}, [NAME])),
        *(([key], [NAME]) for key in (1, 1.5, True, [], {}, "a\0b", "\ud800")),
        *(([key], [BEGIN]) for key in ("x", 1.5, True, 2**62 + 1, -(2**70), 10**400)),
        *(([key], [AT]) for key in ("x", None, 2**70)),
        *(([key], [ID]) for key in (1, None)),
    ],
)
def test_a_position_has_a_value_of_its_kind_for_each_key(keys: Any, sort: Sequence[Key]) -> None:
    with pytest.raises(Malformed, match="begin anew"):
        cursor.parse(forged(keys, "Organization", "unit-1"), USED, sort)


@pytest.mark.parametrize(
    "rest",
    [
        *(["Organization", "a b"], ["Organization", 1], [1, "unit-1"], ["Orga\0", "unit-1"]),
        *(["\ud800", "unit-1"], ["Organization"], ["Organization", "unit-1", 1], []),
    ],
)
def test_a_position_names_a_resource(rest: list[Any]) -> None:
    with pytest.raises(Malformed, match="begin anew"):
        cursor.parse(forged([], *rest), USED, [])


@pytest.mark.parametrize(
    "nested", [b"[" * 100_000, b'{"a":' * 100_000, b"1" * 100_000, b"NaN", b"\xff"]
)
def test_what_is_no_list_is_no_position(nested: bytes) -> None:
    with pytest.raises(Malformed, match="begin anew"):
        cursor.parse(base64.urlsafe_b64encode(nested).decode(), USED, [])


@pytest.mark.fhir(94)
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Organization?_count=1", "Endpoint?_count=1"),
        ("Organization?_count=1", "?_type=Organization,Endpoint&_count=1"),
        ("?_type=Organization,Endpoint&_count=1", "?_type=Endpoint,Location&_count=1"),
        ("Organization?_count=1&_sort=name", "Organization?_count=1&_sort=-name"),
        ("Organization?_count=1&name=L", "Organization?_count=1&name=La"),
    ],
)
def test_a_page_of_one_search_is_none_of_another(fhir: Api, one: str, other: str) -> None:
    searches.registered(fhir, build.organization(1), build.organization(2), build.endpoint())
    following = searches.link(searches.page(fhir, one), "next") or ""

    response = fhir.get(f"{other}&{following[following.index('_page=') :]}")

    assert response.status_code == 400
    assert web.outcome(response) == [("error", "value")]
