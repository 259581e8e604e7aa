"""The same house over PostgreSQL."""

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy import make_url

from flows.house import House, build, open_house
from sample import register

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def house(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    urls = {}
    with psycopg.connect(postgresql, autocommit=True) as connection:
        for package in ("eer", "smp"):
            connection.execute(f"CREATE DATABASE house_{package}".encode())
            url = make_url(postgresql).set(
                drivername="postgresql+psycopg", database=f"house_{package}"
            )
            urls[f"{package.upper()}_DATABASE_URL"] = url.render_as_string(hide_password=False)
    built = build(tmp_path_factory.mktemp("house"), **urls)
    with open_house(built) as opened:
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
