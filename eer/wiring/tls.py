"""Which certificate does a server show by TLS, and whose does it take of clients?"""

import ssl
from dataclasses import dataclass
from pathlib import Path
from wsgiref.types import WSGIEnvironment

from eer.domain.errors import Malformed, Unavailable
from eer.domain.wording import say

_SOCKET = "gunicorn.socket"
_HANDSHAKE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Tls:
    """The server's *certificate*, with those that chain it, and its *key*.

    Of clients it takes certificates that *clients* have issued, and asks for none without. Where
    it *is_mutual*, nobody comes in without one.
    """

    certificate: Path
    key: Path
    clients: Path | None = None
    is_mutual: bool = False


class _Line(ssl.SSLSocket):
    """Shakes hands within its time: a stranger who says nothing more would keep a thread."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - as it is there
        self.settimeout(_HANDSHAKE_SECONDS)
        try:
            super().do_handshake(block)
        except TimeoutError:
            raise ssl.SSLEOFError(ssl.SSL_ERROR_EOF, "no end of the handshake") from None
        self.settimeout(None)


def context(tls: Tls) -> ssl.SSLContext:
    """Return what shakes hands for a server.

    Raises Malformed for files that are not what they should be, Unavailable for one that cannot
    be read.
    """
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.sslsocket_class = _Line
    found.set_alpn_protocols(["http/1.1"])
    try:
        # A key with a password would be asked for at the terminal: there is none.
        found.load_cert_chain(tls.certificate, tls.key, password=lambda: b"")
    except ssl.SSLError as fault:
        text = say(
            "{certificate}, {key}: expected a chain of certificates and its key in PEM, "
            "without a password ({fault})",
            certificate=tls.certificate,
            key=tls.key,
            fault=str(fault),
        )
        raise Malformed(text) from None
    except OSError as fault:
        raise _unreadable(f"{tls.certificate}, {tls.key}", fault) from None
    if tls.clients is not None:
        _ask(found, tls.clients)
        found.verify_mode = ssl.CERT_REQUIRED if tls.is_mutual else ssl.CERT_OPTIONAL
    return found


def shown(environ: WSGIEnvironment) -> bytes | None:
    """Return the DER of the certificate that the client has shown and TLS has found right."""
    line = environ.get(_SOCKET)
    return line.getpeercert(binary_form=True) if isinstance(line, ssl.SSLSocket) else None


def _ask(context: ssl.SSLContext, authorities: Path) -> None:
    try:
        context.load_verify_locations(authorities)
    except ssl.SSLError as fault:
        text = say(
            "{file}: expected authorities of clients in PEM ({fault})",
            file=authorities,
            fault=str(fault),
        )
        raise Malformed(text) from None
    except OSError as fault:
        raise _unreadable(str(authorities), fault) from None


def _unreadable(file: str, fault: OSError) -> Unavailable:
    return Unavailable(say("{path}: cannot be read ({cause})", path=file, cause=fault.strerror))
