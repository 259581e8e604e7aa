"""What `smp check` says of certificates: who signs, whether that is accepted, and until when."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from eer.domain.errors import Refused
from eer.domain.standing import Verdict
from eer.settings import Settings
from eer.wiring import directory
from smp import succession
from smp.domain import checks
from smp.domain.checks import Check, Level
from smp.domain.signed_by import Accepted
from smp.pki import certificate, cms, signed_by
from smp.pki.ends import of_pem
from smp.pki.sign import read_chain
from smp.settings.publishing import Publishing
from smp.store.ledger import Ledger
from smp.store.session import Store
from smp.wiring import ends, parts, signers

_SETTINGS = {
    "sml-client": "SML_CERTIFICATE_FILE",
    "manage-tls": "MANAGE_TLS_CERTIFICATE_FILE",
}


def signer(settings: Publishing, register: Settings) -> Iterator[Check]:
    """Look at the signer in force and at the next one; raises where nobody may sign."""
    found = signers.installed(settings)()
    agreed: tuple[str, ...] = ()
    if found.follows is not None:
        with closing(Store(settings.database_url)) as store:
            found = succession.in_force(found, Ledger(store))
            agreed = Ledger(store).agreed().signers
    end = found.present.signer.not_after
    if end is not None:
        yield checks.signer(end, parts.now())
    if found.trouble:
        advice = "install another: smp keys install"
        yield Check("next signer", Level.WARNING, found.trouble, "", advice)
    ring = signers.ring(settings)
    if found.follows is not None:
        yield _accepted("next signer", ring.next, settings)
    yield _accepted("accepted signers", ring.in_force(agreed), settings)
    yield from _revoked(ring.in_force(agreed), register)


def others(settings: Publishing) -> Iterator[Check]:
    """Look at the certificates by which others know us, each with its chain."""
    judges = {"sml-client": checks.sml_client, "manage-tls": checks.manage_tls}
    for kind, file in ends.own(settings).items():
        found = of_pem(parts.content(f"SMP_{_SETTINGS[kind]}", file))
        yield judges[kind](min(found.values()), parts.now())


def _accepted(subject: str, file: Path, settings: Publishing) -> Check:
    """Whoever audits and verifies with these settings has to accept what is signed with them."""
    accepted = Accepted(settings.signers)
    try:
        accepted.check(signed_by.read(read_chain(file)[0]))
    except Refused as fault:
        return Check(subject, Level.ERROR, fault.text)
    return Check(subject, Level.OK, accepted.warning or "among those that SMP_SIGNERS names")


def _revoked(file: Path, register: Settings) -> Iterator[Check]:
    """Where the register has the lists of the signer's authority, they say of it as well."""
    (der,) = cms.ders(read_chain(file)[:1])
    standing = directory.register(register).standing(certificate.read(der))
    if standing is not None and standing.verdict is Verdict.REVOKED:
        advice = "install another: smp keys request"
        yield Check("signer", Level.ERROR, f"revoked: {standing.why}", "", advice)
