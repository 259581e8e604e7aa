"""The name server is killed amid the batches of a run; each next run goes on by itself."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eer.domain.errors import Unavailable
from fakes import servers
from fakes.relay import Relay, relaying
from flows.house import House, build, open_face
from flows.seen import seen
from flows.test_killed_publisher import bundle, newcomer, template  # noqa: F401 - fixtures
from smp.domain.naming import DnsName
from smp.sml import tsig

pytestmark = [pytest.mark.slow, pytest.mark.debian]

ZONE = DnsName("sml.example.dk.")
NEWCOMERS = 60
FIRST_UPDATE = 2
"""Which message it is of a run: before it the zone is read."""


def at(house: House, primary: tuple[str, int], server: tuple[str, int]) -> House:
    """Return *house* with the primary that is written to, and the server that is asked."""
    names = {
        "SMP_NAMESERVER": f"{primary[0]}:{primary[1]}",
        "SMP_NAMESERVERS": f"{server[0]}:{server[1]}",
    }
    return House(house.environment | names, house.smp_port, server[1])


def killing(folder: Path) -> Callable[[int], None]:
    """Return what kills the server in *folder* when it has made an update and told nobody."""

    def kill(number: int) -> None:
        if number == FIRST_UPDATE:
            servers.kill(folder)
            raise EOFError

    return kill


def test_a_name_server_killed_behind_the_first_update_of_each_run_is_finished_with(
    tmp_path: Path,
    bundle: Path,  # noqa: F811 - the fixture
    template: dict[str, Any],  # noqa: F811 - the fixture
) -> None:
    built, folder = build(tmp_path), tmp_path / "bind"
    folder.mkdir()
    key = tsig.load(Path(built.environment["SMP_TSIG_KEY_FILE"]))
    files = [tmp_path / f"newcomer-{number}.json" for number in range(NEWCOMERS)]
    for file in files:
        few = {"payloadType": template["payloadType"][:1]}
        file.write_text(json.dumps(newcomer(template) | few), encoding="utf-8")
    built.load(bundle, *files)
    deaths, named = [], []
    with open_face(built):
        for _ in range(6):
            with (
                servers.bind(folder, ZONE, key) as server,
                relaying(Relay(server, after=killing(folder))) as relay,
            ):
                try:
                    at(built, relay.address, server).publisher().publish()
                except Unavailable as fault:
                    deaths.append(fault.text)
            with servers.bind(folder, ZONE, key) as server:
                house = at(built, server, server)
                seen(house)
                named.append(len(house.publisher().means.locator.names()))
            if len(deaths) < len(named):
                break
        with servers.bind(folder, ZONE, key) as server:
            house = at(built, server, server)
            differences = house.said("smp", "audit")["differences"]
            again = house.done("smp", "publish")

    assert all("does not answer" in said for said in deaths), named
    assert len(deaths) == 3
    assert named[:2] == [1, 101], "the publisher's own, and a batch of the others"
    assert named[2] == named[3]
    assert differences == []
    assert again.strip() == "nothing to do"
