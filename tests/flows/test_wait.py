"""Whoever writes can wait until it is public, and is told when it is not."""

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.house import House, build, open_house, running
from sample import register

pytestmark = pytest.mark.slow

NORTH = "5790009000013"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(build(tmp_path_factory.mktemp("house"))) as opened:
        yield opened


def test_loading_and_publishing_wait_for_each_other(house: House, tmp_path: Path) -> None:
    sample = register.write(tmp_path, datetime.now(UTC))

    alone = house.run("eer", "load", str(sample), "--wait", "0.1")
    assert (alone.returncode, "not public within 0.1 s" in alone.stderr) == (3, True)

    with running(house, "smp", "publish", "--watch"):
        again = house.said("eer", "load", str(sample), "--wait", "60")
        assert again["public"] == {"participants": [], "behind": []}

        changed = tmp_path / "changed.json"
        changed.write_text(sample.read_text(encoding="utf-8").replace("Nord", "Syd"), "utf-8")
        told = house.said("eer", "load", str(changed), "--wait", "60")
        assert told["public"]["participants"]
        assert told["public"]["behind"] == []

        said = house.done("smp", "publish", "--wait", str(told["sequence"]))
        assert said.startswith(f"public     all up to sequence {told['sequence']}")
        assert house.run("smp", "lookup", NORTH).returncode == 0


def test_a_sequence_that_is_not_there_is_refused(house: House) -> None:
    ran: subprocess.CompletedProcess[str] = house.run("smp", "publish", "--wait", "999999")

    assert ran.returncode == 1
    assert "sequence 999999: the register is at" in ran.stderr
