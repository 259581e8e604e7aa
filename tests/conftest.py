"""What every test stands on: no network but loopback, a stopped clock, a scratch register.

The clock and the register come from registers.py, empty databases from databases.py, a central SML
from smls.py, a register that is served from flows/served.py, one that is published from
flows/published.py.
"""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# What is judged must be judged alike twice; at a desk, each run looks somewhere else.
settings.register_profile("judged", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("judged")

pytest_plugins = ["databases", "registers", "smls", "flows.served", "flows.published"]

SHARED = Path(os.environ.get("EHMI_SHARED", Path(__file__).parents[2] / "shared"))


@pytest.fixture
def shared() -> Path:
    """Return the folder with the specifications' data, or skip."""
    if not SHARED.is_dir():
        pytest.skip("wants ../shared (or EHMI_SHARED)")
    return SHARED


def _is_loopback(address: object) -> bool:
    if not isinstance(address, tuple):
        return True  # a Unix socket has a path
    return str(address[0]).startswith("127.") or address[0] in ("::1", "localhost", "")


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection and datagram that would leave the machine."""
    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, _checked(getattr(socket.socket, name)))


def _checked(method: Callable[..., Any]) -> Callable[..., Any]:
    """Each of them has the address as its last argument."""

    def checked(self: socket.socket, *args: Any) -> Any:
        if not _is_loopback(args[-1]):
            pytest.fail(f"a test tried to reach {args[-1]!r}")
        return method(self, *args)

    return checked
