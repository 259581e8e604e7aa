"""The whole publisher where the name server takes no updates: a file, a command that loads it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fakes import servers
from fakes.followed import following
from flows.house import House, build, open_house
from sample import register
from smp.domain.naming import DnsName

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    loaded = folder / "loaded"
    loaded.write_text(servers.empty(DnsName("sml.example.dk.")))
    with following(DnsName("sml.example.dk."), loaded) as (host, port):
        names = {
            "SMP_NAMESERVER": f"{host}:{port}",
            "SMP_NAMESERVERS": f"{host}:{port}",
            "SMP_ZONE_FILE_TO_WRITE": f"{folder}/written",
            "SMP_RELOAD_COMMAND": f"cp {folder}/written {loaded}",
            "SMP_TSIG_KEY_FILE": f"{folder}/no-such.key",
        }
        built = build(folder)
        with open_house(built):
            yield House(built.environment | names, built.smp_port, built.dns_port)


def test_who_is_published_is_found_and_nothing_differs(house: House, tmp_path: Path) -> None:
    house.load(register.write(tmp_path, datetime.now(UTC)))

    report = house.publisher().publish()

    assert report.added > 0
    assert house.publisher().plan().is_empty
    assert "found" in house.done("smp", "lookup", "0088:5790009000068")
    assert "0 differences" in house.done("smp", "audit")
    assert house.run("smp", "check").returncode == 0
