"""In whose name something is done at the command line."""

import getpass
import os

import pytest

from eer.wiring import parts


def test_who_has_no_name_is_told_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that runs as a number nobody has given a name."""

    def nameless() -> str:
        raise KeyError(f"getpwuid(): uid not found: {os.getuid()}")

    monkeypatch.setattr(getpass, "getuser", nameless)

    assert parts.user() == f"uid {os.getuid()}"
