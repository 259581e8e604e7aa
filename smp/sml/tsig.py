"""Which key signs what is said to the name servers?

A key file as BIND's `tsig-keygen` writes it; the key is used as RFC 8945 says.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterator
from dataclasses import dataclass, field
from os import O_CREAT, O_EXCL, O_WRONLY, fdopen
from os import open as os_open
from pathlib import Path

import dns.name
import dns.tsig

from eer.domain.errors import Absent, Conflict, Malformed, Unavailable

ALGORITHM = "hmac-sha256"
ALGORITHMS = (ALGORITHM, "hmac-sha224", "hmac-sha384", "hmac-sha512")

_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,250}[A-Za-z0-9_])?\.?")
_TOKEN = re.compile(
    r'\s+|//[^\n]*|\#[^\n]*|/\*.*?\*/|(?P<said>"[^"]*"|[{};]|[^\s{};"]+)', re.DOTALL
)
_EXPECTED = 'expected key "NAME" { algorithm hmac-sha256; secret "BASE64"; };'


@dataclass(frozen=True, slots=True)
class TsigKey:
    """A shared secret with the name that both sides know it by; the secret is never printed."""

    name: str
    algorithm: str
    secret: bytes = field(repr=False)

    @property
    def key(self) -> dns.tsig.Key:
        """The key as dnspython wants it."""
        return dns.tsig.Key(dns.name.from_text(self.name), self.secret, self.algorithm)


def parse(text: str) -> TsigKey:
    """Read a key file; comments in BIND's three ways are skipped.

    Raises Malformed when it is not exactly one key, or of an algorithm that is not in use here.
    No message repeats the secret.
    """
    tokens = tuple(_tokens(text))
    if len(tokens) < 3 or tokens[0] != "key" or tokens[2] != "{" or tokens[-2:] != ("}", ";"):  # noqa: PLR2004 - key, name, brace
        raise Malformed(f"not a TSIG key: {_EXPECTED}")
    name = _unquoted(tokens[1])
    if not _NAME.fullmatch(name):
        raise Malformed(f"TSIG key name {name!r}: expected a DNS name")
    said = _statements(tokens[3:-2], name)
    algorithm = said["algorithm"].lower()
    if algorithm not in ALGORITHMS:
        raise Malformed(
            f"TSIG key {name}: algorithm {algorithm!r} found, expected one of"
            f" {', '.join(ALGORITHMS)}; make a new key with tsig-keygen"
        )
    return TsigKey(name, algorithm, _secret(said["secret"], name))


def print_key(key: TsigKey) -> str:
    """Return the text of a key file, letter by letter as `tsig-keygen` prints it."""
    return (
        f'key "{key.name}" {{\n'
        f"\talgorithm {key.algorithm};\n"
        f'\tsecret "{b64encode(key.secret).decode()}";\n'
        "};\n"
    )


def load(path: Path) -> TsigKey:
    """Read the key in the file *path*.

    Raises Absent when there is no such file, Unavailable when it cannot be read, Malformed when it
    is no key.
    """
    try:
        return parse(path.read_text("utf-8"))
    except FileNotFoundError:
        raise Absent(f"TSIG key file {path} is not there: make one with tsig-keygen") from None
    except OSError as fault:
        raise Unavailable(f"TSIG key file {path} cannot be read: {fault.strerror}") from None
    except UnicodeDecodeError:
        raise Malformed(f"TSIG key file {path} is not text: {_EXPECTED}") from None
    except Malformed as fault:
        raise Malformed(f"{path}: {fault.text}") from None


def create(path: Path, name: str, secret: bytes) -> TsigKey:
    """Write a new key of hmac-sha256 to *path*, for its owner's eyes only.

    Raises Malformed when *name* is no DNS name or *secret* is empty, and Conflict when the file
    is there already: a key in use is never overwritten. Unavailable when the disk does not take it.
    """
    key = parse(print_key(TsigKey(name, ALGORITHM, secret)))
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        file = os_open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
    except FileExistsError:
        raise Conflict(
            f"TSIG key file {path} is there already: move it away if it is not in use"
        ) from None
    except OSError as fault:
        raise _unwritten(path, fault) from None
    try:
        with fdopen(file, "w", encoding="utf-8") as opened:
            opened.write(print_key(key))
    except OSError as fault:
        path.unlink()  # half a key would be taken for a key
        raise _unwritten(path, fault) from None
    return key


def _unwritten(path: Path, fault: OSError) -> Unavailable:
    return Unavailable(f"TSIG key file {path} cannot be written: {fault.strerror}; try again")


def _tokens(text: str) -> Iterator[str]:
    place = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise Malformed(f"not a TSIG key: a quotation mark without its partner; {_EXPECTED}")
        if found["said"]:
            yield found["said"]
        place = found.end()


def _statements(tokens: tuple[str, ...], name: str) -> dict[str, str]:
    """Read `word value ;` and again: exactly an algorithm and a secret, in either order."""
    words, values, ends = tokens[::3], tokens[1::3], tokens[2::3]
    if sorted(words) != ["algorithm", "secret"] or ends != (";", ";"):
        raise Malformed(f"TSIG key {name}: {_EXPECTED}")
    return {word: _unquoted(value) for word, value in zip(words, values, strict=True)}


def _secret(text: str, name: str) -> bytes:
    try:
        secret = b64decode("".join(text.split()), validate=True)
    except (NotBase64, ValueError):
        raise Malformed(f"TSIG key {name}: the secret is not base64") from None
    if not secret:
        raise Malformed(f"TSIG key {name}: the secret is empty")
    return secret


def _unquoted(token: str) -> str:
    return token.strip('"')
