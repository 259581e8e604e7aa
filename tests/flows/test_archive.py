"""What is published is exported, checked, and looked up in when nobody answers: by commands."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from builders_archive import packed
from builders_smp import program
from flows.house import BIN, House, build
from sample import register
from smp.archive.container import Member
from smp.domain.naming import dns_name
from smp.sml import tsig
from smp.sml.nameserver import Authority, Nameserver

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "interfaces" / "archive.md"
GP = "0088:5790009000068"
HOMECARE = "HomeCareObservation 1.2"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """The sample, published; after that nobody answers, neither a name server nor the SMP."""
    folder = tmp_path_factory.mktemp("house")
    house = build(folder)
    key = tsig.load(Path(house.environment["SMP_TSIG_KEY_FILE"]))
    authority = Authority(dns_name("sml.example.dk"), folder / "zone", key, 60)
    names = Nameserver(authority, ("127.0.0.1", house.dns_port))
    names.start()
    try:
        house.load(register.write(folder / "sample", datetime.now(UTC)))
        house.publisher().publish()
    finally:
        names.stop()
    return house


@pytest.fixture(scope="module")
def archive(house: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("archive") / "smp.tar"
    house.done("smp", "export", "--out", str(out))
    return out


def limited(house: House, how: str, size: int, *command: str) -> "subprocess.CompletedProcess[str]":
    path = f"{ROOT}{os.pathsep}{ROOT / 'tests'}"
    return subprocess.run(
        [sys.executable, "-B", "-m", "flows.limited", how, str(size), *command],
        env={**os.environ, **house.environment, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_what_was_exported_is_genuine(house: House, archive: Path) -> None:
    said = house.done("smp", "verify", str(archive))

    assert said.splitlines()[-1] == "genuine and whole"
    assert "full, sequence " in said


def test_export_says_what_it_wrote(house: House, tmp_path: Path) -> None:
    out = tmp_path / "smp.tar.gz"

    said = house.said("smp", "export", "--out", str(out))

    assert said["archive"] == str(out)
    assert said["bytes"] == out.stat().st_size
    assert said["kind"] == "full"
    assert said["counts"]["documents"] >= 18


@pytest.mark.parametrize("by", ["--since", "--since-archive"])
def test_a_delta_follows_the_archive_it_was_made_of(
    house: House, archive: Path, tmp_path: Path, by: str
) -> None:
    [manifest] = [
        each["manifest"] for each in house.said("smp", "verify", str(archive))["archives"]
    ]
    since = str(archive) if by == "--since-archive" else str(manifest["sequence"])

    house.done("smp", "export", "--out", str(tmp_path / "delta.tar"), by, since)

    said = house.said("smp", "verify", str(archive), str(tmp_path / "delta.tar"))
    assert said["outcome"] == "genuine"
    assert said["archives"][1]["manifest"]["since"]["sequence"] == manifest["sequence"]


def test_both_ways_to_say_since_are_wrong_use(house: House, archive: Path) -> None:
    ran = house.run(
        *("smp", "export", "--out", "x.tar", "--since", "1", "--since-archive", str(archive))
    )

    assert ran.returncode == 2
    assert "give one of them" in ran.stderr


def test_a_receiver_is_looked_up_when_nobody_answers(house: House, archive: Path) -> None:
    online = house.run("smp", "lookup", GP, HOMECARE)

    offline = house.run("smp", "lookup", "--archive", str(archive), GP, HOMECARE)

    assert online.returncode == 3
    assert offline.returncode == 0, offline.stdout
    assert "https://ap.postduen.example.dk/as4" in offline.stdout


def test_whoever_is_not_in_it_is_not_found(house: House, archive: Path) -> None:
    ran = house.run("smp", "lookup", "--archive", str(archive), "0088:5790000000005")

    assert ran.returncode == 1
    assert "not in" in ran.stdout


def test_an_archive_asks_no_name_server(house: House, archive: Path) -> None:
    ran = house.run(
        *("smp", "lookup", "--archive", str(archive), "--nameserver", "127.0.0.1:53", GP)
    )

    assert ran.returncode == 2
    assert "asks nobody" in ran.stderr


def test_what_was_changed_is_not_to_be_trusted(house: House, archive: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.tar"
    other.write_bytes(archive.read_bytes().replace(b"https://ap", b"https://aq", 1))

    verified = house.run("smp", "verify", str(other), "--json")
    looked_up = house.run("smp", "lookup", "--archive", str(other), GP, HOMECARE)

    assert verified.returncode == 4
    [fault] = json.loads(verified.stdout)["archives"][0]["faults"]
    assert fault.keys() == {"file", "found", "expected"}
    assert fault["file"].startswith("documents/")
    assert looked_up.returncode in (0, 4)  # 0: another document was changed


def test_a_hostile_name_does_not_reach_the_terminal(house: House, tmp_path: Path) -> None:
    other = tmp_path / "other.tar"
    other.write_bytes(packed([(Member("\x1b[31mred", 0, 0), b"")]).read())

    ran = house.run("smp", "verify", str(other))

    assert ran.returncode == 4
    assert "\x1b" not in ran.stdout
    assert r"\x1b[31mred" in ran.stdout


def test_another_trust_file_may_be_given(house: House, archive: Path, tmp_path: Path) -> None:
    other = tmp_path / "authority.pem"
    other.write_bytes((ROOT / "tests" / "golden" / "smp-authority.pem").read_bytes())

    ran = house.run("smp", "verify", str(archive), "--trust", str(other))

    assert ran.returncode == 4
    assert "not issued by any of 1 anchors" in ran.stdout


def test_an_archive_that_is_not_ours_is_no_base(
    house: House, archive: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.tar"
    other.write_bytes(archive.read_bytes().replace(b'"generation": ', b'"generation": 1', 1))

    ran = house.run(
        *("smp", "export", "--out", str(tmp_path / "delta.tar"), "--since-archive", str(other))
    )

    assert ran.returncode == 1
    assert "do not use it" in ran.stderr
    assert not (tmp_path / "delta.tar").exists()


def test_a_full_disk_leaves_nothing_behind(house: House, archive: Path, tmp_path: Path) -> None:
    """Wherever it is full: in what is gathered, or in what is put together."""
    whole, gathered = archive.stat().st_size, archive.stat().st_size - 20_000
    out = tmp_path / "smp.tar"
    for size in (60_000, gathered // 2, gathered + 5_000, whole - 1_000):
        ran = limited(house, "fail", size, "export", "--out", str(out))

        assert ran.returncode == 3, (size, ran.stderr)
        assert "cannot be written (File too large); nothing was left there" in ran.stderr
        assert list(tmp_path.iterdir()) == []

    assert limited(house, "fail", whole, "export", "--out", str(out)).returncode == 0
    assert out.read_bytes() == archive.read_bytes()


def test_killed_in_the_middle_it_is_not_there_and_the_next_one_is_whole(
    house: House, archive: Path, tmp_path: Path
) -> None:
    whole, gathered = archive.stat().st_size, archive.stat().st_size - 20_000
    out = tmp_path / "smp.tar"
    for size in (60_000, gathered // 2, gathered + 5_000, whole - 1_000):
        assert limited(house, "die", size, "export", "--out", str(out)).returncode < 0
        assert not out.exists()

    house.done("smp", "export", "--out", str(out))

    assert out.read_bytes() == archive.read_bytes()


def test_of_two_at_once_one_is_there_and_whole(house: House, archive: Path, tmp_path: Path) -> None:
    out = tmp_path / "smp.tar"
    both = [
        subprocess.Popen(
            [str(BIN / "smp"), "export", "--out", str(out)],
            env={**os.environ, **house.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(2)
    ]

    assert sorted(each.wait(timeout=60) for each in both) == [0, 1]
    assert out.read_bytes() == archive.read_bytes()
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.debian
def test_the_example_of_the_page_looks_a_receiver_up(
    house: House, archive: Path, tmp_path: Path
) -> None:
    program("openssl", "openssl")
    [source] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    script = tmp_path / "receiver.py"
    script.write_text(source, encoding="utf-8")
    document = house.said("smp", "lookup", "--archive", str(archive), GP, HOMECARE)["document"]

    ran = subprocess.run(
        [
            *(sys.executable, "-W", "ignore", str(script), str(archive)),
            *(house.environment["SMP_TRUST_FILE"], f"iso6523-actorid-upis::{GP}", document.lower()),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == ["https://ap.postduen.example.dk/as4"] * 2
    assert len(source.splitlines()) <= 22


def test_every_member_that_the_page_names_is_there(archive: Path, tmp_path: Path) -> None:
    subprocess.run([program("tar", "tar"), "-xf", str(archive)], cwd=tmp_path, check=True)
    page = PAGE.read_text(encoding="utf-8")
    manifest = json.loads((tmp_path / "manifest.json").read_bytes())
    lines = (tmp_path / "index.jsonl").read_bytes().splitlines()

    def named(heading: str) -> set[str]:
        section = page.split(f"\n### {heading}\n")[1].split("\n#")[0]
        cells = re.findall(r"^\| (`[^|]+) \|", section, re.MULTILINE)
        return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}

    assert named("The manifest") == manifest.keys()
    assert named("The index") == json.loads(lines[0]).keys() | {"gone"}


def test_no_room_for_the_index_is_told(house: House, archive: Path) -> None:
    ran = limited(house, "fail", 2_000, "verify", str(archive))

    assert ran.returncode == 3
    assert "no room for a copy of the index (File too large)" in ran.stderr


def test_an_archive_is_refused_where_its_signer_is_not_named(
    house: House, archive: Path, tmp_path: Path
) -> None:
    """Verified, looked up in, and taken as the base of a delta: by whoever is named alone."""
    said = house.said("smp", "verify", str(archive))["archives"][0]["signer"]

    def named(*signers: str) -> House:
        return House(house.environment | {"SMP_SIGNERS": ";".join(signers)}, 0, 0)

    ours, others = named("CN=Next,C=DK", said["fingerprint"]), named("CN=Next,C=DK")
    commands = (
        ("smp", "verify", str(archive)),
        ("smp", "lookup", "--archive", str(archive), GP, HOMECARE),
    )
    for command in commands:
        refused, accepted, anybody = (h.run(*command) for h in (others, ours, house))
        assert (refused.returncode, accepted.returncode, anybody.returncode) == (4, 0, 0)
        assert f"signed by {said['subject']}" in refused.stdout
        assert said["fingerprint"] in accepted.stdout
        assert "SMP_SIGNERS names nobody" in anybody.stdout
        assert "SMP_SIGNERS names nobody" not in accepted.stdout
        assert ours.said(*command)["warning"] is None
        assert "SMP_SIGNERS" in house.said(*command)["warning"]

    ran = others.run("smp", "export", "--out", str(tmp_path / "x.tar"))
    assert ran.returncode == 1
    assert "none of the 1 that SMP_SIGNERS names" in ran.stderr
