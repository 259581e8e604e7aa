"""`smp verify`: archives judged by the anchors of a trust file, without asking anybody."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from eer.domain.errors import Refused
from smp import verify
from smp.archive.opened import Check, Signature
from smp.domain.signed_by import Accepted
from smp.domain.verdict import Verdict
from smp.pki import cms, signed_by, trust
from smp.pki.verify import Verified
from smp.settings.archive import Verifying
from smp.verify import Judge
from smp.wiring import parts


def verify_archives(
    settings: Verifying, archives: Sequence[Path], trust_file: Path | None
) -> list[Verdict]:
    """Look at *archives* in their order; *trust_file* counts instead of the configured one."""
    file, accepted = trust_file or settings.trust_file, Accepted(settings.signers)
    judge = Judge(check_of(file, accepted), trust_of(file, accepted), parts.now())
    return verify.verify(archives, judge)


def check_of(trust_file: Path, accepted: Accepted) -> Check:
    """Return what checks who signed an archive."""
    anchors = trust.anchors(parts.content("SMP_TRUST_FILE", trust_file))

    def check(content: bytes, signature: bytes) -> Signature:
        chain = cms.verify(content, signature)
        by, objection = signed_by.read(chain[0]), ""
        try:
            trust.check(chain[0], anchors, parts.now(), chain[1:])
            accepted.check(by)
        except Refused as fault:
            objection = fault.text
        except ValueError as fault:  # nobody has looked into the certificate before
            raise Refused(f"the signer's certificate cannot be read: {fault}") from None
        return Signature(cms.ders(chain), by, objection)

    return check


def trust_of(trust_file: Path, accepted: Accepted) -> Callable[[Verified, datetime], None]:
    """Return what checks who signed a document; one signer signs many, and is looked at once."""
    anchors = trust.anchors(parts.content("SMP_TRUST_FILE", trust_file))
    trusted: set[object] = set()

    def check(verified: Verified, at: datetime) -> None:
        signer = (verified.certificate, verified.others)
        if signer not in trusted:
            trust.check(verified.certificate, anchors, at, verified.others)
            accepted.check(signed_by.read(verified.certificate))
            trusted.add(signer)

    return check
