"""Which statements of a standard are kept, and which tests show each?

Writes the pages of docs/interfaces/ named below; run it when statements or tests have changed:

    python tools/conformance.py

What is stated stands in a statements.json beside the tests. Which test shows what is read from the
markers `fhir(number, ...)` and `smp(number, ...)` in the source of the tests, without running them.
"""

import ast
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TESTS = ROOT / "tests"
NAMED = 3

_HEAD = """\
# What of {standard} is kept, and which test shows it

Made by `python tools/conformance.py`; a test holds that it is up to date. {about}

"""
_COLUMNS = """\
| # | level | statement | tests | state |
|---|---|---|---|---|
"""
_FHIR_ABOUT = """\
Each line is a statement
about the FHIR interface, in our words: M is what FHIR R4 or IHE mCSD demands, S what they advise, D
what they leave open and we decided. A test says which it shows: `@pytest.mark.fhir(21)`."""
_SMP_ABOUT = """\
Each line is a statement
about the publisher, in our words: M is what OASIS SMP 1.0, eDelivery BDXL, SML or the clients in
use demand, S what they advise, D what they leave open and we decided. 1 to 31 are about HTTP and
URLs, 32 to 58 about XML, 59 to 72 about signatures, 73 to 92 about DNS, 93 to 109 about what is
written, 110 to 120 about a central SML, 121 to 124 about other people's clients.
A test says which it shows: `@pytest.mark.smp(21)`."""


@dataclass(frozen=True, slots=True)
class Table:
    """One page: of which *standard*, by which *marker* of pytest, in which folder its tests are."""

    standard: str
    marker: str
    folder: str
    numbers: range
    about: str
    out_of_scope: frozenset[int] = frozenset()

    @property
    def statements_file(self) -> Path:
        """What is stated."""
        return TESTS / self.folder / "conformance" / "statements.json"

    @property
    def page_file(self) -> Path:
        """What is made."""
        return ROOT / "docs" / "interfaces" / f"{self.marker}-conformance.md"


FHIR = Table(
    standard="FHIR R4",
    marker="fhir",
    folder="eer",
    numbers=range(1, 151),
    about=_FHIR_ABOUT,
    out_of_scope=frozenset({96, 123, 140, *range(142, 151)}),
)
SMP = Table(
    standard="SMP, BDXL and SML",
    marker="smp",
    folder="smp",
    numbers=range(1, 125),
    about=_SMP_ABOUT,
)
TABLES = (FHIR, SMP)


@dataclass(frozen=True, slots=True)
class Statement:
    """What is stated, how strongly, *why_not* a test shows it, or *but* what of it none does."""

    number: int
    level: str
    says: str
    why_not: str = ""
    but: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A test, and the numbers of the statements it shows."""

    file: str
    name: str
    numbers: frozenset[int]


def statements(table: Table) -> tuple[Statement, ...]:
    """Return all statements by their numbers."""
    found = json.loads(table.statements_file.read_text(encoding="utf-8"))
    return tuple(Statement(int(number), **rest) for number, rest in found.items())


def tests(folder: Path, marker: str) -> tuple[Shown, ...]:
    """Return every test that shows a statement; first those that do nothing else."""
    files = sorted(
        folder.rglob("test_*.py"), key=lambda file: (file.parts[-2] != "conformance", file)
    )
    return tuple(each for file in files for each in _of_file(file, folder, marker))


def showing(found: Sequence[Shown]) -> Mapping[int, tuple[Shown, ...]]:
    """Return the tests of each number that has some."""
    numbers = sorted({number for test in found for number in test.numbers})
    return {n: tuple(test for test in found if n in test.numbers) for n in numbers}


def page(table: Table) -> str:
    """Return the whole page."""
    stated, shown = statements(table), showing(tests(TESTS, table.marker))
    head = _HEAD.format(standard=table.standard, about=table.about)
    rows = "".join(_row(each, shown.get(each.number, ()), table) for each in stated)
    return f"{head}{_count(stated, shown, table)}\n\n{_COLUMNS}{rows}"


def _of_file(file: Path, folder: Path, marker: str) -> Iterator[Shown]:
    tree = ast.parse(file.read_text(encoding="utf-8"), str(file))
    named = file.relative_to(folder).as_posix()
    for name, marks in _tests(tree.body, _of_module(tree)):
        numbers = _numbers(marks, marker)
        if numbers:
            yield Shown(named, name, numbers)


def _of_module(tree: ast.Module) -> tuple[ast.expr, ...]:
    """Return what `pytestmark` is, which every test of the module has."""
    return tuple(
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        if any(isinstance(each, ast.Name) and each.id == "pytestmark" for each in node.targets)
    )


def _tests(
    body: Sequence[ast.stmt], outer: tuple[ast.expr, ...]
) -> Iterator[tuple[str, tuple[ast.expr, ...]]]:
    """Return each test with its marks, those of its class and module included."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _tests(node.body, (*outer, *node.decorator_list))
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name, (*outer, *node.decorator_list)


def _numbers(marks: Sequence[ast.expr], marker: str) -> frozenset[int]:
    """Return what *marker* names in these expressions, those of parameters included."""
    return frozenset(
        number
        for mark in marks
        for call in ast.walk(mark)
        if isinstance(call, ast.Call)
        if isinstance(call.func, ast.Attribute) and call.func.attr == marker
        for argument in call.args
        for number in (ast.literal_eval(argument),)
    )


def _count(stated: Sequence[Statement], shown: Mapping[int, object], table: Table) -> str:
    of_level = [
        f"{sum(each.level == level for each in stated)} {level}" for level in ("M", "S", "D")
    ]
    numbers = {each.number for each in stated}
    said = (
        f"{len(stated)} statements ({', '.join(of_level)}): {len(numbers & shown.keys())} shown, "
    )
    if table.out_of_scope:
        return f"{said}{len(numbers & table.out_of_scope)} not in scope."
    return f"{said}{len(numbers - shown.keys())} not yet."


def _row(statement: Statement, shown: Sequence[Shown], table: Table) -> str:
    named = [
        f"`{each.file.removeprefix(f'{table.folder}/')}::{each.name}`" for each in shown[:NAMED]
    ]
    more = [f"and {len(shown) - NAMED} more"] if len(shown) > NAMED else []
    cells = (
        str(statement.number),
        statement.level,
        statement.says,
        "<br>".join(named + more),
        _state(statement, table, is_shown=bool(shown)),
    )
    return f"| {' | '.join(cells)} |\n"


def _state(statement: Statement, table: Table, *, is_shown: bool) -> str:
    if statement.number in table.out_of_scope:
        return f"not in scope: {statement.why_not}"
    if not is_shown:
        return f"not shown: {statement.why_not}" if statement.why_not else "**not shown**"
    return f"shown, but {statement.but}" if statement.but else "shown"


if __name__ == "__main__":
    for each in TABLES:
        each.page_file.write_text(page(each), encoding="utf-8")
        shown = showing(tests(TESTS, each.marker))
        print(f"{each.page_file}: {_count(statements(each), shown, each)}")
