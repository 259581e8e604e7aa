"""The npm packages of tests/node: installed once below it, out of git's sight."""

import fcntl
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "node"


def node() -> str:
    """Return where Node.js is, with the packages there; skip with what to install."""
    found = {name: shutil.which(name) for name in ("node", "npm")}
    if None in found.values():
        pytest.skip("wants nodejs: apt-get install nodejs npm")
    with (FOLDER / "package-lock.json").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another process of these tests may be at it
        if not _are_there():
            _install(str(found["npm"]))
    return str(found["node"])


def _are_there() -> bool:
    """Whether what npm installed last is what the lock file asks for."""
    done = FOLDER / "node_modules" / "done"
    wanted = (FOLDER / "package-lock.json").read_bytes()
    return done.exists() and done.read_bytes() == wanted


def _install(npm: str) -> None:
    ran = subprocess.run(
        [npm, "ci", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    shutil.copy(FOLDER / "package-lock.json", FOLDER / "node_modules" / "done")
