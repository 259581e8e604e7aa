"""The parts that several processes of the publisher are built from."""

import secrets
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from eer.domain.errors import Absent, Unavailable

VERSION = version("ehmi-register")


def now() -> datetime:
    """Return this moment, UTC."""
    return datetime.now(UTC)


def serial() -> int:
    """Return a serial number for a certificate, by chance (RFC 5280, 4.1.2.2)."""
    return secrets.randbits(150) + 1


def secret() -> bytes:
    """Return a secret of 256 bits, by chance."""
    return secrets.token_bytes(32)


def content(setting: str, path: Path) -> bytes:
    """Return the content of the file that *setting* names; raise Absent or Unavailable."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise Absent(f"{setting} {path}: no such file; smp keys create makes one") from None
    except OSError as fault:
        raise Unavailable(f"{setting} {path}: cannot be read ({fault.strerror})") from None
