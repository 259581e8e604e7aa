"""Does `make run` start everything, say where it is, end it all, and keep the data?

The start script is what `make run` calls; here it runs on ports and a directory of its own.
"""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PATIENCE = 120
SUSPENDED = "5790009000013"

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Place:
    """An installation of its own: its directory and its ports."""

    var: Path
    eer: int
    smp: int
    dns: int

    @property
    def command(self) -> list[str]:
        ports = ("--eer-port", str(self.eer), "--smp-port", str(self.smp))
        options = ("--var", str(self.var), *ports, "--dns-port", str(self.dns))
        return [sys.executable, "-m", "sample.start", *options]

    @property
    def environment(self) -> dict[str, str]:
        """What the printed lines leave unsaid: nothing of it comes from the test's own."""
        return {"PATH": os.defpath, "HOME": str(self.var.parent), "LANG": "C.UTF-8"}


@dataclass(frozen=True)
class Run:
    """What one run said, and what the lines it printed came to while it was up."""

    output: str
    lookups: Mapping[str, subprocess.CompletedProcess[str]]
    answer: httpx.Response
    dug: str | None
    exit_code: int
    seconds_to_end: float
    left_over: list[str]


@dataclass(frozen=True)
class Story:
    """Two runs of one installation, with a change to the register between them."""

    first: Run
    second: Run
    kept: Mapping[str, bytes]
    found: Mapping[str, bytes]


def free_port() -> int:
    """Return a port that nobody listens on, over TCP or UDP."""
    while True:
        with (
            socket.create_server(("127.0.0.1", 0)) as tcp,
            socket.socket(type=socket.SOCK_DGRAM) as udp,
        ):
            port = int(tcp.getsockname()[1])
            try:
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def place_at(var: Path) -> Place:
    return Place(var, free_port(), free_port(), free_port())


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return place_at(tmp_path / "var")


def wait_for(condition: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > until:
            pytest.fail(f"waited {PATIENCE} s for {what}")
        time.sleep(0.05)


@contextmanager
def started(place: Place, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start as a terminal would: in the foreground, a process group of its own."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            place.command,
            cwd=ROOT,
            env=place.environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(PATIENCE)


def line_with(output: str, start: str) -> str:
    """Return the printed line that begins with *start*, ready for a shell."""
    (found,) = [line.strip() for line in output.splitlines() if line.strip().startswith(start)]
    return found


def lookup_line(output: str) -> str:
    (found,) = [line.strip() for line in output.splitlines() if "smp lookup" in line]
    return found


def shell(line: str, place: Place) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", line],
        cwd=ROOT,
        env=place.environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def curled(line: str) -> httpx.Response:
    """Do what the printed curl line does."""
    _, _, header, url = shlex.split(line)
    name, _, value = header.partition(": ")
    return httpx.get(url, headers={name: value}, trust_env=False)


def processes_of(place: Place) -> list[str]:
    """Return the command lines of what still runs on this installation's settings."""
    mark = f"SMP_ZONE_FILE={place.var}".encode()
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and mark in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def run(place: Place, log: Path, ending: signal.Signals) -> Run:
    """Run until everything is published, try what was printed, and end it with *ending*."""
    with started(place, log) as process:
        wait_for(
            lambda: "curl -H" in log.read_text("utf-8") or process.poll() is not None,
            "the lines to try",
        )
        output = log.read_text("utf-8")
        assert process.poll() is None, output
        assert processes_of(place)
        tried = lookup_line(output)
        glns = (re.findall(r"0088:(\d{13})", tried)[0], SUSPENDED)
        lookups = {gln: shell(re.sub(r"0088:\d{13}", f"0088:{gln}", tried), place) for gln in glns}
        answer = curled(line_with(output, "curl"))
        dug = shell(line_with(output, "dig"), place).stdout if shutil.which("dig") else None
        begun = time.monotonic()
        os.killpg(process.pid, ending)
        exit_code = process.wait(PATIENCE)
        seconds = time.monotonic() - begun
    return Run(
        output=log.read_text("utf-8"),
        lookups=lookups,
        answer=answer,
        dug=dug,
        exit_code=exit_code,
        seconds_to_end=seconds,
        left_over=processes_of(place),
    )


def suspend(place: Place, folder: Path) -> None:
    """Suspend an endpoint of the sample with the command a user would use."""
    bundle = json.loads((place.var / "sample/register.json").read_text("utf-8"))
    (endpoint,) = [
        entry["resource"]
        for entry in bundle["entry"]
        if entry["resource"]["resourceType"] == "Endpoint"
        and entry["resource"]["identifier"][0]["value"] == SUSPENDED
    ]
    changed = folder / "suspended.json"
    changed.write_text(json.dumps({**endpoint, "status": "suspended"}), "utf-8")
    settings = {
        "EER_DATABASE_URL": f"sqlite:///{place.var}/register.sqlite",
        "EER_BASE_URL": f"http://127.0.0.1:{place.eer}/fhir",
    }
    command = [str(BIN / "eer"), "load", str(changed)]
    subprocess.run(command, env={**place.environment, **settings}, check=True, capture_output=True)


def keys_of(place: Place) -> dict[str, bytes]:
    names = ("smp-signer.key", "smp-signer.pem", "smp-trust.pem", "tsig.key")
    return {
        name: (place.var / name).read_bytes()
        for name in (*names, "development-issuer.jwk", "sample/register.json")
    }


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("machine")
    place = place_at(folder / "var")
    first = run(place, folder / "first.log", signal.SIGINT)
    kept = keys_of(place)
    suspend(place, folder)
    second = run(place, folder / "second.log", signal.SIGTERM)
    return Story(first, second, kept, keys_of(place))


def refused(place: Place) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        place.command,
        cwd=ROOT,
        env=place.environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_the_printed_lookup_line_finds_the_participant(story: Story) -> None:
    tried = next(iter(story.first.lookups.values()))

    assert tried.returncode == 0, tried.stdout + tried.stderr


def test_the_printed_curl_line_finds_the_endpoint(story: Story) -> None:
    body = story.first.answer.json()

    assert story.first.answer.status_code == 200, body
    assert [each["resource"]["id"] for each in body["entry"]] == ["laegehuset-eksempeltorvet"]


@pytest.mark.debian
def test_the_printed_dig_line_finds_the_smp(story: Story) -> None:
    if story.first.dug is None:
        pytest.skip("wants dig: apt-get install bind9-dnsutils")

    assert re.search(r'"Meta:SMP" "!\^\.\*\$!http://127\.0\.0\.1:\d+!"', story.first.dug)


@pytest.mark.parametrize("name", ["Register (FHIR)", "SMP  ", "Name server", "Data and keys"])
def test_it_says_where_everything_is(story: Story, name: str) -> None:
    assert line_with(story.first.output, name)


def test_ctrl_c_ends_all_of_it_in_good_order(story: Story) -> None:
    assert story.first.exit_code == 0
    assert story.first.left_over == []


def test_a_request_to_terminate_ends_all_of_it_as_well(story: Story) -> None:
    assert story.second.exit_code == 0
    assert story.second.left_over == []


def test_a_second_run_keeps_the_keys_and_the_sample(story: Story) -> None:
    assert story.kept == story.found


def test_a_second_run_publishes_what_was_changed_between(story: Story) -> None:
    before, after = story.first.lookups[SUSPENDED], story.second.lookups[SUSPENDED]

    assert before.returncode == 0, before.stdout + before.stderr
    assert after.returncode == 1, after.stdout + after.stderr


def test_a_taken_port_is_named_and_nothing_is_begun(place: Place) -> None:
    with socket.create_server(("127.0.0.1", place.smp)):
        answer = refused(place)

    assert answer.returncode == 2
    assert len(answer.stderr.splitlines()) == 1
    assert f"{place.smp}/tcp" in answer.stderr
    assert list(place.var.parent.iterdir()) == []


def test_every_taken_port_is_named_at_once(place: Place) -> None:
    with (
        socket.create_server(("127.0.0.1", place.eer)),
        socket.socket(type=socket.SOCK_DGRAM) as udp,
    ):
        udp.bind(("127.0.0.1", place.dns))
        answer = refused(place)

    assert f"{place.eer}/tcp, {place.dns}/udp" in answer.stderr


def test_a_file_where_the_directory_should_be_is_named_and_kept(place: Place) -> None:
    place.var.write_text("mine", "utf-8")

    answer = refused(place)

    assert answer.returncode == 2
    assert len(answer.stderr.splitlines()) == 1
    assert "is not a directory" in answer.stderr
    assert place.var.read_text("utf-8") == "mine"


def test_a_database_that_is_none_is_named_and_kept(place: Place) -> None:
    place.var.mkdir()
    (place.var / "register.sqlite").write_bytes(b"no database at all" * 100)

    answer = refused(place)

    assert answer.returncode == 2
    assert len(answer.stderr.splitlines()) == 1
    assert "register.sqlite" in answer.stderr
    assert [each.name for each in place.var.iterdir()] == ["register.sqlite"]


def test_a_key_without_its_certificate_is_named_and_kept(place: Place) -> None:
    place.var.mkdir()
    (place.var / "smp-signer.key").write_text("a key", "utf-8")

    answer = refused(place)

    assert answer.returncode == 2
    assert len(answer.stderr.splitlines()) == 1
    assert "smp-signer.pem" in answer.stderr
    assert [each.name for each in place.var.iterdir()] == ["smp-signer.key"]


def test_a_first_run_that_is_broken_off_leaves_nothing(place: Place, tmp_path: Path) -> None:
    with started(place, tmp_path.parent / f"{tmp_path.name}.log") as process:
        wait_for(lambda: any(tmp_path.iterdir()) or process.poll() is not None, "work to begin")
        os.killpg(process.pid, signal.SIGINT)
        exit_code = process.wait(PATIENCE)

    assert exit_code == 0
    assert list(tmp_path.iterdir()) == []
    assert processes_of(place) == []


def test_what_is_published_under_one_address_is_not_moved_to_another_unasked(
    place: Place,
) -> None:
    place.var.mkdir()
    environment = place.var / "environment"
    environment.write_text("export SMP_BASE_URL=http://127.0.0.1:1\n", "utf-8")

    answer = refused(place)

    assert answer.returncode == 2
    assert len(answer.stderr.splitlines()) == 1
    assert "keep its SMP_PORT" in answer.stderr
    assert list(place.var.iterdir()) == [environment]
