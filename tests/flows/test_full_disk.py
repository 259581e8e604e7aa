"""The disk of a database is full: it is said, nothing is half there, with room a run finishes.

On a file system that is really full. What is written to files is in test_full_disk_files.py.
"""

import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url, select

from builders import NOW
from eer.domain.errors import Unavailable
from eer.register.receipts import of_participant
from eer.settings import Settings
from eer.wiring import parts
from fakes.publishing import fresh_store
from flows.house import House, awaited, build, free_port, open_house, running
from flows.seen import seen
from flows.small_disk import SmallDisk, small_disk
from flows.test_killed_publisher import bundle, newcomer, template  # noqa: F401 - fixtures
from smp.domain.findings import Finding, Findings, Layer
from smp.domain.identifiers import DocumentId, Identifier, ParticipantId, document_path
from smp.domain.naming import DnsName, dns_name
from smp.sml import tsig
from smp.sml.nameserver import Authority, Nameserver
from smp.store import tables
from smp.store.session import Store
from smp.wiring import audit

pytestmark = pytest.mark.slow

HOST, ZONE = "127.0.0.1", DnsName("sml.example.dk.")
NEWCOMERS = 30
STEP, ROOM = 900_000, 12_000_000
_FULL = re.compile(
    r"smp: the disk of the publication database \S+ is full: make room there, and the next run goes"
    r" on \(.*\)\n"
)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "small") as mounted:
        yield mounted


@pytest.fixture
def crowd(bundle: Path, template: dict[str, Any], tmp_path: Path) -> list[Path]:  # noqa: F811
    """The sample, and so many others that what they receive makes several batches."""
    files = [tmp_path / f"newcomer-{number}.json" for number in range(NEWCOMERS)]
    for file in files:
        file.write_text(json.dumps(newcomer(template)), encoding="utf-8")
    return [bundle, *files]


@contextmanager
def tablespace(postgresql: str, disk: SmallDisk) -> Iterator[str]:
    """Make PostgreSQL a database that stands on *disk* alone; return its URL."""
    with psycopg.connect(postgresql, autocommit=True) as server:
        found = server.execute("SHOW data_directory").fetchone()
        assert found is not None
        owner = Path(found[0]).stat()
        os.chown(disk.path, owner.st_uid, owner.st_gid)
        server.execute(f"CREATE TABLESPACE small LOCATION '{disk.path}'".encode())
        server.execute(b"CREATE DATABASE small TABLESPACE small")
        url = make_url(postgresql).set(drivername="postgresql+psycopg", database="small")
        try:
            yield url.render_as_string(hide_password=False)
        finally:
            server.execute(b"DROP DATABASE small WITH (FORCE)")
            server.execute(b"DROP TABLESPACE small")


@pytest.fixture(params=["sqlite", "postgresql"])
def tight(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[House, SmallDisk]]:
    """A house whose publication database stands on a small disk."""
    with ExitStack() as stack:
        # Below /tmp itself: PostgreSQL is another user, who sees nothing of ours.
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="small", dir="/tmp")))
        place.chmod(0o755)
        disk = stack.enter_context(small_disk(place / "disk"))
        url = f"sqlite:///{disk.path}/publication.db"
        if request.param == "postgresql":
            url = stack.enter_context(tablespace(request.getfixturevalue("postgresql"), disk))
        built = build(tmp_path, SMP_DATABASE_URL=url, SMP_SIGNING_PROCESSES="1")
        yield stack.enter_context(open_house(built)), disk


def undisturbed(house: House, folder: Path) -> dict[str, bytes]:
    """Return what is stored where the same is published by the same key with room enough."""
    port = free_port()
    names = {"SMP_NAMESERVER": f"127.0.0.1:{port}", "SMP_NAMESERVERS": f"127.0.0.1:{port}"}
    url = f"sqlite:///{folder}/calm.db"
    calm = House({**house.environment, **names, "SMP_DATABASE_URL": url}, house.smp_port, port)
    calm.done("smp", "migrate")
    key = tsig.load(Path(house.environment["SMP_TSIG_KEY_FILE"]))
    nameserver = Nameserver(Authority(dns_name(ZONE), folder / "calm.zone", key, 60), (HOST, port))
    nameserver.start()
    try:
        calm.publisher().publish()
    finally:
        nameserver.stop()
    return stored(calm)


def stored(house: House) -> dict[str, bytes]:
    """Return the documents of the publication database, by path."""
    columns = (tables.document.c.participant, tables.document.c.document, tables.document.c.body)
    with closing(Store(house.environment["SMP_DATABASE_URL"])) as store, store.asking() as asked:
        return {
            document_path(
                ParticipantId(Identifier.parse(row.participant)),
                DocumentId(Identifier.parse(row.document)),
            ): row.body
            for row in asked.execute(select(*columns))
        }


def test_publishing_into_a_full_disk_is_told_and_with_room_it_is_finished(
    tight: tuple[House, SmallDisk], crowd: list[Path], tmp_path: Path
) -> None:
    """There is a little more room for each run; wherever it ends, the next one goes on."""
    house, disk = tight
    house.load(*crowd)
    counts = []
    for number in range(1, 12):
        disk.leave(number * STEP)
        ran = house.run("smp", "publish")
        counts.append(len(seen(house)))
        if ran.returncode == 0:
            break
        assert ran.returncode == 3
        assert _FULL.fullmatch(ran.stderr), ran.stderr

    assert ran.returncode == 0
    assert counts == sorted(counts)
    assert any(0 < count < counts[-1] for count in counts), "it was full in the middle"
    assert stored(house) == undisturbed(house, tmp_path)
    assert house.said("smp", "audit")["differences"] == []
    assert house.done("smp", "publish").strip() == "nothing to do"


@pytest.mark.parametrize("tight", ["sqlite"], indirect=True)
def test_a_watch_outlives_a_full_disk_and_finishes_when_there_is_room(
    tight: tuple[House, SmallDisk], crowd: list[Path], tmp_path: Path
) -> None:
    house, disk = tight
    log = tmp_path / "watch.log"
    with running(house, "smp", "publish", "--watch", log=log) as watch:
        awaited(lambda: "plan sequence=0" in log.read_text("utf-8"))
        disk.leave(STEP)
        house.load(*crowd)
        awaited(lambda: "publishing failed=1" in log.read_text("utf-8"))
        amid = len(seen(house))
        disk.leave(ROOM)
        awaited(lambda: house.said("smp", "audit")["differences"] == [])

        assert watch.poll() is None
    said = log.read_text("utf-8")
    assert re.search(
        r"WARNING.*failed=1, trying again: the disk of the .* is full: make room", said
    )
    assert watch.returncode == 0
    assert 0 < amid < len(seen(house))


def test_what_an_audit_found_is_told_though_it_cannot_be_kept(
    disk: SmallDisk, caplog: pytest.LogCaptureFixture
) -> None:
    found = [
        Finding(None, None, Layer.DNS, "nothing", answered=True, name=DnsName(f"n{number}.{ZONE}"))
        for number in range(1000)
    ]
    with fresh_store(disk.path / "smp.db") as store:
        disk.fill()
        since = audit._noted(store, Findings(0, 0, tuple(found)), NOW)

    assert since == {}
    assert re.search(r"what was found is not kept: the disk of .* is full: make room", caplog.text)


def test_a_full_disk_of_the_register_holds_up_what_is_told_it_and_nothing_is_lost(
    disk: SmallDisk, crowd: list[Path], tmp_path: Path
) -> None:
    built = build(tmp_path, EER_DATABASE_URL=f"sqlite:///{disk.path}/register.db")
    with open_house(built) as house:
        house.load(*crowd)
        disk.leave(50_000)
        ran = house.run("smp", "publish")
        amid = seen(house)
        disk.leave(ROOM)
        house.done("smp", "publish")

        assert ran.returncode == 3
        assert "the disk of the register's database is full: make room there" in ran.stderr
        assert amid.items() <= seen(house).items()
        assert house.said("smp", "audit")["differences"] == []
        assert receipts(house) == {"stored", "named", "finished"}


def test_a_run_whose_lock_cannot_be_made_says_so(tmp_path: Path) -> None:
    """Where there is room but for no more files, or the folder is not ours."""
    with (
        small_disk(tmp_path / "small", inodes=4) as disk,
        fresh_store(disk.path / "smp.db") as store,
    ):
        for number in range(3):
            with suppress(OSError):
                (disk.path / f"file-{number}").touch()

        with pytest.raises(Unavailable, match=r"smp.db.run: cannot be opened .No space left"):
            store.run().__enter__()


def receipts(house: House) -> set[str]:
    counter = parts.counter(Settings(**house.given("EER_")))
    with closing(counter.store):
        told = of_participant(counter, "iso6523-actorid-upis::0088:5790009000068")
    return {each.step for each in told}
