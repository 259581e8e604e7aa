"""`smp check` looks at everything around, changes nothing, and says what to do."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fakes.relay import datagrams_only
from fakes.servers import free_port
from flows.house import House, build, open_house
from sample import register

pytestmark = pytest.mark.slow

FINE = {
    "signer",
    "publication database",
    "register",
    "publication",
    "serials",
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
