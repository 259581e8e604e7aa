"""Two publishers are started at once: one works, nothing is done twice, and the other takes over.

Real processes over one database of each kind, with names in a real BIND.
"""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from eer.domain.identifiers import Gln
from eer.register.receipts import of_participant
from eer.settings import Settings
from eer.wiring import parts
from fakes import servers
from flows.house import BIN, House, awaited, build, databases, open_face, running
from flows.seen import seen
from flows.test_killed_publisher import (  # noqa: F401 - fixtures
    bundle,
    newcomer,
    participant,
    template,
)
from smp.domain.identifiers import ParticipantId, participant_of
from smp.domain.naming import DnsName
from smp.sml import openly, tsig
from smp.sml.openly import Server

pytestmark = [pytest.mark.slow, pytest.mark.debian]

NEWCOMERS = 45
WHO = participant_of(Gln.parse("5790009000068"))
ZONE = DnsName("sml.example.dk.")
_BUSY = re.compile(r"(smp: another run is publishing.*: try again when it is done\n)?")


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A house whose zone is at a BIND, and whose documents are served."""
    urls = {}
    if request.param == "postgresql":
        name = f"two_{request.node.name.partition('[')[0][-20:]}"
        urls = databases(request.getfixturevalue("postgresql"), name)
    built = build(tmp_path, **urls)
    key = tsig.load(Path(built.environment["SMP_TSIG_KEY_FILE"]))
    (tmp_path / "bind").mkdir()
    with servers.bind(tmp_path / "bind", ZONE, key) as (host, port), open_face(built):
        names = {"SMP_NAMESERVER": f"{host}:{port}", "SMP_NAMESERVERS": f"{host}:{port}"}
        yield House(built.environment | names, built.smp_port, port)


def told(house: House, who: ParticipantId) -> list[str]:
    """Return the steps that the register was told of."""
    counter = parts.counter(Settings(**house.given("EER_")))
    with closing(counter.store):
        return [each.step for each in of_participant(counter, str(who))]


def serial(house: House) -> int:
    return openly.apex(Server("127.0.0.1", house.dns_port), ZONE, 5).serial


def started(house: House, *command: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [str(BIN / command[0]), *command[1:]],
        env={**os.environ, **house.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_of_two_runs_at_once_one_works_and_the_other_says_so(
    house: House,
    bundle: Path,  # noqa: F811 - the fixture
) -> None:
    house.load(bundle)
    before = serial(house)

    both = [started(house, "smp", "publish") for _ in range(2)]
    said = [process.communicate(timeout=60) for process in both]

    codes = sorted(process.returncode for process in both)
    assert codes in ([0, 3], [0, 0]), said
    worked = [out for out, _ in said if "signed" in out]
    assert len(worked) == 1, "nothing was signed twice"
    assert all(_BUSY.fullmatch(err) for _, err in said)
    assert serial(house) == before + 2, "the publisher's own name, and then everybody's"
    assert house.said("smp", "audit")["differences"] == []
    steps = told(house, WHO)
    assert steps == ["stored", "named", "finished"]
    assert house.done("smp", "publish").strip() == "nothing to do"


def test_of_two_watches_one_works_and_when_it_is_killed_amid_it_the_other_takes_over(
    house: House,
    template: dict[str, Any],  # noqa: F811 - the fixture
    bundle: Path,  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    logs = [tmp_path / f"watch-{number}.log" for number in (1, 2)]
    many = [newcomer(template) for _ in range(NEWCOMERS)]
    house.load(bundle)
    with ExitStack() as stack:
        watches = [
            stack.enter_context(running(house, "smp", "publish", "--watch", log=log))
            for log in logs
        ]
        awaited(lambda: all("plan sequence=" in log.read_text("utf-8") for log in logs))
        begun = [log.stat().st_size for log in logs]
        house.load(transaction(many, tmp_path))
        worker = awaited(lambda: stored_by(logs, begun))
        watches[worker - 1].send_signal(signal.SIGKILL)
        amid = len(seen(house))
        awaited(lambda: house.said("smp", "audit")["differences"] == [])

        assert watches[2 - worker].poll() is None
    said = [log.read_bytes()[since:].decode() for log, since in zip(logs, begun, strict=True)]
    assert "step=finished" not in said[worker - 1], "it was killed amid its work"
    assert "step=finished" in said[2 - worker]
    assert amid < len(seen(house))
    for each in many:
        steps = told(house, participant(each))
        assert steps.count("stored") <= 1
        assert steps.count("named") <= 1
        assert "finished" in steps


def stored_by(logs: list[Path], begun: list[int]) -> int:
    """Return which of the watches, counted from 1, has stored something since; 0 for none."""
    for number, (log, since) in enumerate(zip(logs, begun, strict=True), start=1):
        if b"step=stored" in log.read_bytes()[since:]:
            return number
    return 0


def transaction(endpoints: list[dict[str, Any]], folder: Path) -> Path:
    """Write *endpoints* as what becomes true at once."""
    entries = [
        {"resource": each, "request": {"method": "PUT", "url": f"Endpoint/{each['id']}"}}
        for each in endpoints
    ]
    path = folder / "many.json"
    whole = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    path.write_text(json.dumps(whole), encoding="utf-8")
    return path
