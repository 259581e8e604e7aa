"""How does a client find its request again? By the name it gave it, which comes back."""

import re
from wsgiref.types import WSGIEnvironment

HEADER = "X-Request-Id"
_NAME = re.compile(r"[A-Za-z0-9._\-]{1,100}", re.ASCII)


def of(environ: WSGIEnvironment) -> str | None:
    """Return the name of a request, None where it has none that is fit for a header."""
    name: str | None = environ.get("HTTP_X_REQUEST_ID")
    return name if name is not None and _NAME.fullmatch(name) else None
