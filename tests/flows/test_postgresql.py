"""The same house over PostgreSQL."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from flows.house import House, build, databases, open_house
from sample import register

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def house(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    urls = databases(postgresql, "house")
    with open_house(build(tmp_path_factory.mktemp("house"), **urls)) as opened:
        opened.load(register.write(tmp_path_factory.mktemp("sample"), datetime.now(UTC)))
        yield opened


def test_everything_is_published_and_found(house: House) -> None:
    assert house.said("smp", "publish")["documents"]["signed"] > 0
    assert house.said("smp", "audit")["differences"] == []
    assert (
        house.run("smp", "lookup", "0088:5790009000068", "HomeCareObservation 1.2").returncode == 0
    )


def test_a_second_publication_finds_nothing_to_do(house: House) -> None:
    house.done("smp", "publish")

    assert house.run("smp", "publish").stdout.strip() == "nothing to do"
