"""How is a server started, asked by wrk and looked at afterwards?"""

import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flows.house import await_port

_SPREAD = """
local paths = {}
for line in io.lines("%(paths)s") do paths[#paths + 1] = line end
function init(args)
  math.randomseed(os.time())
%(headers)s
end
function request() return wrk.format("GET", paths[math.random(#paths)]) end
function done(summary, latency, requests)
  io.write(string.format("RESULT %%.1f %%.3f %%.3f %%.3f %%d\\n",
    summary.requests / (summary.duration / 1000000),
    latency:percentile(50) / 1000, latency:percentile(95) / 1000, latency:percentile(99) / 1000,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout))
end
"""


@dataclass(frozen=True)
class Result:
    """Requests a second, and milliseconds at three percentiles."""

    rate: float
    p50: float
    p95: float
    p99: float


@contextmanager
def process(
    command: Sequence[str], environment: Mapping[str, str], port: int, pause: float = 1
) -> Iterator[int]:
    """Run a server until it is asked no more; give its process id.

    The *pause* in seconds is for every worker to be there, and not the first one only.
    """
    started = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        await_port(port)
        time.sleep(pause)
        yield started.pid
    finally:
        started.terminate()
        started.wait(timeout=20)


def ask(
    port: int,
    paths: Path,
    seconds: int,
    connections: int,
    headers: Mapping[str, str] | None = None,
) -> Result:
    """Ask for the paths in a file, in no order; end the process when any answer is an error."""
    script = paths.with_suffix(".lua")
    lines = [f'  wrk.headers["{name}"] = "{value}"' for name, value in (headers or {}).items()]
    script.write_text(_SPREAD % {"paths": paths, "headers": "\n".join(lines)}, encoding="utf-8")
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script)]
    ran = subprocess.run(
        [*command, f"http://127.0.0.1:{port}"], capture_output=True, text=True, check=True
    )
    found = re.search(r"RESULT ([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) (\d+)", ran.stdout)
    if found is None or found[5] != "0":
        sys.exit(f"wrk found errors:\n{ran.stdout}")
    return Result(*(float(found[place]) for place in range(1, 5)))


def memory(parent: int) -> list[float]:
    """Return the resident MiB of each of a process' children."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text(encoding="utf-8")
        except OSError:
            continue
        if f"PPid:\t{parent}\n" in text and (size := re.search(r"VmRSS:\s+(\d+)", text)):
            found.append(int(size[1]) / 1024)
    return found
