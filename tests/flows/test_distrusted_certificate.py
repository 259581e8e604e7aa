"""An access point's certificate is revoked: what the operator sees, from the list to the lookup."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

import builders_fhir as fhir
import builders_pki as pki
from eer.wiring.directory import Register
from fakes.publishing import Clock
from flows.house import House, build, open_house
from smp.publish import Publisher
from smp.watch import FULL_EVERY, watch

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)
WHO = f"0088:{fhir.gln(1)}"


@dataclass(frozen=True)
class Ground:
    """Authorities in a folder, what they issued to an access point, and their lists."""

    folder: Path
    leaf: x509.Certificate
    now: datetime

    @property
    def lists(self) -> Path:
        return self.folder / "crl"

    def issuing(self, *revoked: x509.Certificate) -> bytes:
        """Return the issuing authority's list; one that names somebody is the newer one."""
        issued = self.now if revoked else self.now - DAY
        since = self.now - DAY
        return pki.ISSUING.revoking(*revoked, issued=issued, next=self.now + 9 * DAY, since=since)

    def house(self, **more: str) -> House:
        return build(
            self.folder,
            EER_AP_TRUST_FILE=f"{self.folder}/oces.pem",
            EER_CRL_DIRECTORY=str(self.lists),
            **more,
        )

    def registered(self) -> Path:
        return _registered(self.folder, pki.der(self.leaf))


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    now = datetime.now(UTC).replace(microsecond=0)
    leaf = pki.ISSUING.leaf(company=fhir.cvr(90), begin=now - DAY, end=min(now + 30 * DAY, pki.END))
    (tmp_path / "oces.pem").write_bytes(pki.pem(pki.root(), pki.issuing()))
    found = Ground(tmp_path, leaf, now)
    found.lists.mkdir()
    root = pki.ROOT.revoking(issued=now - DAY, next=now + 9 * DAY)
    (found.lists / "root.crl").write_bytes(root)
    return found


def test_a_revoked_certificate_goes_from_the_list_to_the_lookup(ground: Ground) -> None:
    with pki.place(ground.issuing()) as place:
        house = ground.house(EER_CRL_URLS=place.url)
        house.load(ground.registered())
        with open_house(house):
            publish = house.run("smp", "publish")
            found = house.run("smp", "lookup", WHO)
            place.body = ground.issuing(ground.leaf)
            fetched = house.run("eer", "crl")
            planned = house.said("smp", "plan")
            withdrawn = house.run("smp", "publish")
            gone = house.run("smp", "lookup", WHO)
            checked = house.run("eer", "check")

    assert (publish.returncode, found.returncode) == (0, 0), publish.stderr + found.stdout
    assert "CN=Issuing: 1 revoked" in fetched.stdout
    assert planned["unpublished"] == {"Endpoint/endpoint-1": ["certificate-revoked"]}
    assert (planned["warnings"], planned["unchecked"]) == ([], [])
    assert "2 removed" in withdrawn.stdout
    assert gone.returncode == 1
    assert "Device/ap-1: Device.extension: certificate has been revoked" in checked.stdout


def test_a_list_that_is_changed_on_disk_is_heeded_by_the_next_run(ground: Ground) -> None:
    file = ground.lists / "issuing.crl"
    file.write_bytes(ground.issuing())
    house = ground.house()
    house.load(ground.registered())
    with open_house(house):
        publisher = house.publisher()
        publisher.publish()
        found = house.run("smp", "lookup", WHO)
        file.write_bytes(ground.issuing(ground.leaf))
        publisher.publish()
        gone = house.run("smp", "lookup", WHO)

    assert (found.returncode, gone.returncode) == (0, 1)


@pytest.mark.parametrize("is_fetched", [True, False])
def test_a_watch_sees_a_revocation_within_a_day_though_nobody_writes(
    ground: Ground, *, is_fetched: bool
) -> None:
    """The list changes just behind the first run; then everybody is looked at now and then."""
    file = ground.lists / "issuing.crl"
    clock = Clock(ground.now)
    with pki.place(ground.issuing()) as place:
        if not is_fetched:
            file.write_bytes(ground.issuing())
        house = ground.house(**({"EER_CRL_URLS": place.url} if is_fetched else {}))
        house.load(ground.registered())
        with open_house(house):
            publisher = _by(clock, house.publisher())
            seen = []

            def pass_time(_: float) -> bool:
                if clock() == ground.now:
                    seen.append(house.run("smp", "lookup", WHO).returncode)
                    place.body = ground.issuing(ground.leaf)
                    if not is_fetched:
                        file.write_bytes(place.body)
                clock.move(3 * FULL_EVERY)
                served = publisher.means.shelf.documents().values()
                is_gone = all(each.retire_after is not None for each in served)
                return is_gone or clock() > ground.now + DAY

            watch(publisher, interval=timedelta(seconds=1), wait=pass_time)
            seen.append(house.run("smp", "lookup", WHO).returncode)

    assert seen == [0, 1]
    assert place.asked == (2 if is_fetched else 0)


@pytest.mark.parametrize(("level", "code"), [("error", 1), ("warn", 0)])
def test_a_revoked_certificate_is_told_when_it_is_registered(
    ground: Ground, level: str, code: int
) -> None:
    (ground.lists / "issuing.crl").write_bytes(ground.issuing(ground.leaf))
    house = ground.house(EER_AP_CERTIFICATE=level)

    ran = house.run("eer", "load", str(ground.registered()))

    assert ran.returncode == code
    assert "certificate has been revoked" in ran.stdout + ran.stderr


def test_an_expired_certificate_that_is_tolerated_is_published_and_audited_as_it_is(
    tmp_path: Path,
) -> None:
    now = datetime.now(UTC)
    expired = fhir.certificate(now - 9 * DAY, now - DAY, fhir.cvr(90))
    house = build(tmp_path, EER_AP_EXPIRED="warn")
    house.load(_registered(tmp_path, expired))
    with open_house(house):
        published = house.run("smp", "publish")
        audited = house.run("smp", "audit")

    assert published.returncode == 0
    assert (
        "warning    Device/ap-1: the access point's certificate has expired (certificate-expired); "
        "1 endpoints are published with it all the same"
    ) in published.stdout
    assert audited.returncode == 0, audited.stdout


def _by(clock: Clock, publisher: Publisher) -> Publisher:
    """Return *publisher* with its register and all its deeds by another clock."""
    register = publisher.means.register
    assert isinstance(register, Register)
    counter = replace(register.counter, now=clock)
    means = replace(publisher.means, register=replace(register, counter=counter), clock=clock)
    return replace(publisher, means=means)


def _registered(folder: Path, der: bytes) -> Path:
    """Write a unit that receives at an access point with a certificate."""
    owner, _, unit, endpoint = fhir.registered()
    ap = fhir.access_point(extension=[fhir.public_key(der), fhir.conformant()])
    name, body = fhir.file(fhir.transaction(owner, ap, unit, endpoint), "register.json")
    (folder / name).write_bytes(body)
    return folder / name
