"""The fake SML as a server: SOAP over HTTP and TLS, and everything that can go wrong with it."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from lxml import etree

from fakes.sml import Asked, FakeSml, SoapFault, envelope, fault_body
from fakes.sml_certificates import Authority
from fakes.sml_rules import fault_of


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def do_POST(self) -> None:
        sml = self.server.sml
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with sml.lock:
            answer = self._answered(sml, body)
        if answer is None:
            sml.closing.wait()
            self.close_connection = True
            return
        status, said, sent = answer
        self.send_response(status)
        self.send_header("Content-Type", "text/xml; charset=utf-8")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said[:sent])
        self.close_connection = self.close_connection or sent < len(said)

    def _answered(self, sml: FakeSml, body: bytes) -> tuple[int, bytes, int] | None:
        asked = self._asked(sml, body)
        sml.asked.append(asked)
        wrong = fault_of(asked.content)
        if wrong is not None:
            sml.invalid.append(wrong)
        trouble = next(iter(sml.troubles.get(asked.operation, ())), None)
        if trouble is None:
            return self._done(sml, asked)
        sml.troubles[asked.operation].pop(0)
        if trouble.is_done:
            self._done(sml, asked)
        if trouble.answer is None:
            return None
        status, said = trouble.answer
        return status, said, len(said) // 2 if trouble.halved else len(said)

    def _done(self, sml: FakeSml, asked: Asked) -> tuple[int, bytes, int]:
        try:
            said = envelope(sml.do(asked))
        except SoapFault as fault:
            said = fault_body(fault)
            return fault.status, said, len(said)
        return 200, said, len(said)

    def _asked(self, sml: FakeSml, body: bytes) -> Asked:
        """What is wanted is told by the element in the body, whatever SOAPAction says."""
        root = etree.fromstring(body)
        (content,) = root[-1]
        return Asked(
            operation=etree.QName(content).localname,
            content=content,
            path=self.path,
            action=self.headers.get("SOAPAction", ""),
            caller=self._caller(sml),
            headers={name.lower(): value for name, value in self.headers.items()},
        )

    def _caller(self, sml: FakeSml) -> str:
        """Who calls is told by TLS, or by a header, but only by that of a trusted proxy."""
        header = self.headers.get("Client-Cert")
        if header is not None and self.client_address[0] in sml.trusted_proxies:
            return header.split("subject=CN=")[1].split("&")[0]
        connection = self.connection
        assert isinstance(connection, ssl.SSLSocket)
        subject: Any = (connection.getpeercert() or {})["subject"]
        return str(dict(part[0] for part in subject)["commonName"])

    def log_message(self, *_: object) -> None:
        """Tell nobody."""


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, sml: FakeSml, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.sml = sml
        self.socket = context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False
        )

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands; who is not taken hears why before the line is closed."""
        try:
            request.do_handshake()
        except ssl.SSLError:
            with socket.socket(fileno=request.detach()) as line:
                line.shutdown(socket.SHUT_WR)
                while line.recv(4096):
                    pass
            return
        super().finish_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        if request.fileno() != -1:
            super().shutdown_request(request)

    def handle_error(self, *_: object) -> None:
        """A client that has had enough is no error of the server's."""


@contextmanager
def running(authority: Authority) -> Iterator[FakeSml]:
    """Run an SML that takes whoever *authority* knows; all that was asked has to be valid."""
    own = authority.pair("sml")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.certificate, own.key)
    context.load_verify_locations(authority.file)
    context.verify_mode = ssl.CERT_REQUIRED
    sml = FakeSml()
    with _Server(sml, context) as server:
        sml.url = f"https://127.0.0.1:{server.server_port}/edelivery-sml"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield sml
        finally:
            sml.closing.set()
            server.shutdown()
            thread.join()
    assert sml.invalid == []
