"""Every call on the pages for integrators answers what the page shows."""

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.house import BIN, House, await_port, build, free_port, open_house
from flows.pages import Call, calls, missing
from sample import register

pytestmark = [pytest.mark.slow, pytest.mark.debian]

PAGES = Path(__file__).parents[2] / "docs" / "interfaces"
CALLS = {name: list(calls(PAGES / f"{name}.md")) for name in ("eas", "vendors")}
EER, SMP = "127.0.0.1:8080", "127.0.0.1:8081"


Installation = tuple[Path, Mapping[str, str]]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Return the folder in which `make run` would stand, and which ports it has for the page's."""
    if shutil.which("curl") is None:
        pytest.skip("wants curl: apt-get install curl")
    folder = tmp_path_factory.mktemp("installation")
    port = free_port()
    with open_house(build(folder, EER_BASE_URL=f"http://127.0.0.1:{port}/fhir")) as house:
        house.done("eer", "keys", "create")
        house.load(register.write(folder / "sample", datetime.now(UTC)))
        house.publisher().publish()
        (folder / ".venv").symlink_to(BIN.parent)
        (folder / "var").mkdir()
        lines = [f"export {name}={shlex.quote(each)}" for name, each in house.environment.items()]
        (folder / "var" / "environment").write_text("\n".join(lines), encoding="utf-8")
        with _serving(house, port):
            yield folder, {EER: f"127.0.0.1:{port}", SMP: f"127.0.0.1:{house.smp_port}"}


@contextmanager
def _serving(house: House, port: int) -> Iterator[None]:
    process = subprocess.Popen(
        [str(BIN / "eer"), "serve", "--bind", f"127.0.0.1:{port}", "--workers", "1"],
        env={**os.environ, **house.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        await_port(port)
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.mark.parametrize("call", [*CALLS["eas"], *CALLS["vendors"]], ids=str)
def test_a_call_answers_what_the_page_shows(installation: Installation, call: Call) -> None:
    folder, ports = installation
    script, shown = call.preparation + call.commands, call.shown
    for theirs, ours in ports.items():
        script, shown = script.replace(theirs, ours), shown.replace(theirs, ours)

    ran = subprocess.run(
        ["/bin/sh", "-ec", script],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    if call.language == "text":
        assert ran.stdout.strip() == shown.strip()
    else:
        assert list(missing(json.loads(shown), json.loads(ran.stdout))) == []


def test_the_page_for_eas_has_calls_of_every_kind() -> None:
    asked = "".join(call.commands for call in CALLS["eas"])

    assert all(each in asked for each in ("$getEerReceiver", "$addressability", "messageType"))
    assert len(CALLS["eas"]) > 8


def test_the_page_for_vendors_has_calls_of_every_kind() -> None:
    asked = "".join(call.commands for call in CALLS["vendors"])

    wanted = ("$validate", "If-None-Exist", "If-Match", "PATCH", "transaction", "_history")
    assert all(each in asked for each in wanted)
