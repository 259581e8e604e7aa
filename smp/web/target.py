"""What does the path of a request name, whatever the server made of it?

Servers differ in what they hand over, the target as it was sent or the decoded path; behind this
it is the same.
"""

from collections.abc import Callable
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIEnvironment

from eer.domain.errors import Absent, Malformed

ABSENT = "no such participant, or no such document of it"

Reading = Callable[[str], bytes]


def sent(environ: WSGIEnvironment) -> tuple[str, Reading]:
    """Return the path as the server tells it, and how its octets are read: those sent, if known."""
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if target is None:
        return environ.get("PATH_INFO", ""), _as_decoded
    return _path(target), _as_sent


def path(environ: WSGIEnvironment) -> str:
    """Return the path of a request as decoded() does."""
    told, reading = sent(environ)
    return decoded(reading(told))


def decoded(octets: bytes) -> str:
    """Return a path as text in which only a percent sign of its own is escaped.

    Raises Malformed where it is not UTF-8, and Absent where nothing can be named like that.
    """
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        raise Malformed(f"path {octets!r}: expected UTF-8") from None
    if "\0" in text:
        raise Absent(ABSENT)  # no identifier has one, and not every database takes it
    return text.replace("%", "%25")


def _path(target: str) -> str:
    """Return the path of *target*, which may be an absolute URL (RFC 9112, 3.2.2)."""
    if not target.startswith("/"):
        target = "/" + target.partition("://")[2].partition("/")[2]
    return target.partition("?")[0]


def _as_sent(target: str) -> bytes:
    return unquote_to_bytes(_octets(target))


def _as_decoded(target: str) -> bytes:
    return _octets(target)


def _octets(text: str) -> bytes:
    """Return the octets that WSGI hands over as one character each (PEP 3333)."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        raise Malformed(f"path {text!r}: expected octets, as WSGI has them") from None
