"""The publisher is killed behind every step; it arrives all the same, and nobody notices."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from eer.domain.identifiers import Gln, gln_check_digit
from eer.domain.plan import Limits
from flows.house import House, build, open_house
from sample import register
from smp.domain.identifiers import ParticipantId, participant_of
from smp.lookup.told import StepName
from smp.publish import Publisher
from smp.settings.lookup import Lookup
from smp.trace import trace_group
from smp.wiring.lookup import access_point

pytestmark = pytest.mark.slow

_ROOT = Path(__file__).parents[2]
_NUMBERS = count(90_000)
_LATER = 600
_PAUSE = 0.005


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return register.write(tmp_path_factory.mktemp("sample"), datetime.now(UTC))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, bundle: Path) -> Iterator[House]:
    built = build(tmp_path_factory.mktemp("house"))
    slow = House({**built.environment, "SMP_DNS_TTL": "60"}, built.smp_port, built.dns_port)
    with open_house(slow) as opened:
        opened.load(bundle)
        yield opened


@pytest.fixture(scope="module")
def template(bundle: Path) -> dict[str, Any]:
    """An endpoint of the sample that is published with several documents."""
    entries = json.loads(bundle.read_text(encoding="utf-8"))["entry"]
    published = (
        each["resource"]
        for each in entries
        if each["resource"]["resourceType"] == "Endpoint"
        and each["resource"]["status"] == "active"
        and len(each["resource"]["payloadType"]) > 1
    )
    endpoint: dict[str, Any] = next(published)
    return endpoint


@contextmanager
def observed(house: House, participants: set[ParticipantId]) -> Iterator[list[str]]:
    """Look *participants* up all the time, from outside; collect names without a document."""
    seen: list[str] = []
    stop = threading.Event()
    settings = Lookup.model_construct(
        zone="sml.example.dk.",
        trust_file=Path(house.environment["SMP_TRUST_FILE"]),
        processes=("dk-medcom-messaging::urn:ehmi:sdn-emergence",),
        transport_profiles=("bdxr-transport-ebms3-as4-v1p0",),
    )

    def look() -> None:
        with access_point(settings, (("127.0.0.1", house.dns_port),)) as client:
            while not stop.is_set():
                for participant in list(participants):
                    trace = trace_group(participant, client)
                    failed = trace.failed
                    if failed is not None and failed.name is not StepName.NAPTR:
                        seen.append(f"{participant}: {failed.name}: {failed.found}")
                stop.wait(_PAUSE)

    observer = threading.Thread(target=look)
    observer.start()
    try:
        yield seen
    finally:
        stop.set()
        observer.join()


def unlimited(house: House) -> Publisher:
    """Return its publisher, which holds nothing however often the same is taken away."""
    return replace(house.publisher(), limits=Limits(count=10_000))


def killed(house: House, last: int, ahead: int = 0, accept: str | None = None) -> bool:
    """Publish until behind the step *last*; return whether it came that far."""
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "flows.killed",
            str(last),
            str(ahead),
            *([accept] if accept else []),
        ],
        env={
            **os.environ,
            **house.environment,
            "PYTHONPATH": f"{_ROOT}{os.pathsep}{_ROOT / 'tests'}",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode in (0, -signal.SIGKILL), ran.stderr
    return ran.returncode != 0


def load(house: House, endpoint: dict[str, Any], folder: Path) -> None:
    path = folder / "endpoint.json"
    path.write_text(json.dumps(endpoint), encoding="utf-8")
    house.load(path)


def newcomer(template: dict[str, Any]) -> dict[str, Any]:
    """An endpoint like *template* under a GLN nobody had before."""
    twelve = f"5790009{next(_NUMBERS)}"
    gln = twelve + gln_check_digit(twelve)
    endpoint = deepcopy(template)
    endpoint["id"] = f"newcomer-{gln}"
    for identifier in endpoint["identifier"]:
        if identifier["system"].endswith("gs1.org/gln"):
            identifier["value"] = gln
    return endpoint


def participant(endpoint: dict[str, Any]) -> ParticipantId:
    return participant_of(Gln.parse(endpoint["id"].removeprefix("newcomer-")))


def renamed(endpoint: dict[str, Any]) -> None:
    endpoint["name"] = f"{endpoint['name']} (renamed)"


def with_one_document_less(endpoint: dict[str, Any]) -> None:
    endpoint["payloadType"].pop(0)


def switched_off(endpoint: dict[str, Any]) -> None:
    endpoint["status"] = "off"


def assert_finished(house: House) -> None:
    """The second run finishes, the third plans nothing: what is not due yet is no plan."""
    unlimited(house).publish()

    assert unlimited(house).plan().steps == ()


def test_a_first_publication_killed_behind_every_step_arrives(house: House, bundle: Path) -> None:
    entries = json.loads(bundle.read_text(encoding="utf-8"))["entry"]
    glns = {
        identifier["value"]
        for entry in entries
        if entry["resource"]["resourceType"] == "Endpoint"
        for identifier in entry["resource"]["identifier"]
        if identifier["system"].endswith("gs1.org/gln")
    }
    deaths = 0

    with observed(house, {participant_of(Gln.parse(gln)) for gln in glns}) as seen:
        while killed(house, 1):
            deaths += 1

    assert seen == []
    assert deaths >= 4
    assert house.said("smp", "audit")["differences"] == []


@pytest.mark.smp(84)
@pytest.mark.parametrize(
    ("change", "ahead", "steps"),
    [
        (None, 0, 3),
        (renamed, 0, 2),
        (with_one_document_less, 0, 2),
        (switched_off, 0, 3),
        (switched_off, _LATER, 1),
    ],
    ids=["created", "changed", "one document less", "the last one gone", "retired"],
)
def test_killed_behind_each_step_a_second_run_finishes_and_a_third_plans_nothing(
    house: House,
    template: dict[str, Any],
    tmp_path: Path,
    change: Callable[[dict[str, Any]], None] | None,
    ahead: int,
    steps: int,
) -> None:
    unlimited(house).publish()
    deaths = 0
    for last in count(1):
        endpoint = newcomer(template)
        if change is not None:
            load(house, endpoint, tmp_path)
            unlimited(house).publish()
            change(endpoint)
        load(house, endpoint, tmp_path)
        if ahead:
            unlimited(house).publish()

        with observed(house, {participant(endpoint)}) as seen:
            died = killed(house, last, ahead)
            assert_finished(house)

        assert seen == []
        deaths += died
        if not died:
            break

    assert deaths == steps
