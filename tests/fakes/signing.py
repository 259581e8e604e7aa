"""Steps of a plan to be signed, and what processes that sign may be told to open."""

import os
import signal

from builders_smp import service_metadata, signer
from smp.domain.identifiers import DocumentKey
from smp.domain.metadata import ServiceMetadata
from smp.domain.publication import PutDocument
from smp.domain.state import Version
from smp.signing import Signing
from smp.xml import render


def planned(meant: ServiceMetadata | None = None) -> PutDocument:
    """Return the step that signs *meant*, as a plan has it."""
    meant = meant or service_metadata()
    digest = render.digest(meant)
    key = DocumentKey(meant.participant, meant.document)
    return PutDocument(key, meant, Version(digest, meant.addresses, signer().fingerprint), None)


def dies() -> Signing:
    """Open what ends its process with the first document."""

    def end(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    return Signing(signer(), end)
