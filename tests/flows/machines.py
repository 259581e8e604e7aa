"""A machine with everything on it, its name server, and a terminal at which an operator types."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from fakes import servers
from flows.house import House, build
from flows.sessions import Terminal
from sample import register
from smp.domain.naming import DnsName
from smp.sml import tsig

_TESTS = Path(__file__).parents[1]
ZONE = DnsName("sml.example.dk.")
BASE, SERVER = "https://smp.example.dk", "192.0.2.1:53"
JOINS, LEAVES, ACCESS_POINT = "not-published-suspended", "hjemmesygeplejen-syd", "nordlys-ap"


@dataclass
class Machine:
    """A machine with everything on it, in whose folder an operator types."""

    folder: Path
    house: House
    terminal: Terminal

    def file(self, name: str, resource: dict[str, Any]) -> Path:
        path = self.folder / name
        path.write_text(json.dumps(resource), encoding="utf-8")
        return path

    def load(self, *files: Path) -> None:
        """Load files as an operator does: no connection stays open."""
        self.house.done("eer", "load", *map(str, files))


@dataclass(frozen=True)
class NameServer:
    """BIND, at an address that stays when it is started anew."""

    folder: Path
    port: int

    @contextmanager
    def with_key(self, file: str) -> Iterator[None]:
        with servers.bind(self.folder, ZONE, tsig.load(Path(file)), port=self.port):
            yield


def machine(folder: Path, names: NameServer, **changed: str) -> Machine:
    """Make a machine whose public name and name server are called as on the page."""
    (folder / "var").mkdir(parents=True)
    (folder / "backup").mkdir()
    server = f"127.0.0.1:{names.port}"
    given = {
        "SMP_NAMESERVER": server,
        "SMP_NAMESERVERS": server,
        "SMP_PUBLISHER_ADDRESS": "192.0.2.7",
        "SMP_DNS_TTL": "300",
    }
    house = build(folder / "var", **(given | changed))
    return Machine(folder, house, terminal_of(folder, house, names))


def terminal_of(folder: Path, house: House, names: NameServer) -> Terminal:
    here = {
        BASE: house.environment["SMP_BASE_URL"],
        SERVER: f"127.0.0.1:{names.port}",
        "server 192.0.2.1": f"server 127.0.0.1 {names.port}",
        "/srv/ehmi": str(folder),
    }
    return Terminal(folder, house.environment, here)


def fill(made: Machine) -> None:
    made.load(register.write(made.folder / "sample", datetime.now(UTC)))
    made.house.done("smp", "publish")


def of_sample(made: Machine, of_type: str, called: str, **changed: Any) -> dict[str, Any]:
    """Return a resource of the sample, *changed*."""
    text = (made.folder / "sample" / "register.json").read_text(encoding="utf-8")
    [found] = [
        each["resource"]
        for each in json.loads(text)["entry"]
        if (each["resource"]["resourceType"], each["resource"]["id"]) == (of_type, called)
    ]
    return {**found, **changed}


def changed_since(made: Machine) -> None:
    """Let somebody come and somebody leave."""
    came = made.file("joins.json", of_sample(made, "Endpoint", JOINS, status="active"))
    left = made.file("leaves.json", of_sample(made, "Endpoint", LEAVES, status="off"))
    made.load(came, left)
    made.house.done("smp", "publish")


@contextmanager
def hanging(house: House) -> Iterator[None]:
    """Let another run hang in the middle until somebody kills it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "flows.held_up"],
        env={**os.environ, **house.environment, "PYTHONPATH": str(_TESTS)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "holding\n"
        try:
            yield
        finally:
            process.terminate()


def served(house: House) -> list[tuple[bytes, str]]:
    """Return a group and its documents as the public face of *house* answers, with their tags."""
    base = f"http://127.0.0.1:{house.smp_port}"
    group = httpx.get(f"{base}/iso6523-actorid-upis%3A%3A0088%3A5790009000068")
    links = re.findall(rb'href="[^"]*?(/iso6523[^"]*)"', group.content)
    assert links
    answers = [group, *(httpx.get(base + link.decode()) for link in links)]
    assert {each.status_code for each in answers} == {200}
    return [(each.content, each.headers["ETag"]) for each in answers]


def moved(old: Machine, folder: Path, names: NameServer) -> Machine:
    """Make another machine of the backup of an *old* one, with an address and a key of its own."""
    (folder / "var").mkdir(parents=True)
    for database in (old.folder / "backup").glob("*.db"):
        shutil.copy(database, folder / "var")
    keys = str(old.folder / "backup" / "keys.tar.gz")
    subprocess.run(["tar", "-xzf", keys, "-C", str(folder / "var")], check=True)
    generate = [servers.program("tsig-keygen"), "publisher-2"]
    made = subprocess.run(generate, capture_output=True, text=True, check=True).stdout
    (folder / "var" / "tsig.key").write_text(made, encoding="utf-8")
    given = {
        name: value.replace(str(old.folder), str(folder))
        for name, value in old.house.environment.items()
    }
    house = House(given | {"SMP_PUBLISHER_ADDRESS": "192.0.2.9"}, old.house.smp_port, 0)
    return Machine(folder, house, terminal_of(folder, house, names))
