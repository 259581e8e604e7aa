"""One of several name servers lies, is silent or is behind: it is found, named, and waited for."""

import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from eer.domain.identifiers import Gln
from eer.domain.plan import Plan
from eer.domain.receipt import Step
from eer.register import receipts
from eer.settings import Settings
from eer.wiring import parts
from flows.house import House, build, free_port, open_house
from sample import register
from smp.domain.identifiers import participant_of
from smp.domain.naming import DnsName, Naptr, naptr_name
from smp.settings.publishing import Publishing
from smp.sml import tsig
from smp.sml.nameserver import Authority, Nameserver
from smp.sml.zone import Zone
from smp.store.findings import FindingBook
from smp.store.session import Store
from smp.wiring import beside

pytestmark = pytest.mark.slow

WHO = participant_of(Gln.parse("5790009000068"))
ZONE = DnsName("sml.example.dk.")
NAME = naptr_name(WHO, ZONE)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    built = build(folder)
    second = f"127.0.0.1:{free_port()}"
    built.environment["SMP_NAMESERVERS"] += f",{second}"
    with open_house(built) as opened:
        opened.load(register.write(tmp_path_factory.mktemp("sample"), datetime.now(UTC)))
        opened.publisher().publish()
        yield opened


@contextmanager
def secondary(house: House, file: Path, address: tuple[str, int] | None = None) -> Iterator[Zone]:
    """Run the second name server, with the zone as the first one has it now."""
    shutil.copy(house.environment["SMP_ZONE_FILE"], file)
    key = tsig.load(Path(house.environment["SMP_TSIG_KEY_FILE"]))
    host, port = second(house).split(":")
    names = Nameserver(Authority(ZONE, file, key, ttl=1), address or (host, int(port)))
    names.start()
    try:
        yield Zone(ZONE, primary=names.address, servers=[names.address], key=key, ttl=1)
    finally:
        names.stop()


def second(house: House) -> str:
    return house.environment["SMP_NAMESERVERS"].split(",")[1]


def differences(house: House) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = house.said("smp", "audit")["differences"]
    return found


def verified(house: House) -> list[str]:
    """Return where the participant was last verified, as the register was told."""
    counter = parts.counter(Settings(**house.given("EER_")))
    told = receipts.of_participant(counter, str(WHO))
    counter.store.close()
    return [each.where for each in told if each.step == Step.VERIFIED]


@pytest.mark.parametrize("lie", [None, Naptr("https://smp.example.dk")])
def test_the_wrong_answer_of_one_of_two_servers_is_found_named_and_ages(
    house: House, tmp_path: Path, lie: Naptr | None
) -> None:
    with secondary(house, tmp_path / "zone") as zone:
        assert house.run("smp", "audit").returncode == 0
        right = zone.names()[NAME]
        zone.apply(
            Plan({}, {}, {NAME: right}) if lie is None else Plan({}, {NAME: (right, lie)}, {})
        )

        ran = house.run("smp", "audit")
        first, again = differences(house), differences(house)
        mended = house.run("smp", "audit", "--repair")

    assert ran.returncode == mended.returncode == 1
    assert f"found at {second(house)}" in ran.stdout
    (of_who,) = [each for each in first if each["participant"] == str(WHO)]
    assert (of_who["server"], of_who["name"], of_who["layer"]) == (second(house), NAME, "dns")
    assert of_who["since"] is not None
    assert [each["since"] for each in again] == [each["since"] for each in first]
    assert any("SOA serial" in each["evidence"] for each in first)

    with secondary(house, tmp_path / "zone"):
        assert house.run("smp", "audit").returncode == 0
    assert opened(house) == 0


def opened(house: House) -> int:
    store = Store(house.environment["SMP_DATABASE_URL"])
    count = FindingBook(store).drift().open
    store.close()
    return count


def test_a_silent_server_is_told_once_and_soon(house: House) -> None:
    ran = house.run("smp", "audit")

    assert ran.returncode == 3
    assert ran.stdout.count("no answer") == 1
    assert f"no answer  {second(house)}: name server {second(house)}" in ran.stdout


def test_a_change_is_verified_only_when_the_slowest_server_has_it(
    house: House, tmp_path: Path
) -> None:
    with secondary(house, tmp_path / "zone") as zone:
        mark = len(verified(house))
        zone.apply(Plan({}, {}, {NAME: zone.names()[NAME]}))
        house.publisher().means.to_verify([WHO], 1)
        behind = house.run("smp", "publish", "--verify", "--timeout", "1")

        assert behind.returncode == 3, behind.stdout + behind.stderr
        assert "unverified" in behind.stdout
        assert len(verified(house)) == mark

    with secondary(house, tmp_path / "zone"):
        done = house.run("smp", "publish", "--verify", "--timeout", "60")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "verified   all that was changed" in done.stdout
    base = house.environment["SMP_BASE_URL"]
    assert verified(house)[mark:] == [f"{base},{house.environment['SMP_NAMESERVERS']}"]


def test_a_sample_of_the_watch_finds_it_too_and_ends_it(house: House, tmp_path: Path) -> None:
    settings = Publishing(**house.given("SMP_") | {"sample_count": 100})
    given = Settings(**house.given("EER_"))
    with (
        secondary(house, tmp_path / "zone") as zone,
        beside.looking(settings, given, Event()) as look,
    ):
        sampling = look.sampling()
        right = zone.names()[NAME]
        zone.apply(Plan({}, {}, {NAME: right}))
        found = sampling.sample()
        zone.apply(Plan({NAME: right}, {}, {}))
        over = sampling.sample()

    assert (WHO, second(house)) in {
        (each.finding.participant, each.finding.server) for each in found.opened
    }
    assert WHO in {each.finding.participant for each in over.closed}


def test_the_second_machine_behind_one_host_is_asked_too(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve = socket.getaddrinfo

    def resolved(host: Any, *given: Any, **more: Any) -> Any:
        if host != "ns.example.dk":
            return resolve(host, *given, **more)
        both = ("127.0.0.1", "127.0.0.2")
        return [(socket.AF_INET, socket.SOCK_DGRAM, 17, "", (each, 0)) for each in both]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    both = {"sample_count": 100, "nameservers": f"ns.example.dk:{house.dns_port}"}
    settings = Publishing(**house.given("SMP_") | both)
    given = Settings(**house.given("EER_"))
    at = ("127.0.0.2", house.dns_port)
    with (
        secondary(house, tmp_path / "zone", at) as zone,
        beside.looking(settings, given, Event()) as look,
    ):
        zone.apply(Plan({}, {}, {NAME: zone.names()[NAME]}))

        found = look.sampling().sample()

    assert (WHO, f"ns.example.dk:{house.dns_port} (127.0.0.2)") in {
        (each.finding.participant, each.finding.server) for each in found.opened
    }
