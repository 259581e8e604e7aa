"""How many lookups a second does the public face answer, as a share of what its server can?

granian carries both `smp serve` and an application that returns the same bytes and does nothing
else; nginx serves them as files beside, and stands in front as documented. wrk asks, over loopback.
"""

import os
import shutil
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

from bench import drive
from bench.drive import Result
from builders_smp import BASE_URL, document_id, participant, service_metadata, signed
from eer.domain.identifiers import gln_check_digit
from flows import nginx
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
_FIRST = 2
"""Seconds that are told of by themselves behind a start."""
_ROUNDS, _TURN = 7, 3
"""How often nginx is started anew, and for how many seconds it is asked each time."""
_CONNECTIONS = 32
_BATCH = 1_000
_WORKERS = (1, 2)

_FILES = """
  open_file_cache max=10000;
  server {{ listen 127.0.0.1:{port}; root {folder}/files; default_type text/xml; }}
"""

# Each begins with a program and ends with what the port is said by.
_EMPTY = (
    *("granian", "--interface", "wsgi", "--workers", "{workers}", "--blocking-threads", "1"),
    *("--no-ws", "bench.empty:application", "--port", "{port}"),
)
_SERVE = (
    *("smp", "serve", "--server", "granian", "--workers", "{workers}"),
    *("--bind", "127.0.0.1:{port}"),
)


@dataclass(frozen=True)
class _Site:
    """Where everything lies, and what may be asked for: *hot* and *every* are files of paths."""

    folder: Path
    hot: Path
    every: Path
    path: str
    environment: dict[str, str]


def measure() -> None:
    """Print the rates for each number of workers, and of nginx in front, with their references."""
    for program, package in (("wrk", "wrk"), ("nginx", "nginx-light")):
        if shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin") is None:
            print(f"lookups: wants {program}: apt-get install {package}")
            return
    with tempfile.TemporaryDirectory() as name:
        site = _site(Path(name))
        print(f"lookups, {_CONNECTIONS} connections, {_DOCUMENTS:,} documents")
        for workers in _WORKERS:
            _serving(site, workers)
        _behind_nginx(site)


def _serving(site: _Site, workers: int) -> None:
    with _running(_EMPTY, site, workers) as (port, _):
        _ask(port, site.hot, _FIRST)
        empty = _ask(port, site.hot, _SECONDS)
    _forgotten(site.folder / "publication.db")
    began = time.perf_counter()
    with _running(_SERVE, site, workers, pause=0) as (port, pid):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{site.path}") as answer:
            answer.read()
        first = time.perf_counter() - began
        restarted = _ask(port, site.every, _FIRST)
        cold = _ask(port, site.every, 2 * _SECONDS)
        _ask(port, site.hot, _FIRST)
        hot = _ask(port, site.hot, _SECONDS)
        memory = sum(drive.memory(pid))
    print(f"granian, workers: {workers}")
    _tell("empty application, same bytes", empty, empty)
    _tell(f"smp serve, {_HOT} hot documents", hot, empty, "reach 0.8")
    _tell(f"smp serve, all {_DOCUMENTS:,} alike", cold, empty, "reach 0.25")
    _tell(f"the first {_FIRST} s after a start", restarted, empty)
    print(f"  first answer {first:.1f} s after the start; afterwards {memory:,.0f} MiB")


def _behind_nginx(site: _Site) -> None:
    """In turn, since how connections fall to its processes differs from start to start."""
    rounds = [(_static(site), _cached(site)) for _ in range(_ROUNDS)]
    static, cached = (
        sorted(results, key=lambda each: each.rate)[_ROUNDS // 2]
        for results in zip(*rounds, strict=True)
    )
    print(f"nginx, 2 processes, the median of {_ROUNDS} starts")
    _tell(f"{_HOT} files", static, static)
    _tell(f"proxy_cache, {_HOT} hot documents", cached, static, "reach 0.9")


def _static(site: _Site) -> Result:
    port = free_port()
    files = _FILES.format(folder=site.folder, port=port)
    with nginx.nginx(site.folder / "static", files, port):
        _ask(port, site.hot, _FIRST)
        return _ask(port, site.hot, _TURN)


def _cached(site: _Site) -> Result:
    with (
        _running(_SERVE, site, 1) as (behind, _),
        nginx.cached(site.folder / "caching", behind) as front,
    ):
        _ask(front, site.hot, _FIRST)
        return _ask(front, site.hot, _TURN)


def _site(folder: Path) -> _Site:
    folder.chmod(0o755)
    paths = _publish(folder)
    (folder / "all").write_text("\n".join(paths), encoding="utf-8")
    (folder / "hot").write_text("\n".join(paths[:_HOT]), encoding="utf-8")
    body = signed()
    (folder / "document.xml").write_bytes(body)
    for path in paths[:_HOT]:
        file = folder / "files" / unquote(path).lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
    environment = {
        **os.environ,
        "SMP_DATABASE_URL": f"sqlite:///{folder}/publication.db",
        "BENCH_BODY": str(folder / "document.xml"),
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    return _Site(folder, folder / "hot", folder / "all", paths[-1], environment)


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


def _forgotten(database: Path) -> None:
    """Let the kernel forget the database: the next process reads it from the disk."""
    os.sync()
    for file in database.parent.glob(f"{database.name}*"):
        with file.open("rb") as opened:
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


@contextmanager
def _running(
    command: tuple[str, ...], site: _Site, workers: int, pause: float = 1
) -> Iterator[tuple[int, int]]:
    """Run one of our programs on a free port; give the port and the process."""
    port = free_port()
    rest = (each.format(port=port, workers=workers) for each in command[1:])
    with drive.process([str(BIN / command[0]), *rest], site.environment, port, pause) as pid:
        yield port, pid


def _ask(port: int, paths: Path, seconds: int) -> Result:
    return drive.ask(port, paths, seconds, _CONNECTIONS)


def _tell(what: str, result: Result, reference: Result, reach: str = "") -> None:
    share = f"{result.rate / reference.rate:.2f} of the first"
    print(
        f"  {what:<34} {result.rate:9,.0f}/s  p50 {result.p50:6.2f} ms  "
        f"p99 {result.p99:6.2f} ms  {share} {f'({reach})' if reach else ''}"
    )
