"""When do the certificates end that the settings name, and those that tools wrote?"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from eer.domain.errors import Malformed, Unavailable
from eer.settings import Settings
from smp.domain.ends import Ends, soonest
from smp.pki import ends
from smp.settings.publishing import Publishing
from smp.store.legacy import LegacyBook
from smp.wiring import parts

_NOTHING_READ = -1


@dataclass
class Certificates:
    """Those in files, *own* with its chain and *anchors*, and those of *legacy* documents.

    Files are read each time; what tools wrote, when they have written anything since.
    """

    own: Mapping[str, Path]
    anchors: Mapping[str, Path]
    legacy: LegacyBook
    _written: tuple[int, Mapping[str, datetime]] = field(default=(_NOTHING_READ, {}))

    def ends(self) -> Ends:
        """Return when each ends; of a file, ours is as good as the first of its chain to end."""
        found = {kind: self._of(file) for kind, file in (*self.own.items(), *self.anchors.items())}
        at = {f"legacy {name}": end for name, end in self._of_legacy().items()}
        for kind, read in found.items():
            if kind in self.anchors:
                at |= {f"{kind} {name}": end for name, end in soonest(read).items()}
            elif read:
                at[kind] = min(read.values())
        return Ends(at, sum(not read for read in found.values()))

    def _of(self, file: Path) -> Mapping[str, datetime]:
        """One file that cannot be read hides nothing of the others."""
        with suppress(Malformed, Unavailable):
            return ends.of_pem(parts.content("certificates", file))
        return {}

    def _of_legacy(self) -> Mapping[str, datetime]:
        revision = self.legacy.revision()
        if self._written[0] != revision:
            self._written = revision, soonest(ends.of_ders(self._ders()))
        return self._written[1]

    def _ders(self) -> Iterator[bytes]:
        for each in self.legacy.documents():
            for process in each.meant.processes:
                yield from (endpoint.certificate for endpoint in process.endpoints)


def certificates(settings: Publishing, register: Settings, legacy: LegacyBook) -> Certificates:
    """Return the certificates in the files that are set, besides the signers'."""
    return Certificates(own(settings), _anchors(settings, register), legacy)


def own(settings: Publishing) -> dict[str, Path]:
    """Return the files of the certificates by which others know us, by what each is for."""
    files = {
        "sml-client": settings.sml_certificate_file,
        "manage-tls": settings.manage_tls_certificate_file,
    }
    return {kind: file for kind, file in files.items() if file is not None}


def _anchors(settings: Publishing, register: Settings) -> dict[str, Path]:
    files = {
        "anchor": settings.trust_file,
        "sml-anchor": settings.sml_trust_file,
        "ap-anchor": register.ap_trust_file,
    }
    return {kind: file for kind, file in files.items() if file is not None}
