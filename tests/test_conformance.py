"""Each conformance table names every statement, and a test for each or a sentence why not."""

from pathlib import Path

import pytest

from tools import conformance
from tools.conformance import FHIR, TABLES, Shown, Table


def shown(table: Table) -> dict[int, tuple[Shown, ...]]:
    return dict(conformance.showing(conformance.tests(conformance.TESTS, table.marker)))


@pytest.fixture(params=TABLES, ids=lambda table: table.marker)
def table(request: pytest.FixtureRequest) -> Table:
    found = request.param
    assert isinstance(found, Table)
    return found


def test_the_page_is_what_the_tests_say(table: Table) -> None:
    written = table.page_file.read_text(encoding="utf-8")

    assert conformance.page(table) == written, "run: python tools/conformance.py"


def test_every_statement_is_there_in_one_line(table: Table) -> None:
    stated = conformance.statements(table)

    assert [each.number for each in stated] == list(table.numbers)
    assert {each.level for each in stated} == {"M", "S", "D"}
    assert [each.number for each in stated if not 20 <= len(each.says) <= 160] == []
    assert [each.number for each in stated if "|" in each.says + each.why_not + each.but] == []


def test_every_statement_has_a_test_or_a_sentence_why_not(table: Table) -> None:
    stated = {each.number: each for each in conformance.statements(table)}
    in_scope = stated.keys() - table.out_of_scope

    bare = sorted(in_scope - shown(table).keys())
    assert [number for number in bare if not stated[number].why_not] == []


def test_what_is_out_of_scope_of_fhir_comes_with_access_control() -> None:
    stated = {each.number: each for each in conformance.statements(FHIR)}

    out = {stated[number].why_not for number in FHIR.out_of_scope}

    assert out == {"comes with access control"}


def test_no_test_names_a_statement_that_is_none(table: Table) -> None:
    stated = {each.number for each in conformance.statements(table)}

    assert shown(table).keys() - stated == set()


def test_a_marker_is_found_wherever_pytest_heeds_it(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(
        "pytestmark = [pytest.mark.slow, pytest.mark.smp(1)]\n"
        "@pytest.mark.smp(2, 3)\n"
        "@pytest.mark.fhir(7)\n"
        "class TestIt:\n"
        "    @pytest.mark.smp(4)\n"
        "    def test_a(self): ...\n"
        "@pytest.mark.parametrize('x', [pytest.param(1, marks=pytest.mark.smp(5))])\n"
        "def test_b(x): ...\n"
        "@pytest.mark.smp(6)\n"
        "def helper(): ...\n"
    )

    found = {(each.name, each.numbers) for each in conformance.tests(tmp_path, "smp")}

    assert found == {("test_a", frozenset({1, 2, 3, 4})), ("test_b", frozenset({1, 5}))}
