"""The watch looks up what it has published, tells the register, and sees what drifts."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from eer.domain.identifiers import Gln
from eer.domain.plan import Plan
from eer.domain.receipt import Step
from eer.register import receipts
from eer.settings import Settings
from eer.wiring import parts
from flows.house import House, build, databases, free_port, open_house, running
from sample import register
from smp.domain.findings import Layer
from smp.domain.identifiers import participant_of
from smp.domain.naming import DnsName, naptr_name
from smp.sml.zone import Zone
from smp.store.findings import FindingBook
from smp.store.session import Store

pytestmark = pytest.mark.slow

WHO = participant_of(Gln.parse("5790009000068"))
NAME = naptr_name(WHO, DnsName("sml.example.dk."))
_PATIENCE = 60


@pytest.fixture(params=["sqlite", "postgresql"])
def house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    urls = {}
    if request.param == "postgresql":
        urls = databases(request.getfixturevalue("postgresql"), "watched")
    built = build(tmp_path_factory.mktemp("house"), **urls, SMP_SAMPLE_EVERY="1")
    with open_house(built) as opened:
        opened.load(register.write(tmp_path_factory.mktemp("sample"), datetime.now(UTC)))
        yield opened


def awaited(house: House, look: Callable[[House], Any]) -> Any:
    """Look until something is there; asking takes its time, a clock only says how long to try."""
    until = time.monotonic() + _PATIENCE
    while not (found := look(house)):
        assert time.monotonic() < until, "nothing came"
    return found


def verified(house: House) -> list[str]:
    counter = parts.counter(Settings(**house.given("EER_")))
    with closing(counter.store):
        told = receipts.of_participant(counter, str(WHO))
    return [each.where for each in told if each.step == Step.VERIFIED]


def drifted(house: House) -> list[Layer]:
    with closing(Store(house.environment["SMP_DATABASE_URL"])) as store:
        return [each.finding.layer for each in FindingBook(store).open()]


def test_what_is_published_is_verified_and_what_drifts_is_seen(house: House) -> None:
    figures = f"127.0.0.1:{free_port()}"
    with running(house, "smp", "publish", "--watch", "--metrics", figures):
        where = awaited(house, verified)
        zone = house.publisher().means.locator
        assert isinstance(zone, Zone)
        zone.apply(Plan({}, {}, {NAME: zone.names()[NAME]}))
        found = awaited(house, drifted)
        shown = httpx.get(f"http://{figures}/metrics").text
        house.done("smp", "publish")
        awaited(house, lambda house: not drifted(house))

    names = house.environment["SMP_NAMESERVERS"]
    assert where == [f"{house.environment['SMP_BASE_URL']},{names}"]
    assert set(found) == {Layer.DNS}
    assert 'smp_findings{layer="dns"} 1.0' in shown
    assert 'smp_audited_timestamp{kind="sample"}' in shown
