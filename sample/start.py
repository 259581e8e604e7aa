"""How is everything started on one machine, for somebody who wants to see it work?

`make run` calls this: look at ./var and the ports, make what is missing, start the Procfile, wait
for the first publication, say where everything is, and end it all on Ctrl-C. Exit codes: 0 ended
as asked, 1 a process ended by itself, 2 not fit to start on.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from eer.domain.errors import Failure
from sample import directions, installation, processes
from sample.installation import Ports, Unfit

_ROOT = Path(__file__).parents[1]
_PATIENCE = 180  # seconds for the first publication; a large register goes on in the background
_PAUSE = 1
_DONE = "Everything runs and is published. Ctrl-C ends it; what is registered stays."
_LATE = "Everything runs, but not all is published yet: `smp plan` says what is not, and why."


def main() -> int:
    """Start everything, wait, end everything; return the exit code."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.default_int_handler)
    arguments = _arguments()
    ports = Ports(arguments.eer_port, arguments.smp_port, arguments.dns_port)
    try:
        return _start(arguments.var, ports)
    except (Unfit, Failure, OSError, subprocess.TimeoutExpired) as fault:
        print(f"make run: {fault}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0


def _start(directory: Path, ports: Ports) -> int:
    installation.check(directory)
    processes.check_ports(ports)
    installation.check_base(directory, ports)
    installation.prepare(directory, ports)
    installation.write_environment(directory, ports)
    environment = {**os.environ, **installation.settings(directory, ports)}
    with installation.held(directory), processes.running(environment, _ROOT) as honcho:
        is_complete = _is_published(honcho, environment)
        if honcho.poll() is None:
            lines = directions.lines(directory, ports, environment)
            print("\n".join(["", _DONE if is_complete else _LATE, "", *lines, ""]), flush=True)
        honcho.wait()
    text = "one of the processes ended by itself, so all were ended: see its last lines above"
    print(f"make run: {text}", file=sys.stderr)
    return 1 if is_complete else 2


def _is_published(honcho: subprocess.Popen[bytes], environment: Mapping[str, str]) -> bool:
    """Wait until every lookup answers as it should; False when it does not come to that."""
    until = time.monotonic() + _PATIENCE
    while honcho.poll() is None and time.monotonic() < until:
        if installation.run(("smp", "audit"), environment).returncode == 0:
            return True
        time.sleep(_PAUSE)
    return False


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("--var", type=Path, default=Path("var"), help="where everything is kept")
    parser.add_argument("--eer-port", type=_port, default=Ports.eer, help="of the FHIR API")
    parser.add_argument("--smp-port", type=_port, default=Ports.smp, help="of the SMP")
    parser.add_argument("--dns-port", type=_port, default=Ports.dns, help="of the name server")
    return parser.parse_args()


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 1 << 16:
        raise argparse.ArgumentTypeError(f"{text} found, expected a port from 1 to 65535")
    return port


if __name__ == "__main__":
    sys.exit(main())
