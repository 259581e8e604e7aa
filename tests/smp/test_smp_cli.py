"""What the operator types and what machines are told when nothing comes of it (--json)."""

import json
import sys
from pathlib import Path

import pytest

from smp import cli


def told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["smp", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert isinstance(ended.value.code, int)
    return ended.value.code, *capsys.readouterr()


@pytest.mark.parametrize(
    "command",
    [
        ("plan",),
        ("publish",),
        ("audit",),
        ("check",),
        ("stop", "--list"),
        ("keys", "rehearse"),
        ("sml", "list"),
        ("export", "--out", "there"),
        ("lookup", "0088:5790009000013"),
    ],
)
def test_a_failure_before_any_result_is_told_as_json(
    command: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SMP_DNS_TTL", "soon")
    monkeypatch.setenv("SMP_DATABASE_URL", "no URL")

    plain = told(monkeypatch, capsys, *command)
    code, out, err = told(monkeypatch, capsys, *command, "--json")

    said = json.loads(out)
    assert said.keys() == {"failure", "kind", "issues"}
    assert err == f"smp: {said['failure']}\n"
    assert plain == (code, "", err)
    assert code != 0


def test_an_archive_that_is_none_is_told_as_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "none.tar").write_bytes(b"none")
    monkeypatch.chdir(tmp_path)

    code, out, err = told(monkeypatch, capsys, "verify", "none.tar", "--json")

    said = json.loads(out)
    assert (code, err) == (2, f"smp: {said['failure']}\n")
    assert said["kind"] == "Malformed"
