"""Who is calling? From an access token to a Principal.

RFC 6750; claims by the EHMI security architecture (docs/interfaces/access.md).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from wsgiref.types import WSGIEnvironment

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.jwt import JWTClaimsRegistry

from eer.domain import access
from eer.domain.access import Principal
from eer.domain.errors import IssueCode, Malformed, Refused, error
from eer.domain.identifiers import Cvr
from eer.domain.wording import Sentence, say
from eer.gate import issuer

_SKEW_SECONDS = 10
_CALLER = "eer.caller"

# What joserfc raises over the headers and claims that anybody may send: it trusts their shapes.
_NOT_A_TOKEN = (JoseError, ValueError, TypeError, AttributeError, LookupError, RecursionError)


class Asked(Protocol):
    """A request, as far as the gate looks at it."""

    @property
    def environ(self) -> WSGIEnvironment:
        """What WSGI hands over."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets in who shows a token of the issuer, for this register, within its time.

    *key* is None where no issuer is trusted: then nobody is let in.
    """

    key: ECKey | None
    audience: str
    now: Callable[[], datetime]

    def principal(self, request: Asked) -> Principal:
        """Return who calls; raise Refused (code login) when the token does not say so validly."""
        return self.of(request.environ)

    def of(self, environ: WSGIEnvironment) -> Principal:
        """Return who calls as principal does; each request is asked once."""
        found: Principal | None = environ.get(_CALLER)
        if found is None:
            found = environ[_CALLER] = self._read(environ.get("HTTP_AUTHORIZATION", ""))
        return found

    def _read(self, authorization: str) -> Principal:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _not_known(say("no token found, expected Authorization: Bearer"))
        if self.key is None:
            raise _not_known(say("no token issuer is trusted by this register"))
        return _principal(self._claims(self.key, token.strip()))

    def _claims(self, key: ECKey, token: str) -> dict[str, object]:
        rules = JWTClaimsRegistry(
            now=lambda: int(self.now().timestamp()),
            leeway=_SKEW_SECONDS,
            iss={"essential": True, "value": issuer.ISSUER},
            aud={"essential": True, "value": self.audience},
            exp={"essential": True},
        )
        try:
            found = jwt.decode(token, key, algorithms=[issuer.ALGORITHM])
            rules.validate(found.claims)
        except _NOT_A_TOKEN as fault:
            text = say("the token is not accepted: {fault}", fault=str(fault))
            raise _not_known(text) from None
        return found.claims


def _principal(claims: dict[str, object]) -> Principal:
    cvr = claims.get("cvr")
    roles = claims.get("roles")
    try:
        return Principal(
            subject=str(claims.get("sub", "")),
            client=str(claims.get("client_id", "")),
            cvr=Cvr.parse(str(cvr)) if cvr is not None else None,
            scopes=access.scopes(str(claims.get("scope", ""))),
            roles=frozenset(str(roles).split()) if roles is not None else frozenset(),
        )
    except Malformed as fault:
        text = say("the token's cvr is none: {fault}", fault=fault.text)
        raise _not_known(text) from None


def _not_known(text: Sentence) -> Refused:
    return Refused(text, (error(IssueCode.LOGIN, "", text),))
