"""What stands between a publisher and its primary, and may cut or hold up what they say."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Thread


@dataclass
class Relay:
    """Passes DNS messages over TCP from a port of its own to *server*, one connection at a time.

    For questions with one answer each. *before* is called with the number of each message before
    it goes on, *after* when it is answered and nobody was told of the answer. What either raises
    ends the connection.
    """

    server: tuple[str, int]
    before: Callable[[int], None] = lambda _: None
    after: Callable[[int], None] = lambda _: None
    passed: int = 0
    address: tuple[str, int] = field(default=("", 0))

    def pass_on(self, client: socket.socket) -> None:
        with client, socket.create_connection(self.server, timeout=10) as server:
            asked, answered = client.makefile("rb"), server.makefile("rb")
            with asked, answered, suppress(EOFError, OSError):
                while True:
                    message = _message(asked.read)
                    self.passed += 1
                    self.before(self.passed)
                    server.sendall(message)
                    answer = _message(answered.read)
                    self.after(self.passed)
                    client.sendall(answer)


@contextmanager
def relaying(relay: Relay) -> Iterator[Relay]:
    """Run *relay* in a thread."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        relay.address = listening.getsockname()[:2]
        thread = Thread(target=_serve, args=(relay, listening), daemon=True)
        thread.start()
        yield relay
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def _serve(relay: Relay, listening: socket.socket) -> None:
    with suppress(OSError):
        while True:
            client, _ = listening.accept()
            with suppress(OSError):
                relay.pass_on(client)


def _message(read: Callable[[int], bytes]) -> bytes:
    size = read(2)
    if len(size) < 2:
        raise EOFError
    return size + read(int.from_bytes(size, "big"))


@contextmanager
def datagrams_only(server: tuple[str, int]) -> Iterator[tuple[str, int]]:
    """Pass DNS messages over UDP to *server*, as a firewall does that lets nothing else through."""
    with socket.socket(type=socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        address: tuple[str, int] = listening.getsockname()
        thread = Thread(target=_pass_datagrams, args=(server, listening), daemon=True)
        thread.start()
        yield address
        listening.sendto(b"", address)
        thread.join(10)


def _pass_datagrams(server: tuple[str, int], listening: socket.socket) -> None:
    while True:
        asked, client = listening.recvfrom(65_535)
        if not asked:
            return
        with socket.socket(type=socket.SOCK_DGRAM) as asking:
            asking.settimeout(10)
            asking.sendto(asked, server)
            listening.sendto(asking.recv(65_535), client)
