"""Figures for Prometheus, of the publisher and of the public face, read as Prometheus does."""

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from prometheus_client.parser import text_string_to_metric_families

import builders_legacy
from builders_smp import AUTHORITY, Issuer, rsa_key
from flows.house import House, await_port, build, free_port, open_house, running
from flows.test_key_rollover import installed
from sample import register
from smp.store.session import Store

pytestmark = pytest.mark.slow

Samples = dict[str, dict[str, float]]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(build(tmp_path_factory.mktemp("house"))) as opened:
        opened.load(register.write(tmp_path_factory.mktemp("sample"), datetime.now(UTC)))
        yield opened


def figures(port: int) -> Samples:
    """Return the figures at a port: by name, and there by what tells them apart."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as response:
        text = response.read().decode()
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})["".join(sample.labels.values())] = sample.value
    return found


def status(port: int, path: str) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
            found: int = response.status
    except urllib.error.HTTPError as refused:
        return refused.code
    return found


def test_the_publisher_tells_how_it_stands(house: House) -> None:
    port = free_port()
    with running(house, "smp", "publish", "--watch", "--metrics", f"127.0.0.1:{port}"):
        await_port(port)
        sequence = house.publisher().means.register.sequence()
        house.done("smp", "publish", "--wait", str(sequence))
        found = figures(port)
        assert (status(port, "/health"), status(port, "/ready")) == (200, 200)

    assert found["smp_up"][""] == 1
    assert found["smp_published_sequence"][""] == found["smp_register_sequence"][""] == sequence
    assert found["smp_lag_seconds"][""] == 0
    assert found["smp_documents"][""] > 0
    assert found["smp_names"][""] > 0
    assert found["smp_certificate_days"]["signer"] > 0
    assert any(name.startswith("Device/") for name in found["smp_certificate_days"])


def test_every_certificate_in_use_is_told_of(house: House, tmp_path: Path) -> None:
    """Those of the settings, and those that tools wrote."""
    ours = Issuer(rsa_key(7)).itself(end=datetime.now(UTC) + timedelta(days=10))
    (tmp_path / "ours.pem").write_bytes(ours.public_bytes(Encoding.PEM))
    with closing(Store(house.environment["SMP_DATABASE_URL"])) as store:
        builders_legacy.put(store, 77)
    changed = {
        "SMP_MANAGE_TLS_CERTIFICATE_FILE": str(tmp_path / "ours.pem"),
        "EER_AP_TRUST_FILE": str(AUTHORITY),
        "EER_AP_UNTRUSTED": "warn",
    }
    port = free_port()
    with running(
        House(house.environment | changed, house.smp_port, house.dns_port),
        *("smp", "publish", "--watch", "--metrics", f"127.0.0.1:{port}"),
    ):
        await_port(port)
        found = figures(port)

    days = found["smp_certificate_days"]
    assert 9 < days["manage-tls"] < 10
    kinds = {name.partition(" ")[0] for name in days}
    assert kinds >= {"signer", "anchor", "ap-anchor", "legacy", "manage-tls"}
    assert found["smp_certificates_unread"][""] == 0


def test_the_next_signer_is_told_of_once_it_is_installed(tmp_path: Path) -> None:
    port = free_port()
    with open_house(build(tmp_path)) as own:
        installed(own)
        with running(own, "smp", "publish", "--watch", "--metrics", f"127.0.0.1:{port}"):
            await_port(port)
            days = figures(port)["smp_certificate_days"]

    assert 790 < days["next-signer"] <= 800
    assert days["next-signer"] != days["signer"]


def test_a_publisher_whose_runs_fail_lives_and_is_not_ready(house: House) -> None:
    port, nobody = free_port(), f"127.0.0.1:{free_port()}"
    silent = house.environment | {"SMP_NAMESERVER": nobody, "SMP_NAMESERVERS": nobody}
    with running(
        House(silent, house.smp_port, house.dns_port),
        *("smp", "publish", "--watch", "--metrics", f"127.0.0.1:{port}"),
    ):
        await_port(port)
        until = time.monotonic() + 30
        while figures(port)["smp_failed_runs"][""] == 0:
            assert time.monotonic() < until
        found = status(port, "/health"), status(port, "/ready")

    assert found == (200, 503)


@pytest.mark.parametrize("server", ["gunicorn", "granian"])
def test_the_public_face_counts_over_all_its_processes(house: House, server: str) -> None:
    port, shown = free_port(), free_port()
    command = ("smp", "serve", "--server", server, "--workers", "2")
    places = ("--bind", f"127.0.0.1:{port}", "--metrics", f"127.0.0.1:{shown}")
    with running(house, *command, *places):
        await_port(port)
        await_port(shown)
        for _ in range(20):
            assert status(port, "/health") == 200
            assert status(port, "/nobody") == 404
        found = figures(shown)
        assert status(port, "/metrics") == 404

    assert found["smp_lookups_total"] == {"200": 20, "404": 20}


def test_an_address_that_is_taken_is_said_so(house: House) -> None:
    taken = f"127.0.0.1:{house.smp_port}"

    ran = house.run("smp", "publish", "--watch", "--metrics", taken)

    assert ran.returncode == 3
    assert f"{taken} cannot be listened on" in ran.stderr
