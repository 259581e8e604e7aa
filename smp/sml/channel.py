"""How do messages go to a name server and come back, by a time that is said before?

DNS over TCP (RFC 7766): each message has its length before it. However slowly a server sends, what
is not there by the time is not waited for.
"""

import socket
from collections.abc import Callable

_LENGTH = 2
_PORTION = 65_536


class Channel:
    """A TCP connection to *address*; *clock* counts seconds and never goes back."""

    def __init__(self, address: tuple[str, int], clock: Callable[[], float]) -> None:
        self._address = address
        self._clock = clock

    def connect(self, end: float) -> None:
        """Connect by the time *end*, or connect anew; raises OSError."""
        self._found = b""
        self._socket = socket.create_connection(self._address, self._left(end))

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def send(self, wire: bytes, end: float) -> None:
        """Send a message that has its length before it; raises OSError."""
        self._socket.settimeout(self._left(end))
        self._socket.sendall(wire)

    def receive(self, end: float) -> bytes:
        """Return the next message, all of it.

        Raises EOFError when there is none, TimeoutError when it is not there at *end*.
        """
        return self._read(int.from_bytes(self._read(_LENGTH, end), "big"), end)

    def _read(self, octets: int, end: float) -> bytes:
        while len(self._found) < octets:
            self._socket.settimeout(self._left(end))
            portion = self._socket.recv(_PORTION)
            if not portion:
                raise EOFError("it closed the connection")
            self._found += portion
        read, self._found = self._found[:octets], self._found[octets:]
        return read

    def _left(self, end: float) -> float:
        left = end - self._clock()
        if left <= 0:
            raise TimeoutError
        return left
