"""A register that is served: a process of `eer serve` on a free loopback port, and a token.

It holds the sample; what a test writes into it is its own, under a number of its own.
"""

import os
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509

import builders_fhir as build
from flows.house import BIN, await_port, free_port
from sample import certificates, register

NORTH, SOR_OF_NORTH, GLN_OF_NORTH = "hjemmesygeplejen-nord", "5000061000016004", "5790009000013"
"""A unit of the sample, and its endpoint, which goes by the same name."""

_PATIENCE = 30
_NUMBERS = count(300)  # the sample has its own


@dataclass(frozen=True)
class Served:
    """Where the register answers, and a token with which everything may be done."""

    base: str
    token: str


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return the register that all tests of other people's clients share."""
    with serving(tmp_path_factory.mktemp("served")) as found:
        yield found


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """Serve a new register with the sample in *folder*; end it by its id."""
    port = free_port()
    base = f"http://127.0.0.1:{port}/fhir"
    environment = {
        **os.environ,
        "EER_DATABASE_URL": f"sqlite:///{folder}/register.db",
        "EER_BASE_URL": base,
        "EER_DEVELOPMENT_ISSUER_KEY_FILE": f"{folder}/issuer.jwk",
    }
    for command in (("migrate",), ("keys", "create")):
        _done(environment, *command)
    token = _done(environment, "token", "--scope", "system/*.cruds", "--role", "operator").strip()
    process = subprocess.Popen(
        [str(BIN / "eer"), "serve", "--bind", f"127.0.0.1:{port}", "--workers", "1"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        await_port(port)
        headers = {"Authorization": f"Bearer {token}"}
        httpx.post(base, json=sample(), headers=headers, timeout=60).raise_for_status()
        yield Served(base, token)
    finally:
        process.terminate()
        process.wait(timeout=_PATIENCE)


def sample() -> dict[str, Any]:
    """Return the sample register as one transaction; its certificates sign themselves."""
    now = datetime.now(UTC)
    return register.bundle(
        {
            each.name: x509.load_der_x509_certificate(
                build.certificate(now + each.begins, now + each.ends, each.cvr)
            )
            for each in certificates.wanted()
        }
    )


def _done(environment: dict[str, str], *command: str) -> str:
    ran = subprocess.run(
        [str(BIN / "eer"), *command],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, (command, ran.stdout, ran.stderr)
    return ran.stdout


def new_unit(**changes: Any) -> dict[str, Any]:
    """Return a unit that is not in the register, without an id."""
    return build.organization(next(_NUMBERS), **({"id": None} | changes))


def sor_of(unit: dict[str, Any]) -> str:
    """Return what finds *unit* by its SOR id."""
    return f"urn:oid:1.2.208.176.1.1|{unit['identifier'][0]['value']}"


def new_pair() -> dict[str, Any]:
    """Return a transaction of a new unit and its endpoint, which point at each other."""
    number = next(_NUMBERS)
    unit, endpoint = f"urn:uuid:{uuid.uuid4()}", f"urn:uuid:{uuid.uuid4()}"
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"fullUrl": url, "resource": each, "request": {"method": "POST", "url": type_name}}
            for url, type_name, each in (
                (
                    unit,
                    "Organization",
                    build.organization(number, id=None, endpoint=[{"reference": endpoint}]),
                ),
                (
                    endpoint,
                    "Endpoint",
                    build.endpoint(number, id=None, managingOrganization={"reference": unit}),
                ),
            )
        ],
    }
