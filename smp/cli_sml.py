"""What does the operator type to look after this SMP at a central SML, and what is told?"""

import json
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import click

from eer.settings import read
from smp.domain.enrolment import Enrolment
from smp.settings.publishing import Publishing

_JSON = click.option("--json", "as_json", is_flag=True, help="what is told, as JSON")
_ACCEPT = click.option("--accept", metavar="DIGEST", help="agree to the change with this digest")


@click.group()
def sml() -> None:
    """Look after this SMP at a central SML (docs/operations.md)."""


@sml.command()
@_JSON
def show(*, as_json: bool) -> None:
    """Show how this SMP is registered. Exit code 1 when that is not as it should be."""
    from smp.wiring import sml as wiring

    found = wiring.seen(read(Publishing))
    _say(found.lines(), found.as_json(), as_json=as_json)
    sys.exit(0 if found.is_done else 1)


@sml.command()
@_JSON
def register(*, as_json: bool) -> None:
    """Register this SMP; harmless when it is."""
    from smp.wiring import sml as wiring

    _done("registered", wiring.register(read(Publishing)), as_json=as_json)


@sml.command()
@_ACCEPT
@_JSON
def update(accept: str | None, *, as_json: bool) -> None:
    """Change the addresses of this SMP, which moves all its participants."""
    from smp.wiring import sml as wiring

    _done("updated", wiring.update(read(Publishing), accept), as_json=as_json)


@sml.command()
@_ACCEPT
@_JSON
def remove(accept: str | None, *, as_json: bool) -> None:
    """Remove this SMP, and with it all its participants."""
    from smp.wiring import sml as wiring

    _done("removed", wiring.remove(read(Publishing), accept), as_json=as_json)


@sml.command("list")
@_JSON
def list_participants(*, as_json: bool) -> None:
    """List who is registered with this SMP."""
    from smp.wiring import sml as wiring

    found = [str(each) for each in wiring.participants(read(Publishing))]
    _say(found, {"participants": found}, as_json=as_json)


@sml.command("prepare-migration")
@click.argument("participant")
@_JSON
def prepare_migration(participant: str, *, as_json: bool) -> None:
    """Let PARTICIPANT be taken over by another SMP, and show the key that its operator needs."""
    from smp.wiring import sml as wiring

    who, key = wiring.prepare_migration(read(Publishing), participant)
    lines = [f"prepared   {who}", f"key        {key}"]
    _say(lines, {"participant": str(who), "key": key}, as_json=as_json)


@sml.command()
@click.argument("participant")
@click.option("--key", prompt="Migration key", hide_input=True, help="as its SMP tells it")
@_JSON
def migrate(participant: str, key: str, *, as_json: bool) -> None:
    """Take PARTICIPANT over from another SMP; its documents have to be stored here."""
    from smp.wiring import sml as wiring

    who = wiring.migrate(read(Publishing), participant, key)
    _say([f"migrated   {who}"], {"participant": str(who)}, as_json=as_json)


@sml.command("prepare-certificate")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--on",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    help="the day from which this SMP comes with it, in Denmark",
)
@_JSON
def prepare_certificate(file: Path, on: datetime, *, as_json: bool) -> None:
    """Announce the certificate in FILE (PEM), with which this SMP will come."""
    from smp.wiring import sml as wiring

    wiring.prepare_certificate(read(Publishing), file, on.date())
    said = f"prepared   {file}, from {on.date()}"
    _say([said], {"certificate": str(file), "on": on.date().isoformat()}, as_json=as_json)


def _done(done: str, before: Enrolment, *, as_json: bool) -> None:
    """Tell what was done to what was found, or that nothing was to do."""
    said = "nothing to do" if before.is_done else f"{done:<10} {before.smp_id}"
    lines = [f"found      {before.found or 'not registered'}", said]
    _say(lines, {**before.as_json(), "done": not before.is_done}, as_json=as_json)


def _say(lines: Iterable[str], told: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        for line in lines:
            click.echo(line)
