"""What does one machine need in ./var, is it there, and may it be used?

A new installation is made beside its place and moved there when it is whole, so that one
interrupted leaves nothing half made. One that is there is kept; only what is missing is added.
"""

import fcntl
import os
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from eer.domain.errors import Failure
from eer.settings import Settings
from eer.wiring import directory as registers
from sample import register

HOST = "127.0.0.1"
ZONE = "sml.example.dk."
_ENVIRONMENT = "environment"
_REGISTER = "register.sqlite"
_DATABASES = (_REGISTER, "publication.sqlite")
_AGAIN = "repair it, or move the directory away and run again to begin anew"
_WAIT = 300  # seconds a command that prepares may take: a large register migrates slowly


class Unfit(Exception):
    """This machine or ./var is not fit to start on: what was found, and how to go on."""


@dataclass(frozen=True)
class Ports:
    """Where the register, the SMP and the name server answer, on loopback."""

    eer: int = 8080
    smp: int = 8081
    dns: int = 8053


def settings(directory: Path, ports: Ports) -> dict[str, str]:
    """Return the environment in which every command works on *directory* and *ports*."""
    place = directory.resolve()
    programs = Path(sys.executable).parent
    names = f"{HOST}:{ports.dns}"
    return {
        "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "EER_BIND": f"{HOST}:{ports.eer}",
        "EER_BASE_URL": f"http://{HOST}:{ports.eer}/fhir",
        "EER_DATABASE_URL": f"sqlite:///{place / _REGISTER}",
        "EER_DEVELOPMENT_ISSUER_KEY_FILE": str(place / "development-issuer.jwk"),
        "SMP_BIND": f"{HOST}:{ports.smp}",
        "SMP_BASE_URL": f"http://{HOST}:{ports.smp}",
        "SMP_DATABASE_URL": f"sqlite:///{place / 'publication.sqlite'}",
        "SMP_SIGNING_KEY_FILE": str(place / "smp-signer.key"),
        "SMP_SIGNING_CERTIFICATE_FILE": str(place / "smp-signer.pem"),
        "SMP_TRUST_FILE": str(place / "smp-trust.pem"),
        "SMP_ZONE": ZONE,
        "SMP_ZONE_FILE": str(place / "zone"),
        "SMP_NAMESERVER": names,
        "SMP_NAMESERVERS": names,
        "SMP_TSIG_KEY_FILE": str(place / "tsig.key"),
        **_trust(place / "sample"),
    }


def _trust(sample: Path) -> dict[str, str]:
    """Return whom the sample's access points have their certificates from, once it is made.

    Whoever tries it brings certificates of their own: those are published with a warning.
    """
    authority, lists = sample / "ap-authority.pem", sample / "crl"
    if not (authority.is_file() and lists.is_dir()):
        return {}
    return {
        "EER_AP_TRUST_FILE": str(authority),
        "EER_AP_UNTRUSTED": "warn",
        "EER_CRL_DIRECTORY": str(lists),
    }


def run(
    command: tuple[str, ...], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run one of our commands to its end and return what it said."""
    program = shutil.which(command[0], path=environment["PATH"]) or command[0]
    return subprocess.run(
        (program, *command[1:]),
        env=environment,
        capture_output=True,
        text=True,
        timeout=_WAIT,
        check=False,
    )


def check(directory: Path) -> None:
    """Raise Unfit when *directory* cannot hold an installation or holds a broken one."""
    if not directory.exists():
        return
    if not directory.is_dir():
        raise Unfit(f"{directory} is not a directory: move it away, or give another with VAR=…")
    if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        raise Unfit(f"{directory} cannot be written to: change its owner or mode, or give VAR=…")
    for name in _DATABASES:
        database = directory / name
        if database.exists():
            try:
                _read(database)
            except sqlite3.Error as fault:
                raise Unfit(f"{database} cannot be read ({fault}): {_AGAIN}") from None
    if (directory / _DATABASES[1]).exists() and not (directory / _REGISTER).exists():
        raise Unfit(f"{directory / _REGISTER} is missing, {_DATABASES[1]} is there: {_AGAIN}")


def check_base(directory: Path, ports: Ports) -> None:
    """Raise Unfit when *directory* is published under another address than *ports* make."""
    environment = directory / _ENVIRONMENT
    if not environment.exists():
        return
    wanted = settings(directory, ports)["SMP_BASE_URL"]
    for line in environment.read_text(encoding="utf-8").splitlines():
        name, _, value = line.removeprefix("export ").partition("=")
        if name == "SMP_BASE_URL" and shlex.split(value) != [wanted]:
            raise Unfit(
                f"{directory} is published under {value}, not {wanted}: "
                "keep its SMP_PORT, or give another directory with VAR=…"
            )


@contextmanager
def held(directory: Path) -> Iterator[None]:
    """Keep *directory* to this process; raise Unfit when another one has it."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(descriptor, directory)
        yield
    finally:
        os.close(descriptor)


def prepare(directory: Path, ports: Ports) -> None:
    """Make *directory* if it is not there or empty, and add to it what is missing otherwise."""
    if directory.exists() and any(directory.iterdir()):
        try:
            with held(directory):
                _complete(directory, ports)
        except (Unfit, Failure) as fault:
            raise Unfit(f"{directory}: {fault}; {_AGAIN}") from None
        return
    directory.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    try:
        _complete(beside, ports)
        beside.replace(directory)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _lock(descriptor: int, directory: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Unfit(f"{directory} is in use by another `make run`: end that one first") from None


def _complete(directory: Path, ports: Ports) -> None:
    environment = {**os.environ, **settings(directory, ports)}
    for command in (
        ("smp", "keys", "create"),
        ("eer", "keys", "create"),
        ("eer", "migrate"),
        ("smp", "migrate"),
    ):
        _must(command, environment)
    if _is_empty(environment):
        print(
            "The register is empty: loading the sample, with certificates made for it …", flush=True
        )
        written = register.write(directory / "sample", datetime.now(UTC))
        _must(("eer", "load", str(written)), environment)


def write_environment(directory: Path, ports: Ports) -> None:
    """Write the settings as shell code, so that another terminal can have them by `.`."""
    lines = [
        f"export {name}={shlex.quote(value)}"
        for name, value in settings(directory, ports).items()
        if name.startswith(("EER_", "SMP_"))
    ]
    (directory / _ENVIRONMENT).write_text("\n".join([*lines, ""]), encoding="utf-8")


def _must(command: tuple[str, ...], environment: Mapping[str, str]) -> None:
    done = run(command, environment)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()
        raise Unfit(f"`{' '.join(command)}` ended with {done.returncode}: {said[-1]}")


def _is_empty(environment: Mapping[str, str]) -> bool:
    """Whether nothing was ever written: a register that was emptied stays empty."""
    found = registers.register(
        Settings(database_url=environment["EER_DATABASE_URL"], base_url=environment["EER_BASE_URL"])
    )
    try:
        return found.sequence() == 0
    finally:
        found.counter.store.engine.dispose()


def _read(database: Path) -> None:
    with closing(sqlite3.connect(f"file:{quote(str(database))}?mode=rw", uri=True)) as connection:
        connection.execute("SELECT count(*) FROM sqlite_master")
