"""A whole house in a folder: the same commands as everywhere, on free loopback ports."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from sqlalchemy import make_url

from eer.register.load import Report
from eer.settings import Settings
from eer.wiring.load import load_files
from smp.publish import Publisher
from smp.settings.publishing import Publishing
from smp.wiring.publish import publisher

T = TypeVar("T")

BIN = Path(sys.executable).parent
_PATIENCE = 30
_MOMENT = 0.02
"""Seconds between two tries: without it they take the processor from who is to listen."""


@dataclass(frozen=True)
class House:
    """The settings of one house; `run` runs a command in it."""

    environment: dict[str, str]
    smp_port: int
    dns_port: int

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(BIN / command[0]), *command[1:]],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def done(self, *command: str) -> str:
        """Run a command that has to succeed and return what it said."""
        ran = self.run(*command)
        assert ran.returncode == 0, (command, ran.returncode, ran.stdout, ran.stderr)
        return ran.stdout

    def publisher(self) -> Publisher:
        """The publisher of this house, in this process: a command a step would take long."""
        return publisher(Publishing(**self.given("SMP_")), Settings(**self.given("EER_")))

    def load(self, *paths: Path) -> Report:
        """Load files in this process; they must be taken."""
        report = load_files(Settings(**self.given("EER_")), paths, lambda _: None)
        assert report.refused == ()
        return report

    def given(self, prefix: str) -> dict[str, Any]:
        """Return the settings that begin with *prefix*, by what follows."""
        return {
            name.removeprefix(prefix).lower(): value
            for name, value in self.environment.items()
            if name.startswith(prefix)
        }

    def said(self, *command: str) -> Any:
        """Run a command with --json and return what it said, whatever its exit code."""
        return json.loads(self.run(*command, "--json").stdout)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def settings(folder: Path, *, smp_port: int, dns_port: int) -> dict[str, str]:
    names = f"127.0.0.1:{dns_port}"
    return {
        "EER_DATABASE_URL": f"sqlite:///{folder}/register.db",
        "EER_BASE_URL": "http://127.0.0.1:8080/fhir",
        "EER_DEVELOPMENT_ISSUER_KEY_FILE": f"{folder}/issuer.jwk",
        "SMP_DATABASE_URL": f"sqlite:///{folder}/publication.db",
        "SMP_BASE_URL": f"http://127.0.0.1:{smp_port}",
        "SMP_SIGNING_KEY_FILE": f"{folder}/signer.key",
        "SMP_SIGNING_CERTIFICATE_FILE": f"{folder}/signer.pem",
        "SMP_TRUST_FILE": f"{folder}/trust.pem",
        "SMP_ZONE_FILE": f"{folder}/zone",
        "SMP_NAMESERVER": names,
        "SMP_NAMESERVERS": names,
        "SMP_TSIG_KEY_FILE": f"{folder}/tsig.key",
        "SMP_DNS_TTL": "1",
    }


def build(folder: Path, **changed: str) -> House:
    """Make keys and databases in *folder*, with some settings *changed*."""
    smp_port, dns_port = free_port(), free_port()
    environment = settings(folder, smp_port=smp_port, dns_port=dns_port) | changed
    house = House(environment, smp_port, dns_port)
    for command in (("eer", "migrate"), ("smp", "migrate"), ("smp", "keys", "create")):
        house.done(*command)
    return house


def databases(postgresql: str, name: str) -> dict[str, str]:
    """Make a house of that name its two databases of PostgreSQL; return the settings for them."""
    urls = {}
    with psycopg.connect(postgresql, autocommit=True) as connection:
        for package in ("eer", "smp"):
            database = f"{name}_{package}"
            connection.execute(f"CREATE DATABASE {database}".encode())
            url = make_url(postgresql).set(drivername="postgresql+psycopg", database=database)
            urls[f"{package.upper()}_DATABASE_URL"] = url.render_as_string(hide_password=False)
    return urls


@contextmanager
def open_house(house: House) -> Iterator[House]:
    """Start the name server and the public face of *house*; end them by their ids."""
    nameserver = ("smp", "nameserver", "--bind", f"127.0.0.1:{house.dns_port}")
    with running(house, *nameserver), open_face(house):
        await_port(house.dns_port)
        yield house


@contextmanager
def open_face(house: House) -> Iterator[None]:
    """Start the public face of *house* alone; its names are somewhere else."""
    serve = ("smp", "serve", "--bind", f"127.0.0.1:{house.smp_port}", "--workers", "1")
    with running(house, *serve):
        await_port(house.smp_port)
        yield


@contextmanager
def running(
    house: House, *command: str, log: Path = Path(os.devnull)
) -> Iterator["subprocess.Popen[bytes]"]:
    """Let a command run meanwhile, which says what it says in *log*; end it by its id."""
    with log.open("wb") as said:
        process = subprocess.Popen(
            [str(BIN / command[0]), *command[1:]],
            env={**os.environ, **house.environment},
            stdout=said,
            stderr=said,
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=_PATIENCE)


def awaited(look: Callable[[], T]) -> T:
    """Look until something is there; asking takes its time, a clock only says how long to try."""
    until = time.monotonic() + 2 * _PATIENCE
    while not (found := look()):
        assert time.monotonic() < until, "nothing came"
    return found


def await_port(port: int) -> None:
    """Wait until somebody listens: a connection tells, a clock only how long to try."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(_MOMENT)
        else:
            return
