"""How does a document come to be signed, and proved before anyone can see it?

One after the other here; on all cores in smp/cores.py.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol

from eer.domain.errors import Failure, Malformed, Refused
from smp.domain.metadata import ServiceMetadata
from smp.domain.publication import PutDocument
from smp.domain.state import Version
from smp.pki import verify
from smp.pki.key import Keys
from smp.pki.sign import Signer as RsaSigner
from smp.xml import parse, render, validate

Made = bytes | Failure
"""A signed document as it is to be served, or why it did not come out as meant."""

Portions = Sequence[Sequence[PutDocument]]


class Signer(Protocol):
    """A key with its certificate."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, in hex."""

    @property
    def not_after(self) -> datetime | None:
        """When the certificate expires."""

    def sign(self, root: Any) -> bytes:
        """Return *root*, an element as smp.xml.render makes it, signed, as it is to be served."""


@dataclass(frozen=True, slots=True)
class Nobody:
    """Stands where the signer of *fingerprint* should, who cannot sign, and *why*.

    What that one has signed stays as it is: only what must be signed now is refused.
    """

    fingerprint: str
    why: str
    not_after: datetime | None = None

    def sign(self, _root: Any) -> bytes:
        """Raise Refused."""
        raise Refused(f"nothing is signed now: {self.why}")


def unproved(_step: PutDocument, _signed: bytes) -> None:
    """Take what nobody has signed: there is nothing to prove."""


Prove = Callable[[PutDocument, bytes], None]
"""Compares signed bytes with what was planned; raises Malformed or Refused."""

Making = Generator[Sequence[Made], None, None]
"""What comes of each portion; to be closed by whoever asks for no more."""

Many = Callable[[Portions], Making]
"""Signs and proves portions of documents; gives each when it is done, in their order."""


@dataclass(frozen=True, slots=True)
class Signing:
    """A signer, what proves its documents, and what does both for many at once."""

    signer: Signer
    prove: Prove
    many: Many | None = None

    def made(self, portions: Portions) -> Making:
        """Sign and prove *portions*, each when it is asked for."""
        if self.many is not None:
            yield from self.many(portions)
            return
        for portion in portions:
            yield one_by_one(self, portion)


@dataclass(frozen=True, slots=True)
class Signers:
    """Who may sign, and who *follows* if somebody has been installed.

    *trouble* is why somebody who has been installed cannot follow.
    """

    present: Signing
    follows: Signing | None = None
    trouble: str = ""


def version(meant: ServiceMetadata, signer: str) -> Version:
    """Return what *meant* will be compared by, once somebody of that fingerprint has signed it.

    What cannot be written as XML has one as well: to sign it is tried, and fails for it alone.
    """
    try:
        digest = render.digest(meant)
    except Malformed as fault:
        digest = sha256(fault.text.encode()).hexdigest()
    return Version(digest, meant.addresses, signer, meant.access_point)


def one_by_one(signing: Signing, steps: Iterable[PutDocument]) -> list[Made]:
    """Return what comes of each of *steps*; raises what is the matter with more than one."""
    return [_made(signing, step) for step in steps]


def _made(signing: Signing, step: PutDocument) -> Made:
    try:
        body = signing.signer.sign(render.service_metadata(step.meant))
        signing.prove(step, body)
    except (Malformed, Refused) as fault:
        return fault
    return body


def proof(signer: RsaSigner) -> Prove:
    """Return what raises unless signed bytes verify, say what was planned and fit the schema.

    The plan has the digest of what was meant, taken before anything was signed: rendering that
    once more would compare two renderings, and neither with what was planned.
    """

    def prove(step: PutDocument, signed: bytes) -> None:
        root = parse.document(signed)
        said = render.printed(verify.verify_by(root, signer.certificate))
        if sha256(said).hexdigest() != step.version.digest:
            raise Refused(f"{step.key}: what was signed is not what was meant")
        validate.check(root)

    return prove


def opened(keys: Keys, der: bytes) -> Signing:
    """Return the signer of the certificate *der*, with its key of *keys*, ready to sign.

    That is what each process that signs does, once.
    """
    signer = RsaSigner.of(der, keys)
    return Signing(signer, proof(signer))
