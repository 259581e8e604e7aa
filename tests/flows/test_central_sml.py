"""A house that publishes through a central SML: each command, as an operator types it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from eer.domain.errors import EXIT_CODES, Failure
from eer.domain.identifiers import Gln
from fakes import sml_server, sml_zone
from fakes.sml import FakeSml, Smp
from fakes.sml_certificates import Authority
from flows.house import House, build, open_house
from sample import register
from smls import THEIRS, THEM, US
from smp.cli import commands
from smp.domain.identifiers import ParticipantId, participant_of
from smp.domain.naming import DnsName
from smp.sml import tsig
from smp.sml.zone import Zone

pytestmark = pytest.mark.slow

ZONE = DnsName("sml.example.dk.")
WHO = "5790009000068"
PARTICIPANT = participant_of(Gln.parse(WHO))


class Typed(NamedTuple):
    """What an operator was told, and the exit code."""

    code: int
    said: str


@dataclass(frozen=True)
class Typing:
    """Commands typed in an environment, in this process: starting one a command takes long."""

    environment: dict[str, str]

    def run(self, *command: str) -> Typed:
        ran = CliRunner().invoke(commands, command, env=self.environment)
        if isinstance(ran.exception, Failure):
            return Typed(EXIT_CODES[type(ran.exception)], ran.exception.text)
        assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
        return Typed(ran.exit_code, ran.stdout)

    def done(self, *command: str) -> str:
        ran = self.run(*command)
        assert ran.code == 0, ran
        return ran.said

    def having(self, **changed: str) -> "Typing":
        return Typing(self.environment | changed)


@dataclass(frozen=True)
class Town:
    """The house, the SML that it publishes through, and who vouches for both."""

    house: Typing
    sml: FakeSml
    authority: Authority

    @property
    def participants(self) -> list[ParticipantId]:
        return self.sml.of(US)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("central")
    built = build(folder)
    authority = Authority(folder)
    ours = authority.pair(US)
    with open_house(built) as opened, sml_server.running(authority) as sml:
        opened.load(register.write(tmp_path_factory.mktemp("sample"), datetime.now(UTC)))
        address = ("127.0.0.1", opened.dns_port)
        key = tsig.load(Path(opened.environment["SMP_TSIG_KEY_FILE"]))
        zone = Zone(ZONE, primary=address, servers=[address], key=key, ttl=1)
        sml.today = datetime.now(UTC).date()
        sml.smps[THEM] = Smp(THEIRS.logical, THEIRS.physical, THEM)
        sml_zone.keep(sml, zone, ZONE)
        environment = opened.environment | {
            "SMP_SML_URL": sml.url,
            "SMP_SML_SMP_ID": US,
            "SMP_SML_KEY_FILE": str(ours.key),
            "SMP_SML_CERTIFICATE_FILE": str(ours.certificate),
            "SMP_SML_TRUST_FILE": str(authority.file),
        }
        for name in ("SMP_NAMESERVER", "SMP_TSIG_KEY_FILE"):
            del environment[name]
        yield Town(Typing(environment), sml, authority)


def test_an_operator_registers_publishes_migrates_and_removes(town: Town) -> None:
    house, sml = town.house, town.sml

    # Who has not registered is told to.
    refused = house.run("publish")
    assert refused.code == 1
    assert "register it with smp sml register" in refused.said
    assert house.run("sml", "show").code == 1

    assert "registered smp-one" in house.done("sml", "register")
    assert "nothing to do" in house.done("sml", "register")
    assert json.loads(house.done("sml", "show", "--json"))["is_done"] is True

    # One participant is registered with another SMP: it is left alone, the others are published.
    sml.participants[PARTICIPANT] = THEM
    left = house.run("publish")
    assert left.code == 1
    assert f"adding {PARTICIPANT}: the SML says" in left.said
    assert PARTICIPANT not in town.participants

    # Its operator prepares the migration, and it is taken over.
    sml.keys[PARTICIPANT] = "aZ19#_aZ19#_"
    assert house.run("sml", "migrate", WHO, "--key", "wrong").code == 1
    assert sml.participants[PARTICIPANT] == THEM
    taken = house.done("sml", "migrate", WHO, "--key", "aZ19#_aZ19#_")
    assert taken == f"migrated   {PARTICIPANT}\n"
    house.done("publish")
    assert "nothing to do" in house.done("publish")
    listed = json.loads(house.done("sml", "list", "--json"))["participants"]
    assert listed == [str(each) for each in town.participants]
    assert str(PARTICIPANT) in house.done("sml", "list")

    # What is published is found as an access point finds it, and nothing differs.
    house.done("lookup", f"0088:{WHO}")
    house.done("audit")

    # Nobody can be taken over of whom nothing is stored.
    nobody = house.run("sml", "migrate", "5790000123117", "--key", "x")
    assert (nobody.code, "run smp publish first" in nobody.said) == (1, True)

    prepared = json.loads(house.done("sml", "prepare-migration", WHO, "--json"))
    assert sml.keys[PARTICIPANT] == prepared["key"]
    assert "key        " in house.done("sml", "prepare-migration", WHO)

    # The next certificate is announced whole, for a day that is not over.
    new = town.authority.pair("next").certificate
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    announce = ("sml", "prepare-certificate", str(new), "--on")
    assert house.run(*announce, "2020-01-01").code == 1
    house.done(*announce, tomorrow.isoformat())
    assert sml.certificates == [(US, new.read_text(), tomorrow.isoformat())]

    # A changed address moves nobody until somebody repeats the digest.
    moved = house.having(SMP_PUBLISHER_ADDRESS="192.0.2.9")
    held = moved.run("sml", "update")
    assert (held.code, sml.smps[US].physical) == (1, "127.0.0.1")
    assert "updated" in moved.done("sml", "update", "--accept", held.said.split("--accept ")[1])
    assert sml.smps[US].physical == "192.0.2.9"

    held = house.run("sml", "remove")
    assert f"removes {len(town.participants)} participants" in held.said
    accepted = ("--accept", held.said.split("--accept ")[1])
    told = json.loads(house.done("sml", "remove", *accepted, "--json"))
    assert (told["done"], US in sml.smps, town.participants) == (True, False, [])


def test_without_a_central_sml_its_commands_say_what_to_set(town: Town) -> None:
    environment = {
        name: value
        for name, value in town.house.environment.items()
        if not name.startswith("SMP_SML_")
    }

    said = House(environment, 0, 0).run("smp", "sml", "show")

    assert said.returncode == 1
    assert "set SMP_SML_URL" in said.stderr


def test_the_certificate_by_which_the_sml_knows_us_is_looked_at(town: Town) -> None:
    """One that ends soon is told of, one that is over is an error; all else is looked at."""
    pairs = {
        name: town.authority.pair(name, lives=lives)
        for name, lives in (
            ("fine", timedelta(days=365)),
            ("soon", timedelta(days=30)),
            ("over", timedelta(hours=-1)),
        )
    }
    fine, soon, over = (
        town.house.having(
            SMP_SML_KEY_FILE=str(each.key), SMP_SML_CERTIFICATE_FILE=str(each.certificate)
        ).run("check")
        for each in pairs.values()
    )

    assert "ok         SML client certificate: valid until" in fine.said
    assert (soon.code, over.code) == (1, 1)
    assert "warning    SML client certificate: valid until" in soon.said
    assert "smp sml prepare-certificate" in soon.said
    assert "error      SML client certificate: expired" in over.said
    assert "ask the SML's operator to take it" in over.said
