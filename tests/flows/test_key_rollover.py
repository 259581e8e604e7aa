"""A signer follows another while access points look up: the commands, killed and gone on with."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from eer.domain.errors import Refused, Unavailable
from fakes import hsm as fake
from flows.house import House, build, open_house
from flows.test_killed_publisher import bundle, killed, load, newcomer, template  # noqa: F401 - fixtures
from smp.domain.identifiers import DocumentKey, document_path
from smp.pki import verify
from smp.store.session import Store
from smp.store.shelf import Shelf
from smp.xml import parse, render

pytestmark = pytest.mark.slow

SUBJECT = "CN=smp.example.dk,O=Example,C=DK"
NEWCOMERS = 60
PAUSE = 0.01


@pytest.fixture
def house(tmp_path: Path, bundle: Path) -> Iterator[House]:  # noqa: F811 - the fixture
    with open_house(build(tmp_path)) as opened:
        opened.load(bundle)
        opened.done("smp", "publish")
        yield opened


@pytest.fixture
def large(house: House, template: dict[str, Any], tmp_path: Path) -> House:  # noqa: F811
    """The house with so many documents that they make several batches."""
    files = [tmp_path / f"newcomer-{number}.json" for number in range(NEWCOMERS)]
    for file in files:
        file.write_text(json.dumps(newcomer(template)), encoding="utf-8")
    house.load(*files)
    house.done("smp", "publish")
    return house


@pytest.fixture
def closed(tmp_path: Path) -> House:
    """A house with keys and databases, and nobody at work."""
    return build(tmp_path)


def certified(house: House, days: int = 700) -> Path:
    """Let the development authority issue what was asked for; return the chain."""
    folder = Path(house.environment["SMP_TRUST_FILE"]).parent
    request = x509.load_pem_x509_csr((folder / "signer.pem.csr").read_bytes())
    issuer = x509.load_pem_x509_certificate((folder / "trust.pem").read_bytes())
    key = load_pem_private_key((folder / "trust.pem.key").read_bytes(), password=None)
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(request.subject)
        .issuer_name(issuer.subject)
        .public_key(request.public_key())
        .serial_number(4711)
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=days + 100))
    )
    for each in request.extensions:
        builder = builder.add_extension(each.value, critical=each.critical)
    made = builder.sign(key, SHA256())  # type: ignore[arg-type]  # it is RSA
    chain = folder / "chain.pem"
    chain.write_bytes(made.public_bytes(Encoding.PEM) + issuer.public_bytes(Encoding.PEM))
    return chain


def installed(house: House) -> None:
    house.done("smp", "keys", "request", "--subject", SUBJECT)
    house.done("smp", "keys", "install", str(certified(house)))


def held_digest(house: House) -> str:
    told = house.said("smp", "plan")["held"]
    assert [switch.split(":")[0] for switch in told["switches"]] == ["signer"]
    digest: str = told["digest"]
    return digest


def signers(house: House) -> dict[DocumentKey, str]:
    """Return who signed each stored document, as the books say."""
    store = Store(house.environment["SMP_DATABASE_URL"])
    try:
        found = Shelf(store, render.service_group).documents()
    finally:
        store.close()
    return {key: stored.version.signer for key, stored in found.items()}


def certificates(house: House) -> tuple[x509.Certificate, x509.Certificate]:
    """Return the present signer's certificate and the next one's."""
    file = Path(house.environment["SMP_SIGNING_CERTIFICATE_FILE"])
    present, follows = file, file.with_name(f"{file.name}.next")
    return (
        x509.load_pem_x509_certificate(present.read_bytes()),
        x509.load_pem_x509_certificate(follows.read_bytes()),
    )


@contextmanager
def watched(house: House, keys: list[DocumentKey]) -> Iterator[dict[str, int]]:
    """Fetch *keys* all the time, from outside; count who signed what was right, and the rest."""
    present, follows = certificates(house)
    seen = {"present": 0, "next": 0, "neither": 0}
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            for key in keys:
                path = document_path(key.participant, key.document)
                url = f"http://127.0.0.1:{house.smp_port}{path}"
                with urllib.request.urlopen(url, timeout=10) as answer:
                    seen[by_whom(answer.read(), present, follows)] += 1
                stop.wait(PAUSE)

    observer = threading.Thread(target=look)
    observer.start()
    try:
        yield seen
    finally:
        stop.set()
        observer.join()


def by_whom(body: bytes, present: x509.Certificate, follows: x509.Certificate) -> str:
    for name, certificate in (("present", present), ("next", follows)):
        try:
            verify.verify_by(parse.document(body), certificate)
        except Refused:
            continue
        return name
    return "neither"


def test_a_rollover_killed_behind_every_batch_is_gone_on_with_and_nobody_notices(
    large: House,
) -> None:
    house = large
    installed(house)
    before = set(signers(house).values())
    told = house.done("smp", "keys", "rehearse")

    assert f"{len(signers(house))} documents" in told
    assert "all proved; nothing was published" in told
    assert set(signers(house).values()) == before

    digest = held_digest(house)
    deaths, mixed = 0, 0
    with watched(house, sorted(signers(house))[::7]) as seen:
        while killed(house, 1, accept=None if deaths else digest):
            deaths += 1
            mixed += len(set(signers(house).values())) == 2

    assert seen["neither"] == 0
    assert seen["present"] > 0
    assert deaths >= 4
    assert mixed >= 2
    assert set(signers(house).values()).isdisjoint(before)
    assert house.said("smp", "audit")["differences"] == []
    assert house.said("smp", "plan")["held"] is None

    promoted = house.done("smp", "keys", "promote")

    assert "signer.pem is the signer's" in promoted
    assert house.said("smp", "plan")["held"] is None
    assert house.done("smp", "publish") == "nothing to do\n"


def test_what_is_already_there_is_never_overwritten(closed: House) -> None:
    house = closed
    folder = Path(house.environment["SMP_TRUST_FILE"]).parent
    house.done("smp", "keys", "request", "--subject", SUBJECT)
    key = (folder / "signer.key.next").read_bytes()

    again = house.run("smp", "keys", "request", "--subject", SUBJECT)

    assert (again.returncode, "signer.pem.csr is there" in again.stderr) == (1, True)

    (folder / "signer.pem.csr").unlink()
    house.done("smp", "keys", "request", "--subject", "CN=other.example.dk,C=DK")

    assert key == (folder / "signer.key.next").read_bytes()

    early = house.run("smp", "keys", "promote")
    chain = certified(house)
    house.done("smp", "keys", "install", str(chain))
    twice = house.run("smp", "keys", "install", str(chain))
    unready = house.run("smp", "keys", "promote")

    assert (early.returncode, twice.returncode, unready.returncode) == (1, 1, 1)
    assert "nobody is to follow" in early.stderr
    assert "signer.pem.next is there" in twice.stderr
    assert "does not sign yet" in unready.stderr


def test_a_chain_with_faults_is_refused_with_all_of_them(closed: House) -> None:
    house = closed
    folder = Path(house.environment["SMP_TRUST_FILE"]).parent
    house.done("smp", "keys", "request", "--subject", SUBJECT)

    ran = house.run("smp", "keys", "install", str(folder / "trust.pem"))

    assert ran.returncode == 1
    assert "the chain has" in ran.stderr
    for word in ("of another key than", "lacks digitalSignature", "certificate authority's"):
        assert word in ran.stderr
    assert not (folder / "signer.pem.next").exists()


def test_a_watch_sees_who_was_installed_and_accepted_without_a_restart(house: House) -> None:
    publisher = house.publisher()
    installed(house)
    certificate = Path(house.environment["SMP_SIGNING_CERTIFICATE_FILE"])
    content = certificate.read_bytes()
    certificate.write_bytes(b"")

    with pytest.raises(Unavailable, match=r"the signers have changed: .*expected a certificate"):
        publisher.publish()

    certificate.write_bytes(content)
    house.done("smp", "publish", "--accept", held_digest(house))
    house.done("smp", "keys", "promote")

    report = publisher.publish()

    assert report.held.is_empty
    assert report.signed == 0


@pytest.mark.debian
def test_an_hsm_takes_over_from_a_key_file(house: House, tmp_path: Path) -> None:
    hsm = House({**house.environment, **fake.hsm(tmp_path)}, house.smp_port, house.dns_port)
    installed(hsm)
    folder = Path(house.environment["SMP_TRUST_FILE"]).parent

    assert not (folder / "signer.key.next").exists()

    hsm.done("smp", "keys", "rehearse")
    hsm.done("smp", "publish", "--accept", held_digest(hsm))

    assert hsm.said("smp", "audit")["differences"] == []
    hsm.done("smp", "export", "--out", str(tmp_path / "archive.tar"))
    assert "genuine and whole" in hsm.done("smp", "verify", str(tmp_path / "archive.tar"))
    assert hsm.done("smp", "keys", "promote").startswith("promoted")

    (folder / "signer.key").unlink()

    assert hsm.done("smp", "publish") == "nothing to do\n"
