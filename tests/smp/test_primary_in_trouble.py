"""A primary that refuses, stalls or dies in the middle: nothing is lost, the next run finishes."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Event

import pytest

from eer.domain.errors import Conflict, Refused, Unavailable
from eer.domain.plan import Plan, diff
from fakes import servers
from fakes.relay import Relay, relaying
from smp.domain.naming import Cname, DnsName, Naptr, Record
from smp.sml import openly
from smp.sml.openly import Server
from smp.sml.tsig import TsigKey
from smp.sml.zone import Zone

pytestmark = pytest.mark.debian

ZONE = DnsName("sml.example.dk.")
KEY = TsigKey("publisher", "hmac-sha256", bytes(range(32)))
BASE = "https://smp.example.dk"
MANY: dict[DnsName, Record] = {DnsName(f"n{number}.{ZONE}"): Naptr(BASE) for number in range(450)}
ALIAS = DnsName(f"b-old.{ZONE}")
PLAN: Plan[DnsName, Record] = diff(wanted=MANY, found={})
Starter = Callable[..., AbstractContextManager[tuple[str, int]]]

each_server = pytest.mark.parametrize(
    ("starter", "pid_file"),
    [
        (servers.bind, "named.pid"),
        (servers.knot, "knot.pid"),
        (servers.powerdns, "pdns.pid"),
    ],
)


def zone_at(address: tuple[str, int], key: TsigKey = KEY, timeout: float = 5) -> Zone:
    return Zone(ZONE, primary=address, servers=[address], key=key, ttl=60, timeout=timeout)


@each_server
def test_a_primary_that_is_killed_in_the_middle_is_finished_with_later(
    tmp_path: Path, starter: Starter, pid_file: str
) -> None:
    """It is killed when it has done the third message and has not answered it."""

    def kill(number: int) -> None:
        if number == 3:
            servers.kill(tmp_path, pid_file)
            raise EOFError

    with (
        starter(tmp_path, ZONE, KEY) as address,
        relaying(Relay(address, after=kill)) as relay,
        pytest.raises(Unavailable, match="does not answer"),
    ):
        zone_at(relay.address).apply(PLAN)

    with starter(tmp_path, ZONE, KEY) as address:
        zone = zone_at(address)
        kept = zone.names()
        serial = openly.apex(Server(*address), ZONE, 5).serial

        zone.apply(PLAN)

        assert zone.names() == MANY
        assert openly.apex(Server(*address), ZONE, 5).serial > serial
        zone.apply(PLAN)
    assert relay.passed == 3
    assert set(kept) == set(list(MANY)[: len(kept)])
    assert len(kept) in (200, 300)


@each_server
def test_a_primary_that_stalls_is_not_waited_for(
    tmp_path: Path, starter: Starter, pid_file: str
) -> None:
    assert pid_file
    awake = Event()

    def stall(number: int) -> None:
        if number == 2:
            awake.wait(20)
            raise EOFError

    with starter(tmp_path, ZONE, KEY) as address:
        with relaying(Relay(address, before=stall)) as relay:
            with pytest.raises(Unavailable, match=r"does not answer within 0\.3 s"):
                zone_at(relay.address, timeout=0.3).apply(PLAN)
            awake.set()
        zone = zone_at(address)
        assert len(zone.names()) == 100

        zone.apply(diff(wanted=MANY, found=zone.names()))

        assert zone.names() == MANY


@pytest.mark.parametrize(
    ("starter", "grant"),
    [(servers.bind, "zonesub NAPTR"), (servers.knot, "update-type: [NAPTR]")],
)
def test_a_name_that_a_policy_keeps_from_us_is_to_blame_alone(
    tmp_path: Path, starter: Starter, grant: str
) -> None:
    with starter(tmp_path, ZONE, KEY, grant) as address:
        zone = zone_at(address)

        with pytest.raises(Conflict, match=f"{ALIAS}: name server .* the TSIG key") as raised:
            zone.apply(Plan({ALIAS: Cname(DnsName("smp.example.dk.")), **MANY}, {}, {}))

        assert [issue.expression for issue in raised.value.issues] == [ALIAS]
        assert zone.names() == MANY


@pytest.mark.parametrize(
    ("starter", "grant"),
    [(servers.bind, "zonesub TXT"), (servers.knot, "update-type: [TXT]")],
)
def test_a_policy_that_keeps_all_from_us_is_told_after_one_batch(
    tmp_path: Path, starter: Starter, grant: str
) -> None:
    with starter(tmp_path, ZONE, KEY, grant) as address, relaying(Relay(address)) as relay:
        with pytest.raises(Refused, match=r"TSIG key publisher.* transfer and update"):
            zone_at(relay.address).apply(PLAN)

        assert zone_at(address).names() == {}
        assert relay.passed == 1 + 100


@each_server
def test_what_a_key_may_do_is_proved_without_a_change(
    tmp_path: Path, starter: Starter, pid_file: str
) -> None:
    assert pid_file
    with starter(tmp_path, ZONE, KEY) as address:
        before = openly.apex(Server(*address), ZONE, 5)

        zone_at(address).prove(["NAPTR", "CNAME"])

        assert openly.apex(Server(*address), ZONE, 5) == before


@pytest.mark.parametrize(
    ("starter", "grant"),
    [(servers.bind, "zonesub NAPTR"), (servers.knot, "update-type: [NAPTR]")],
)
def test_a_key_that_may_not_write_some_kind_is_found_out_without_a_change(
    tmp_path: Path, starter: Starter, grant: str
) -> None:
    with starter(tmp_path, ZONE, KEY, grant) as address:
        zone_at(address).prove(["NAPTR"])

        with pytest.raises(Refused, match="the TSIG key publisher"):
            zone_at(address).prove(["NAPTR", "CNAME"])
