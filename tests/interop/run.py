"""Helger's and vefa's own clients look up all that our publisher put into BIND and serves.

Helger's writes as well, in TLS, and finds what it has written.

`make interop`, with a JDK 17, Maven and BIND. What they did stands in
docs/interfaces/smp-clients.md.
"""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from lxml import etree

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT), str(HERE.parent)]

import builders_legacy as legacy  # noqa: E402 - their folder is known now
from fakes import servers  # noqa: E402
from fakes.sml_certificates import Authority, bag  # noqa: E402
from flows.house import (  # noqa: E402
    House,
    await_port,
    build,
    free_port,
    open_face,
    running,
)
from sample import register  # noqa: E402
from smp.domain.naming import DnsName  # noqa: E402
from smp.settings.defaults import PROCESSES, PROFILES  # noqa: E402
from smp.sml import tsig  # noqa: E402
from smp.store.documents import Documents  # noqa: E402
from smp.store.session import Store  # noqa: E402
from smp.xml import parse  # noqa: E402

_ZONE = DnsName("sml.example.dk.")
_WANTED = {"mvn": "maven", "java": "default-jdk-headless", "named": "bind9"}


def main() -> int:
    """Publish, let both clients look, and return the exit code."""
    missing = [package for name, package in _WANTED.items() if not _found(name)]
    if missing:
        print(f"make interop: wants {', '.join(missing)}: apt-get install {' '.join(missing)}")
        return 2
    with tempfile.TemporaryDirectory() as folder, _published(Path(folder)) as environment:
        command = ["mvn", "-B", "-q", "-f", str(HERE / "pom.xml"), "test"]
        ran = subprocess.run(command, env={**os.environ, **environment}, check=False)
    for line in _told():
        print(line)
    return ran.returncode


def _told() -> Iterator[str]:
    """Return a line for each thing that a client was to do, as surefire reports it."""
    for report in sorted((HERE / "target" / "surefire-reports").glob("TEST-*.xml")):
        for case in etree.parse(report).iter("testcase"):
            failed = any(each.tag in ("failure", "error") for each in case)
            said = "FAILED" if failed else "ok"
            yield f"{said:<6}  {case.get('classname')}.{case.get('name')}  {case.get('time')} s"


def _found(name: str) -> bool:
    return bool(shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin"))


@contextmanager
def _published(folder: Path) -> Iterator[Mapping[str, str]]:
    """Publish the sample into BIND and serve it; give what the clients are told."""
    built = build(folder)
    key = tsig.load(Path(built.environment["SMP_TSIG_KEY_FILE"]))
    (folder / "bind").mkdir()
    with servers.bind(folder / "bind", _ZONE, key) as (host, port):
        names = f"{host}:{port}"
        settings = {**built.environment, "SMP_NAMESERVER": names, "SMP_NAMESERVERS": names}
        house = House(settings, built.smp_port, port)
        with ExitStack() as opened:
            opened.enter_context(open_face(house))
            house.load(register.write(folder / "sample", datetime.now(UTC)))
            house.publisher().publish()
            lines = _lines(house)
            (folder / "published").write_text("\n".join(lines), encoding="utf-8")
            print(f"{len(lines)} documents published, their names in BIND at {names}", flush=True)
            scheme, _, process = PROCESSES[0].partition("::")
            managed = opened.enter_context(_managed(house, folder))
            yield {
                **managed,
                "EHMI_DNS": names,
                "EHMI_ZONE": _ZONE,
                "EHMI_PUBLISHED": str(folder / "published"),
                "EHMI_SIGNERS": house.environment["SMP_TRUST_FILE"],
                "EHMI_ACCESS_POINTS": str(folder / "sample" / "ap-authority.pem"),
                "EHMI_PROCESS_SCHEME": scheme,
                "EHMI_PROCESS": process,
                "EHMI_PROFILES": ",".join(PROFILES),
            }


@contextmanager
def _managed(house: House, folder: Path) -> Iterator[Mapping[str, str]]:
    """Let tools write, in TLS; give what they are told."""
    port, password, authority = free_port(), secrets.token_hex(12), Authority(folder, "tools")
    server, machine = authority.pair("manage"), authority.pair("machine")
    own = {
        "SMP_MANAGE_CLIENTS_FILE": str(folder / "clients.json"),
        "SMP_MANAGE_WAIT": "60",
        "SMP_MANAGE_TLS_CERTIFICATE_FILE": str(server.certificate),
        "SMP_MANAGE_TLS_KEY_FILE": str(server.key),
        "SMP_MANAGE_TLS_CLIENTS_FILE": str(authority.file),
    }
    managing = House({**house.environment, **own}, house.smp_port, house.dns_port)
    (folder / "password").write_text(password, encoding="ascii")
    managing.done("eer", "keys", "create")
    add = ("smp", "manage", "credentials", "add")
    company = ("--cvr", str(legacy.OWNER))
    managing.done(*add, "tool", *company, "--password-file", str(folder / "password"))
    managing.done(*add, "machine", *company, "--certificate", str(machine.certificate))
    with (
        running(managing, "smp", "publish", "--watch"),
        running(managing, "smp", "manage", "--bind", f"127.0.0.1:{port}"),
    ):
        await_port(port)
        yield {
            "EHMI_MANAGE": f"https://127.0.0.1:{port}/",
            "EHMI_MANAGE_AUTHORITY": str(authority.file),
            "EHMI_PASSWORD": password,
            "EHMI_BAG": str(bag(machine)),
            "EHMI_LEGACY": ",".join(legacy.who(number).value for number in (901, 902, 903)),
        }


def _lines(house: House) -> list[str]:
    """Return a line for each document: who, what, and where it leads."""
    store = Store(house.environment["SMP_DATABASE_URL"])
    documents = Documents(store)
    lines = []
    for key in sorted(house.publisher().means.shelf.documents()):
        published = documents.document(str(key.participant), str(key.document))
        assert published is not None
        said = parse.service_metadata(parse.document(published.body))
        endpoint = said.processes[0].endpoints[0]
        cells = (
            *(key.participant.scheme, key.participant.value),
            *(key.document.scheme, key.document.value),
            *(endpoint.uri, sha256(endpoint.certificate).hexdigest()),
        )
        lines.append("\t".join(cells))
    store.close()
    return lines


if __name__ == "__main__":
    sys.exit(main())
