"""What does a publication cost that finds nothing to do?"""

import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eer.domain.identifiers import SorId, gln_check_digit
from flows.house import build
from sample import register
from smp.domain.naming import dns_name
from smp.sml import tsig
from smp.sml.nameserver import Authority, Nameserver

_SIZES = (1_000, 10_000)
_ROUNDS = 5


def measure() -> None:
    """Print how long nothing takes, as publication sees it and looking at everything."""
    for size in _SIZES:
        with tempfile.TemporaryDirectory() as folder:
            _measure(Path(folder), size)


def _measure(folder: Path, size: int) -> None:
    house = build(folder)
    names = Nameserver(
        Authority(
            dns_name("sml.example.dk"),
            folder / "zone",
            tsig.load(Path(house.environment["SMP_TSIG_KEY_FILE"])),
            60,
        ),
        ("127.0.0.1", house.dns_port),
    )
    names.start()
    try:
        path = filled(folder, size)
        loaded = _seconds(lambda: house.load(path))
        first = _seconds(lambda: house.publisher().publish())
        publisher = house.publisher()
        touched = statistics.median(_seconds(publisher.publish_touched) for _ in range(_ROUNDS))
        full = _seconds(publisher.publish)
    finally:
        names.stop()
    print(
        f"{size:,} participants with 2 documents each: "
        f"loaded in {loaded:,.1f} s, published in {first:,.1f} s"
    )
    print(f"  nothing to do, nobody touched  {touched * 1000:10,.1f} ms")
    print(
        f"  nothing to do, all looked at   {full * 1000:10,.1f} ms, {full / touched:,.0f} times it"
    )


def filled(folder: Path, size: int) -> Path:
    """Write the sample with one of its endpoints and the unit of that, *size* times over."""
    path = register.write(folder / "sample", datetime.now(UTC))
    bundle = json.loads(path.read_text(encoding="utf-8"))
    endpoint, unit = _first([each["resource"] for each in bundle["entry"]])
    bundle["entry"] = [
        each for each in bundle["entry"] if each["resource"]["resourceType"] != "Endpoint"
    ]
    for each in bundle["entry"]:
        each["resource"].pop("endpoint", None)
    bundle["entry"] += map(_entry, _pairs(endpoint, unit, size))
    path.write_text(json.dumps(bundle), encoding="utf-8")
    return path


def resources(sample: Path, size: int) -> Iterator[dict[str, Any]]:
    """Yield the first published endpoint of the sample and its unit, *size* times over."""
    bundle = json.loads(sample.read_text(encoding="utf-8"))
    found = [each["resource"] for each in bundle["entry"]]
    yield from _pairs(*_first(found), size)


def _first(found: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    endpoint = next(
        each for each in found if each["resourceType"] == "Endpoint" and each["status"] == "active"
    )
    manager = endpoint["managingOrganization"]["reference"].partition("/")[2]
    return endpoint, next(each for each in found if each["id"] == manager)


def _pairs(endpoint: dict[str, Any], unit: dict[str, Any], size: int) -> Iterator[dict[str, Any]]:
    for number in range(size):
        yield from _pair(endpoint, unit, number)


def _pair(endpoint: dict[str, Any], unit: dict[str, Any], number: int) -> list[dict[str, Any]]:
    twelve = f"5790009{number:05}"
    gln, sor = twelve + gln_check_digit(twelve), _sor(number)
    text = json.dumps({**endpoint, "id": f"bench-{gln}"})
    mailbox = json.loads(text.replace(_value(endpoint, "gln"), gln))
    mailbox["payloadType"] = mailbox["payloadType"][:1]
    mailbox["managingOrganization"] = {"reference": f"Organization/bench-{sor}"}
    text = json.dumps({**unit, "id": f"bench-{sor}"})
    organization = json.loads(text.replace(_value(unit, "1.2.208.176.1.1"), sor))
    organization["endpoint"] = [{"reference": f"Endpoint/bench-{gln}"}]
    return [organization, mailbox]


def _entry(resource: dict[str, Any]) -> dict[str, Any]:
    url = f"{resource['resourceType']}/{resource['id']}"
    return {"resource": resource, "request": {"method": "PUT", "url": url}}


def _value(resource: dict[str, Any], system: str) -> str:
    value: str = next(i["value"] for i in resource["identifier"] if i["system"].endswith(system))
    return value


def _sor(number: int) -> str:
    """A SOR id from item 600000 on, with the check digit that fits."""
    written = (f"{600_000 + number}100001600{check}" for check in range(10))
    return next(each for each in written if SorId.parse(each).has_check_digit)


def _seconds(work: Any) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin
