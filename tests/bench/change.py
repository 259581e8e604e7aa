"""How long is it from a write to the register until a lookup sees it, and does size matter?

One endpoint is renamed over the FHIR API; `smp publish --watch` hears of it, signs and stores; an
access point in this process asks BIND and `smp serve` until it reads the new name.
"""

import itertools
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from bench import bound, fill, idle
from eer.gate import issuer
from eer.settings import Settings
from eer.wiring import parts
from flows.house import House, await_port, free_port, running
from sample import register
from smp.domain.identifiers import DocumentId, Identifier, participants_of
from smp.settings.lookup import Lookup
from smp.trace import trace_document
from smp.wiring import lookup

Json = dict[str, Any]

_DOCUMENTS = (1_000, 100_000)
_WRITES = 40
_PATIENCE = 300
"""Seconds: a watch begins by looking at everybody."""


def measure() -> None:
    """Print the time until it is seen, for few and for many documents, and their ratio."""
    medians = [_measured(size) for size in _DOCUMENTS]
    print(f"  the larger takes {medians[1] / medians[0]:.2f} times as long (reach at most 1.5)")


def _measured(documents: int) -> float:
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        port = free_port()
        url = f"http://127.0.0.1:{port}/fhir"
        house = stack.enter_context(bound.house(folder, EER_BASE_URL=url))
        mailboxes = filled(house, folder, documents // 2)
        house.publisher().publish()
        issuer.create(_settings(house).development_issuer_key_file)
        bind = f"127.0.0.1:{port}"
        stack.enter_context(running(house, "eer", "serve", "--workers", "1", "--bind", bind))
        await_port(port)
        stack.enter_context(running(house, "smp", "publish", "--watch"))
        took = sorted(_seen(house, mailboxes[:_WRITES]))
    p50, p95 = statistics.median(took), took[len(took) * 95 // 100]
    print(
        f"{documents:,} documents: from a FHIR write to its lookup  p50 {p50 * 1000:6.0f}  "
        f"p95 {p95 * 1000:6.0f} ms  [{len(took)} writes]"
    )
    return p50


def filled(house: House, folder: Path, participants: int) -> list[Json]:
    """Fill the register with as many participants; return their endpoints."""
    house.load(idle.filled(folder, 0))
    sample = register.write(folder / "again", datetime.now(UTC))
    resources = list(idle.resources(sample, participants))
    counter = parts.counter(_settings(house))
    fill.fill(counter, resources)
    counter.store.close()
    return [each for each in resources if each["resourceType"] == "Endpoint"]


def _seen(house: House, mailboxes: list[Json]) -> Iterator[float]:
    """Rename each of *mailboxes* and yield the seconds until an access point reads the name."""
    settings = Lookup(**house.given("SMP_"))
    with (
        lookup.access_point(settings, settings.nameservers) as client,
        _writing(house) as fhir,
    ):
        for number, mailbox in enumerate([mailboxes[0], *mailboxes]):
            name = f"Postkasse {number}"
            [participant] = participants_of([mailbox["identifier"][0]["value"]])
            code = mailbox["payloadType"][0]["coding"][0]["code"]
            document = DocumentId(Identifier(settings.document_schemes[0], code))
            began = time.perf_counter()
            path = f"Endpoint/{mailbox['id']}"
            answer = fhir.put(path, json={**mailbox, "name": name})
            answer.raise_for_status()
            for _ in itertools.count():
                said = trace_document(participant, document, client, parts.now()).said
                took = time.perf_counter() - began
                if said is not None and said.processes[0].endpoints[0].description == name:
                    break
                if took > _PATIENCE:
                    raise SystemExit(f"{name} was not seen within {_PATIENCE} s")
            if number:  # the first one warms everything
                yield took


@contextmanager
def _writing(house: House) -> Iterator[httpx.Client]:
    settings = _settings(house)
    key = issuer.load(settings.development_issuer_key_file)
    claims = {"sub": "bench", "client_id": "bench", "scope": "system/*.cruds", "roles": "operator"}
    token = issuer.token(key, claims, settings.base_url, parts.now())
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"}
    with httpx.Client(base_url=f"{settings.base_url}/", headers=headers, timeout=30) as client:
        yield client


def _settings(house: House) -> Settings:
    return Settings(**house.given("EER_"))
