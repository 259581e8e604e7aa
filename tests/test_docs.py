"""What the documentation says is so: settings, reasons, links, commands."""

import re
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from eer.domain import addressability
from eer.domain.eligibility import SENTENCES, Reason
from eer.domain.receipt import Step
from eer.fhir import operations
from eer.settings import Settings
from smp.settings.archive import Exporting, Verifying
from smp.settings.keys import Keys
from smp.settings.lookup import Lookup
from smp.settings.managing import Managing
from smp.settings.publishing import Publishing
from smp.settings.serving import NameServing, Serving

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
MODELS: tuple[type[BaseSettings], ...] = (
    Settings,
    Serving,
    NameServing,
    Keys,
    Lookup,
    Managing,
    Publishing,
    Exporting,
    Verifying,
)

# Each command of the README, and the test that runs it.
RUN_BY = {
    "make run": "flows/test_make_run.py",
    "make test": "../.ci/run",
    '.venv/bin/smp lookup 0088:5790009000068 "HomeCareObservation 1.2"': "flows/test_readme.py",
}


def _rows() -> dict[str, list[str]]:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
    return {row[0].strip("`"): row for row in rows if re.match(r"`(EER|SMP)_", row[0])}


def _settings() -> dict[str, str]:
    """Every setting with its default as the page writes it; empty where it has to be set."""
    found: dict[str, str] = {}
    for model in MODELS:
        prefix = model.model_config.get("env_prefix", "")
        for name, field in model.model_fields.items():
            default = "" if field.is_required() else _written(field.default)
            found[f"{prefix}{name}".upper()] = default
    return found


def _written(default: object) -> str:
    if default is None:
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple) and default and isinstance(default[-1], int):
        return ":".join(map(str, default))
    if isinstance(default, tuple):
        return ",".join(map(_written, default))
    return str(default)


def _commands(page: Path) -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def test_every_setting_is_documented_and_no_other() -> None:
    assert set(_rows()) == set(_settings())


# What these are where they are not set is a sentence.
_TOLD = {"SMP_PUBLISHER_NAME", "SMP_NEGATIVE_TTL", "SMP_ZONE_FILE_TO_WRITE"}


@pytest.mark.parametrize("name", sorted(set(_settings()) - _TOLD))
def test_a_documented_default_is_the_default(name: str) -> None:
    row = _rows()[name]

    default = row[-2].strip("`")
    assert _settings()[name] == default


def test_every_reason_against_publication_is_documented() -> None:
    text = (ROOT / "docs" / "interfaces" / "eligibility.md").read_text(encoding="utf-8")

    listed = dict(re.findall(r"^\| `([a-z-]+)` \| (.+) \|$", text, re.MULTILINE))
    assert listed == {reason.value: SENTENCES[reason] for reason in Reason}


def _table(page: str, heading: str) -> list[tuple[str, str]]:
    """Return the codes of the table under a heading, in their order, and what they mean."""
    text = (ROOT / "docs" / "interfaces" / page).read_text(encoding="utf-8")
    section = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([a-z-]+)` \| ([^|]+?) \|", section, re.MULTILINE)


def test_every_reason_of_addressability_is_documented_in_its_order() -> None:
    listed = _table("addressability.md", "The reasons")

    wanted = [(reason.value, addressability.SENTENCES[reason]) for reason in addressability.Reason]
    assert listed == wanted


def test_every_step_that_is_reported_is_documented() -> None:
    listed = _table("addressability.md", "How the register knows what is published")

    assert [step for step, _ in listed] == [step.value for step in Step]


def test_every_parameter_of_addressability_is_documented() -> None:
    operation = operations.OPERATIONS[operations.ADDRESSABILITY]
    text = (ROOT / "docs" / "interfaces" / "addressability.md").read_text(encoding="utf-8")

    rows = re.findall(r"^\| (`[^|]+`) \|", text, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert {each.name for each in operation.parameters} <= named


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))

    local = [link for link in links if not link.startswith("http")]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_every_command_of_the_readme_is_run_by_a_test() -> None:
    assert set(_commands(ROOT / "README.md")) == set(RUN_BY)
    assert [test for test in RUN_BY.values() if not (ROOT / "tests" / test).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_test_and_module_that_is_named_exists(page: Path) -> None:
    named = re.findall(
        r"`((?:tests|eer|smp|sync|sample)/[\w/]+\.\w+)`", page.read_text(encoding="utf-8")
    )

    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_command_of_ours_that_is_named_exists() -> None:
    from eer.cli import commands as eer  # noqa: PLC0415 - only here
    from smp.cli import commands as smp  # noqa: PLC0415 - only here

    known = {f"eer {name}" for name in eer.commands} | {f"smp {name}" for name in smp.commands}
    named = {
        found
        for page in PAGES
        for found in re.findall(r"`((?:eer|smp) [a-z]+)\b", page.read_text(encoding="utf-8"))
    }

    assert named - known == set()
