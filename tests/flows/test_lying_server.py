"""One of several name servers lies, is silent or is behind: it is found, named, and waited for.

So is a cache before the public URL that answers what it should not.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

import builders_smp
from eer.domain.identifiers import Gln
from eer.domain.plan import Plan
from eer.domain.receipt import Step
from eer.register import receipts
from eer.settings import Settings
from eer.wiring import parts
from fakes.cache import Cache, cache_before
from flows.house import House, build, free_port, open_house
from sample import register
from smp.domain.findings import Finding
from smp.domain.identifiers import document_path, participant_of
from smp.domain.naming import DnsName, Naptr, naptr_name, participant_names
from smp.pki import verify
from smp.pki.sign import Signer
from smp.settings.publishing import Publishing
from smp.sml import tsig
from smp.sml.answers import Answers
from smp.sml.nameserver import Authority, Nameserver
from smp.sml.openly import Server
from smp.sml.zone import Zone
from smp.store.findings import FindingBook
from smp.store.session import Store
from smp.wiring import beside
from smp.xml import parse, render

pytestmark = pytest.mark.slow

GLN = "5790009000068"
WHO = participant_of(Gln.parse(GLN))
ZONE = DnsName("sml.example.dk.")
NAME = naptr_name(WHO, ZONE)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    built = build(folder)
    second = f"127.0.0.1:{free_port()}"
    built.environment["SMP_NAMESERVERS"] += f",{second}"
    with open_house(built) as opened:
        opened.load(register.write(tmp_path_factory.mktemp("sample"), datetime.now(UTC)))
        opened.publisher().publish()
        yield opened


@contextmanager
def secondary(house: House, file: Path, address: tuple[str, int] | None = None) -> Iterator[Zone]:
    """Run the second name server, with the zone as the first one has it now."""
    shutil.copy(house.environment["SMP_ZONE_FILE"], file)
    key = tsig.load(Path(house.environment["SMP_TSIG_KEY_FILE"]))
    host, port = second(house).split(":")
    names = Nameserver(Authority(ZONE, file, key, ttl=1), address or (host, int(port)))
    names.start()
    try:
        yield Zone(ZONE, primary=names.address, servers=[names.address], key=key, ttl=1)
    finally:
        names.stop()


def second(house: House) -> str:
    return house.environment["SMP_NAMESERVERS"].split(",")[1]


def differences(house: House) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = house.said("smp", "audit")["differences"]
    return found


def verified(house: House) -> list[str]:
    """Return where the participant was last verified, as the register was told."""
    counter = parts.counter(Settings(**house.given("EER_")))
    told = receipts.of_participant(counter, str(WHO))
    counter.store.close()
    return [each.where for each in told if each.step == Step.VERIFIED]


@pytest.mark.parametrize("lie", [None, Naptr("https://smp.example.dk")])
def test_the_wrong_answer_of_one_of_two_servers_is_found_named_and_ages(
    house: House, tmp_path: Path, lie: Naptr | None
) -> None:
    with secondary(house, tmp_path / "zone") as zone:
        assert house.run("smp", "audit").returncode == 0
        right = zone.names()[NAME]
        zone.apply(
            Plan({}, {}, {NAME: right}) if lie is None else Plan({}, {NAME: (right, lie)}, {})
        )

        ran = house.run("smp", "audit")
        first, again = differences(house), differences(house)
        mended = house.run("smp", "audit", "--repair")

    assert ran.returncode == mended.returncode == 1
    assert f"found at {second(house)}" in ran.stdout
    (of_who,) = [each for each in first if each["participant"] == str(WHO)]
    assert (of_who["server"], of_who["name"], of_who["layer"]) == (second(house), NAME, "dns")
    assert of_who["since"] is not None
    assert [each["since"] for each in again] == [each["since"] for each in first]
    assert any("SOA serial" in each["evidence"] for each in first)

    with secondary(house, tmp_path / "zone"):
        assert house.run("smp", "audit").returncode == 0
    assert opened(house) == 0


def opened(house: House) -> int:
    store = Store(house.environment["SMP_DATABASE_URL"])
    count = FindingBook(store).drift().open
    store.close()
    return count


def test_a_silent_server_is_told_once_and_soon(house: House) -> None:
    ran = house.run("smp", "audit")

    assert ran.returncode == 3
    assert ran.stdout.count("no answer") == 1
    assert f"no answer  {second(house)}: name server {second(house)}" in ran.stdout


def test_a_change_is_verified_only_when_the_slowest_server_has_it(
    house: House, tmp_path: Path
) -> None:
    with secondary(house, tmp_path / "zone") as zone:
        mark = len(verified(house))
        zone.apply(Plan({}, {}, {NAME: zone.names()[NAME]}))
        house.publisher().means.to_verify([WHO], 1)
        behind = house.run("smp", "publish", "--verify", "--timeout", "1")

        assert behind.returncode == 3, behind.stdout + behind.stderr
        assert "unverified" in behind.stdout
        assert len(verified(house)) == mark

    with secondary(house, tmp_path / "zone"):
        done = house.run("smp", "publish", "--verify", "--timeout", "60")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "verified   all that was changed" in done.stdout
    base = house.environment["SMP_BASE_URL"]
    assert verified(house)[mark:] == [f"{base},{house.environment['SMP_NAMESERVERS']}"]


def test_a_sample_of_the_watch_finds_it_too_and_ends_it(house: House, tmp_path: Path) -> None:
    settings = Publishing(**house.given("SMP_") | {"sample_count": 100})
    given = Settings(**house.given("EER_"))
    with (
        secondary(house, tmp_path / "zone") as zone,
        beside.looking(settings, given, Event()) as look,
    ):
        sampling = look.sampling()
        right = zone.names()[NAME]
        zone.apply(Plan({}, {}, {NAME: right}))
        found = sampling.sample()
        zone.apply(Plan({NAME: right}, {}, {}))
        over = sampling.sample()

    assert (WHO, second(house)) in {
        (each.finding.participant, each.finding.server) for each in found.opened
    }
    assert WHO in {each.finding.participant for each in over.closed}


@pytest.fixture
def cache() -> Iterator[Cache]:
    with cache_before(free_port()) as cache:
        yield cache


@pytest.fixture
def fronted(cache: Cache, tmp_path: Path) -> Iterator[tuple[House, Zone]]:
    """A house behind a cache, and its second name server; everything was found once."""
    built = build(tmp_path, SMP_BASE_URL=cache.url, SMP_MAX_AGE="0")
    cache.behind = f"http://127.0.0.1:{built.smp_port}"
    built.environment["SMP_NAMESERVERS"] += f",127.0.0.1:{free_port()}"
    with open_house(built) as opened:
        opened.load(register.write(tmp_path / "sample", datetime.now(UTC)))
        opened.publisher().publish()
        with secondary(opened, tmp_path / "second") as zone:
            assert differences(opened) == []
            yield opened, zone


def catch_up(house: House, zone: Zone) -> None:
    """Let the second server's serial be what the first one's is, whatever it has."""
    first, behind = (
        Answers(Server(host, int(port)), timeout=5)
        for host, port in (e.split(":") for e in house.environment["SMP_NAMESERVERS"].split(","))
    )
    name, record = DnsName(f"other.{ZONE}"), Naptr("https://smp.example.dk")
    while behind.serial(ZONE) < first.serial(ZONE):
        there = name in zone.names()
        zone.apply(Plan({}, {}, {name: record}) if there else Plan({name: record}, {}, {}))


def sampled(house: House) -> list[Finding]:
    """Return what is found first by a sample of everybody."""
    settings = Publishing(**house.given("SMP_") | {"sample_count": 1000})
    with beside.looking(settings, Settings(**house.given("EER_")), Event()) as look:
        return [each.finding for each in look.sampling().sample().opened]


def test_who_was_stopped_and_is_still_found_is_told_by_server_and_url(
    cache: Cache, fronted: tuple[House, Zone]
) -> None:
    house, zone = fronted
    keys = house.publisher().means.shelf.documents([WHO])
    cache.keep(GLN)
    house.done("smp", "stop", GLN, "--reason", "the key was stolen")
    catch_up(house, zone)

    of_sample = sampled(house)
    found = differences(house)
    verified = house.run("smp", "publish", "--verify", "--timeout", "1")

    http = [each for each in found if each["layer"] == "http"]
    assert {each["document"] for each in http} == {None, *(str(key.document) for key in keys)}
    assert all("still served" in each["evidence"] for each in http)
    dns = {(each["name"], each["server"]) for each in found if each["layer"] == "dns"}
    assert dns == {(name, second(house)) for name in participant_names(WHO, ZONE)}
    assert {str(each.participant) for each in of_sample} == {str(WHO)}
    assert len(of_sample) == len(found) == len(http) + len(dns)
    assert all(each["participant"] == str(WHO) for each in found)
    assert (verified.returncode, "unverified" in verified.stdout) == (3, True)


def test_a_document_that_went_while_others_remain_is_told_where_a_cache_still_has_it(
    cache: Cache, fronted: tuple[House, Zone], tmp_path: Path
) -> None:
    house, _ = fronted
    before = set(house.publisher().means.shelf.documents([WHO]))
    cache.keep(f"{GLN}/services")
    loaded(house, tmp_path, lambda endpoint: endpoint["payloadType"].pop())
    house.publisher().publish()
    gone = before - set(house.publisher().means.shelf.documents([WHO]))

    found = differences(house)

    assert 0 < len(gone) < len(before)
    assert {(each["document"], each["layer"]) for each in found} == {
        (str(key.document), "http") for key in gone
    }


def test_right_content_signed_by_another_under_the_anchor_is_told(
    cache: Cache, fronted: tuple[House, Zone]
) -> None:
    house, _ = fronted
    key = min(house.publisher().means.shelf.documents([WHO]))
    path = document_path(key.participant, key.document)
    cache.kept[path] = signed_by_another(house, cache.asked[path])

    (finding,) = differences(house)

    assert (finding["document"], finding["layer"]) == (str(key.document), "http")
    assert "a signer that nobody agreed to" in finding["evidence"]


def test_what_is_published_during_an_audit_is_no_drift_and_is_not_signed_again(
    cache: Cache, fronted: tuple[House, Zone], tmp_path: Path
) -> None:
    house, _ = fronted

    def change() -> None:
        loaded(house, tmp_path, lambda endpoint: endpoint.update(name="A new name"))
        house.publisher().publish()

    cache.once = change
    ran = house.run("smp", "audit", "--repair")

    assert cache.once is None
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "looking again" not in ran.stdout
    assert "0 differences" in ran.stdout


def test_what_is_written_during_an_audit_and_not_published_yet_is_no_drift(
    cache: Cache, fronted: tuple[House, Zone], tmp_path: Path
) -> None:
    house, _ = fronted
    cache.once = lambda: loaded(house, tmp_path, lambda endpoint: endpoint.update(status="off"))
    first = house.said("smp", "audit")
    loaded(house, tmp_path, lambda endpoint: endpoint.update(status="off"))
    told = house.said("smp", "audit")

    assert first["differences"] == told["differences"] == []
    assert told["changing"] == [str(WHO)]


def loaded(house: House, folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Let one endpoint of the participant be changed in the register."""
    sources = (json.loads(each.read_text()) for each in (folder / "sample").glob("*.json"))
    entries = [entry for source in sources for entry in source["entry"]]
    entry = next(each for each in entries if is_of_who(each["resource"]))
    change(entry["resource"])
    file = folder / "change.json"
    file.write_text(json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [entry]}))
    house.load(file)


def is_of_who(resource: dict[str, Any]) -> bool:
    is_endpoint = resource["resourceType"] == "Endpoint"
    return is_endpoint and any(each["value"] == GLN for each in resource["identifier"])


def signed_by_another(house: House, body: bytes) -> bytes:
    """Sign anew what *body* says, by a certificate that the same authority issued to another."""
    folder = Path(house.environment["SMP_TRUST_FILE"]).parent
    authority = load_pem_private_key((folder / "trust.pem.key").read_bytes(), password=None)
    issuer = x509.load_pem_x509_certificate((folder / "trust.pem").read_bytes())
    own = x509.load_pem_x509_certificate((folder / "signer.pem").read_bytes())
    key = builders_smp.signing_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(builders_smp.subject("Not our signer"))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(own.not_valid_before_utc)
        .not_valid_after(own.not_valid_after_utc)
    )
    for each in own.extensions:
        builder = builder.add_extension(each.value, critical=each.critical)
    certificate = builder.sign(authority, SHA256())  # type: ignore[arg-type]  # it is RSA
    said = verify.verify(parse.document(body)).signed
    return Signer(key, certificate).sign(render.service_metadata(parse.service_metadata(said)))
