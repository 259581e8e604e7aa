"""Who issues tokens where there is no authorization server: the development issuer.

Its tokens are accepted only while the API is offered on loopback.
"""

import json
import os
from datetime import datetime, timedelta
from pathlib import Path

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from eer.domain.errors import Absent, Malformed, Unavailable
from eer.domain.wording import say

ISSUER = "urn:ehmi-register:development"
ALGORITHM = "ES256"
_LIFE = timedelta(hours=12)


def create(path: Path) -> bool:
    """Make the issuer's key at *path*, readable by its owner alone; leave one that is there.

    Raises Unavailable when it cannot be written.
    """
    if path.exists():
        load(path)
        return False
    key = ECKey.generate_key("P-256", auto_kid=True)
    try:
        _write(path, json.dumps(key.as_dict(private=True)))
    except OSError as fault:
        text = say("{path}: cannot be written ({cause})", path=path, cause=fault.strerror)
        raise Unavailable(text) from None
    return True


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)


def load(path: Path) -> ECKey:
    """Read the issuer's key; raise Absent or Malformed, saying what to do."""
    try:
        return ECKey.import_key(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise Absent(
            say("{path}: no development issuer key; make one with eer keys create", path=path)
        ) from None
    except (ValueError, JoseError, OSError) as fault:
        text = say(
            "{path}: not a development issuer key ({fault}); remove it and run eer keys create",
            path=path,
            fault=str(fault),
        )
        raise Malformed(text) from None


def token(key: ECKey, claims: dict[str, str], audience: str, at: datetime) -> str:
    """Return a token with *claims* for the register at *audience*, good for twelve hours.

    Raises Malformed when *key* lacks its private half.
    """
    if not key.is_private:
        raise Malformed(say("the issuer's key has no private half, so it makes no tokens"))
    header = {"alg": ALGORITHM, "typ": "at+jwt", "kid": key.kid}
    times = {"iat": int(at.timestamp()), "exp": int((at + _LIFE).timestamp())}
    return jwt.encode(header, {"iss": ISSUER, "aud": audience, **times, **claims}, key)
