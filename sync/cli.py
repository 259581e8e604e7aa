"""The front door of SOR synchronisation."""

from importlib.metadata import version

import click


def main() -> None:
    """Run the command line."""
    commands()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("ehmi-register"))
def commands() -> None:
    """SOR into the register.

    Nothing can be synchronised yet: this release knows what a SOR unit is and no more. Units are
    registered with eer load.
    """
