"""fhir-kit-client against a served register: its promises stand in tests/node/fhir_kit_client.js.

What it cannot do here has its outcome there and its reason in docs/interfaces/fhir-clients.md.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

import builders_fhir as build
from flows import npm
from flows.served import GLN_OF_NORTH, NORTH, SOR_OF_NORTH, Served, new_pair, new_unit

pytestmark = [pytest.mark.slow, pytest.mark.debian]

SEARCHES = (
    ("Organization", {"name": "hjemmesygeplejen nord"}, [NORTH]),
    ("Organization", {"name:contains": "SYGEPLEJEN NORD"}, [NORTH]),
    ("Organization", {"name:exact": "hjemmesygeplejen nord"}, []),
    ("Organization", {"_id": f"{NORTH},none", "_lastUpdated": "ge2026-01-01"}, [NORTH]),
    ("Organization", {"_id": NORTH, "partof:missing": "true"}, []),
    ("Organization", {"_id": NORTH, "endpoint.status": "active"}, [NORTH]),
    ("Organization", {"_id": NORTH, "_has:Endpoint:organization:status": "off"}, []),
    ("Organization", {"_id": NORTH, "messageType": build.ACK_2_0}, [NORTH]),
    ("Endpoint", {"organization:Organization.name:contains": "syd"}, ["hjemmesygeplejen-syd"]),
    ("Endpoint", {"_id": NORTH, "_include": "Endpoint:organization"}, [NORTH, NORTH]),
    ("Organization", {"_id": NORTH, "_revinclude": "Endpoint:organization"}, [NORTH, NORTH]),
)


def test_what_npm_installs_is_pinned_and_comes_from_no_host_by_name() -> None:
    text = (npm.FOLDER / "package-lock.json").read_text(encoding="utf-8")

    packages = json.loads(text)["packages"]
    assert "://" not in text
    assert [
        name
        for name, each in packages.items()
        if name and not ("integrity" in each or each.get("inBundle"))
    ] == []


def test_fhir_kit_client_does_what_it_promises(served: Served, tmp_path: Path) -> None:
    new = {
        "units": [new_unit() for _ in range(20)],
        "pairs": [new_pair() for _ in range(2)],
        "searches": SEARCHES,
        "north": {"sorId": SOR_OF_NORTH, "gln": GLN_OF_NORTH, "messageType": build.ACK_2_0},
    }
    file = tmp_path / "new.json"
    file.write_text(json.dumps(new), encoding="utf-8")

    ran = subprocess.run(
        [npm.node(), str(npm.FOLDER / "fhir_kit_client.js")],
        env={
            **os.environ,
            "EER_BASE_URL": served.base,
            "EER_TOKEN": served.token,
            "EER_NEW": str(file),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout
