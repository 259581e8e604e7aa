"""How many lookups a second does the public face answer, as a share of what its server can?

granian carries both `smp serve` and an application that returns the same bytes and does nothing
else; nginx serves them as a file beside. wrk asks, over loopback.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench import drive
from bench.drive import Result
from builders_smp import BASE_URL, document_id, participant, service_metadata, signed
from eer.domain.identifiers import gln_check_digit
from flows.house import BIN, free_port
from smp.domain.identifiers import DocumentKey, document_path
from smp.domain.publication import Version
from smp.store.migrations.upgrade import migrate
from smp.store.session import Store
from smp.store.shelf import Change, Shelf, Signed
from smp.xml import render

_DOCUMENTS = 100_000
_HOT = 100
_SECONDS = 8
_CONNECTIONS = 32
_BATCH = 1_000

_NGINX = """
daemon off; worker_processes 2; pid %(folder)s/nginx.pid; error_log %(folder)s/error.log;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 100000000; open_file_cache max=1000;
  client_body_temp_path %(folder)s/b; proxy_temp_path %(folder)s/p; fastcgi_temp_path %(folder)s/f;
  uwsgi_temp_path %(folder)s/u; scgi_temp_path %(folder)s/s;
  server { listen 127.0.0.1:%(port)d; root %(folder)s;
    location / { try_files /document.xml =404; } }
}
"""


# Each begins with a program and ends with what the port is said by.
_EMPTY = (
    *("granian", "--interface", "wsgi", "--workers", "2", "--blocking-threads", "1", "--no-ws"),
    *("bench.empty:application", "--port", "{port}"),
)
_SERVE = ("smp", "serve", "--server", "granian", "--workers", "2", "--bind", "127.0.0.1:{port}")


def measure() -> None:
    """Print the rates for a hot set and for all documents alike, with both references."""
    for program, package in (("wrk", "wrk"), ("nginx", "nginx-light")):
        if shutil.which(program) is None:
            print(f"lookups: wants {program}: apt-get install {package}")
            return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        paths = _publish(folder)
        (folder / "all").write_text("\n".join(paths), encoding="utf-8")
        (folder / "hot").write_text("\n".join(paths[:_HOT]), encoding="utf-8")
        (folder / "document.xml").write_bytes(signed())
        environment = {
            **os.environ,
            "SMP_DATABASE_URL": f"sqlite:///{folder}/publication.db",
            "BENCH_BODY": str(folder / "document.xml"),
            "PYTHONPATH": str(Path(__file__).parents[1]),
        }
        with _running(_EMPTY, environment) as (port, _):
            _ask(port, folder / "hot", 2)
            empty = _ask(port, folder / "hot", _SECONDS)
        with _running(_SERVE, environment) as (port, pid):
            _ask(port, folder / "hot", 2)
            hot = _ask(port, folder / "hot", _SECONDS)
            spread = _ask(port, folder / "all", 2 * _SECONDS)
            memory = sum(drive.memory(pid))
        with _nginx(folder) as port:
            static = _ask(port, folder / "hot", _SECONDS)
    print(f"lookups under granian, 2 workers, {_CONNECTIONS} connections, {_DOCUMENTS:,} documents")
    _tell("empty application, same bytes", empty, empty)
    _tell(f"smp serve, {_HOT} hot documents", hot, empty, "reach 0.8")
    _tell(f"smp serve, all {_DOCUMENTS:,} alike", spread, empty, "reach 0.25")
    _tell("nginx, the bytes as a file", static, empty)
    print(f"  memory of the workers afterwards: {memory:,.0f} MiB together")


def _publish(folder: Path) -> list[str]:
    """Store documents as they would be after publication; one signature serves for all."""
    url = f"sqlite:///{folder}/publication.db"
    migrate(url)
    shelf = Shelf(Store(url), render.service_group)
    at = datetime.now(UTC)
    keys = [_key(number) for number in range(_DOCUMENTS)]
    body = signed(service_metadata())
    for start in range(0, len(keys), _BATCH):
        put = tuple(
            Signed(key, Version("", ("https://ap.example.dk/as4",), "bench"), body)
            for key in keys[start : start + _BATCH]
        )
        shelf.apply(Change(put=put), BASE_URL, at)
    return [document_path(key.participant, key.document) for key in keys]


def _key(number: int) -> DocumentKey:
    scheme = ("dk-medcom-messaging", "busdox-docid-qns")[number % 2]
    twelve = f"5790009{number // 2:05}"
    return DocumentKey(participant(twelve + gln_check_digit(twelve)), document_id(scheme=scheme))


@contextmanager
def _running(command: tuple[str, ...], environment: dict[str, str]) -> Iterator[tuple[int, int]]:
    """Run one of our programs on a free port; give the port and the process."""
    port = free_port()
    written = [str(BIN / command[0]), *(each.format(port=port) for each in command[1:])]
    with drive.process(written, environment, port) as pid:
        yield port, pid


@contextmanager
def _nginx(folder: Path) -> Iterator[int]:
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(_NGINX % {"folder": folder, "port": port}, encoding="utf-8")
    command = [shutil.which("nginx") or "nginx", "-c", str(config), "-e", f"{folder}/error.log"]
    with drive.process(command, dict(os.environ), port):
        yield port


def _ask(port: int, paths: Path, seconds: int) -> Result:
    return drive.ask(port, paths, seconds, _CONNECTIONS)


def _tell(what: str, result: Result, reference: Result, reach: str = "") -> None:
    share = f"{result.rate / reference.rate:.2f} of empty"
    print(
        f"  {what:<32} {result.rate:9,.0f}/s  p50 {result.p50:6.2f} ms  "
        f"p99 {result.p99:6.2f} ms  {share} {f'({reach})' if reach else ''}"
    )
