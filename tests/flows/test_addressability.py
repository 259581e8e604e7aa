"""What the register says is published is what an access point finds, before and after each step.

The receipts name participants only; which documents are public follows from the versions.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from eer.domain.identifiers import Gln
from eer.fhir import canonicals
from eer.register.addressability import addressability_of
from eer.settings import Settings
from eer.wiring import parts
from flows.house import House, build, open_house
from sample import register
from smp.domain.identifiers import participant_of
from smp.domain.naming import participant_names
from smp.publish import Publisher
from smp.store.documents import Documents
from smp.store.session import Store

pytestmark = pytest.mark.slow

Json = dict[str, Any]
NORTH, SOUTH, NURSERY = "5790009000013", "5790009000020", "5790009000037"
ACKNOWLEDGEMENT = (
    "urn:dk:healthcare:medcom:messaging:fhir:structuredefinition::acknowledgement-message"
    "##urn:dk:medcom:fhir:acknowledgement-message::2.0"
)


class Scene:
    """A house with the sample register, seen from the register and from outside."""

    def __init__(self, house: House, folder: Path) -> None:
        path = register.write(folder, datetime.now(UTC))
        self.house, self.folder = house, folder
        self.entries = json.loads(path.read_text(encoding="utf-8"))["entry"]
        self.publisher = house.publisher()
        url, base = (house.environment[f"EER_{name}"] for name in ("DATABASE_URL", "BASE_URL"))
        self.counter = parts.counter(Settings(database_url=url, base_url=base))
        self.documents = Documents(Store(house.environment["SMP_DATABASE_URL"]))
        house.load(path)

    def endpoints(self) -> dict[str, Json]:
        """Return the endpoints of the sample by their GLNs."""
        resources = (each["resource"] for each in self.entries)
        return {
            each["identifier"][0]["value"]: each
            for each in resources
            if each["resourceType"] == "Endpoint"
        }

    def load(self, *resources: Json) -> None:
        entries = [{"resource": each} for each in resources]
        path = self.folder / "changed.json"
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
        path.write_text(json.dumps(bundle), encoding="utf-8")
        self.house.load(path)

    def said(self) -> set[tuple[str, str]]:
        """Return the GLNs and documents that a sender is told to be addressable."""
        return {
            (gln, code)
            for gln, endpoint in self.endpoints().items()
            for code in codes(endpoint)
            if addressability_of(self.counter, Gln.parse(gln), code).answer.is_addressable
        }

    def found(self) -> set[tuple[str, str]]:
        """Return those whose document and name an access point finds."""
        names = self.publisher.means.locator.names()
        zone = self.publisher.naming.zone
        return {
            (gln, code)
            for gln, endpoint in self.endpoints().items()
            if set(participant_names(participant_of(Gln.parse(gln)), zone)) <= set(names)
            for code in codes(endpoint)
            if self.documents.document(f"0088:{gln}", code) is not None
        }

    def publishing(self, after_step: Callable[[], None]) -> Publisher:
        means = replace(self.publisher.means, after_step=after_step)
        return replace(self.publisher, means=means)


def codes(endpoint: Json) -> list[str]:
    """Return what *endpoint* receives, and one message more."""
    own = [each["coding"][0]["code"] for each in endpoint["payloadType"]]
    return list(dict.fromkeys((*own, ACKNOWLEDGEMENT)))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with open_house(build(tmp_path_factory.mktemp("house"))) as house:
        yield Scene(house, tmp_path_factory.mktemp("sample"))


def changed(scene: Scene) -> list[Json]:
    """Return three endpoints: one suspended, one that receives less, one that receives more."""
    endpoints = scene.endpoints()
    one_less = endpoints[SOUTH]["payloadType"][1:]
    concept = {"coding": [{"system": canonicals.PAYLOADS, "code": ACKNOWLEDGEMENT}]}
    lonely = endpoints["5790009000082"]
    return [
        {**endpoints[NORTH], "status": "suspended"},
        {**endpoints[SOUTH], "payloadType": one_less},
        {**lonely, "payloadType": [*lonely["payloadType"], concept]},
    ]


def test_who_is_addressable_is_found_by_an_access_point_at_every_moment(scene: Scene) -> None:
    unsound: list[set[tuple[str, str]]] = []

    def look() -> None:
        unsound.append(scene.said() - scene.found())

    assert scene.said() == set()

    scene.publishing(look).publish()
    first = scene.said()
    assert first == scene.found()
    assert len(first) > 20

    scene.load(*changed(scene))
    look()
    scene.publishing(look).publish_touched()
    second = scene.said()

    assert second == scene.found()
    assert {gln for gln, _ in first ^ second} == {NORTH, SOUTH, "5790009000082"}
    assert [each for each in unsound if each] == []


def test_a_version_that_changes_nothing_public_leaves_it_addressable(scene: Scene) -> None:
    scene.publisher.publish()
    before = scene.said()
    scene.load({**scene.endpoints()[NURSERY], "address": "https://elsewhere.example.dk"})

    unseen = scene.said()
    scene.publisher.publish_touched()

    assert (unseen, scene.said()) == (before, before)
