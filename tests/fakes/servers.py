"""BIND, Knot and PowerDNS as plain processes: one zone, a free high port of the loopback.

Those of `bind`, `knot` and `powerdns` take updates from one key; those of `bind_reading` and
`knot_reading` take none, and read their file when a command says so.
"""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import pytest

from smp.domain.naming import DnsName
from smp.sml import tsig
from smp.sml.tsig import TsigKey

_PACKAGES = {
    "named": "bind9",
    "nginx": "nginx-light",
    "knotd": "knot",
    "dig": "bind9-dnsutils",
    "nsupdate": "bind9-dnsutils",
    "sqlite3": "sqlite3",
    "curl": "curl",
    "tsig-keygen": "bind9",
    "rndc": "bind9-utils",
    "named-checkzone": "bind9-utils",
    "knotc": "knot",
    "faketime": "faketime",
    "pdns_server": "pdns-server pdns-backend-sqlite3",
}
_HOST = "127.0.0.1"


def program(name: str) -> str:
    """Return where a Debian program is, or skip the test with what to install."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"wants {name}: apt-get install {_PACKAGES[name]}")
    return found


def free_port() -> int:
    """Return a port that is free for TCP and UDP, now."""
    while True:
        with socket.create_server((_HOST, 0)) as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            port = int(tcp.getsockname()[1])
            try:
                udp.bind((_HOST, port))
            except OSError:
                continue
            return port


Reading = tuple[tuple[str, int], tuple[str, ...]]
"""Where a server that takes no updates listens, and the command that makes it read its file."""


@contextmanager
def bind(
    directory: Path,
    zone: DnsName,
    key: TsigKey,
    grant: str = "zonesub ANY",
    port: int | None = None,
) -> Iterator[tuple[str, int]]:
    """Run BIND for *zone* in *directory*; it takes updates and gives transfers to *key*.

    What *key* may update is *grant*. A zone that is there already is served as it is. It listens
    on *port*, or on any that is free.
    """
    port = port or free_port()
    _fill(directory, zone)
    said = f"""\
controls {{ }};
zone "{zone}" {{
  type primary;
  file "zone";
  update-policy {{ grant {key.name} {grant}; }};
  allow-transfer {{ key {key.name}; }};
}};
"""
    with _running(_named(directory, port, key, said), directory, zone, port):
        yield _HOST, port


@contextmanager
def knot(
    directory: Path, zone: DnsName, key: TsigKey, grant: str = ""
) -> Iterator[tuple[str, int]]:
    """Run Knot for *zone* in *directory*; it takes updates and gives transfers to *key*.

    *grant* is what else its ACL says. A zone that is there already is served as it is.
    """
    knotd, port = program("knotd"), free_port()
    secret = tsig.print_key(key).split('secret "')[1].split('"')[0]
    _fill(directory, zone)
    (directory / "knot.conf").write_text(f"""\
server:
  rundir: {directory}
  listen: {_HOST}@{port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: {directory}
  journal-db-max-size: 32M
log:
  - target: stderr
    any: info
key:
  - id: {key.name}
    algorithm: {key.algorithm}
    secret: {secret}
acl:
  - id: publisher
    key: {key.name}
    action: [update, transfer]
    {grant}
zone:
  - domain: {zone}
    storage: {directory}
    file: zone
    acl: publisher
    zonefile-sync: -1
    zonefile-load: difference
    journal-content: all
""")
    with _running([knotd, "-c", str(directory / "knot.conf")], directory, zone, port):
        yield _HOST, port


@contextmanager
def bind_reading(directory: Path, zone: DnsName) -> Iterator[Reading]:
    """Run BIND for *zone*, which reads `zone` in *directory* when rndc says so."""
    rndc, port, control = program("rndc"), free_port(), free_port()
    key = TsigKey("rndc-key", "hmac-sha256", b"a secret for the control channel")
    (directory / "rndc.key").write_text(tsig.print_key(key))
    _fill(directory, zone)
    said = f"""\
controls {{ inet {_HOST} port {control} allow {{ {_HOST}; }} keys {{ {key.name}; }}; }};
zone "{zone}" {{ type primary; file "zone"; }};
"""
    rndc_key = ("-k", str(directory / "rndc.key"))
    with _running(_named(directory, port, key, said), directory, zone, port):
        yield (_HOST, port), (rndc, "-s", _HOST, "-p", str(control), *rndc_key, "reload", zone)


@contextmanager
def bind_secondary(
    directory: Path, zone: DnsName, key: TsigKey, primary: tuple[str, int]
) -> Iterator[Reading]:
    """Run BIND with the zone of *primary*, which it reads by *key* at its start, or when told to.

    The command is rndc with all but what it is to do.
    """
    rndc, port, control = program("rndc"), free_port(), free_port()
    own = TsigKey("rndc-key", "hmac-sha256", b"a secret for the control channel")
    (directory / "rndc.key").write_text(tsig.print_key(own))
    said = f"""\
{tsig.print_key(own)}
controls {{ inet {_HOST} port {control} allow {{ {_HOST}; }} keys {{ {own.name}; }}; }};
zone "{zone}" {{
  type secondary;
  file "copy";
  primaries {{ {primary[0]} port {primary[1]} key {key.name}; }};
}};
"""
    rndc_key = ("-k", str(directory / "rndc.key"))
    with _running(_named(directory, port, key, said), directory, zone, port):
        yield (_HOST, port), (rndc, "-s", _HOST, "-p", str(control), *rndc_key)


@contextmanager
def knot_reading(directory: Path, zone: DnsName) -> Iterator[Reading]:
    """Run Knot for *zone*, which reads `zone` in *directory* when knotc says so."""
    knotd, knotc, port = program("knotd"), program("knotc"), free_port()
    _fill(directory, zone)
    (directory / "knot.conf").write_text(f"""\
server:
  rundir: {directory}
  listen: {_HOST}@{port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: {directory}
control:
  listen: {directory}/control
log:
  - target: stderr
    any: info
zone:
  - domain: {zone}
    storage: {directory}
    file: zone
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
""")
    with _running([knotd, "-c", str(directory / "knot.conf")], directory, zone, port):
        yield (_HOST, port), (knotc, "-s", str(directory / "control"), "-b", "zone-reload", zone)


@contextmanager
def powerdns(directory: Path, zone: DnsName, key: TsigKey) -> Iterator[tuple[str, int]]:
    """Run PowerDNS over SQLite for *zone*; it takes updates and gives transfers to *key*."""
    server, port = program("pdns_server"), free_port()
    _fill(directory, zone)
    database = directory / "powerdns.db"
    is_new = not database.exists()
    (directory / "pdns.conf").write_text(f"""\
launch=gsqlite3
gsqlite3-database={database}
gsqlite3-pragma-synchronous=0
local-address={_HOST}
local-port={port}
socket-dir={directory}
guardian=no
daemon=no
write-pid=yes
dnsupdate=yes
allow-dnsupdate-from={_HOST}
allow-axfr-ips={_HOST}
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
zone-metadata-cache-ttl=0
receiver-threads=1
distributor-threads=1
loglevel=4
""")
    if is_new:
        _fill_powerdns(directory, zone, key)
    with _running([server, f"--config-dir={directory}"], directory, zone, port):
        yield _HOST, port


def _named(directory: Path, port: int, key: TsigKey, said: str) -> list[str]:
    """Write BIND's configuration, which ends with what is *said*; return what starts it."""
    (directory / "named.conf").write_text(f"""\
{tsig.print_key(key)}
options {{
  directory "{directory}";
  listen-on port {port} {{ {_HOST}; }};
  listen-on-v6 {{ none; }};
  pid-file "{directory}/named.pid";
  session-keyfile "{directory}/session.key";
  managed-keys-directory "{directory}";
  recursion no;
  dnssec-validation no;
  notify no;
}};
{said}""")
    return [program("named"), "-f", "-4", "-n", "1", "-c", str(directory / "named.conf")]


def _fill_powerdns(directory: Path, zone: DnsName, key: TsigKey) -> None:
    schema = Path("/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql").read_text("utf-8")
    with closing(sqlite3.connect(directory / "powerdns.db")) as connection:
        connection.executescript(schema)
    secret = b64encode(key.secret).decode()
    bare = zone.rstrip(".")
    for words in (
        ("load-zone", bare, str(directory / "zone")),
        ("import-tsig-key", key.name, key.algorithm, secret),
        ("set-meta", bare, "TSIG-ALLOW-DNSUPDATE", key.name),
        ("set-meta", bare, "TSIG-ALLOW-AXFR", key.name),
    ):
        subprocess.run(
            ["pdnsutil", f"--config-dir={directory}", *words], check=True, capture_output=True
        )


def kill(directory: Path, pid_file: str = "named.pid") -> None:
    """Kill the server in *directory* at once, as a power cut does."""
    os.kill(int((directory / pid_file).read_text()), signal.SIGKILL)


def _fill(directory: Path, zone: DnsName) -> None:
    if not (directory / "zone").exists():
        (directory / "zone").write_text(empty(zone))


@contextmanager
def _running(command: list[str], directory: Path, zone: DnsName, port: int) -> Iterator[None]:
    log = directory / "log"
    with log.open("w") as said, subprocess.Popen(command, stdout=said, stderr=said) as process:
        try:
            for _ in range(100):
                if _answers(zone, port):
                    break
                assert not _ended(process), f"{command[0]} ended: {log.read_text()}"
            else:
                pytest.fail(f"{command[0]} does not answer: {log.read_text()}")
            yield
        finally:
            process.terminate()
            process.wait(10)


def _ended(process: "subprocess.Popen[bytes]") -> bool:
    """Give the process a moment, and tell whether it ended in it."""
    try:
        process.wait(0.05)
    except subprocess.TimeoutExpired:
        return False
    return True


def _answers(zone: DnsName, port: int) -> bool:
    query = dns.message.make_query(zone, "SOA")
    try:
        return bool(dns.query.tcp(query, _HOST, 0.2, port).answer)
    except (OSError, EOFError, dns.exception.DNSException):
        return False


def empty(zone: DnsName) -> str:
    """Return the text of a zone that holds nothing."""
    return (
        f"{zone} 60 IN SOA localhost. localhost. 1 3600 600 604800 60\n{zone} 60 IN NS localhost.\n"
    )
