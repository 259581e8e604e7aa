"""What does the operator type to audit what is published and to check what that stands on?

Only `--repair` changes anything, by a run like others.
"""

import dataclasses
import json
import sys
from collections.abc import Iterable

import click

from eer.settings import Settings, read_both
from smp.settings.publishing import Publishing


@click.command()
@click.option("--repair", is_flag=True, help="publish if anything differs, and look again")
@click.option("--json", "as_json", is_flag=True, help="the findings as JSON")
def audit(*, repair: bool, as_json: bool) -> None:
    """Look everybody up and compare with what the register wants published.

    Exit code 0 nothing differs, 1 something does, 3 somebody did not answer.
    """
    from smp import audited
    from smp.domain import told
    from smp.wiring import audit as auditing

    given, register = read_both(Publishing, Settings)
    done = auditing.repair(given, register) if repair else None
    found = auditing.look(given, register) if done is None else done.after
    said, shown = [], audited.as_json(found.findings, found.since, found.at)
    if done is not None and done.report is not None:
        before = done.before
        said = audited.lines(before.findings, before.since)
        said += [*told.report_lines(done.report), "published; looking again"]
        shown["before"] = audited.as_json(before.findings, before.since, before.at)["differences"]
        shown["report"] = told.report_json(done.report)
    if as_json:
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
    else:
        _say([*said, *audited.lines(found.findings, found.since)])
    sys.exit(audited.code(found.findings))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="the checks as JSON")
def check(*, as_json: bool) -> None:
    """Look whether all that publishing needs is there and right; changes nothing.

    Exit code 0 all is well, 1 something is not, 3 somebody did not answer.
    """
    from smp.domain import checks
    from smp.lookup.told import printable
    from smp.wiring import check as checking

    found = checking.look(*read_both(Publishing, Settings))
    if as_json:
        said = {"checks": [dataclasses.asdict(each) for each in found]}
        click.echo(json.dumps(said, indent=2, ensure_ascii=False))
    else:
        _say([printable(line) for line in checks.lines(found)])
    sys.exit(checks.code(found))


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)
