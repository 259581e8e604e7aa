"""What drifted is found by the layer it drifted in, and mended with one command."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eer.domain.identifiers import Gln
from eer.domain.plan import Plan
from flows.house import House, build, open_house
from sample import register
from smp.domain.identifiers import participant_of
from smp.domain.naming import Cname, DnsName, Naptr, cname_name, naptr_name
from smp.sml.zone import Zone

pytestmark = pytest.mark.slow

PARTICIPANT = participant_of(Gln.parse("5790009000068"))
ZONE = DnsName("sml.example.dk.")
NAPTR, CNAME = naptr_name(PARTICIPANT, ZONE), cname_name(PARTICIPANT, ZONE)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(build(tmp_path_factory.mktemp("house"))) as opened:
        opened.load(register.write(tmp_path_factory.mktemp("sample"), datetime.now(UTC)))
        opened.publisher().publish()
        yield opened


def _zone(house: House) -> Zone:
    zone = house.publisher().means.locator
    assert isinstance(zone, Zone)
    return zone


def _changed(house: House, statement: str) -> None:
    path = Path(house.environment["SMP_DATABASE_URL"].removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path)) as connection, connection:
        changed = connection.execute(statement, {"value": PARTICIPANT.value}).rowcount
        assert changed > 0
        connection.execute("UPDATE generation SET number = number + 1")


def name_deleted(house: House) -> None:
    zone = _zone(house)
    zone.apply(Plan({}, {}, {NAPTR: zone.names()[NAPTR]}))


def alias_leads_elsewhere(house: House) -> None:
    zone = _zone(house)
    other = Cname(DnsName("other.example.dk."))
    zone.apply(Plan({}, {CNAME: (zone.names()[CNAME], other)}, {}))


def stray_name(house: House) -> None:
    name = naptr_name(participant_of(Gln.parse("5790009999997")), ZONE)
    _zone(house).apply(Plan({name: Naptr(house.environment["SMP_BASE_URL"])}, {}, {}))


def document_altered(house: House) -> None:
    _changed(
        house,
        "UPDATE document SET body = CAST(replace(body, 'as4', 'as5') AS BLOB)"
        " WHERE participant_value = :value",
    )


def document_deleted(house: House) -> None:
    _changed(house, "DELETE FROM document WHERE participant_value = :value")


def group_deleted(house: House) -> None:
    _changed(house, "DELETE FROM service_group WHERE participant_value = :value")


@pytest.mark.parametrize(
    ("drift", "layer"),
    [
        (name_deleted, "dns"),
        (alias_leads_elsewhere, "dns"),
        (stray_name, "dns"),
        (document_altered, "content"),
        (document_deleted, "stored"),
        (group_deleted, "stored"),
    ],
)
def test_a_drift_is_found_by_its_layer_and_mended(
    house: House, drift: Callable[[House], None], layer: str
) -> None:
    assert house.run("smp", "audit").returncode == 0
    drift(house)

    found = house.run("smp", "audit")

    assert found.returncode == 1, found.stdout
    assert found.stdout.startswith(layer)

    mended = house.run("smp", "audit", "--repair")

    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert house.run("smp", "audit").returncode == 0


def test_what_was_mended_is_told_to_machines(house: House) -> None:
    name_deleted(house)

    told = house.said("smp", "audit", "--repair")

    assert [each["name"] for each in told["before"]] == [NAPTR]
    assert told["report"]["names"]["added"] == 1
    assert told["differences"] == []


def test_verification_goes_with_a_run_of_its_own(house: House) -> None:
    for other in (["--watch"], ["--wait", "1"]):
        ran = house.run("smp", "publish", "--verify", *other)

        assert ran.returncode == 2
        assert "--verify goes with a run of its own" in ran.stderr
