"""A page of the documentation as a reader follows it: what to run, and what it shows of that."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_BLOCK = re.compile(r"^```(sh|json|text)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Call:
    """A block of commands, what to set before it, and what the page shows of its answer."""

    preparation: str
    commands: str
    language: str
    shown: str

    def __str__(self) -> str:
        return " ".join(self.commands.split())[:80]


def calls(page: Path) -> Iterator[Call]:
    """Yield each block that asks something; what only sets variables is done before each."""
    preparation, asked = "", ""
    for language, text in _BLOCK.findall(page.read_text(encoding="utf-8")):
        if language != "sh":
            assert asked, f"an answer without a question: {text}"
            yield Call(preparation, asked, language, text)
            asked = ""
        elif "curl" in text:
            assert not asked, f"a question without an answer: {asked}"
            asked = text
        else:
            preparation += text
    assert not asked, f"a question without an answer: {asked}"


def missing(shown: Any, found: Any, at: str = "") -> Iterator[str]:
    """Yield what a page shows and an answer has not; items of a list stand in the same order."""
    if isinstance(shown, dict) and isinstance(found, dict):
        for name, each in shown.items():
            yield from missing(each, found.get(name), f"{at}.{name}")
    elif isinstance(shown, list) and isinstance(found, list):
        rest = iter(found)
        for place, each in enumerate(shown):
            if all(any(missing(each, other)) for other in rest):
                yield f"{at}[{place}]: {json.dumps(each, ensure_ascii=False)}"
    elif shown != found:
        yield f"{at}: {shown!r} shown, {found!r} found"
