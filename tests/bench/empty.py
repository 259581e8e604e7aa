"""An application that returns the same bytes to everyone: the most a server can carry."""

import os
from collections.abc import Iterable
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

_BODY = (Path(os.environ["BENCH_BODY"]).read_bytes(),)
_HEADERS = [
    ("Content-Type", "text/xml; charset=UTF-8"),
    ("Content-Length", str(len(_BODY[0]))),
    ("ETag", '"0123456789abcdef0123456789abcdef"'),
    ("Last-Modified", "Mon, 04 May 2026 22:00:00 GMT"),
    ("Cache-Control", "max-age=60"),
]


def application(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer."""
    start_response("200 OK", list(_HEADERS))
    return _BODY
