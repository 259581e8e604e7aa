"""A disk that is small enough to be filled: a file system in memory, mounted for one test."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_MIB = 2**20


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """The file system that is mounted at *path*."""

    path: Path

    @property
    def free(self) -> int:
        return shutil.disk_usage(self.path).free

    def leave(self, room: int) -> None:
        """Let there be *room* bytes besides what stands there, as whole pages."""
        usage = shutil.disk_usage(self.path)
        _mount("-o", f"remount,size={usage.used + room}", str(self.path))

    def fill(self) -> None:
        """Write until nothing more is taken."""
        with (self.path / "filler").open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                return

    def make_room(self) -> None:
        """Take away what filled it."""
        (self.path / "filler").unlink()


@contextmanager
def small_disk(path: Path, size: int = 16 * _MIB, inodes: int = 1000) -> Iterator[SmallDisk]:
    """Mount one of *size* bytes and so many files at *path*, or skip where that is not allowed."""
    path.mkdir()
    if os.geteuid() != 0:
        pytest.skip("wants to mount a small disk: run as root")
    try:
        _mount("-t", "tmpfs", "-o", f"size={size},nr_inodes={inodes}", "tmpfs", str(path))
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("wants to mount a small disk: allow mount (CAP_SYS_ADMIN)")
    try:
        yield SmallDisk(path)
    finally:
        # Lazily: who still has a file open there keeps that and nothing else.
        subprocess.run(["umount", "-l", str(path)], check=True)


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True, capture_output=True)
