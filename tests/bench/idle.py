"""What does a publication cost that finds nothing to do?"""

import json
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eer.domain.identifiers import gln_check_digit
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
        house.load(_register(folder, size))
        first = _seconds(lambda: house.publisher().publish())
        publisher = house.publisher()
        touched = statistics.median(_seconds(publisher.publish) for _ in range(_ROUNDS))
        full = _seconds(publisher.publish_all)
    finally:
        names.stop()
    print(f"publication of {size:,} participants, 2 documents each: {first:,.1f} s")
    print(f"  nothing to do, nobody touched  {touched * 1000:10,.1f} ms")
    print(
        f"  nothing to do, all looked at   {full * 1000:10,.1f} ms, {full / touched:,.0f} times it"
    )


def _register(folder: Path, size: int) -> Path:
    """The sample's first published endpoint, *size* times over under GLNs of its own."""
    path = register.write(folder / "sample", datetime.now(UTC))
    bundle = json.loads(path.read_text(encoding="utf-8"))
    template = next(
        each["resource"]
        for each in bundle["entry"]
        if each["resource"]["resourceType"] == "Endpoint" and each["resource"]["status"] == "active"
    )
    bundle["entry"] = [
        each for each in bundle["entry"] if each["resource"]["resourceType"] != "Endpoint"
    ]
    for each in bundle["entry"]:
        each["resource"].pop("endpoint", None)
    bundle["entry"] += [_entry(template, number) for number in range(size)]
    path.write_text(json.dumps(bundle), encoding="utf-8")
    return path


def _entry(template: dict[str, Any], number: int) -> dict[str, Any]:
    twelve = f"5790009{number:05}"
    gln = twelve + gln_check_digit(twelve)
    text = json.dumps({**template, "id": f"bench-{gln}"})
    own = next(i["value"] for i in template["identifier"] if i["system"].endswith("gln"))
    resource = json.loads(text.replace(own, gln))
    resource["payloadType"] = resource["payloadType"][:1]
    return {"resource": resource, "request": {"method": "PUT", "url": f"Endpoint/bench-{gln}"}}


def _seconds(work: Any) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin
