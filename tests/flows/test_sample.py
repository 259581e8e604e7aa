"""Our own sample register, from its templates to a verified lookup, and what withdrawal does."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eer.domain.eligibility import Reason
from flows.house import House, build, open_house
from sample import register

pytestmark = pytest.mark.slow

GP = "0088:5790009000068"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return register.write(tmp_path_factory.mktemp("sample"), datetime.now(UTC))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, bundle: Path) -> Iterator[House]:
    with open_house(build(tmp_path_factory.mktemp("house"))) as opened:
        opened.load(bundle)
        opened.publisher().publish()
        yield opened


@pytest.mark.smp(83)
def test_the_sample_is_published_and_every_lookup_is_right(house: House) -> None:
    audited = house.said("smp", "audit")

    assert audited["differences"] == []
    assert audited["participants"] >= 9


@pytest.mark.smp(87)
def test_a_second_publication_finds_nothing_to_do(house: House) -> None:
    assert house.run("smp", "publish").stdout.strip() == "nothing to do"


def test_every_reason_that_data_can_show_is_shown(house: House) -> None:
    unpublished = house.said("smp", "plan")["unpublished"]

    refused_at_write = {
        *(Reason.TWO_APS, Reason.NOT_AN_AP, Reason.CERTIFICATE_UNREADABLE, Reason.CONFLICT),
        *(Reason.ORGANIZATION_MISSING, Reason.PARTICIPANT_MALFORMED, Reason.REDIRECT_UNUSABLE),
    }
    not_said_by_data = {
        *(Reason.CERTIFICATE_UNTRUSTED, Reason.CERTIFICATE_REVOKED, Reason.CERTIFICATE_OF_TEST),
        Reason.STOPPED,
    }
    shown = {why for whys in unpublished.values() for why in whys}
    assert shown == set(Reason) - refused_at_write - not_said_by_data


def test_a_lookup_ends_at_the_access_point(house: House) -> None:
    found = house.run("smp", "lookup", GP, "HomeCareObservation 1.2")

    assert found.returncode == 0, found.stdout
    assert found.stdout.splitlines()[-1] == "found"


def test_a_receiver_nobody_registered_is_not_found_at_the_name(house: House) -> None:
    asked = house.said("smp", "lookup", "0088:5790009999997")

    assert asked["outcome"] == "not_found"
    assert asked["steps"][-1]["step"] == "NAPTR answer and TTL"


def test_a_silent_name_server_is_no_answer(house: House) -> None:
    ran = house.run("smp", "lookup", GP, "--nameserver", "127.0.0.1:1")

    assert ran.returncode == 3


def test_a_wrong_check_digit_is_wrong_use(house: House) -> None:
    ran = house.run("smp", "lookup", "5790009000069")

    assert ran.returncode == 2
    assert "check digit" in ran.stderr


def test_an_answer_by_an_unknown_signer_is_not_trusted(house: House, tmp_path: Path) -> None:
    other = build(tmp_path)
    stranger = House(
        {**house.environment, "SMP_TRUST_FILE": other.environment["SMP_TRUST_FILE"]},
        house.smp_port,
        house.dns_port,
    )

    asked = stranger.run("smp", "lookup", GP, "HomeCareObservation 1.2", "--json")

    assert asked.returncode == 4
    assert json.loads(asked.stdout)["steps"][-1]["step"] == "chain"
