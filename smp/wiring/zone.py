"""Where do the names stand: at a primary, in the file that is loaded there, or at a central SML?"""

import time
from collections.abc import Mapping
from pathlib import Path

from smp.domain.naming import dns_name
from smp.means import Locator
from smp.settings.publishing import Publishing
from smp.sml import tsig
from smp.sml.file_zone import FileZone
from smp.sml.openly import Server
from smp.sml.reload import Reload
from smp.sml.zone import Zone
from smp.store.ledger import Ledger
from smp.wiring import sml


def locator(settings: Publishing, ledger: Ledger) -> Locator:
    """Return the locator that the settings say; raises when a key is not right."""
    if settings.sml_url is not None:
        return sml.central(settings, ledger)
    if settings.zone_file_to_write is not None:
        return written(settings, settings.zone_file_to_write)
    return updated(settings)


def updated(settings: Publishing) -> Zone:
    """Return the zone at a primary that takes updates."""
    return Zone(
        dns_name(settings.zone),
        primary=settings.nameserver,
        servers=settings.nameservers,
        key=tsig.load(settings.tsig_key_file),
        ttl=settings.dns_ttl,
    )


def written(settings: Publishing, file: Path) -> FileZone:
    """Return the zone in *file*; the primary is waited for first, whoever else answers."""
    primary = Server(*settings.nameserver)
    others = (Server(*each) for each in settings.nameservers)
    return FileZone(
        name=dns_name(settings.zone),
        file=file,
        servers=(primary, *(each for each in others if each != primary)),
        ttl=settings.dns_ttl,
        negative_ttl=settings.absence,
        reload=Reload(settings.reload_command, time.monotonic, time.sleep),
    )


def files(settings: Publishing) -> Mapping[str, Path]:
    """Return the files that the locator reads, by setting; a zone file may be made anew."""
    if settings.zone_file_to_write is not None or settings.sml_url is not None:
        return {}
    return {"SMP_TSIG_KEY_FILE": settings.tsig_key_file}
