"""Is the image what it should be, as far as can be said without building it?"""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("eer", "smp", "sync")


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions, each on one line, without comments."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    joined = re.sub(r"\\\n\s*", "", re.sub(r"(?m)^#.*\n", "", text))
    return [
        (name, rest)
        for line in joined.splitlines()
        if line
        for name, _, rest in [line.partition(" ")]
    ]


def final_stage() -> list[tuple[str, str]]:
    """Return the instructions of the stage that becomes the image."""
    found = instructions()
    last = max(place for place, (name, _) in enumerate(found) if name == "FROM")
    return found[last:]


def copied() -> list[str]:
    """Return what the builder copies from this directory."""
    return [
        source
        for name, rest in instructions()
        if name == "COPY" and not rest.startswith("--from")
        for source in rest.split()[:-1]
    ]


def files_of(package: str, folder: Path) -> set[str]:
    """Return every file of a package, by its path from *folder*."""
    return {
        str(path.relative_to(folder))
        for path in (folder / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_image_runs_as_a_user_who_is_not_root() -> None:
    users = [rest for name, rest in final_stage() if name == "USER"]

    assert users == ["10001"]


def test_the_image_has_no_default_command() -> None:
    names = {name for name, _ in final_stage()}

    assert names.isdisjoint({"CMD", "ENTRYPOINT"})


def test_the_image_says_how_its_health_is_asked() -> None:
    checks = [rest for name, rest in final_stage() if name == "HEALTHCHECK"]

    assert len(checks) == 1
    assert "HEALTH_URL" in checks[0]


def test_nothing_but_the_installed_environment_is_copied_into_the_image() -> None:
    copies = [rest for name, rest in final_stage() if name == "COPY"]

    assert copies == ["--from=build /opt/register /opt/register"]


def test_no_layer_takes_a_secret() -> None:
    arguments = [rest for name, rest in instructions() if name in ("ARG", "ENV", "ADD")]
    suspicious = [
        each
        for each in (*arguments, *copied())
        if re.search(r"(?i)key|secret|token|password|\.pem|\bvar\b", each)
    ]

    assert suspicious == []


def test_every_installation_obeys_the_pins() -> None:
    installs = [rest for name, rest in instructions() if name == "RUN" and " install " in rest]

    assert len(installs) == 2
    assert all("-c constraints.txt" in each for each in installs)


def test_the_builder_is_sent_what_it_copies_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    sent = {line[1:] for line in lines if line.startswith("!")}

    assert "*" in lines
    assert set(copied()) == sent


def test_every_pin_is_an_exact_version_named_once() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    names = [re.sub(r"[-_.]+", "-", line.partition("==")[0]).lower() for line in lines]

    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][\w.]*", line)] == []
    assert sorted(set(names)) == sorted(names)


@pytest.mark.slow
def test_the_wheel_holds_every_file_of_the_packages(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    ignored = shutil.ignore_patterns("__pycache__")
    for name in copied():
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, source)
    wanted = {each for package in PACKAGES for each in files_of(package, source)}

    options = ("--no-build-isolation", "--no-deps", "--no-index", "--wheel-dir", str(tmp_path))
    command = [sys.executable, "-m", "pip", "wheel", "-q", *options, str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        found = {name for name in wheel.namelist() if name.partition("/")[0] in PACKAGES}
    assert wanted == found
