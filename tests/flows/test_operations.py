"""What docs/operations.md tells an operator to type, typed, with what it says will be printed."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from eer.domain.identifiers import Gln
from eer.domain.plan import Plan
from fakes import servers
from flows.house import House, await_port, databases, free_port, open_face, running
from flows.machines import (
    ACCESS_POINT,
    BASE,
    JOINS,
    LEAVES,
    ZONE,
    Machine,
    NameServer,
    changed_since,
    fill,
    hanging,
    machine,
    moved,
    of_sample,
    served,
)
from flows.sessions import Session, sessions
from flows.test_key_rollover import certified
from smp.domain.identifiers import participant_of
from smp.domain.naming import Cname, DnsName, Naptr, naptr_name
from smp.sml import tsig

pytestmark = [pytest.mark.slow, pytest.mark.debian]

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
GLN_OF_JOINS = Gln.parse("5790009500018")


@pytest.fixture
def names(tmp_path: Path) -> NameServer:
    for each in ("named", "nsupdate", "sqlite3", "curl"):
        servers.program(each)
    folder = tmp_path / "bind"
    folder.mkdir()
    return NameServer(folder, servers.free_port())


@pytest.fixture
def open_machine(tmp_path: Path, names: NameServer) -> Iterator[Machine]:
    """A machine with the sample published, and a name server that answers."""
    made = machine(tmp_path / "one", names)
    with names.with_key(made.house.environment["SMP_TSIG_KEY_FILE"]), open_face(made.house):
        fill(made)
        yield made


def shown(heading: str, count: int) -> list[Session]:
    """Return the sessions below *heading*, all of them: what is not typed would rot."""
    found = sessions(PAGE, heading)
    assert len(found) == count, f"{len(found)} sessions below {heading}, {count} expected"
    return found


def test_what_is_held_is_mended_or_accepted(open_machine: Machine) -> None:
    made = open_machine
    refused, mistake, meant, *conflict = shown("## A refused plan", 5)
    assert conflict == shown("### A name that is somebody else's", 2)
    made.file("nordlys-ap.json", of_sample(made, "Device", ACCESS_POINT))
    off = made.file("off.json", of_sample(made, "Device", ACCESS_POINT, status="inactive"))

    made.load(off)
    made.terminal.play(refused)
    made.terminal.play(mistake)
    made.load(off)
    made.terminal.play(meant)


def test_a_name_that_is_somebody_elses_is_told_and_left(open_machine: Machine) -> None:
    made = open_machine
    told, removed = shown("### A name that is somebody else's", 2)
    name = naptr_name(participant_of(GLN_OF_JOINS), ZONE)
    other = Naptr("https://smp.elsewhere.example.dk")
    made.house.publisher().means.locator.apply(Plan({name: other}, {}, {}))
    made.load(made.file("joins.json", of_sample(made, "Endpoint", JOINS, status="active")))

    made.terminal.play(told)
    made.terminal.play(removed)


def test_the_publication_database_is_restored(tmp_path: Path, names: NameServer) -> None:
    made = machine(tmp_path / "one", names)
    (backup,) = shown("## Restore from backup", 14)[:1]
    restored, stops, published, audited = shown("### The publication database", 4)
    with names.with_key(made.house.environment["SMP_TSIG_KEY_FILE"]):
        with open_face(made.house):
            fill(made)
            made.terminal.play(backup)
            changed_since(made)
            made.house.done("smp", "stop", "5790009000013", "--reason", "messages go wrong")
        made.terminal.play(restored)
        made.terminal.play(stops)
        made.terminal.play(published)
        with open_face(made.house):
            made.terminal.play(audited)


def test_the_register_is_restored(open_machine: Machine) -> None:
    made = open_machine
    backup = shown("## Restore from backup", 14)[0]
    restored, planned, published = shown("### The register", 3)

    made.terminal.play(backup)
    changed_since(made)
    made.terminal.play(restored)
    made.terminal.play(planned)
    made.terminal.play(published)

    assert made.house.run("smp", "audit").returncode == 0


def test_a_lost_signing_key_is_replaced(open_machine: Machine) -> None:
    made = open_machine
    requested, installed = shown("### The signing key is lost", 2)

    made.terminal.play(requested)
    certified(made.house).rename(made.folder / "chain.pem")
    made.terminal.play(installed)

    assert made.house.run("smp", "audit").returncode == 0


def led_elsewhere(made: Machine) -> None:
    """Let every name of a participant be as in an old zone."""
    zone = made.house.publisher().means.locator
    former = {
        Naptr: Naptr("https://former.example.dk"),
        Cname: Cname(DnsName("former.example.dk.")),
    }
    names = {name: record for name, record in zone.names().items() if type(record) in former}
    zone.apply(
        Plan({}, {name: (record, former[type(record)]) for name, record in names.items()}, {})
    )


def raise_serial(made: Machine) -> None:
    """Let the zone's serial rise by four, as changes do."""
    zone, name = made.house.publisher().means.locator, DnsName(f"passing.{ZONE}")
    for _ in range(2):
        zone.apply(Plan({name: Naptr(BASE)}, {}, {}))
        zone.apply(Plan({}, {}, {name: Naptr(BASE)}))


def test_a_lost_zone_is_filled_again(tmp_path: Path, names: NameServer) -> None:
    made = machine(tmp_path / "one", names)
    lost, filled, old, behind, caught_up = shown("## A lost zone", 5)
    key = made.house.environment["SMP_TSIG_KEY_FILE"]
    (tmp_path / "secondary").mkdir()
    primary = ("127.0.0.1", names.port)
    with open_face(made.house), ExitStack() as stack:
        with names.with_key(key):
            fill(made)
            raise_serial(made)
            other, rndc = stack.enter_context(
                servers.bind_secondary(tmp_path / "secondary", ZONE, tsig.load(Path(key)), primary)
            )
        shutil.rmtree(names.folder)
        names.folder.mkdir()
        with names.with_key(key):
            made.terminal.play(lost)
            made.terminal.play(filled)
            led_elsewhere(made)
            made.terminal.play(old)
            second = "{}:{}".format(*other)
            made.house.environment["SMP_NAMESERVERS"] += f",{second}"
            made.terminal.here |= {"192.0.2.2:53": second, "rndc": " ".join(rndc)}
            made.terminal.play(behind)
            made.terminal.play(caught_up)


def test_who_falls_behind_is_shown_where_it_hangs(tmp_path: Path, names: NameServer) -> None:
    made = machine(tmp_path / "one", names)
    behind, checked, other, caught_up = shown("## Falling behind", 4)
    key, figures = made.house.environment["SMP_TSIG_KEY_FILE"], f"127.0.0.1:{free_port()}"
    made.terminal.here["192.0.2.7:9090"] = figures
    with open_face(made.house):
        with names.with_key(key):
            fill(made)
        with running(made.house, "smp", "publish", "--watch", "--metrics", figures):
            await_port(int(figures.split(":")[1]))
            renamed = of_sample(made, "Endpoint", LEAVES, name="Another name")
            made.load(made.file("renamed.json", renamed))
            made.terminal.play(behind)
            made.terminal.play(checked)
        with names.with_key(key), hanging(made.house):
            made.terminal.play(other)
        made.load(made.file("renamed.json", of_sample(made, "Endpoint", LEAVES)))
        watch = ("smp", "publish", "--watch", "--metrics", figures)
        with names.with_key(key), running(made.house, *watch):
            await_port(int(figures.split(":")[1]))
            made.terminal.play(caught_up)


def test_another_machine_takes_over(tmp_path: Path, names: NameServer) -> None:
    old = machine(tmp_path / "old", names)
    finished, locked_out, planned, accepted, audited = shown("## Moving to another machine", 7)[:5]
    backup = shown("## Restore from backup", 14)[0]
    given = old.house.environment
    with open_face(old.house):
        with names.with_key(given["SMP_TSIG_KEY_FILE"]):
            fill(old)
            old.terminal.play(finished)
            old.terminal.play(backup)
        new = moved(old, tmp_path / "new", names)
        beside = House(new.house.environment, free_port(), 0)
        with names.with_key(new.house.environment["SMP_TSIG_KEY_FILE"]):
            old.terminal.play(locked_out)
            new.terminal.play(planned)
            with open_face(beside):
                new.terminal.play(accepted)
                assert served(beside) == served(old.house)
    with names.with_key(new.house.environment["SMP_TSIG_KEY_FILE"]), open_face(new.house):
        new.terminal.play(audited)


def test_another_host_name_is_accepted(open_machine: Machine) -> None:
    made = open_machine
    planned, accepted = shown("### Another public host name", 2)
    new = House(made.house.environment, free_port(), 0)
    made.house.environment["SMP_BASE_URL"] = f"http://127.0.0.1:{new.smp_port}"
    made.terminal.here["https://smp-2.example.dk"] = made.house.environment["SMP_BASE_URL"]

    with open_face(new):
        made.terminal.play(planned)
        made.terminal.play(accepted)


def programs_of(server: str) -> str:
    """Return the folder of the programs of a running server: none of an older release dumps it."""
    with psycopg.connect(server) as connection:
        [found] = connection.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'")
    return str(found[0])


@pytest.fixture
def in_postgresql(postgresql: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Two databases, and PostgreSQL's own programs, which know where its server is."""
    url = make_url(postgresql)
    path = os.pathsep.join((programs_of(postgresql), os.environ["PATH"]))
    given = {"PGHOST": url.query["host"], "PGUSER": url.username, "PATH": path}
    for name, value in given.items():
        monkeypatch.setenv(name, str(value))
    return databases(postgresql, "ehmi")


def test_databases_of_postgresql_are_restored(
    tmp_path: Path, names: NameServer, in_postgresql: dict[str, str]
) -> None:
    made = machine(tmp_path / "one", names, **in_postgresql)
    backup, restored, published, register_restored = shown("### PostgreSQL", 4)
    with names.with_key(made.house.environment["SMP_TSIG_KEY_FILE"]):
        with open_face(made.house):
            fill(made)
            made.terminal.play(backup)
            changed_since(made)
            made.house.done("smp", "stop", "5790009000013", "--reason", "messages go wrong")
        made.terminal.play(restored)
        with open_face(made.house):
            made.terminal.play(published)
            made.terminal.play(register_restored)


def test_a_signer_follows_another_as_the_page_says(open_machine: Machine) -> None:
    made = open_machine
    ((requested, *rest),) = shown("## The signer and the next one", 1)
    certificate = str(made.folder / "var" / "signer.pem")
    made.terminal.here = {"var/smp-signer.pem": certificate, **made.terminal.here}

    made.terminal.play((requested,))
    certified(made.house).rename(made.folder / "chain.pem")
    made.terminal.play(tuple(rest))
