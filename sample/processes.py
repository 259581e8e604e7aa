"""Are the ports free, and how do all processes of the Procfile start and end together?

honcho starts them and ends all when one ends. It gets a process group of its own, so that Ctrl-C
reaches this program alone, which then ends them in order.
"""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from sample.installation import HOST, Ports, Unfit

_WAIT = 12  # seconds to end in: honcho itself kills what has not ended after five
_TCP, _UDP = socket.SOCK_STREAM, socket.SOCK_DGRAM


def check_ports(ports: Ports) -> None:
    """Raise Unfit naming every port that is taken."""
    needed = ((ports.eer, _TCP), (ports.smp, _TCP), (ports.dns, _TCP), (ports.dns, _UDP))
    taken = [
        f"{port}/{'tcp' if kind == _TCP else 'udp'}"
        for port, kind in needed
        if not _is_free(port, kind)
    ]
    if taken:
        raise Unfit(
            f"{HOST} port {', '.join(taken)} taken: end what uses it (`ss -tulpn` names it), or "
            "choose others: make run VAR=… EER_PORT=… SMP_PORT=… DNS_PORT=…"
        )


@contextmanager
def running(environment: Mapping[str, str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start all processes of the Procfile in *folder*; end every one of them on leaving."""
    honcho = shutil.which("honcho", path=environment["PATH"]) or "honcho"
    command = [honcho, "start", "--env", os.devnull, "--procfile", str(folder / "Procfile")]
    # Should this program be killed outright, the kernel tells honcho to end.
    leash = shutil.which("setpriv")
    if leash:
        command = [leash, "--pdeathsig", "TERM", *command]
    process = subprocess.Popen(command, env=dict(environment), cwd=folder, process_group=0)
    try:
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.SIG_IGN)  # a second Ctrl-C must not leave half of them running
    process.terminate()
    try:
        process.wait(_WAIT)
    except subprocess.TimeoutExpired:
        for each in (*_descendants(process.pid), process.pid):
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        process.wait()


def _descendants(pid: int) -> Iterator[int]:
    """Yield the children of *pid* and theirs, the youngest generation first."""
    with suppress(OSError):
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        for child in map(int, listed.split()):
            yield from _descendants(child)
            yield child


def _is_free(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind == _TCP:  # as the servers do: a connection of a former run may still be closing
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
