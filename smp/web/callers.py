"""Which tool is calling: by name and password, by a token, or by a certificate?

RFC 7617 (Basic), RFC 6750 through the register's gate, and RFC 9440, or the percent-encoded PEM of
nginx, for what a proxy has seen in TLS.
"""

import base64
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import unquote
from wsgiref.types import WSGIEnvironment

from eer.domain.access import Principal
from eer.domain.errors import IssueCode, Refused, error
from smp.domain.clients import Caller, Client, Clients

_PEM = "-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class Proxy:
    """Who may say which certificate a client has shown, and in which header; nobody by default."""

    addresses: frozenset[str] = frozenset()
    header: str = ""


@dataclass(frozen=True)
class Callers:
    """Everybody who may call; *clients* are read anew for each request."""

    clients: Callable[[], Clients]
    token: Callable[[WSGIEnvironment], Principal]
    proxy: Proxy

    def of(self, environ: WSGIEnvironment) -> Caller:
        """Return who calls; raise Refused (code login) when nobody that is known does."""
        authorization = environ.get("HTTP_AUTHORIZATION", "")
        scheme, _, shown = authorization.partition(" ")
        if scheme.lower() == "bearer":
            return Caller(self.token(environ))
        if scheme.lower() == "basic":
            found = self._by_password(shown.strip())
        else:
            found = self._by_certificate(environ)
        if found is None:
            text = "no client is known by what was shown: expected Basic credentials of one"
            raise Refused(text, [error(IssueCode.LOGIN, "", text)])
        return found.caller

    def _by_password(self, shown: str) -> Client | None:
        try:
            name, mark, password = base64.b64decode(shown, validate=True).decode().partition(":")
        except ValueError:
            return None
        return self.clients().by_password(name, password) if mark else None

    def _by_certificate(self, environ: WSGIEnvironment) -> Client | None:
        header = f"HTTP_{self.proxy.header.upper().replace('-', '_')}"
        shown = environ.get(header, "") if self.proxy.header else ""
        if not shown or environ.get("REMOTE_ADDR") not in self.proxy.addresses:
            return None
        return self.clients().by_certificate(_fingerprint(shown))


def _fingerprint(shown: str) -> str:
    """Return the SHA-256 of a certificate as a proxy writes it, nothing for what is none."""
    try:
        text = unquote(shown)
        if text.startswith(_PEM):
            der = ssl.PEM_cert_to_DER_cert(text)
        else:
            der = base64.b64decode(shown.strip().strip(":"), validate=True)
    except ValueError:
        return ""
    return sha256(der).hexdigest() if der else ""
