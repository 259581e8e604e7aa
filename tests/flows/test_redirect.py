"""A participant moves from one SMP to another, and is found through both.

Each has a register, a publisher, a zone and keys of its own; access points trust both signers.
"""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

import clients_ec as ec
import clients_helger as helger
import clients_vefa as vefa
from clients_world import Unusable
from flows.house import House, build, open_house
from flows.published import world_of
from sample import register
from smp.domain.identifiers import Identifier
from smp.domain.progress import Report
from smp.domain.told import report_lines
from smp.settings.defaults import PROCESSES, PROFILES, SCHEMES

pytestmark = pytest.mark.slow

WHO, ENDPOINT = "0088:5790009000013", "hjemmesygeplejen-nord"
WHAT = "CareCommunication 5.0"
EXTENSION = "https://ehmi-register.example/fhir/StructureDefinition/smp-redirect"
OLD, NEW = "https://ap.nordlys.example.dk/as4", "https://ap.nyt.example.dk/as4"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return register.write(tmp_path_factory.mktemp("sample"), datetime.now(UTC))


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Iterator[House]:
    """The SMP that the participant moves to, where it has another access point."""
    moved = sample.with_name("moved.json")
    moved.write_text(sample.read_text(encoding="utf-8").replace(OLD, NEW), encoding="utf-8")
    with open_house(build(tmp_path_factory.mktemp("there"))) as opened:
        opened.load(moved)
        opened.publisher().publish()
        yield opened


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, sample: Path, there: House) -> Iterator[House]:
    """The SMP that the participant's name leads to."""
    with open_house(build(tmp_path_factory.mktemp("here"))) as opened:
        anchors = [Path(each.environment["SMP_TRUST_FILE"]) for each in (opened, there)]
        anchors[0].write_bytes(b"".join(each.read_bytes() for each in anchors))
        opened.load(sample)
        opened.publisher().publish()
        yield opened


def signer_of(house: House) -> dict[str, str]:
    """Return the part of a redirect that names the signer of *house*."""
    pem = Path(house.environment["SMP_SIGNING_CERTIFICATE_FILE"]).read_bytes()
    der = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    return {"url": "certificate", "valueBase64Binary": base64.b64encode(der).decode()}


def lead(house: House, sample: Path, to: str, signer: dict[str, str]) -> Report:
    """Let the participant's endpoint at *house* lead to another SMP, and publish that.

    Each of these is a move, and many of them in one day are held.
    """
    (endpoint,) = (
        entry["resource"]
        for entry in json.loads(sample.read_text(encoding="utf-8"))["entry"]
        if entry["resource"]["id"] == ENDPOINT and entry["resource"]["resourceType"] == "Endpoint"
    )
    target = {"url": "target", "valueUrl": to}
    endpoint["extension"] = [{"url": EXTENSION, "extension": [target, signer]}]
    file = sample.with_name("endpoint.json")
    file.write_text(json.dumps(endpoint), encoding="utf-8")
    house.load(file)
    publisher = house.publisher()
    report = publisher.publish()
    return report if report.held.is_empty else publisher.publish(report.held.digest)


def looked_up(house: House) -> tuple[int, dict[str, Any]]:
    ran = house.run("smp", "lookup", WHO, WHAT, "--json")
    return ran.returncode, json.loads(ran.stdout)


def step(told: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in told["steps"] if each["step"] == name)
    return found


@pytest.mark.smp(54)
def test_a_participant_that_moved_is_found_through_both(
    here: House, there: House, sample: Path
) -> None:
    code, before = looked_up(here)
    assert (code, step(before, "endpoint")["uri"]) == (0, OLD)

    base_url = there.environment["SMP_BASE_URL"]
    lead(here, sample, base_url, signer_of(there))

    code, moved = looked_up(here)
    _, direct = looked_up(there)
    assert code == 0, moved
    assert step(moved, "HTTP status")["status"] == 200
    assert step(moved, "redirect")["href"].startswith(f"{base_url}/iso6523-actorid-upis%3A%3A0088")
    assert (
        step(moved, "signer that the redirect names")["subject"]
        == (step(moved, "redirect")["certificate_uid"])
    )
    assert step(moved, "endpoint") == step(direct, "endpoint")
    assert step(moved, "endpoint")["uri"] == NEW


@pytest.mark.smp(54, 55, 121, 122, 123)
def test_helgers_and_vefas_clients_follow_and_the_ecs_does_not(
    here: House, there: House, sample: Path
) -> None:
    lead(here, sample, there.environment["SMP_BASE_URL"], signer_of(there))
    told = world_of(here, sample.parent)
    who = Identifier("iso6523-actorid-upis", WHO)
    process = Identifier.parse(PROCESSES[0])
    (what, *_) = (each for each in vefa.documents(told, who) if each.scheme == SCHEMES[1])

    followed = [
        helger.endpoint(told, who, what, process, PROFILES[0]),
        vefa.endpoint(told, who, what, process, PROFILES),
    ]

    assert [each.uri for each in followed] == [NEW, NEW]
    with pytest.raises(Unusable, match="a redirect"):
        ec.endpoint(told, who, what, process)


@pytest.mark.smp(55)
def test_the_clients_trust_no_other_signer_than_the_redirect_names(
    here: House, there: House, sample: Path
) -> None:
    stranger = {"url": "certificateUid", "valueString": "CN=Somebody else,C=DK"}
    lead(here, sample, there.environment["SMP_BASE_URL"], stranger)
    told = world_of(here, sample.parent)
    who = Identifier("iso6523-actorid-upis", WHO)
    process = Identifier.parse(PROCESSES[0])
    (what, *_) = (each for each in vefa.documents(told, who) if each.scheme == SCHEMES[1])

    with pytest.raises(Unusable, match="CN=Somebody else,C=DK expected"):
        helger.endpoint(told, who, what, process, PROFILES[0])
    with pytest.raises(Unusable, match="CN=Somebody else,C=DK expected"):
        vefa.endpoint(told, who, what, process, PROFILES)


def test_an_audit_follows_who_moved(here: House, there: House, sample: Path) -> None:
    lead(here, sample, there.environment["SMP_BASE_URL"], signer_of(there))

    ran = here.run("smp", "audit")

    assert ran.returncode == 0, ran.stdout


def test_an_answer_by_another_signer_than_the_redirect_names_is_not_trusted(
    here: House, there: House, sample: Path
) -> None:
    stranger = {"url": "certificateUid", "valueString": "CN=Somebody else,C=DK"}
    lead(here, sample, there.environment["SMP_BASE_URL"], stranger)

    code, told = looked_up(here)
    audited = here.run("smp", "audit")

    assert (code, told["steps"][-1]["step"]) == (4, "signer that the redirect names")
    assert "the redirect names CN=Somebody else,C=DK" in told["steps"][-1]["found"]
    assert audited.returncode == 1
    assert audited.stdout.startswith("target     iso6523-actorid-upis::0088:5790009000013")


def test_a_second_redirect_is_not_followed(here: House, there: House, sample: Path) -> None:
    lead(here, sample, there.environment["SMP_BASE_URL"], signer_of(there))
    uid = {"url": "certificateUid", "valueString": "CN=Third,C=DK"}
    lead(there, sample, "https://smp.third.example.dk", uid)

    code, told = looked_up(here)

    assert (code, told["steps"][-1]["step"]) == (4, "no second redirect")
    assert "leads on to https://smp.third.example.dk/" in told["steps"][-1]["found"]


def test_a_redirect_to_itself_is_told_and_what_was_there_stays(
    here: House, there: House, sample: Path
) -> None:
    base_url = there.environment["SMP_BASE_URL"]
    lead(here, sample, base_url, signer_of(there))

    report = lead(here, sample, here.environment["SMP_BASE_URL"], signer_of(here))

    _, told = looked_up(here)
    assert [str(each) for each in report.unproved] == [f"iso6523-actorid-upis::{WHO}"]
    assert "which is this SMP itself" in " ".join(report_lines(report))
    assert step(told, "redirect")["href"].startswith(f"{base_url}/")
