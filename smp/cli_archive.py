"""What does the operator type to export what is published and to check it, and what is told?"""

import json
import sys
from pathlib import Path

import click

from eer.settings import read
from smp.settings.archive import Exporting, Verifying

_FILE = click.Path(path_type=Path)


@click.command()
@click.option("--out", required=True, type=_FILE, metavar="FILE", help="a new .tar or .tar.gz")
@click.option("--since", type=int, metavar="SEQUENCE", help="only what has changed since")
@click.option("--since-archive", type=_FILE, metavar="FILE", help="only what it does not have")
@click.option("--json", "as_json", is_flag=True, help="what was written, as JSON")
def export(out: Path, since: int | None, since_archive: Path | None, *, as_json: bool) -> None:
    """Write all that is published as one signed archive, for access points to look up in."""
    from smp.domain import verdict
    from smp.wiring import export as exporting

    if since is not None and since_archive is not None:
        raise click.UsageError("--since and --since-archive say the same: give one of them")
    given = read(Exporting)
    if since is not None:
        written = exporting.export_since(given, out, since)
    elif since_archive is not None:
        written = exporting.export_after(given, out, since_archive)
    else:
        written = exporting.export_all(given, out)
    if as_json:
        said = {"archive": str(out), "bytes": written.size}
        said |= verdict.manifest_json(written.manifest)
        click.echo(json.dumps(said, indent=2, ensure_ascii=False))
    else:
        click.echo(f"{out}: {verdict.manifest_text(written.manifest)}, {written.size} bytes")


@click.command()
@click.argument("archives", nargs=-1, required=True, type=_FILE, metavar="ARCHIVE [DELTA]...")
@click.option("--trust", "trust_file", type=_FILE, metavar="FILE", help="PEM file of anchors")
@click.option("--json", "as_json", is_flag=True, help="what was found, as JSON")
def verify(archives: tuple[Path, ...], trust_file: Path | None, *, as_json: bool) -> None:
    """Check what smp export has written, and the deltas behind it, without asking anybody.

    Exit code 0 genuine and whole, 1 genuine but not in order, 4 not to be trusted.
    """
    from smp.domain import verdict
    from smp.domain.signed_by import Accepted
    from smp.lookup.told import printable
    from smp.wiring import verify as verifying

    given = read(Verifying)
    warning = Accepted(given.signers).warning
    found = verifying.verify_archives(given, archives, trust_file)
    if as_json:
        click.echo(json.dumps(verdict.as_json(found, warning), indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(map(printable, verdict.lines(found, warning))))
    sys.exit(verdict.code(found))
