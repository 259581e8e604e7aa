"""Servers with which TLS fails, each at another point; those of `BROKEN` by what they do."""

import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from fakes.sml_certificates import Authority

Answer = Callable[[socket.socket, ssl.SSLContext], None]
"""What a server does with its one connection."""


@contextmanager
def server(folder: Path, answer: Answer) -> Iterator[tuple[str, Path]]:
    """Run a server; give its URL and the file of the authority that its certificate is from."""
    authority = Authority(folder)
    pair = authority.pair("server")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)

    def serve(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection, contextlib.suppress(OSError):
            answer(connection, context)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=serve, args=[listening])
        thread.start()
        try:
            yield f"https://127.0.0.1:{listening.getsockname()[1]}/", authority.file
        finally:
            thread.join()


def wants_a_certificate(connection: socket.socket, tls: ssl.SSLContext) -> None:
    """In TLS 1.3 a client hears of it only when it waits for the answer."""
    tls.verify_mode = ssl.CERT_REQUIRED
    with tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False) as wrapped:
        with contextlib.suppress(ssl.SSLError):
            wrapped.do_handshake()
        with socket.socket(fileno=wrapped.detach()) as plain:
            plain.shutdown(socket.SHUT_WR)
            while plain.recv(65536):
                pass


def breaks_off(connection: socket.socket, tls: ssl.SSLContext) -> None:
    """It answers a request beside TLS."""
    with tls.wrap_socket(connection, server_side=True) as wrapped:
        wrapped.recv(65536)
        with socket.socket(fileno=wrapped.detach()) as plain:
            plain.sendall(b"HTTP/1.1 200 OK\r\n\r\n")


def ends_at_the_handshake(connection: socket.socket, _: ssl.SSLContext) -> None:
    """It closes the connection."""
    connection.recv(65536)


def speaks_no_tls(connection: socket.socket, _: ssl.SSLContext) -> None:
    """It answers as a server of plain HTTP does."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


BROKEN: dict[str, Answer] = {
    "wants a certificate": wants_a_certificate,
    "breaks off": breaks_off,
    "ends at the handshake": ends_at_the_handshake,
    "speaks no TLS": speaks_no_tls,
}
