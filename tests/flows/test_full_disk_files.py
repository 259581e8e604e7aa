"""The disk is full below a file that is to be written: what stands there stays, with room it comes.

A zone file, an archive, keys and certificates; on a file system that is really full.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from eer.domain.errors import Unavailable
from fakes import servers
from fakes.followed import following
from flows.house import build, open_house
from flows.seen import seen
from flows.small_disk import SmallDisk, small_disk
from flows.test_key_rollover import SUBJECT, certified
from flows.test_killed_publisher import bundle  # noqa: F401 - a fixture
from smp.domain.naming import DnsName
from smp.sml import tsig

pytestmark = pytest.mark.slow

ZONE = DnsName("sml.example.dk.")
ROOM = 12_000_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "small") as mounted:
        yield mounted


def files(disk: SmallDisk) -> list[str]:
    return sorted(each.name for each in disk.path.iterdir())


def test_a_zone_file_that_finds_no_room_stays_whole_and_is_written_when_there_is(
    disk: SmallDisk,
    bundle: Path,  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    written, loaded = disk.path / "zone", tmp_path / "loaded"
    loaded.write_text(servers.empty(ZONE))
    with following(ZONE, loaded) as (host, port):
        built = build(
            tmp_path,
            SMP_NAMESERVER=f"{host}:{port}",
            SMP_NAMESERVERS=f"{host}:{port}",
            SMP_ZONE_FILE_TO_WRITE=str(written),
            SMP_RELOAD_COMMAND=f"cp {written} {loaded}",
        )
        with open_house(built) as house:
            house.done("smp", "publish")
            before = written.read_bytes()
            house.load(bundle)
            disk.fill()
            ran = house.run("smp", "publish")
            amid, left = written.read_bytes(), files(disk)
            seen(house)
            disk.make_room()
            house.done("smp", "publish")

            assert ran.returncode == 3
            assert ran.stderr == (
                f"smp: zone file {written} cannot be written: No space left on device; it stands as"
                " it was, mend that and try again\n"
            )
            assert amid == before
            assert left == ["filler", "zone", "zone.unloaded"]
            assert house.said("smp", "audit")["differences"] == []


def test_an_archive_that_finds_no_room_is_not_there(
    disk: SmallDisk,
    bundle: Path,  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    out = disk.path / "smp.tar"
    with open_house(build(tmp_path)) as house:
        house.load(bundle)
        house.done("smp", "publish")
        disk.leave(100_000)
        ran = house.run("smp", "export", "--out", str(out))
        left = list(disk.path.iterdir())
        disk.leave(ROOM)

        assert ran.returncode == 3
        assert ran.stderr == (
            f"smp: {out}: cannot be written (No space left on device); nothing was left there, try"
            " again\n"
        )
        assert left == []
        house.done("smp", "export", "--out", str(out))
        assert house.run("smp", "verify", str(out)).returncode == 0


def test_keys_that_find_no_room_are_not_there_and_the_signer_stays(disk: SmallDisk) -> None:
    house = build(disk.path)
    request = ("smp", "keys", "request", "--subject", SUBJECT)
    disk.fill()
    asked = house.run(*request)
    made = files(disk)
    disk.make_room()
    house.done(*request)
    chain = certified(house)
    disk.fill()
    installed = house.run("smp", "keys", "install", str(chain))
    follows = disk.path / "signer.pem.next"
    is_there = follows.exists()
    disk.make_room()

    for ran in (asked, installed):
        assert ran.returncode == 3
        assert "cannot be written (No space left on device); all is as it was" in ran.stderr
    assert not [name for name in made if "next" in name or "csr" in name]
    assert not is_there
    house.done("smp", "keys", "install", str(chain))
    assert follows.read_bytes() == chain.read_bytes()


def test_a_tsig_key_that_finds_no_room_is_not_there(disk: SmallDisk) -> None:
    disk.fill()
    file = disk.path / "tsig.key"

    with pytest.raises(Unavailable, match=r"tsig.key cannot be written: No space left on device"):
        tsig.create(file, "publisher", bytes(32))

    assert not file.exists()
