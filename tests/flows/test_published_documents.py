"""Every document that is published, before judges we did not write."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

import builders_fhir
import judges
import official
from flows.house import House, build
from judges import JUDGES, Trusted
from sample import register
from smp.domain.naming import dns_name
from smp.sml import tsig
from smp.sml.nameserver import Authority, Nameserver
from smp.store.documents import Documents
from smp.store.session import Store
from smp.xml import parse, validate

pytestmark = [pytest.mark.slow, pytest.mark.debian]


def _published(house: House) -> dict[str, bytes]:
    documents = Documents(Store(house.environment["SMP_DATABASE_URL"]))
    found = {}
    for key in house.publisher().means.shelf.documents():
        published = documents.document(str(key.participant), str(key.document))
        assert published is not None
        found[str(key)] = published.body
    return found


def _moved(folder: Path) -> Path:
    """Write an endpoint of the sample that another SMP answers for."""
    bundle = json.loads((folder / "sample" / "register.json").read_text(encoding="utf-8"))
    endpoints = [
        each["resource"] for each in bundle["entry"] if "Endpoint/" in str(each["request"])
    ]
    uid = "CN=Den anden SMP,2.5.4.97=#0c0e4e5452444b2d3939303030303135,O=Prøvestyrelsen på Ærø,C=DK"
    redirect = builders_fhir.redirected("https://ap.smp.example.dk", uid=uid)
    path = folder / "moved.json"
    path.write_text(json.dumps(endpoints[0] | {"extension": [redirect]}), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return build(tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="module")
def trusted(house: House) -> Trusted:
    return Trusted((Path(house.environment["SMP_TRUST_FILE"]),), datetime.now(UTC))


@pytest.fixture(scope="module")
def files(house: House) -> dict[Path, bytes]:
    """The sample's documents as they are served, with a redirect, each in a file of its own."""
    folder = Path(house.environment["SMP_TRUST_FILE"]).parent
    key = tsig.load(Path(house.environment["SMP_TSIG_KEY_FILE"]))
    authority = Authority(dns_name("sml.example.dk"), folder / "zone", key, 60)
    names = Nameserver(authority, ("127.0.0.1", house.dns_port))
    names.start()
    try:
        house.load(register.write(folder / "sample", datetime.now(UTC)))
        house.load(_moved(folder))
        house.publisher().publish()
        bodies = _published(house)
    finally:
        names.stop()
    (folder / "documents").mkdir()
    found = {}
    for number, body in enumerate(bodies.values()):
        path = folder / "documents" / f"{number}.xml"
        path.write_bytes(body)
        found[path] = body
    return found


@pytest.fixture(scope="module")
def changed(files: dict[Path, bytes]) -> dict[Path, bytes]:
    """The same, each with one character changed in where it leads to."""
    found = {}
    for path, body in files.items():
        other = path.with_name(f"changed-{path.name}")
        other.write_bytes(body.replace(b"https://ap", b"https://aq", 1))
        assert other.read_bytes() != body
        found[other] = other.read_bytes()
    return found


@pytest.mark.smp(34, 45, 49)
def test_each_fits_the_official_schema_and_ours(files: dict[Path, bytes]) -> None:
    for body in files.values():
        root = parse.document(body)
        validate.check(root)
        official.schema().assertValid(root)

    assert len(files) >= 18
    assert any(b"<Redirect href=" in body for body in files.values())


@pytest.mark.smp(66)
def test_each_verifies_here_in_xmlsec1_and_in_the_jdk(
    files: dict[Path, bytes], trusted: Trusted
) -> None:
    assert judges.held([*files], trusted) == {judge: set(files) for judge in JUDGES}


@pytest.mark.smp(67)
def test_one_changed_character_makes_all_of_them_refuse(
    changed: dict[Path, bytes], trusted: Trusted
) -> None:
    assert judges.held([*changed], trusted) == {judge: set() for judge in JUDGES}
