"""Every line that is logged begins with what happened, and says of what in key=value."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

SMP = Path(__file__).parents[2] / "smp"
LEVELS = {"debug", "info", "warning", "error", "critical", "exception", "log"}
LINE = re.compile(r"(%s|[a-z]+( [a-z]+){0,2}) [a-z_]+=[%a-zA-Z]")


def lines() -> Iterator[tuple[str, str]]:
    """Yield where something is logged, and the text as it is written there."""
    for file in sorted(SMP.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            owner = node.func.value
            is_log = isinstance(owner, ast.Name) and owner.id.lower() == "_log"
            if is_log and node.func.attr in LEVELS:
                text = node.args[1 if node.func.attr == "log" else 0]
                where = f"{file.relative_to(SMP.parent)}:{node.lineno}"
                yield where, text.value if isinstance(text, ast.Constant) else ast.unparse(text)


def test_a_line_begins_with_an_event_and_has_keys() -> None:
    assert [each for each in lines() if not LINE.match(str(each[1]))] == []


def test_all_of_them_were_looked_at() -> None:
    assert len(list(lines())) > 40
