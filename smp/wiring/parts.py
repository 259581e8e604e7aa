"""The parts that several processes of the publisher are built from."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from eer.domain.errors import Malformed, Unavailable

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


def choose(below: int) -> int:
    """Return a number from 0 to below *below*, by chance that nobody can foresee."""
    return secrets.randbelow(below)


def check_files(files: Mapping[str, Path]) -> None:
    """Raise Malformed naming every file of *files*, setting to path, that is not there."""
    missing = [
        f"  {setting} {path}: no such file" for setting, path in files.items() if not path.is_file()
    ]
    if missing:
        advice = "put them there, or make them with smp keys create"
        raise Malformed("\n".join(["settings (see docs/configuration.md):", *missing, advice]))


def content(setting: str, path: Path) -> bytes:
    """Return the content of the file that *setting* names; raise Malformed or Unavailable."""
    check_files({setting: path})
    try:
        return path.read_bytes()
    except OSError as fault:
        raise Unavailable(f"{setting} {path}: cannot be read ({fault.strerror})") from None
