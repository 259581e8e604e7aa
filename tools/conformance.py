"""Which statements of FHIR R4 does the register keep, and which tests show each?

Writes docs/interfaces/fhir-conformance.md; run it when statements or tests have changed:

    python tools/conformance.py

What is stated stands in tests/eer/conformance/statements.json. Which test shows what is read from
the markers `fhir(number, ...)` in the source of the tests, without running them.
"""

import ast
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TESTS = ROOT / "tests"
STATEMENTS = TESTS / "eer" / "conformance" / "statements.json"
PAGE = ROOT / "docs" / "interfaces" / "fhir-conformance.md"

NUMBERS = range(1, 151)
OUT_OF_SCOPE = frozenset({96, 123, 140, *range(142, 151)})
NAMED = 3

_HEAD = """\
# What of FHIR R4 is kept, and which test shows it

Made by `python tools/conformance.py`; a test holds that it is up to date. Each line is a statement
about the FHIR interface, in our words: M is what FHIR R4 or IHE mCSD demands, S what they advise, D
what they leave open and we decided. A test says which it shows: `@pytest.mark.fhir(21)`.

"""
_COLUMNS = """\
| # | level | statement | tests | state |
|---|---|---|---|---|
"""


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


def statements() -> tuple[Statement, ...]:
    """Return all statements by their numbers."""
    found = json.loads(STATEMENTS.read_text(encoding="utf-8"))
    return tuple(Statement(int(number), **rest) for number, rest in found.items())


def tests(folder: Path) -> tuple[Shown, ...]:
    """Return every test that shows a statement; first those that do nothing else."""
    files = sorted(
        folder.rglob("test_*.py"), key=lambda file: (file.parts[-2] != "conformance", file)
    )
    return tuple(each for file in files for each in _of_file(file, folder))


def showing(found: Sequence[Shown]) -> Mapping[int, tuple[Shown, ...]]:
    """Return the tests of each number that has some."""
    numbers = sorted({number for test in found for number in test.numbers})
    return {n: tuple(test for test in found if n in test.numbers) for n in numbers}


def page() -> str:
    """Return the whole page."""
    stated, shown = statements(), showing(tests(TESTS))
    rows = "".join(_row(each, shown.get(each.number, ())) for each in stated)
    return f"{_HEAD}{_count(stated, shown)}\n\n{_COLUMNS}{rows}"


def _of_file(file: Path, folder: Path) -> Iterator[Shown]:
    tree = ast.parse(file.read_text(encoding="utf-8"), str(file))
    named = file.relative_to(folder).as_posix()
    for name, numbers in _tests(tree.body, _of_module(tree)):
        if numbers:
            yield Shown(named, name, numbers)


def _of_module(tree: ast.Module) -> frozenset[int]:
    """Return the numbers of `pytestmark`, which every test of the module has."""
    marks = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        if any(isinstance(each, ast.Name) and each.id == "pytestmark" for each in node.targets)
    ]
    return _numbers(marks)


def _tests(body: Sequence[ast.stmt], outer: frozenset[int]) -> Iterator[tuple[str, frozenset[int]]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _tests(node.body, outer | _numbers(node.decorator_list))
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name, outer | _numbers(node.decorator_list)


def _numbers(marks: Sequence[ast.expr]) -> frozenset[int]:
    """Return what the markers `fhir` in these expressions name, those of parameters included."""
    return frozenset(
        number
        for mark in marks
        for call in ast.walk(mark)
        if isinstance(call, ast.Call)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "fhir"
        for argument in call.args
        for number in (ast.literal_eval(argument),)
    )


def _count(stated: Sequence[Statement], shown: Mapping[int, object]) -> str:
    of_level = [
        f"{sum(each.level == level for each in stated)} {level}" for level in ("M", "S", "D")
    ]
    numbers = {each.number for each in stated}
    return (
        f"{len(stated)} statements ({', '.join(of_level)}): {len(numbers & shown.keys())} shown, "
        f"{len(numbers & OUT_OF_SCOPE)} not in scope."
    )


def _row(statement: Statement, shown: Sequence[Shown]) -> str:
    named = [f"`{each.file.removeprefix('eer/')}::{each.name}`" for each in shown[:NAMED]]
    more = [f"and {len(shown) - NAMED} more"] if len(shown) > NAMED else []
    cells = (
        str(statement.number),
        statement.level,
        statement.says,
        "<br>".join(named + more),
        _state(statement, is_shown=bool(shown)),
    )
    return f"| {' | '.join(cells)} |\n"


def _state(statement: Statement, *, is_shown: bool) -> str:
    if statement.number in OUT_OF_SCOPE:
        return f"not in scope: {statement.why_not}"
    if not is_shown:
        return f"not shown: {statement.why_not}" if statement.why_not else "**not shown**"
    return f"shown, but {statement.but}" if statement.but else "shown"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE}: {_count(statements(), showing(tests(TESTS)))}")
