"""What does the operator type about the tools that write for legacy participants?"""

import secrets
from pathlib import Path
from typing import TextIO

import click

from eer.domain.identifiers import Cvr, Gln
from eer.settings import Settings, host_port, read, read_both
from smp.settings.managing import Managing


@click.group(invoke_without_command=True)
@click.option("--bind", help="HOST:PORT to listen on, never the public one")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="processes that answer",
)
@click.pass_context
def manage(context: click.Context, bind: str | None, workers: int) -> None:
    """Take what tools that know other SMPs write (docs/interfaces/manage.md)."""
    from eer.wiring import logs
    from eer.wiring.server import Place
    from smp.wiring import manage as managing

    if context.invoked_subcommand is not None:
        return
    if bind is None:
        raise click.UsageError("expected --bind HOST:PORT, or a command")
    place = Place(*host_port(bind), workers)
    logs.start()
    managing.serve(*read_both(Managing, Settings), place)


@manage.group()
def credentials() -> None:
    """Who may write."""


@credentials.command()
@click.argument("name")
@click.option("--cvr", help="the company that it writes for; others' participants are not its")
@click.option("--operator", is_flag=True, help="everybody's participants are its to write")
@click.option("--gln", "glns", multiple=True, help="only GLNs that begin so; may be repeated")
@click.option("--password-file", type=click.File(), help="take the password from here, - is stdin")
@click.option(
    "--certificate",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="PEM file of the certificate that it shows; then it has no password",
)
def add(
    name: str,
    cvr: str | None,
    glns: tuple[str, ...],
    password_file: TextIO | None,
    certificate: Path | None,
    *,
    operator: bool,
) -> None:
    """Let the tool NAME write; one of that name is replaced. A password made here is shown once."""
    from smp.domain.clients import Client
    from smp.wiring import manage as managing

    if not (cvr or operator) or (certificate and password_file) or ":" in name:
        raise click.UsageError("expected --cvr or --operator, one thing it shows, no colon in NAME")
    given = read(Managing)
    company = None if cvr is None else Cvr.parse(cvr)
    client = Client(name, cvr=company, is_operator=operator, glns=glns)
    if certificate is not None:
        managing.add_client(given.manage_clients_file, managing.showing(client, certificate))
    else:
        made = secrets.token_urlsafe(24)
        password = password_file.readline().rstrip("\n") if password_file else made
        managing.add_client(given.manage_clients_file, managing.knowing(client, password))
        if password_file is None:
            click.echo(password)
    click.echo(f"{name} may write; {given.manage_clients_file} says so", err=True)


@manage.command()
@click.argument("gln")
def forget(gln: str) -> None:
    """Take away all that tools have written of GLN. Exit code 1 when there is nothing."""
    from smp.wiring import manage as managing

    Gln.parse(gln)
    gone = managing.forget(read(Managing), gln)
    click.echo(f"{gln}: {gone} documents taken away")


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="say what would be taken; nothing is")
@click.option("--cvr", help="the company that the participants will be; else the operators'")
@click.option("--without-registered", is_flag=True, help="leave out whom the register has")
def import_(file: Path, cvr: str | None, *, dry_run: bool, without_registered: bool) -> None:
    """Take FILE, an export of phoss SMP (XML, version 1.0), as legacy participants.

    All of it or nothing: exit code 1 with every fault when there is one.
    """
    from smp.stock import Terms
    from smp.wiring import stock as stocking

    given, register = read_both(Managing, Settings)
    terms = Terms(None if cvr is None else Cvr.parse(cvr), without_registered)
    stock = stocking.take(given, register, file, terms, dry=dry_run)
    for each in stock.left:
        click.echo(f"left out   {each}")
    what = "would be taken" if dry_run else "taken"
    click.echo(f"{what:<10} {len(stock.found)} participants with {stock.documents} documents")
