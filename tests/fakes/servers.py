"""BIND and Knot as plain processes: one zone, one key, a free high port of the loopback."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
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
    "knotd": "knot",
    "dig": "bind9-dnsutils",
    "tsig-keygen": "bind9",
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


@contextmanager
def bind(directory: Path, zone: DnsName, key: TsigKey) -> Iterator[tuple[str, int]]:
    """Run BIND for *zone* in *directory*; it takes updates and gives transfers to *key*."""
    named, port = program("named"), free_port()
    (directory / "zone").write_text(_zone(zone))
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
controls {{ }};
zone "{zone}" {{
  type primary;
  file "zone";
  update-policy {{ grant {key.name} zonesub ANY; }};
  allow-transfer {{ key {key.name}; }};
}};
""")
    command = [named, "-f", "-4", "-n", "1", "-c", str(directory / "named.conf")]
    with _running(command, directory, zone, port):
        yield _HOST, port


@contextmanager
def knot(directory: Path, zone: DnsName, key: TsigKey) -> Iterator[tuple[str, int]]:
    """Run Knot for *zone* in *directory*; it takes updates and gives transfers to *key*."""
    knotd, port = program("knotd"), free_port()
    secret = tsig.print_key(key).split('secret "')[1].split('"')[0]
    (directory / "zone").write_text(_zone(zone))
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


def _zone(zone: DnsName) -> str:
    return (
        f"{zone} 60 IN SOA localhost. localhost. 1 3600 600 604800 60\n{zone} 60 IN NS localhost.\n"
    )
