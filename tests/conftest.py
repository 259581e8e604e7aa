"""What every test stands on: no network but loopback, and where the shared material lies."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest_plugins = ["databases"]

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
def _no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuse every connection that would leave the machine."""
    connect, sendto = socket.socket.connect, socket.socket.sendto

    def checked_connect(self: socket.socket, address: object) -> None:
        if not _is_loopback(address):
            pytest.fail(f"a test tried to reach {address!r}")
        connect(self, address)  # type: ignore[arg-type]  # whatever socket itself takes

    def checked_sendto(self: socket.socket, *args: object) -> int:
        if not _is_loopback(args[-1]):
            pytest.fail(f"a test tried to reach {args[-1]!r}")
        return sendto(self, *args)  # type: ignore[call-overload,no-any-return]  # likewise

    monkeypatch.setattr(socket.socket, "connect", checked_connect)
    monkeypatch.setattr(socket.socket, "sendto", checked_sendto)
    yield
