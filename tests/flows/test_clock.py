"""The clock of a real publisher is set back: it is said whose, nothing is lost, and it goes on."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fakes import servers
from flows.house import House, awaited, build, open_face
from flows.seen import seen
from flows.test_killed_publisher import (  # noqa: F401 - fixtures
    bundle,
    load,
    newcomer,
    template,
)
from smp.domain.naming import DnsName
from smp.sml import tsig

pytestmark = [pytest.mark.slow, pytest.mark.debian]

ZONE = DnsName("sml.example.dk.")


def by_a_clock(behind: timedelta) -> dict[str, str]:
    """Return what lets a process go by a clock that is *behind*, but for seconds it counts."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME": f"-{behind.total_seconds():.0f}",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A house whose zone is at a BIND, which keeps the right time."""
    servers.program("faketime")
    faked = by_a_clock(timedelta(days=1))  # whose keys are a day old
    built = build(tmp_path, **faked)
    environment = {name: value for name, value in built.environment.items() if name not in faked}
    key = tsig.load(Path(environment["SMP_TSIG_KEY_FILE"]))
    (tmp_path / "bind").mkdir()
    with servers.bind(tmp_path / "bind", ZONE, key) as (host, port):
        names = {"SMP_NAMESERVER": f"{host}:{port}", "SMP_NAMESERVERS": f"{host}:{port}"}
        house = House(environment | names, built.smp_port, port)
        with open_face(house):
            yield house


def test_a_name_server_that_keeps_another_time_is_named_and_the_next_run_finishes(
    house: House,
    bundle: Path,  # noqa: F811 - the fixture
) -> None:
    """RFC 8945: TSIG allows for five minutes."""
    house.load(bundle)
    faked = by_a_clock(timedelta(minutes=10))
    late = House(house.environment | faked, house.smp_port, house.dns_port)

    ran = late.run("smp", "publish")

    server = house.environment["SMP_NAMESERVER"]
    assert ran.returncode == 1
    assert f"name server {server} has another time than this machine: set both clocks" in ran.stderr
    house.done("smp", "publish")
    assert house.said("smp", "audit")["differences"] == []


def test_a_watch_whose_clock_goes_back_and_forth_loses_nobody(
    house: House,
    bundle: Path,  # noqa: F811 - the fixture
    template: dict[str, Any],  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    behind, log = tmp_path / "behind", tmp_path / "watch.log"
    behind.write_text("0")
    house.load(bundle)
    command = [sys.executable, "-m", "flows.behind", str(behind)]
    with log.open("wb") as said:
        watch = subprocess.Popen(command, env=os.environ | house.environment, stderr=said)
    try:
        awaited(lambda: "step=finished" in log.read_text("utf-8"))
        before = seen(house)
        put(behind, timedelta(days=365))
        awaited(lambda: "until then no time passes here" in log.read_text("utf-8"))
        told = log.read_text("utf-8").count("step=finished participants=1 ")
        load(house, newcomer(template), tmp_path)
        awaited(lambda: log.read_text("utf-8").count("step=finished participants=1 ") > told)
        amid = seen(house)
        put(behind, timedelta())
        awaited(lambda: house.said("smp", "audit")["differences"] == [])

        assert watch.poll() is None
    finally:
        watch.terminate()
        watch.wait(30)
    assert before.keys() < amid.keys()
    assert seen(house) == amid
    assert house.done("smp", "publish").strip() == "nothing to do"


def put(file: Path, behind: timedelta) -> None:
    draft = file.with_suffix(".new")
    draft.write_text(f"{behind.total_seconds()}", encoding="utf-8")
    draft.replace(file)
