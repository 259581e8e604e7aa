"""`smp export`: what is published, as one file signed with the publisher's key."""

from contextlib import closing
from functools import partial
from pathlib import Path

from smp import export
from smp.archive.opened import opened
from smp.domain.archived import Damaged
from smp.domain.manifest import Since
from smp.domain.signed_by import Accepted
from smp.export import Exported, Seal
from smp.pki import cms, signed_by, trust
from smp.pki.sign import Signer
from smp.settings.archive import Exporting
from smp.store.ledger import Ledger
from smp.store.session import Store
from smp.wiring import parts, signers, verify


def export_all(settings: Exporting, out: Path) -> Exported:
    """Write all that is published to *out*; raises as smp.export has it."""
    return _export(settings, out, None)


def export_since(settings: Exporting, out: Path, sequence: int) -> Exported:
    """Write to *out* what has changed since publication had come to *sequence*."""
    return _export(settings, out, sequence)


def export_after(settings: Exporting, out: Path, archive: Path) -> Exported:
    """Write to *out* what has changed since *archive* was made; raises Refused if it is not ours.

    Further than its manifest and index it is not read.
    """
    try:
        check = verify.check_of(settings.trust_file, Accepted(settings.signers))
        with opened(archive, check) as found:
            since = Since(found.manifest.sequence, found.manifest.generation)
    except Damaged as damaged:
        raise damaged.refused(str(archive)) from None
    return _export(settings, out, since)


def _export(settings: Exporting, out: Path, since: int | Since | None) -> Exported:
    with closing(Store(settings.database_url)) as store:
        seal = _seal(settings, Ledger(store))
        return export.export(store, seal, out, since)


def _seal(settings: Exporting, ledger: Ledger) -> Seal:
    """Return the signer in force; raises when whoever reads would not trust it."""
    parts.check_files(signers.files(settings))
    ring, at = signers.ring(settings), parts.now()
    file = ring.in_force(ledger.agreed().signers)
    signer = Signer.read(file, ring.keys, at=at)
    chain = cms.chain(parts.content("SMP_SIGNING_CERTIFICATE_FILE", file))
    anchors = trust.anchors(parts.content("SMP_TRUST_FILE", settings.trust_file))
    trust.check(signer.certificate, anchors, at, chain[1:])
    Accepted(settings.signers).check(signed_by.read(signer.certificate))
    return Seal(cms.ders(chain), partial(cms.sign, chain=chain, sign_bytes=signer.sign_bytes))
