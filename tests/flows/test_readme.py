"""The README's lookup prints what the README shows."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.house import House, build, open_house
from sample import register

pytestmark = pytest.mark.slow

README = Path(__file__).parents[2] / "README.md"
_COMMAND = '.venv/bin/smp lookup 0088:5790009000068 "HomeCareObservation 1.2"'


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(build(tmp_path_factory.mktemp("house"))) as opened:
        opened.load(register.write(tmp_path_factory.mktemp("sample"), datetime.now(UTC)))
        opened.publisher().publish()
        yield opened


def _settled(text: str) -> list[str]:
    """Leave out what differs from house to house: ports, times, sizes and serial numbers."""
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\+00:00|Z)", "TIME", text)
    text = re.sub(r"serial [0-9a-f]+, SHA-256 [0-9a-f]{64}", "serial N, SHA-256 N", text)
    text = re.sub(r"\d+ bytes", "N bytes", text)
    text = re.sub(r"\d+ s$", "N s", text, flags=re.MULTILINE)
    text = re.sub(r"UI:DK-O:G:[0-9a-f-]{36}", "UI:DK-O:G:UUID", text)
    return [line.rstrip() for line in text.strip().splitlines()]


def test_the_lookup_prints_what_the_readme_shows(house: House) -> None:
    readme = README.read_text(encoding="utf-8")
    shown = readme.split("```text\n")[-1].split("```")[0]
    assert _COMMAND in readme

    printed = house.done("smp", "lookup", "0088:5790009000068", "HomeCareObservation 1.2")

    assert _settled(shown) == _settled(printed)
