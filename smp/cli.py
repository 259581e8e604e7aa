"""The publisher's front door: what the operator types, and what is told.

Each command imports its own parts, so that no process holds what it must not.
"""

import json
import sys
from functools import partial
from importlib.metadata import version
from pathlib import Path

import click
from rich.console import Console

from eer.domain import errors
from eer.domain.errors import EXIT_CODES, Failure
from eer.settings import Settings, host_port, read, read_both
from smp.cli_archive import export, verify
from smp.cli_audit import audit, check
from smp.cli_keys import keys
from smp.cli_manage import import_, manage
from smp.cli_sml import sml
from smp.settings.lookup import Lookup
from smp.settings.publishing import Publishing
from smp.settings.serving import NameServing, Serving

_JSON = "--json"
_OUT = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
_ERR = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)
_FILE = click.Path(path_type=Path)
_LOOKUP_CODES = {"FOUND": 0, "NOT_FOUND": 1, "NO_ANSWER": 3, "UNTRUSTED": 4}


def main() -> None:
    """Run the command line; a failure is one sentence and an exit code (docs/operations.md)."""
    try:
        commands()
    except Failure as failure:
        if _JSON in sys.argv:
            click.echo(json.dumps(errors.as_json(failure), indent=2))
        _ERR.print(f"smp: {failure.text}")
        sys.exit(EXIT_CODES[type(failure)])


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("ehmi-register"))
def commands() -> None:
    """The SMP publisher."""


@commands.command()
def migrate() -> None:
    """Bring the database's schema up; harmless when it is."""
    from smp.wiring import schema

    schema.migrate(read(Serving))


@commands.command()
@click.option("--bind", default="127.0.0.1:8081", show_default=True, help="HOST:PORT to listen on")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="processes that answer",
)
@click.option(
    "--server",
    type=click.Choice(["gunicorn", "granian"]),
    default="gunicorn",
    show_default=True,
    help="granian is the fast one",
)
@click.option("--metrics", metavar="HOST:PORT", help="show figures for Prometheus there")
def serve(bind: str, workers: int, server: str, metrics: str | None) -> None:
    """Serve what is published."""
    from eer.wiring import logs
    from eer.wiring.server import Place
    from smp.wiring import serve as serving

    place = Place(*host_port(bind), workers)
    logs.start()
    start = serving.serve_fast if server == "granian" else serving.serve
    start(read(Serving), place, host_port(metrics) if metrics else None)


@commands.command()
@click.option("--bind", default="127.0.0.1:8053", show_default=True, help="HOST:PORT to listen on")
def nameserver(bind: str) -> None:
    """Serve the zone: for one machine and for tests, not for the open network."""
    from eer.wiring import logs
    from smp.wiring import nameserver as serving

    address = host_port(bind)
    logs.start()
    serving.serve(read(NameServing), *address)


@commands.command()
@click.option("--json", "as_json", is_flag=True, help="the plan as JSON")
def plan(*, as_json: bool) -> None:
    """Show what publishing would do; changes nothing. Exit code 1 when something is held."""
    from smp.domain import told
    from smp.wiring import publish as publishing

    publisher = publishing.publisher(*read_both(Publishing, Settings))
    made = publisher.plan()
    if as_json:
        click.echo(json.dumps(told.plan_json(made), indent=2, ensure_ascii=False))
    else:
        _say(told.plan_lines(made))
    sys.exit(1 if told.needs_somebody(made) else 0)


@commands.command()
@click.option("--watch", is_flag=True, help="go on publishing whenever something changes")
@click.option("--accept", metavar="DIGEST", help="let the held steps with this digest through")
@click.option("--metrics", metavar="HOST:PORT", help="with --watch: figures for Prometheus")
@click.option("--wait", type=int, metavar="SEQUENCE", help="until all up to SEQUENCE is public")
@click.option(
    "--timeout",
    type=float,
    default=60,
    show_default=True,
    help="seconds that --wait or --verify may take",
)
@click.option("--verify", is_flag=True, help="look up what was changed; exit code 3 if not all is")
@click.option("--json", "as_json", is_flag=True, help="the report as JSON")
def publish(  # noqa: PLR0913 - an option each
    *,
    watch: bool,
    accept: str | None,
    metrics: str | None,
    wait: int | None,
    timeout: float,
    verify: bool,
    as_json: bool,
) -> None:
    """Bring documents and names up to the register.

    Exit code 1 when something is held, 3 when not all was verified that was to be.
    """
    from eer.wiring import logs
    from smp.domain import told
    from smp.wiring import beside
    from smp.wiring import publish as publishing

    if verify and (watch or wait is not None):
        raise click.UsageError("--verify goes with a run of its own; --watch always looks up")
    given, register = read_both(Publishing, Settings)
    publisher = publishing.publisher(given, register)
    if watch:
        logs.start()
        place = host_port(metrics) if metrics else None
        publishing.publish_forever(
            publisher, register, partial(beside.beside, given, register), place
        )
        return
    if wait is not None:
        _wait(publishing.reached(publisher, wait, timeout), wait, as_json=as_json)
        return
    report = publisher.publish(accept)
    waiting = beside.verify(given, register, timeout) if verify else None
    if as_json:
        shown = told.report_json(report) | ({} if waiting is None else waiting.as_json())
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
    else:
        _say([*told.report_lines(report), *([] if waiting is None else waiting.lines())])
    if told.needs_somebody(report):
        sys.exit(1)
    sys.exit(3 if waiting is not None and waiting.participants else 0)


@commands.command()
@click.argument("subject", required=False)
@click.option("--reason", help="why; it is written down and told")
@click.option("--release", is_flag=True, help="let it be published again")
@click.option("--by", help="in whose name; without it, in that of who is logged in")
@click.option("--list", "is_list", is_flag=True, help="show what is stopped")
@click.option("--json", "as_json", is_flag=True, help="the outcome as JSON")
def stop(
    subject: str | None,
    reason: str | None,
    by: str | None,
    *,
    release: bool,
    is_list: bool,
    as_json: bool,
) -> None:
    """Take SUBJECT, a participant's GLN or an access point's Device/ID, off the public at once.

    Exit code 0 when its names are gone as well, 3 when any of them is left: try again.
    """
    from eer.wiring import logs
    from smp.domain import told
    from smp.domain.stops import Subject
    from smp.stop import as_json as done_json
    from smp.stop import lines
    from smp.wiring import stop as stopping

    if is_list == (subject is not None) or (subject is not None and not reason):
        raise click.UsageError("expected SUBJECT with --reason, or --list")
    logs.start()
    brake = stopping.brake(*read_both(Publishing, Settings), by)
    if subject is None or reason is None:
        standing = brake.standing()
        if as_json:
            shown = [told.stop_json(each) for each in standing]
            click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
        else:
            _say(list(told.stop_lines(standing)) or ["nothing is stopped"])
        return
    of = Subject.parse(subject)
    done = brake.release(of, reason) if release else brake.stop(of, reason)
    if as_json:
        click.echo(json.dumps(done_json(done), indent=2, ensure_ascii=False))
    else:
        _say(lines(done))
    sys.exit(0 if done.is_over else 3)


@commands.command()
@click.argument("participant")
@click.argument("document", required=False)
@click.option("--nameserver", "server", metavar="HOST:PORT", help="ask this name server")
@click.option("--archive", "archives", multiple=True, type=_FILE, help="ask it, and each delta")
@click.option("--json", "as_json", is_flag=True, help="the steps as JSON")
def lookup(
    participant: str,
    document: str | None,
    server: str | None,
    archives: tuple[Path, ...],
    *,
    as_json: bool,
) -> None:
    """Look up PARTICIPANT, or what it receives of DOCUMENT, as an access point does.

    Exit code 0 found, 1 not found, 3 no answer, 4 answered but not to be trusted.
    """
    from smp.domain.signed_by import Accepted
    from smp.lookup import told
    from smp.wiring import lookup as looking

    if archives and server:
        raise click.UsageError("--archive asks nobody: give no --nameserver")
    given, asked = read(Lookup), host_port(server) if server else None
    if archives:
        trace = looking.look_up_offline(given, participant, document, archives)
    else:
        trace = looking.look_up(given, participant, document, asked)
    warning = Accepted(given.signers).warning if document or archives else ""  # else none signs
    if as_json:
        click.echo(json.dumps(told.as_json(trace, warning), indent=2, ensure_ascii=False))
    else:
        _say(told.lines(trace, warning))
    sys.exit(_LOOKUP_CODES[trace.outcome.name])


for _each in (audit, check, keys, sml, export, verify, manage, import_):
    commands.add_command(_each)


def _wait(unfinished: frozenset[str], sequence: int, *, as_json: bool) -> None:
    if as_json:
        told = {"sequence": sequence, "unfinished": sorted(unfinished)}
        click.echo(json.dumps(told, indent=2))
    else:
        _say([f"public     all up to sequence {sequence}"])
        _say([f"waits      {gln}: smp plan says what for" for gln in sorted(unfinished)])
    sys.exit(1 if unfinished else 0)


def _say(lines: list[str]) -> None:
    for line in lines:
        _OUT.print(line)
