"""An emergency stop by the command line, seen by an access point and by a sender."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eer.domain.addressability import Reason
from eer.domain.identifiers import Gln
from eer.register.addressability import addressability_of
from eer.settings import Settings
from eer.wiring import parts
from flows.house import House, build, open_house
from sample import register
from smp.domain.identifiers import DocumentKey

pytestmark = pytest.mark.slow

NORTH = "5790009000013"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(build(tmp_path_factory.mktemp("house"))) as opened:
        opened.load(register.write(tmp_path_factory.mktemp("sample"), datetime.now(UTC)))
        opened.publisher().publish()
        yield opened


def document(house: House) -> DocumentKey:
    """Return a published document of NORTH."""
    stored = house.publisher().means.shelf.documents()
    return next(key for key in sorted(stored) if key.participant.value == f"0088:{NORTH}")


def access_point(house: House) -> str:
    """Return the device that NORTH's endpoint is reached at."""
    found = house.publisher().means.register.directory(frozenset({NORTH}))
    [device] = {str(ap.reference) for each in found.endpoints for ap in each.access_points if ap}
    return device


def sentence(house: House, code: str) -> tuple[Reason, str]:
    url, base = (house.environment[f"EER_{name}"] for name in ("DATABASE_URL", "BASE_URL"))
    counter = parts.counter(Settings(database_url=url, base_url=base))
    told = addressability_of(counter, Gln.parse(NORTH), code)
    counter.store.close()
    return told.answer.reason, str(told.sentence)


@pytest.mark.parametrize("subject", ["participant", "access point"])
def test_what_is_stopped_is_gone_for_everybody_and_comes_back(house: House, subject: str) -> None:
    key = document(house)
    what = NORTH if subject == "participant" else access_point(house)
    look = ("smp", "lookup", NORTH, key.document.value)
    assert house.run(*look).returncode == 0
    assert sentence(house, key.document.value)[0] is Reason.PUBLISHED

    said = house.done("smp", "stop", what, "--reason", "the key was stolen")

    assert "documents are gone" in said
    assert house.run(*look).returncode == 1
    reason, told = sentence(house, key.document.value)
    assert reason is Reason.NOT_ELIGIBLE
    assert "an operator has stopped it" in told
    assert "the key was stolen" in house.done("smp", "stop", "--list")
    house.done("smp", "publish")
    assert house.run(*look).returncode == 1
    assert house.run("smp", "audit").returncode == 0

    house.done("smp", "stop", what, "--release", "--reason", "a new key is there")

    assert house.run(*look).returncode == 0
    assert sentence(house, key.document.value)[0] is Reason.PUBLISHED
    assert house.done("smp", "stop", "--list") == "nothing is stopped\n"


@contextmanager
def broken(file: Path, content: bytes | None) -> Iterator[None]:
    """Let *file* be away, or hold something else."""
    kept = file.read_bytes()
    try:
        file.unlink() if content is None else file.write_bytes(content)
        yield
    finally:
        file.write_bytes(kept)


@pytest.mark.parametrize(
    ("setting", "content"),
    [
        ("SMP_SIGNING_KEY_FILE", None),
        ("SMP_SIGNING_CERTIFICATE_FILE", b"not what it was"),
        ("SMP_TRUST_FILE", b""),
    ],
)
def test_a_stop_takes_documents_and_names_without_anything_to_sign_with(
    house: House, setting: str, content: bytes | None
) -> None:
    with broken(Path(house.environment[setting]), content):
        told = house.said("smp", "stop", NORTH, "--reason", "the signing key was stolen")
        assert house.run("smp", "publish").returncode != 0

    assert told["documents"] > 0
    assert (told["waits"], told["report"]["names"]["removed"]) == (None, 2)
    house.done("smp", "stop", NORTH, "--release", "--reason", "a new key is there")
    assert house.run("smp", "audit").returncode == 0


@pytest.mark.parametrize("subject", ["participant", "access point"])
def test_a_stop_takes_documents_though_no_name_may_be_changed(house: House, subject: str) -> None:
    key = document(house)
    what = NORTH if subject == "participant" else access_point(house)
    shelf = house.publisher().means.shelf

    with broken(Path(house.environment["SMP_TSIG_KEY_FILE"]), None):
        ran = house.run("smp", "stop", what, "--reason", "test")

    assert (ran.returncode, shelf.documents([key.participant])) == (3, {})
    assert "names      wait for the next run" in ran.stdout
    assert "SMP_TSIG_KEY_FILE" in ran.stdout
    house.done("smp", "publish")
    house.done("smp", "stop", what, "--release", "--reason", "over")


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (["5790009000013"], 2, "expected SUBJECT with --reason"),
        (["--list", "5790009000013"], 2, "expected SUBJECT with --reason"),
        (["579000900001x", "--reason", "x"], 2, "expected a participant by its GLN"),
        (["Device/nowhere", "--reason", "x"], 1, "Device/nowhere is not in the register"),
        (["5790009000013", "--release", "--reason", "x"], 1, "is not stopped"),
    ],
)
def test_what_cannot_be_stopped_is_said_in_words(
    house: House, command: list[str], code: int, said: str
) -> None:
    ran = house.run("smp", "stop", *command)

    assert ran.returncode == code
    assert said in ran.stderr


def test_what_is_stopped_is_told_as_json(house: House) -> None:
    told = house.said("smp", "stop", NORTH, "--reason", "test", "--by", "Vagthavende")
    listed = house.said("smp", "stop", "--list")
    house.done("smp", "stop", NORTH, "--release", "--reason", "test")

    assert told["documents"] > 0
    assert told["by"] == "Vagthavende"
    assert told["report"]["names"]["removed"] == 2
    assert [each["reason"] for each in listed] == ["test"]
