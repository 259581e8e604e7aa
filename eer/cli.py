"""The register's front door: what the operator types, and what is told."""

import dataclasses
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console
from rich.progress import Progress

from eer.domain import errors
from eer.domain.errors import EXIT_CODES, Failure, Malformed, Severity
from eer.domain.identifiers import Cvr
from eer.domain.wording import say
from eer.gate import issuer
from eer.register.check import Inspection
from eer.register.load import Refusal, Report
from eer.settings import Settings, host_port, read
from eer.wiring import check as checking
from eer.wiring import load as loading
from eer.wiring import logs, parts, revocation, schema
from eer.wiring import serve as serving
from eer.wiring.server import Place

_MOST_NAMES = 10
_JSON = "--json"
_OUT = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
_ERR = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)


def main() -> None:
    """Run the command line; a failure is one sentence and an exit code (docs/operations.md)."""
    try:
        commands()
    except Failure as failure:
        if _JSON in sys.argv:
            click.echo(json.dumps(errors.as_json(failure), indent=2))
        _end(failure)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(parts.VERSION)
def commands() -> None:
    """The EHMI Endpoint Register."""


@commands.command()
def migrate() -> None:
    """Bring the database's schema up; harmless when it is."""
    schema.migrate(read(Settings))


@commands.command()
@click.option("--bind", default="127.0.0.1:8080", show_default=True, help="HOST:PORT to listen on")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="processes that answer",
)
def serve(bind: str, workers: int) -> None:
    """Serve the FHIR API."""
    host, port = host_port(bind)
    logs.start()
    serving.serve(read(Settings), Place(host, port, workers))


@commands.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="report as JSON")
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="wait until what was loaded is public, at most so long",
)
def load(files: tuple[Path, ...], *, as_json: bool, wait: float | None) -> None:
    """Load FHIR resources or Bundles (transaction, collection), JSON or XML.

    A refused transaction changes nothing. Exit code 1 when anything was refused, 3 when it was
    waited for in vain.
    """
    settings = read(Settings)
    parts.counter(settings)  # a setting that is wrong is not the files' fault
    before = None if wait is None else loading.sequence(settings)
    try:
        with _progress("loading") as progress:
            report = loading.load_files(settings, files, progress)
    except Malformed as fault:
        if as_json:
            issues = [dataclasses.asdict(issue) for issue in fault.issues]
            click.echo(json.dumps({"unreadable": fault.text, "issues": issues}, indent=2))
        _ERR.print(f"eer: nothing loaded: {fault.text}")
        sys.exit(1)
    told = dataclasses.asdict(report)
    if not as_json:
        _print_report(report)
    behind: frozenset[str] = frozenset()
    if wait is not None and before is not None:
        glns, behind = loading.waited(settings, before, wait)
        told["public"] = {"participants": sorted(glns), "behind": sorted(behind)}
        if not as_json:
            _print_public(glns, behind, wait)
    if as_json:
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    sys.exit(1 if report.refused else 3 if behind else 0)


@commands.command()
@click.option(
    "--expiring",
    "days",
    type=click.IntRange(min=0),
    default=30,
    show_default=True,
    metavar="DAYS",
    help="tell of AP certificates that expire within DAYS",
)
@click.option("--json", "as_json", is_flag=True, help="the findings as JSON")
def check(days: int, *, as_json: bool) -> None:
    """Say of every resource what writing it today would say; changes nothing.

    Exit code 0 when there is nothing to say, 1 when there is.
    """
    with (
        checking.inspection(read(Settings), timedelta(days=days)) as inspection,
        _progress("checking", inspection.count) as progress,
    ):
        told = _findings_as_json if as_json else _findings
        sys.exit(1 if told(inspection, progress) else 0)


@commands.command()
@click.option("--json", "as_json", is_flag=True, help="the lists as JSON")
def crl(*, as_json: bool) -> None:
    """Fetch the listed revocation lists, and say which are in force.

    Exit code 0 when all is well, 1 when somebody should see to something.
    """
    report = revocation.bring(read(Settings))
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(report), indent=2, default=str))
    else:
        for each in report.lists:
            until = f"until {each.next:%Y-%m-%dT%H:%M:%SZ}" if each.next else "until a newer one"
            _OUT.print(f"in force {each.issuer}: {each.revoked} revoked, {until} ({each.file})")
        for remark in report.remarks:
            _OUT.print(f"warning  {remark}")
    sys.exit(1 if report.remarks else 0)


@commands.group()
def keys() -> None:
    """Keys for one machine."""


@keys.command("create")
def create_keys() -> None:
    """Make the development token issuer's key; one that is there is kept."""
    path = read(Settings).development_issuer_key_file
    made = issuer.create(path)
    _OUT.print(f"{'made' if made else 'kept'} {path}")


@commands.command()
@click.option("--scope", required=True, help='SMART scopes, such as "system/Endpoint.rs"')
@click.option("--cvr", help="the company the token is for")
@click.option("--role", multiple=True, help="a role, such as operator")
def token(scope: str, cvr: str | None, role: tuple[str, ...]) -> None:
    """Print a token of the development issuer."""
    settings = read(Settings)
    if not settings.is_loopback:
        raise Malformed(
            say(
                "EER_BASE_URL is {url}: development tokens are for loopback only",
                url=settings.base_url,
            )
        )
    claims = {"sub": "development", "client_id": "eer token", "scope": scope}
    claims |= {"cvr": str(Cvr.parse(cvr))} if cvr else {}
    claims |= {"roles": " ".join(role)} if role else {}
    key = issuer.load(settings.development_issuer_key_file)
    click.echo(issuer.token(key, claims, settings.base_url, parts.now()))


@contextmanager
def _progress(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show how many resources are through, where somebody is looking.

    What is printed meanwhile goes where it would have gone, above the bar where that is.
    """
    with Progress(
        console=_ERR,
        disable=not _ERR.is_terminal,
        transient=True,
        redirect_stdout=_OUT.is_terminal,
    ) as progress:
        task = progress.add_task(what, total=total)
        yield lambda count: progress.advance(task, count)


def _findings(inspection: Inspection, progress: Callable[[int], None]) -> int:
    """Print each finding on a line of its own, and how many there are; return that."""
    counts = dict.fromkeys(Severity, 0)
    for finding in inspection.findings(progress):
        issue = finding.issue
        counts[issue.severity] += 1
        click.echo(f"{issue.severity:<8} {finding.reference}: {issue.expression}: {issue.text}")
    for remark in inspection.remarks:
        counts[Severity.WARNING] += 1
        click.echo(f"{Severity.WARNING:<8} {remark}")
    for each in inspection.unchecked:
        click.echo(f"unchecked {each}")
    found = ", ".join(f"{counts[each]} {each}s" for each in (Severity.ERROR, Severity.WARNING))
    click.echo(f"{inspection.count} checked, {found} (sequence {inspection.sequence})")
    return sum(counts.values())


def _findings_as_json(inspection: Inspection, progress: Callable[[int], None]) -> int:
    """Print the findings as one JSON object, each when it is found; return how many there are."""
    head = {"sequence": inspection.sequence, "checked": inspection.count}
    click.echo(json.dumps(head)[:-1] + ', "findings": [', nl=False)
    count = 0
    try:
        for finding in inspection.findings(progress):
            issue = dataclasses.asdict(finding.issue)
            line = json.dumps({"resource": str(finding.reference), **issue}, ensure_ascii=False)
            click.echo(f"{',' if count else ''}\n  {line}", nl=False)
            count += 1
    except Failure as failure:  # the object is begun: this ends it
        click.echo("\n], " + json.dumps(errors.as_json(failure))[1:])
        _end(failure)
    rest = {"remarks": inspection.remarks, "unchecked": inspection.unchecked}
    click.echo(("\n], " if count else "], ") + json.dumps(rest, ensure_ascii=False)[1:])
    return count + len(inspection.remarks)


def _end(failure: Failure) -> NoReturn:
    _ERR.print(f"eer: {failure.text}")
    sys.exit(EXIT_CODES[type(failure)])


def _print_report(report: Report) -> None:
    for remark in report.warnings:
        _OUT.print(f"warning  {remark.name}: {remark.issue.expression}: {remark.issue.text}")
    for other, kept in report.aliases:
        _OUT.print(f"alias    {other} is {kept}")
    for refusal in report.refused:
        _print_refusal(refusal)
    counts = ", ".join(
        f"{len(getattr(report, name))} {name}"
        for name in ("created", "updated", "unchanged", "refused")
    )
    _OUT.print(f"{counts} (sequence {report.sequence})")


def _print_public(glns: frozenset[str], behind: frozenset[str], seconds: float) -> None:
    _OUT.print(f"public   {len(glns - behind)} of {len(glns)} participants")
    if behind:
        some = ", ".join(sorted(behind)[:_MOST_NAMES])
        more = " and others" if len(behind) > _MOST_NAMES else ""
        advice = "look whether smp publish --watch runs, and what smp plan says is held"
        _ERR.print(f"eer: not public within {seconds:g} s: {some}{more}; {advice}")


def _print_refusal(refusal: Refusal) -> None:
    for issue in refusal.issues:
        _OUT.print(f"{issue.severity:<8} {refusal.file}: {issue.expression}: {issue.text}")
