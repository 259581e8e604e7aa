"""`smp keys create`: what one machine needs to sign and to update its zone."""

from pathlib import Path

from smp.pki import development
from smp.settings import Keys
from smp.sml import tsig
from smp.wiring import parts

_TSIG_NAME = "ehmi-publisher"


def create(settings: Keys) -> tuple[tuple[str, Path], ...]:
    """Make what is missing and keep what is there; return (made or kept, file) for each.

    Raises Refused when half of a pair is there, Malformed when what is there is no key.
    """
    files = development.Files(
        settings.signing_key_file, settings.signing_certificate_file, settings.trust_file
    )
    report = development.create(files, at=parts.now(), serial=parts.serial())
    told = [("made", path) for path in report.made] + [("kept", path) for path in report.kept]
    if settings.tsig_key_file.exists():
        tsig.load(settings.tsig_key_file)
        return (*told, ("kept", settings.tsig_key_file))
    tsig.create(settings.tsig_key_file, _TSIG_NAME, parts.secret())
    return (*told, ("made", settings.tsig_key_file))
