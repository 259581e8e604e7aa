"""A signer that is not right is refused before anything is changed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from builders_smp import Issuer, rsa_key
from flows.house import House, build, open_house
from sample import register

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(build(tmp_path_factory.mktemp("house"))) as opened:
        opened.load(register.write(tmp_path_factory.mktemp("sample"), datetime.now(UTC)))
        opened.publisher().publish()
        yield opened


def _other(house: House, folder: Path, *, end: datetime) -> House:
    """The same house with a signer of its own making, whose issuer is trusted."""
    key, now = rsa_key(), datetime.now(UTC)
    issuer = Issuer(key)
    certificate = issuer.certificate(key, begin=now - timedelta(days=9), end=end)
    trusted = issuer.certificate(
        key, issuer.name, authority=True, begin=now - timedelta(days=9), end=now + timedelta(days=9)
    )
    (folder / "signer.key").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    (folder / "signer.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "trust.pem").write_bytes(trusted.public_bytes(Encoding.PEM))
    changed = {
        "SMP_SIGNING_KEY_FILE": str(folder / "signer.key"),
        "SMP_SIGNING_CERTIFICATE_FILE": str(folder / "signer.pem"),
        "SMP_TRUST_FILE": str(folder / "trust.pem"),
    }
    return House({**house.environment, **changed}, house.smp_port, house.dns_port)


def test_an_expired_signer_is_refused_and_what_is_published_stays(
    house: House, tmp_path: Path
) -> None:
    expired = _other(house, tmp_path, end=datetime.now(UTC) - timedelta(days=1))

    ran = expired.run("smp", "publish")

    assert ran.returncode == 1
    assert "expired" in ran.stderr
    assert "signer.pem" in ran.stderr
    assert house.said("smp", "audit")["differences"] == []


@pytest.mark.smp(71)
def test_a_key_that_is_not_the_certificates_is_refused(house: House, tmp_path: Path) -> None:
    other = _other(house, tmp_path, end=datetime.now(UTC) + timedelta(days=9))
    mixed = House(
        {
            **other.environment,
            "SMP_SIGNING_CERTIFICATE_FILE": house.environment["SMP_SIGNING_CERTIFICATE_FILE"],
        },
        house.smp_port,
        house.dns_port,
    )

    ran = mixed.run("smp", "publish")

    assert ran.returncode == 1
    assert "of another key" in ran.stderr
    assert house.said("smp", "audit")["differences"] == []


def test_a_changed_signer_is_held_until_its_digest_is_repeated(
    house: House, tmp_path: Path
) -> None:
    other = _other(house, tmp_path, end=datetime.now(UTC) + timedelta(days=9))

    held = other.run("smp", "publish")

    assert held.returncode == 1
    assert "smp publish --accept" in held.stdout
    assert house.said("smp", "audit")["differences"] == []

    digest = held.stdout.split("--accept")[1].split()[0]
    wrong = other.run("smp", "publish", "--accept", "0000000000000000")

    assert wrong.returncode == 1
    assert digest in wrong.stderr

    accepted = other.run("smp", "publish", "--accept", digest)

    assert accepted.returncode == 0, accepted.stdout + accepted.stderr
    assert other.said("smp", "audit")["differences"] == []
