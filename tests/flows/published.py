"""The sample register, published and served: names at the embedded server, documents by HTTP."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from clients_world import World
from flows.house import House, build, open_house
from sample import register
from smp.domain.identifiers import DocumentKey, ParticipantId

ZONE = "sml.example.dk."


@dataclass(frozen=True)
class PublishedHouse:
    """A house that has published everything: whom and what it publishes, and how to ask it."""

    house: House
    keys: tuple[DocumentKey, ...]
    world: World

    @property
    def base_url(self) -> str:
        return self.house.environment["SMP_BASE_URL"]

    @property
    def participants(self) -> tuple[ParticipantId, ...]:
        return tuple(dict.fromkeys(key.participant for key in self.keys))


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublishedHouse]:
    """Return the house that all tests of what access points see share."""
    folder, now = tmp_path_factory.mktemp("published"), datetime.now(UTC)
    with open_house(build(folder)) as house:
        house.load(register.write(folder / "sample", now))
        publisher = house.publisher()
        publisher.publish()
        keys = tuple(sorted(publisher.means.shelf.documents()))
        yield PublishedHouse(house, keys, world_of(house, folder / "sample"))


def world_of(house: House, sample: Path) -> World:
    """Return how an access point is set up for *house*, whose sample was written to *sample*."""
    return World(
        nameserver=("127.0.0.1", house.dns_port),
        zone=ZONE,
        signers=_certificates(Path(house.environment["SMP_TRUST_FILE"])),
        access_points=_certificates(sample / "ap-authority.pem"),
        at=datetime.now(UTC),
    )


def _certificates(path: Path) -> tuple[x509.Certificate, ...]:
    return tuple(x509.load_pem_x509_certificates(path.read_bytes()))
