"""`smp keys`: what one machine needs to sign and to update its zone, and how signers follow."""

from contextlib import closing
from pathlib import Path

from eer.domain.errors import Absent, Refused
from eer.settings import Settings
from smp import rehearse as rehearsing
from smp.pki import chain, development, files, request, trust
from smp.pki.sign import read_chain
from smp.rehearse import Rehearsal
from smp.settings.keys import Keys, Renewing
from smp.settings.publishing import Publishing
from smp.settings.serving import Serving
from smp.sml import tsig
from smp.store.ledger import Ledger
from smp.store.session import Store
from smp.wiring import parts, publish, signers

_TSIG_NAME = "ehmi-publisher"


def create(settings: Keys) -> tuple[tuple[str, Path], ...]:
    """Make what is missing and keep what is there; return (made or kept, file) for each.

    Raises Refused when half of a pair is there, Malformed when what is there is no key.
    """
    given = development.Files(
        settings.signing_key_file, settings.signing_certificate_file, settings.trust_file
    )
    report = development.create(given, at=parts.now(), serial=parts.serial())
    told = [("made", path) for path in report.made] + [("kept", path) for path in report.kept]
    if settings.tsig_key_file.exists():
        tsig.load(settings.tsig_key_file)
        return (*told, ("kept", settings.tsig_key_file))
    tsig.create(settings.tsig_key_file, _TSIG_NAME, parts.secret())
    return (*told, ("made", settings.tsig_key_file))


def make_request(settings: Renewing, subject: str, out: Path | None) -> Path:
    """Make a key for the next signer, and a request for its certificate; return where that is.

    Nothing is overwritten. Raises Refused when a request or a next signer is there, Malformed when
    *subject* is no name.
    """
    name = request.subject(subject)
    ring = signers.ring(settings)
    ring.finish()
    file = out or ring.certificate.with_name(f"{ring.certificate.name}.csr")
    for there, advice in (
        (file, "send it, or remove it to have it made anew"),
        (ring.next, "smp keys promote once it signs, or remove it if it is not to sign"),
    ):
        if there.exists():
            raise Refused(f"{there} is there: {advice}")
    pem = request.make(ring.keys.new(parts.secret()), name)
    files.write_new(file, pem, files.PUBLIC)
    return file


def install(settings: Renewing, file: Path) -> Path:
    """Check the chain in *file* and install it as the next signer's; return where it stands.

    Raises Refused with all that is wrong with it.
    """
    ring = signers.ring(settings)
    certificates = read_chain(file)
    present = read_chain(ring.certificate)[0] if ring.certificate.exists() else None
    anchors = trust.anchors(parts.content("SMP_TRUST_FILE", settings.trust_file))
    measure = chain.Measure(ring.keys, anchors, parts.now(), present)
    return ring.install(certificates, measure)


def rehearse(settings: Publishing, register: Settings) -> Rehearsal:
    """Sign everything with the next signer, and publish nothing."""
    return rehearsing.rehearse(publish.publisher(settings, register))


def promote(settings: Renewing, database: Serving) -> Path:
    """Put the files of the next signer, which signs by now, in the place of the one before.

    Raises Absent when nobody follows, Refused when the next one does not sign yet, Unavailable
    while somebody publishes.
    """
    ring = signers.ring(settings)
    if not ring.next.exists():
        ring.finish()
        raise Absent(f"{ring.next}: nobody is to follow the signer, so there is nothing to promote")
    with closing(Store(database.database_url)) as store, Ledger(store).run():
        if Ledger(store).agreed().signers[-1:] != (ring.next_fingerprint(),):
            raise Refused(
                f"{ring.next}: does not sign yet; smp keys rehearse, and accept what smp plan shows"
            )
        ring.promote()
    return ring.certificate
