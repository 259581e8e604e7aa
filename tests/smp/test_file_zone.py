"""What the contract in tests/contract does not say of a zone that is written to a file."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.message
import dns.query
import dns.zone
import pytest

from builders import endpoint
from eer.domain.errors import Absent, Conflict, Malformed, Refused, Unavailable
from eer.domain.plan import Plan
from fakes import servers
from fakes.followed import file_zone, following
from fakes.publishing import World, fresh_store
from smp.domain.naming import Address, Cname, DnsName, Foreign, Naptr, Record
from smp.sml import openly
from smp.sml.file_zone import FileZone
from smp.sml.openly import Server

ZONE = DnsName("sml.example.dk.")
BASE = "https://smp.example.dk"
ONE, TWO = DnsName(f"one.{ZONE}"), DnsName(f"two.{ZONE}")
APEX = "@ 60 IN SOA ns.example.dk. host.example.dk. 7 3600 600 604800 60\n@ 60 IN NS ns\n"


@contextmanager
def served(folder: Path, **more: float) -> Iterator[FileZone]:
    """Give the locator over `zone` in *folder*, of a server that looks at a copy of it."""
    loaded = folder / "loaded"
    loaded.write_text(servers.empty(ZONE))
    with following(ZONE, loaded) as address:
        yield file_zone(folder / "zone", ("cp", str(folder / "zone"), str(loaded)), address, **more)


@pytest.fixture
def zone(tmp_path: Path) -> Iterator[FileZone]:
    with served(tmp_path) as locator:
        yield locator


def add(*names: DnsName) -> Plan[DnsName, Record]:
    return Plan(dict.fromkeys(names, Naptr(BASE)), {}, {})


def serial(locator: FileZone) -> int:
    return openly.apex(locator.servers[0], ZONE, 2).serial


def test_the_first_run_makes_the_file(zone: FileZone) -> None:
    zone.apply(add(ONE))

    read = dns.zone.from_text(zone.file.read_text(), origin=ZONE, relativize=False)
    assert [name.to_text() for name in read.nodes] == [ZONE, ONE]
    assert serial(zone) == 2


def test_the_serial_rises_with_every_change_and_with_nothing_else(zone: FileZone) -> None:
    zone.apply(add(ONE))
    zone.apply(add(TWO))
    changed = serial(zone)

    zone.apply(add(TWO))

    assert (changed, serial(zone)) == (3, 3)


@pytest.mark.parametrize(("in_file", "at_server", "written"), [(7, 99, 100), (2**32 - 1, 5, 6)])
def test_the_serial_is_newer_than_any_that_is_served(
    zone: FileZone, in_file: int, at_server: int, written: int
) -> None:
    """A file that was brought back from a backup: others would not take what is older."""
    for file, number in ((zone.file, in_file), (zone.file.with_name("loaded"), at_server)):
        file.write_text(servers.empty(ZONE).replace(" 1 3600", f" {number} 3600"))

    zone.apply(add(ONE))

    assert serial(zone) == written


def test_the_serial_that_says_nothing_is_left_out(zone: FileZone) -> None:
    """None is newer than 0 and none is older, for some servers."""
    for file in (zone.file, zone.file.with_name("loaded")):
        file.write_text(servers.empty(ZONE).replace(" 1 3600", f" {2**32 - 1} 3600"))

    zone.apply(add(ONE))

    assert serial(zone) == 1


def test_absence_is_remembered_for_as_long_as_is_set(zone: FileZone) -> None:
    zone.file.write_text(servers.empty(ZONE).replace(" 60\n", " 9999\n", 1))

    zone.apply(add(ONE))

    assert openly.apex(zone.servers[0], ZONE, 2).negative_ttl == 60


def test_what_others_wrote_in_the_file_stays_as_it_is(zone: FileZone) -> None:
    theirs = "mail 3600 IN MX 10 mail.example.dk.\n@ 3600 IN TXT theirs\n"
    zone.file.write_text(f"$ORIGIN {ZONE}\n{APEX}{theirs}")

    zone.apply(add(ONE))
    zone.apply(Plan({}, {}, {ONE: Naptr(BASE)}))

    assert set(zone.file.read_text().splitlines()) == {
        f"{ZONE} 60 IN SOA ns.example.dk. host.example.dk. 9 3600 600 604800 60",
        f"{ZONE} 60 IN NS ns.{ZONE}",
        f'{ZONE} 3600 IN TXT "theirs"',
        f"mail.{ZONE} 3600 IN MX 10 mail.example.dk.",
    }


@pytest.mark.parametrize("line", ["$INCLUDE {}", '$include\t"{}" ; by hand'])
def test_an_included_file_is_seen_and_left_alone(zone: FileZone, line: str) -> None:
    theirs = zone.file.with_name("theirs")
    line = line.format(theirs)
    theirs.write_text("one IN CNAME host.example.dk.\n@ IN MX 10 mail\n")
    zone.file.write_text(f"$ORIGIN {ZONE}\n{APEX}{line}\n")
    there = Cname(DnsName("host.example.dk."))

    assert zone.names() == {ONE: there}
    with pytest.raises(Conflict, match=f"{ONE}: it stands in an included file"):
        zone.apply(Plan({TWO: Naptr(BASE)}, {}, {ONE: there}))

    assert theirs.read_text() == "one IN CNAME host.example.dk.\n@ IN MX 10 mail\n"
    assert f'$TTL 60\n$INCLUDE "{theirs}" {ZONE}\n' in zone.file.read_text()
    assert zone.names() == {ONE: there, TWO: Naptr(BASE)}
    assert zone.answering([ONE, TWO]) == {ONE, TWO}


def test_an_included_file_has_the_origin_that_is_said(zone: FileZone) -> None:
    zone.file.with_name("theirs").write_text("one IN A 192.0.2.1\none IN A 192.0.2.2\n")
    zone.file.write_text(f"$ORIGIN {ZONE}\n{APEX}$INCLUDE theirs below.{ZONE}\n")

    assert zone.names() == {DnsName(f"one.below.{ZONE}"): Foreign("A 192.0.2.1\nA 192.0.2.2")}


def test_an_included_file_begins_with_the_origin_of_its_place(zone: FileZone) -> None:
    zone.file.with_name("theirs").write_text("one IN A 192.0.2.1\n")
    below = "$ORIGIN below\n$INCLUDE theirs\n$INCLUDE theirs far\n"
    zone.file.write_text(f"{APEX}{below}$ORIGIN {ZONE}\ntwo A 192.0.2.2\n")

    assert zone.names() == {
        DnsName(f"one.below.{ZONE}"): Address("192.0.2.1"),
        DnsName(f"one.far.below.{ZONE}"): Address("192.0.2.1"),
        TWO: Address("192.0.2.2"),
    }


BARE = APEX.replace(" 60 IN", " IN")
PLACES = {
    "origin": f"$TTL 300\n{APEX}$ORIGIN below\n$INCLUDE theirs\n$ORIGIN {ZONE}\nlate A 192.0.2.9\n",
    "origin said": f'$TTL 300\n{APEX}$ORIGIN below\n$INCLUDE "theirs" far ; by hand\n',
    "ttl": f"{APEX}$TTL 300\n$include theirs\n$TTL 500\nlate A 192.0.2.9\n",
    "ttl of the last": f"{APEX}late 77 A 192.0.2.9\n$INCLUDE plain\nlater A 192.0.2.9\n",
    "ttl of the apex": f"{BARE}late 77 A 192.0.2.9\n$INCLUDE theirs\nlater A 192.0.2.9\n",
    "ttl of the included": f"{APEX}$INCLUDE says\nlate A 192.0.2.9\n$INCLUDE theirs below\n",
    "two": f"$TTL 1h\n{APEX}mail MX 1 x\n$INCLUDE theirs\n A 192.0.2.9\n$INCLUDE theirs far\n",
}


def as_bind_reads_it(file: Path) -> set[str]:
    """Return what BIND makes of *file* but for the SOA, each record as a line."""
    named_checkzone = servers.program("named-checkzone")
    command = [named_checkzone, "-i", "none", "-k", "ignore", "-D", "-o", "-", ZONE, str(file)]
    ran = subprocess.run(command, cwd=file.parent, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    lines = {" ".join(line.split()) for line in ran.stdout.splitlines()}
    return {line for line in lines if " IN " in line and " IN SOA " not in line}


@pytest.mark.debian
@pytest.mark.parametrize("place", PLACES)
def test_what_others_wrote_stays_to_bind_what_it_was(
    zone: FileZone, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(zone.file.parent)
    written = {
        "theirs": "one IN A 192.0.2.1\none TXT x\nsix 5 A 192.0.2.6\n",
        "plain": "one IN A 192.0.2.1\none TXT x\n",
        "says": "$TTL 99\nnine IN A 192.0.2.9\n",
        "zone": PLACES[place].replace("NS ns\n", "NS ns.example.dk.\n"),
    }
    for name, text in written.items():
        zone.file.with_name(name).write_text(text)
    before = as_bind_reads_it(zone.file)

    zone.apply(add(TWO))
    once = as_bind_reads_it(zone.file)
    zone.apply(Plan({}, {}, {TWO: Naptr(BASE)}))

    assert once - before == {f'{TWO} 60 IN NAPTR 100 10 "U" "Meta:SMP" "!^.*$!{BASE}!" .'}
    assert before - once == set()
    assert as_bind_reads_it(zone.file) == before


def test_what_could_not_keep_its_ttl_is_refused(zone: FileZone) -> None:
    """A record without one has that of the record before, unless a $TTL says another."""
    zone.file.with_name("theirs").write_text("one 500 A 192.0.2.1\ntwo A 192.0.2.1\n")
    zone.file.write_text(f"{APEX}$INCLUDE theirs\n")

    with pytest.raises(Malformed, match=r"theirs: some .* put a \$TTL at its top"):
        zone.names()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("$INCLUDE theirs more..dots", r"\$INCLUDE with the origin more\.\.dots"),
        ("$INCLUDE nested", "included and includes others"),
    ],
)
def test_what_is_included_in_no_way_that_can_be_kept_is_refused(
    zone: FileZone, line: str, said: str
) -> None:
    zone.file.with_name("theirs").write_text("")
    zone.file.with_name("nested").write_text("$INCLUDE theirs\n")
    zone.file.write_text(f"{APEX}{line}\n")

    with pytest.raises(Malformed, match=said):
        zone.names()


def test_an_included_file_that_is_not_there_is_named(zone: FileZone) -> None:
    zone.file.write_text(f"$ORIGIN {ZONE}\n{APEX}$INCLUDE theirs\n")

    with pytest.raises(Absent, match=r"zone includes .*theirs, which is not there"):
        zone.names()


@pytest.mark.parametrize("name", ["zone", "theirs"])
def test_a_fault_names_the_file_and_its_line(zone: FileZone, name: str) -> None:
    zone.file.write_text(f"$ORIGIN {ZONE}\n{APEX}$INCLUDE theirs\n")
    zone.file.with_name("theirs").write_text("\n")
    with zone.file.with_name(name).open("a") as file:
        file.write("one IN NAPTR nonsense\n")

    with pytest.raises(Malformed, match=f"{name}:{6 if name == 'zone' else 3}: "):
        zone.names()


def test_a_name_that_is_not_below_the_zone_is_refused(zone: FileZone) -> None:
    with pytest.raises(Refused, match=r"one\.example\.dk\. is not a name below the zone"):
        zone.apply(add(DnsName("one.example.dk.")))

    assert not zone.file.exists()


def leave_unloaded(zone: FileZone, *names: DnsName) -> None:
    """Write as whoever is stopped before the command has run."""
    failing = file_zone(zone.file, ("sh", "-c", "echo no such zone >&2; exit 3"), *zone.servers)
    with pytest.raises(Unavailable, match="exit 3 ended with 3: no such zone"):
        failing.apply(add(*names))


def test_what_was_written_and_not_loaded_is_loaded_by_the_next(zone: FileZone) -> None:
    leave_unloaded(zone, ONE)
    before = zone.answering([ONE])

    zone.settle()

    assert (before, zone.answering([ONE])) == (frozenset(), {ONE})
    assert not zone.unloaded.exists()


def test_what_is_true_in_the_file_alone_is_made_true_at_the_servers(zone: FileZone) -> None:
    leave_unloaded(zone, ONE)

    zone.apply(add(ONE))

    assert zone.answering([ONE]) == {ONE}
    assert not zone.unloaded.exists()


def test_looking_loads_nothing(zone: FileZone) -> None:
    leave_unloaded(zone, ONE)

    assert zone.names() == zone.names_at([ONE, TWO]) == {ONE: Naptr(BASE)}
    assert zone.answering([ONE]) == frozenset()
    assert zone.unloaded.exists()


def test_a_plan_loads_nothing_and_a_run_does(zone: FileZone, tmp_path: Path) -> None:
    with fresh_store(tmp_path / "smp.sqlite") as store:
        world = World(store, endpoint(1))
        publisher = world.having(locator=zone)
        publisher.publish()
        leave_unloaded(zone, ONE)

        publisher.plan()
        planned = zone.answering([ONE])
        publisher.publish_touched()

        assert (planned, zone.answering([ONE])) == (frozenset(), {ONE})


def test_a_command_that_is_not_there_is_a_wrong_setting(zone: FileZone) -> None:
    with pytest.raises(Malformed, match="reload command no-such-program cannot be run: No such"):
        file_zone(zone.file, ("no-such-program",), *zone.servers).apply(add(ONE))


def test_a_command_that_does_not_end_is_given_up(zone: FileZone) -> None:
    slow = file_zone(zone.file, ("tail", "-f", "/dev/null"), *zone.servers, seconds=0.2)

    with pytest.raises(Unavailable, match=r"did not end within 0\.2 s"):
        slow.apply(add(ONE))


def test_nothing_is_done_before_every_server_has_the_new_serial(zone: FileZone) -> None:
    idle = file_zone(zone.file, ("true",), *zone.servers, seconds=0.2)

    with pytest.raises(Unavailable, match=r"not every server has it: .* answers the serial 1"):
        idle.apply(add(ONE))

    assert zone.unloaded.exists()


def test_a_server_that_lags_behind_the_first_is_told_and_holds_up_nobody(
    zone: FileZone, tmp_path: Path
) -> None:
    behind = tmp_path / "behind"
    behind.write_text(servers.empty(ZONE))
    with following(ZONE, behind) as other:
        both = file_zone(zone.file, zone.reload.command, *zone.servers, other, seconds=0.2)

        with pytest.raises(Unavailable, match=f":{other[1]} answers the serial 1$"):
            both.apply(add(ONE))

        assert both.names() == {ONE: Naptr(BASE)}


def test_a_server_that_is_silent_is_named(zone: FileZone) -> None:
    nobody = Server("127.0.0.1", servers.free_port())
    both = file_zone(zone.file, zone.reload.command, *zone.servers, nobody, seconds=0.2)

    with pytest.raises(Unavailable, match=f"not every server has it: .*:{nobody.port} does not"):
        both.apply(add(ONE))


def test_an_empty_plan_asks_nobody_and_runs_nothing(tmp_path: Path) -> None:
    nobody = ("127.0.0.1", servers.free_port())

    file_zone(tmp_path / "zone", ("no-such-program",), nobody).apply(Plan({}, {}, {}))


def test_a_directory_that_cannot_be_written_to_is_unavailable(zone: FileZone) -> None:
    zone.unloaded.with_name("zone.unloaded.new").mkdir()

    with pytest.raises(Unavailable, match="unloaded cannot be written"):
        zone.apply(add(ONE))

    assert not zone.file.exists()
