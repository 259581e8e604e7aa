"""The conformance table names every statement, and a test for each or a sentence why not."""

from pathlib import Path

from tools import conformance

STATED = {each.number: each for each in conformance.statements()}
SHOWN = conformance.showing(conformance.tests(conformance.TESTS))
IN_SCOPE = sorted(STATED.keys() - conformance.OUT_OF_SCOPE)


def test_the_page_is_what_the_tests_say() -> None:
    written = conformance.PAGE.read_text(encoding="utf-8")

    assert conformance.page() == written, "run: python tools/conformance.py"


def test_every_statement_is_there_in_one_line() -> None:
    assert list(STATED) == list(conformance.NUMBERS)
    assert {each.level for each in STATED.values()} == {"M", "S", "D"}
    assert [each.number for each in STATED.values() if not 20 <= len(each.says) <= 160] == []
    assert [
        each.number for each in STATED.values() if "|" in each.says + each.why_not + each.but
    ] == []


def test_every_statement_has_a_test_or_a_sentence_why_not() -> None:
    bare = [number for number in IN_SCOPE if number not in SHOWN and not STATED[number].why_not]

    assert bare == []


def test_what_is_out_of_scope_comes_with_access_control() -> None:
    out = {STATED[number].why_not for number in conformance.OUT_OF_SCOPE}

    assert out == {"comes with access control"}


def test_no_test_names_a_statement_that_is_none() -> None:
    assert SHOWN.keys() - STATED.keys() == set()


def test_a_marker_is_found_wherever_pytest_heeds_it(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(
        "pytestmark = [pytest.mark.slow, pytest.mark.fhir(1)]\n"
        "@pytest.mark.fhir(2, 3)\n"
        "class TestIt:\n"
        "    @pytest.mark.fhir(4)\n"
        "    def test_a(self): ...\n"
        "@pytest.mark.parametrize('x', [pytest.param(1, marks=pytest.mark.fhir(5))])\n"
        "def test_b(x): ...\n"
        "@pytest.mark.fhir(6)\n"
        "def helper(): ...\n"
    )

    found = {(each.name, each.numbers) for each in conformance.tests(tmp_path)}

    assert found == {("test_a", frozenset({1, 2, 3, 4})), ("test_b", frozenset({1, 5}))}
