"""`smp check` looks at everything around, changes nothing, and says what to do."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from builders_pki import END, NOW, Authority, name, pem
from builders_smp import rsa_key
from fakes.relay import datagrams_only
from fakes.servers import free_port
from flows.house import House, build, open_house
from sample import register

pytestmark = pytest.mark.slow

FINE = {
    "signer",
    "accepted signers",
    "publication database",
    "register",
    "record TTL",
    "publication",
    "serials",
    "NS localhost.",
    "updates",
    "transfer",
    "publisher's name smp.publisher.sml.example.dk.",
    "base URL",
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(build(tmp_path_factory.mktemp("house"))) as opened:
        yield opened


def other(house: House, **changed: str) -> House:
    return House(house.environment | changed, house.smp_port, house.dns_port)


def levels(house: House) -> dict[str, str]:
    return {each["subject"]: each["level"] for each in house.said("smp", "check")["checks"]}


def test_before_anything_is_published_only_the_publishers_name_is_missing(house: House) -> None:
    ran = house.run("smp", "check")

    (wrong,) = [line for line in ran.stdout.splitlines() if line.startswith("warning")]
    assert ran.returncode == 1
    assert wrong.startswith("warning    publisher's name smp.publisher.sml.example.dk.: nothing")
    assert "smp publish puts it there" in wrong


@pytest.mark.smp(90)
def test_when_all_is_well_each_line_says_ok(house: House, tmp_path: Path) -> None:
    house.load(register.write(tmp_path, datetime.now(UTC)))
    house.publisher().publish()
    names = house.publisher().means.locator.names()

    ran = house.run("smp", "check")

    *lines, last = ran.stdout.splitlines()
    assert ran.returncode == 0, ran.stdout
    assert {line.partition("  ")[0] for line in lines} == {"ok"}
    assert last == f"{len(lines)} things looked at, 0 not as they should be"
    assert {*levels(house)} >= FINE
    assert (
        f"name server {house.environment['SMP_NAMESERVER']}: answers over UDP and TCP" in ran.stdout
    )
    assert house.publisher().means.locator.names() == names


@pytest.mark.smp(85)
def test_a_negative_ttl_that_hides_new_receivers_is_warned_of(house: House) -> None:
    found = other(house, SMP_NEGATIVE_TTL="0").run("smp", "check")

    assert found.returncode == 1
    assert "remembered for 1 s, expected at most 0 s" in found.stdout


def test_a_name_server_that_is_silent_is_told_by_its_own_code(house: House) -> None:
    silent = f"127.0.0.1:{free_port()}"
    both = f"{house.environment['SMP_NAMESERVER']},{silent}"

    ran = other(house, SMP_NAMESERVERS=both).run("smp", "check")

    assert ran.returncode == 3
    assert f"no answer  name server {silent}: name server {silent} does not answer" in ran.stdout


@pytest.mark.smp(90)
def test_a_name_server_that_answers_over_udp_alone_is_told(house: House) -> None:
    with datagrams_only(("127.0.0.1", house.dns_port)) as (host, port):
        ran = other(house, SMP_NAMESERVERS=f"{host}:{port}").run("smp", "check")

    assert ran.returncode in (1, 3)
    assert f"no answer  name server {host}:{port}: name server {host}:{port} " in ran.stdout


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"SMP_TSIG_KEY_FILE": "/nowhere/tsig.key"}, "TSIG key file /nowhere/tsig.key is not"),
        ({"SMP_ZONE": "other.example.dk"}, "without authority for other.example.dk."),
        ({"SMP_SIGNING_KEY_FILE": "/nowhere/signer.key"}, "signer: /nowhere/signer.key"),
        ({"SMP_DATABASE_URL": "sqlite:////nowhere/x.db"}, "there is no such database: run smp"),
        ({"EER_DATABASE_URL": "sqlite:////nowhere/x.db"}, "there is no such database: run eer"),
        ({"SMP_BASE_URL": "http://127.0.0.1:9"}, "base URL: http://127.0.0.1:9"),
    ],
)
def test_what_is_wrong_is_said_and_all_else_is_looked_at(
    house: House, changed: dict[str, str], said: str
) -> None:
    ran = other(house, **changed).run("smp", "check")

    assert ran.returncode in (1, 3)
    assert said in ran.stdout
    assert len(ran.stdout.splitlines()) >= 5


def test_another_key_is_refused(house: House, tmp_path: Path) -> None:
    key = tmp_path / "tsig.key"
    key.write_text('key "other" { algorithm hmac-sha256; secret "b3RoZXI="; };\n')

    ran = other(house, SMP_TSIG_KEY_FILE=str(key)).run("smp", "check")

    assert ran.returncode == 1
    assert "does not know the TSIG key other" in ran.stdout


def test_a_schema_that_is_older_than_the_program_is_told(house: House, tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    empty = other(house, SMP_DATABASE_URL=f"sqlite:///{tmp_path}/empty.db")

    assert "has the schema of nobody, expected" in empty.run("smp", "check").stdout


def test_a_zone_that_was_written_and_not_loaded_is_told(house: House, tmp_path: Path) -> None:
    by_file = other(house, SMP_ZONE_FILE_TO_WRITE=str(tmp_path / "zone"), SMP_RELOAD_COMMAND="true")
    assert levels(by_file)["zone file"] == "ok"

    (tmp_path / "zone.unloaded").touch()

    ran = by_file.run("smp", "check")
    assert ran.returncode == 1
    assert "was written and not loaded" in ran.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["zone.unloaded"]


def test_a_signer_that_the_settings_do_not_accept_is_told(house: House) -> None:
    ours = other(house, SMP_SIGNERS="CN=Somebody else,C=DK;" + "ab" * 32).run("smp", "check")
    anybody = house.run("smp", "check")

    assert ours.returncode == 1
    assert "error      accepted signers: signed by CN=" in ours.stdout
    assert "none of the 2 that SMP_SIGNERS names" in ours.stdout
    assert "ok         accepted signers: SMP_SIGNERS names nobody" in anybody.stdout


def test_an_audit_accepts_the_named_signers_alone(house: House) -> None:
    ran = other(house, SMP_SIGNERS="CN=Somebody else,C=DK").run("smp", "audit")

    assert ran.returncode == 1
    assert "none of the 1 that SMP_SIGNERS names" in ran.stdout


def test_certificates_by_which_others_know_us_are_looked_at(house: House, tmp_path: Path) -> None:
    authority, file = Authority("Root", rsa_key(7)), tmp_path / "tls.pem"
    soon = datetime.now(UTC) + timedelta(days=30)
    changed = other(house, SMP_MANAGE_TLS_CERTIFICATE_FILE=str(file))
    found = {}
    for what, end in (("soon", soon), ("over", NOW), ("fine", END)):
        file.write_bytes(pem(authority.issue(name("us"), rsa_key(8), end=end)))
        found[what] = changed.run("smp", "check")

    assert [each.returncode for each in found.values()] == [1, 1, 0]
    assert "warning    smp manage TLS certificate: valid until" in found["soon"].stdout
    assert "error      smp manage TLS certificate: expired 2026-05-05" in found["over"].stdout


def test_a_signer_that_its_authority_has_revoked_is_told(house: House, tmp_path: Path) -> None:
    """The register's lists are asked where they are of the signer's authority."""
    authority, listed = Authority("An authority of everybody's", rsa_key(7)), tmp_path / "listed"
    mine = authority.issue(name("The SMP"), rsa_key(8), usage="digital_signature")
    (tmp_path / "signer.pem").write_bytes(pem(mine))
    (tmp_path / "trust.pem").write_bytes(pem(authority.itself(usage="key_cert_sign crl_sign")))
    (tmp_path / "signer.key").write_bytes(
        rsa_key(8).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    listed.mkdir()
    (listed / "one.crl").write_bytes(authority.revoking(mine, next=END))
    signing = other(
        house,
        SMP_SIGNING_CERTIFICATE_FILE=str(tmp_path / "signer.pem"),
        SMP_SIGNING_KEY_FILE=str(tmp_path / "signer.key"),
        SMP_TRUST_FILE=str(tmp_path / "trust.pem"),
        EER_AP_TRUST_FILE=str(tmp_path / "trust.pem"),
        EER_CRL_DIRECTORY=str(listed),
    )

    ran = signing.run("smp", "check")

    assert ran.returncode == 1
    assert "error      signer: revoked: CN=The SMP" in ran.stdout
