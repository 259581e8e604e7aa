"""Which tools may write, by which password or certificate, and for whom?

Passwords are kept as scrypt (RFC 7914) makes them, certificates as their SHA-256.
"""

import hashlib
import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from eer.domain import access
from eer.domain.access import OPERATOR, Principal
from eer.domain.errors import IssueCode, Malformed, Refused, error
from eer.domain.identifiers import Cvr

_COST, _BLOCK, _LANES = 2**14, 8, 1
_SCHEME = "scrypt"
_SCOPES = access.scopes("system/Endpoint.ud")
_NOBODY = f"{_SCHEME}$" + b64encode(bytes(16)).decode() + "$" + b64encode(bytes(64)).decode()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and for which GLNs: those that begin with one of *glns*, or all."""

    principal: Principal
    glns: tuple[str, ...] = ()

    def check(self, gln: str) -> None:
        """Raise Refused unless the caller may write for *gln*."""
        if self.glns and not gln.startswith(self.glns):
            text = f"GLN {gln} is not for {self.principal.client}: expected {', '.join(self.glns)}…"
            raise Refused(text, [error(IssueCode.FORBIDDEN, "", text)])


@dataclass(frozen=True, slots=True)
class Client:
    """A tool: its name, whose it is, and what it shows; an operator's writes for everybody."""

    name: str
    password: str = ""
    certificate: str = ""
    cvr: Cvr | None = None
    is_operator: bool = False
    glns: tuple[str, ...] = ()

    @property
    def caller(self) -> Caller:
        """The client as the register's policy sees it."""
        roles = frozenset({OPERATOR}) if self.is_operator else frozenset[str]()
        return Caller(Principal(self.name, self.name, self.cvr, _SCOPES, roles), self.glns)


@dataclass(frozen=True, slots=True)
class Clients:
    """All that may write, by name."""

    by_name: Mapping[str, Client]

    def with_(self, client: Client) -> "Clients":
        """Return these and *client*, in the place of one of its name."""
        return Clients({**self.by_name, client.name: client})

    def by_password(self, name: str, password: str) -> Client | None:
        """Return the client of that name and password; it takes as long when there is none."""
        found = self.by_name.get(name)
        kept = found.password if found is not None and found.password else _NOBODY
        return found if _matches(kept, password) else None

    def by_certificate(self, fingerprint: str) -> Client | None:
        """Return the client whose certificate has that SHA-256, in hex."""
        has_one = (each for each in self.by_name.values() if each.certificate)
        of_it = (each for each in has_one if each.certificate == fingerprint)
        return next(of_it, None)


def hashed(password: str, salt: bytes) -> str:
    """Return what is kept of a password."""
    made = hashlib.scrypt(password.encode(), salt=salt, n=_COST, r=_BLOCK, p=_LANES)
    return f"{_SCHEME}${b64encode(salt).decode()}${b64encode(made).decode()}"


def parse(text: str) -> Clients:
    """Read the clients as printed() writes them; raise Malformed for anything else."""
    try:
        return Clients({name: _client(name, said) for name, said in json.loads(text).items()})
    except (ValueError, TypeError, AttributeError, Malformed) as fault:
        raise Malformed(f"not a list of clients: {fault}") from None


def printed(clients: Clients) -> str:
    """Return *clients* as the file has them."""
    said = {
        name: {
            "password": each.password,
            "certificate": each.certificate,
            "cvr": None if each.cvr is None else str(each.cvr),
            "operator": each.is_operator,
            "glns": list(each.glns),
        }
        for name, each in sorted(clients.by_name.items())
    }
    return json.dumps(said, indent=2) + "\n"


def _client(name: str, said: Mapping[str, Any]) -> Client:
    password, cvr = str(said.get("password") or ""), said.get("cvr")
    if password:
        _parts(password)
    return replace(
        Client(name, password, str(said.get("certificate") or "").lower()),
        cvr=None if cvr is None else Cvr.parse(str(cvr)),
        is_operator=said.get("operator") is True,
        glns=tuple(map(str, said.get("glns") or ())),
    )


def _matches(kept: str, password: str) -> bool:
    salt, _ = _parts(kept)
    return hmac.compare_digest(hashed(password, salt), kept)


def _parts(kept: str) -> tuple[bytes, bytes]:
    scheme, salt, made = kept.split("$")
    if scheme != _SCHEME:
        raise Malformed(f"a password kept as {scheme!r}, expected {_SCHEME}")
    return b64decode(salt, validate=True), b64decode(made, validate=True)
