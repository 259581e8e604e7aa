"""What does the operator type about keys: those that sign, and those for one machine?"""

import json
import sys
from pathlib import Path

import click

from eer.settings import Settings, read, read_both
from smp.settings.keys import Keys, Renewing
from smp.settings.publishing import Publishing
from smp.settings.serving import Serving


@click.group()
def keys() -> None:
    """The keys that sign, and those for one machine."""


@keys.command("create")
def create_keys() -> None:
    """Make a development CA, signer and TSIG key; what is there is kept."""
    from smp.wiring import keys as making

    for done, path in making.create(read(Keys)):
        click.echo(f"{done} {path}")


@keys.command("request")
@click.option("--subject", required=True, help="of the certificate: CN=smp.example.dk,O=…,C=DK")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="where the request is written"
)
def request_key(subject: str, out: Path | None) -> None:
    """Make the next signer's key, and a request for its certificate; overwrites nothing."""
    from smp.wiring import keys as making

    file = making.make_request(read(Renewing), subject, out)
    click.echo(f"made {file}: send it to the authority, then: smp keys install CHAIN")


@keys.command("install")
@click.argument("chain", type=click.Path(dir_okay=False, path_type=Path))
def install_key(chain: Path) -> None:
    """Check CHAIN, the signer's certificate and its issuers', and let it follow the signer."""
    from smp.wiring import keys as making

    file = making.install(read(Renewing), chain)
    click.echo(f"installed {file}; it signs nothing yet: smp keys rehearse")


@keys.command("rehearse")
@click.option("--json", "as_json", is_flag=True, help="what came of it as JSON")
def rehearse_key(*, as_json: bool) -> None:
    """Sign everything with the next signer and prove it; publishes nothing. Exit code 1 if not."""
    from smp import rehearse
    from smp.wiring import keys as making

    done = making.rehearse(*read_both(Publishing, Settings))
    if as_json:
        click.echo(json.dumps(rehearse.as_json(done), indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(rehearse.lines(done)))
    sys.exit(0 if done.has_come_out else 1)


@keys.command("promote")
def promote_key() -> None:
    """Put the next signer's files, once it signs, where the present one's stand."""
    from smp.wiring import keys as making

    file = making.promote(*read_both(Renewing, Serving))
    click.echo(f"promoted: {file} is the signer's, the one before stands beside it as .former")
