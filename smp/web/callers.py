"""Which tool is calling: by name and password, by a token, or by a certificate?

RFC 7617 (Basic), RFC 6750 through the register's gate, and a client certificate of TLS: our own,
or by RFC 9440, or the percent-encoded PEM of nginx, what a proxy has seen.
"""

import base64
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import unquote
from wsgiref.types import WSGIEnvironment

from eer.domain.access import Principal
from eer.domain.errors import IssueCode, Malformed, Refused, error
from smp.domain.clients import Caller, Client, Clients
from smp.web.guesses import Guesses

_PEM = "-----BEGIN CERTIFICATE-----"
_OWNER = ("HTTP_SERVICEGROUP_OWNER", "HTTP_RESOURCE_ADMIN")
"""The header that names the owner: until DomiSMP 5.0, and since."""

Shown = Callable[[WSGIEnvironment], bytes | None]
"""The DER of the certificate that the client has shown, None when there was none."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """Who may say which certificate a client has shown, and in which header; nobody by default."""

    addresses: frozenset[str] = frozenset()
    header: str = ""

    def shown(self, environ: WSGIEnvironment) -> bytes | None:
        """Return the certificate that a proxy tells of, None when nobody or anybody else does."""
        header = f"HTTP_{self.header.upper().replace('-', '_')}"
        told = environ.get(header, "") if self.header else ""
        if not told or environ.get("REMOTE_ADDR") not in self.addresses:
            return None
        return _read(told)


@dataclass(frozen=True)
class Callers:
    """Everybody who may call; *clients* are read anew for each request.

    *shown* is asked, and nothing else, for the certificate of a client. Whoever shows one that is
    known is its client, whatever name comes with it: some tools must send one. *proxies* are
    believed from where they were asked.
    """

    clients: Callable[[], Clients]
    token: Callable[[WSGIEnvironment], Principal]
    shown: Shown
    guesses: Guesses
    passwords: bool = True
    proxies: frozenset[str] = frozenset()

    def of(self, environ: WSGIEnvironment) -> Caller:
        """Return who calls; raise Refused (code login) when nobody that is known does."""
        authorization = environ.get("HTTP_AUTHORIZATION", "")
        scheme, _, said = authorization.partition(" ")
        if scheme.lower() == "bearer":
            return Caller(self.token(environ))
        found = self._by_certificate(environ)
        if found is None and scheme.lower() == "basic" and self.passwords:
            found = self._by_password(said.strip(), self.address(environ))
        if found is None:
            text = "no client is known by what was shown: expected credentials of one"
            raise Refused(text, [error(IssueCode.LOGIN, "", text)])
        return found.caller

    def owner(self, environ: WSGIEnvironment, caller: Caller) -> Client | None:
        """Return the client that *caller* writes a group for, where it names one as DomiSMP's may.

        Raises Refused where that is of another company and the caller no operator, Malformed for a
        name that nobody has.
        """
        name = next((environ[each] for each in _OWNER if environ.get(each)), None)
        if name is None:
            return None
        found = self.clients().by_name.get(name)
        if found is not None and (
            caller.principal.is_operator or found.cvr == caller.principal.cvr
        ):
            return found
        if caller.principal.is_operator:
            text = f"ServiceGroup-Owner {name!r}: expected the name of a client"
            raise Malformed(text, [error(IssueCode.VALUE, "", text)])
        text = f"ServiceGroup-Owner {name!r}: only operators write for another company"
        raise Refused(text, [error(IssueCode.FORBIDDEN, "", text)])

    def address(self, environ: WSGIEnvironment) -> str:
        """Return the address that a request comes from, as far as anybody knows."""
        peer: str = environ.get("REMOTE_ADDR", "")
        told = environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        return told if told and peer in self.proxies else peer

    def _by_password(self, said: str, address: str) -> Client | None:
        name, mark, password = _basic(said).partition(":")
        if not mark:
            return None
        self.guesses.check(name, address)
        found = self.clients().by_password(name, password)
        if found is not None:
            self.guesses.right(name, address)
        return found

    def _by_certificate(self, environ: WSGIEnvironment) -> Client | None:
        der = self.shown(environ)
        return None if der is None else self.clients().by_certificate(sha256(der).hexdigest())


def name(environ: WSGIEnvironment) -> str:
    """Return the name that came with a password, if any: whose it is nobody has said yet."""
    scheme, _, said = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    return _basic(said.strip()).partition(":")[0] if scheme.lower() == "basic" else ""


def _basic(said: str) -> str:
    try:
        return base64.b64decode(said, validate=True).decode()
    except ValueError:
        return ""


def _read(told: str) -> bytes | None:
    """Return the DER of a certificate as a proxy writes it, None for what is none."""
    try:
        text = unquote(told)
        if text.startswith(_PEM):
            return ssl.PEM_cert_to_DER_cert(text)
        return base64.b64decode(told.strip().strip(":"), validate=True)
    except ValueError:
        return None
