"""Who signs, and who is to sign next? The certificates in two files, and where their keys are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from eer.domain.errors import Failure, Refused
from smp.pki import chain, files, trust
from smp.pki.key import Keys, following, former
from smp.pki.sign import Signer, fingerprint, read_chain


@dataclass(frozen=True, slots=True)
class Signers:
    """Who signs, and who *follows* if somebody has been installed.

    *trouble* is why somebody who has been installed cannot follow.
    """

    present: Signer
    follows: Signer | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Ring:
    """Where the certificate of the signer stands, the next one's beside it, and their *keys*."""

    certificate: Path
    keys: Keys

    @property
    def next(self) -> Path:
        """Where the next signer's certificate stands."""
        return following(self.certificate)

    def signers(self, anchors: Sequence[x509.Certificate], at: datetime) -> Signers:
        """Read who signs at *at*; where nobody does yet, it is who was installed first.

        Raises as Signer.load does, and Refused when the present one is not trusted. One who has
        expired is let in while another follows: nothing is signed with it.
        """
        if not self.next.exists():
            return Signers(self._read(self.certificate, anchors, at))
        try:
            follows = self._read(self.next, anchors, at)
        except Failure as fault:
            return Signers(self._read(self.certificate, anchors, at), None, fault.text)
        if not self.certificate.exists():
            return Signers(follows)
        present = read_chain(self.certificate)[0]
        if at > present.not_valid_after_utc:
            return Signers(Signer(self.keys.of(present), present), follows)
        return Signers(self._read(self.certificate, anchors, at), follows)

    def install(self, certificates: Sequence[x509.Certificate], measure: chain.Measure) -> Path:
        """Put *certificates* where the next signer's stand, and return where that is.

        Raises Refused with all that is wrong with them, or when somebody stands there.
        """
        if self.next.exists():
            raise Refused(
                f"{self.next} is there: smp keys promote once it signs, or remove it if it is not "
                "to sign"
            )
        chain.check(certificates, measure)
        pem = b"".join(each.public_bytes(Encoding.PEM) for each in certificates)
        files.write_new(self.next, pem, files.PUBLIC)
        return self.next

    def in_force(self, agreed: Sequence[str]) -> Path:
        """Return where the certificate stands that signs, *agreed* being what people agreed to."""
        if not self.next.exists():
            return self.certificate
        is_next = not self.certificate.exists() or self.next_fingerprint() in agreed[-1:]
        return self.next if is_next else self.certificate

    def next_fingerprint(self) -> str:
        """Return SHA-256 of the next signer's certificate, in hex, as the books have it."""
        return fingerprint(read_chain(self.next)[0])

    def promote(self) -> None:
        """Let the next signer's files be the present one's, which stay beside them.

        It may stop anywhere and be done again: a key is found by its certificate in either place.
        """
        files.take_place(self.next, self.certificate, former(self.certificate))
        self.finish()

    def finish(self) -> None:
        """Do what a promotion has left that stopped half-way."""
        if self.certificate.exists():
            self.keys.promote(read_chain(self.certificate)[0])

    def _read(self, file: Path, anchors: Sequence[x509.Certificate], at: datetime) -> Signer:
        signer = Signer.read(file, self.keys, at=at)
        trust.check(signer.certificate, anchors, at)
        return signer
