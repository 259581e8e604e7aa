"""How much of the register a search looks at, and that it is sorted alike everywhere."""

from collections.abc import Sequence

import pytest

import builders_fhir as build
from bench import fill, national
from builders_web import Api
from eer.domain.search import Chain, Clause, Either, Key, Pointer, Query, Reverse, Text, Token
from eer.register.counter import Counter
from eer.store import search_sql
from eer.store.part import Part, run
from eer.store.session import Store

_RECEIVED = Clause("payload-type", (Token(None, build.RECEIPT),))
_RECEIVING = Either(
    (Chain("endpoint", "Endpoint", _RECEIVED), Reverse("Endpoint", "organization", _RECEIVED))
)
_UNIT = Clause("identifier", (Token("urn:oid:1.2.208.176.1.1", national.sor(5)),))
_ACTIVE = Clause("active", (Token(None, "true"),))
_NAMED = Clause("name", (Text("læge"),))
_BELOW = Clause("partof", (Pointer("Organization", national.sor(1)),))


@pytest.mark.parametrize(
    "conditions", [[_UNIT, _RECEIVING, _ACTIVE], [_NAMED], [_BELOW, _ACTIVE], [_RECEIVING]]
)
def test_a_narrow_search_looks_at_no_more_than_its_narrowest_condition_holds_for(
    sqlite_store: Store, conditions: Sequence[Clause]
) -> None:
    query = Query(("Organization",), tuple(conditions), 50)

    plan = _plan(sqlite_store, search_sql.page_statement(query))

    assert [line for line in plan if "SCAN r" in line or "(type=?)" in line] == []


def test_a_sorted_search_finds_the_least_value_of_each_resource_by_its_key(
    sqlite_store: Store,
) -> None:
    query = Query(("Organization",), (_ACTIVE,), 50, (Key("name", Text),))

    plan = _plan(sqlite_store, search_sql.page_statement(query))

    assert [line for line in plan if "text_by_head" in line] == []


@pytest.mark.parametrize("conditions", [(), (_ACTIVE,), (_NAMED,), (_RECEIVING,), (_BELOW,)])
def test_a_page_of_a_broad_search_is_that_of_a_narrow_one(
    counter: Counter, conditions: tuple[Clause, ...]
) -> None:
    fill.fill(counter, national.resources(200))
    query = Query(("Organization",), conditions, 50)

    with counter.store.reading() as connection:
        narrow, broad = (
            [row[3] for row in run(connection, search_sql.page_statement(query, is_narrow=each))]
            for each in (True, False)
        )

    assert narrow != []
    assert narrow == broad


def test_matches_are_sorted_on_every_database(counter: Counter, fhir: Api) -> None:
    names = {1: "Østerbro", 2: "Aabenraa", 3: "Ærø"}
    build.put(counter, *(build.organization(number, name=name) for number, name in names.items()))

    answered = fhir.get("Organization?_sort=-name&_count=2").get_json(force=True)

    assert [each["resource"]["name"] for each in answered["entry"]] == ["Østerbro", "Ærø"]


def _plan(store: Store, statement: Part) -> list[str]:
    """Return how SQLite looks for what *statement* asks, knowing nothing of how much is there.

    PostgreSQL looks otherwise at tables that are empty, so only SQLite is asked.
    """
    with store.reading() as connection:
        asked = Part(f"EXPLAIN QUERY PLAN {statement.sql}", statement.values)
        return [row[-1] for row in run(connection, asked)]
