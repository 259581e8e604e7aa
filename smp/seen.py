"""In what does what was seen of one participant differ from what is meant, and from what is stored?

What is stored is the measure of bytes and signers: while a new signer takes over, each document is
right as it is stored, by the old one or by the new.
"""

from collections.abc import Iterator

from smp.domain.findings import Finding, Layer, document_difference, redirect_difference
from smp.domain.measure import Party
from smp.domain.metadata import ServiceGroup, ServiceMetadata
from smp.domain.state import Served
from smp.lookup.told import Outcome, StepName, Trace
from smp.xml.render import unsigned_bytes

_LAYERS = {
    StepName.NAME: Layer.DNS,
    StepName.NAPTR: Layer.DNS,
    StepName.URL: Layer.HTTP,
    StepName.STATUS: Layer.HTTP,
}
_SHOWN = 16


def document_findings(trace: Trace, wanted: ServiceMetadata, missing: Layer) -> Iterator[Finding]:
    """Compare what a lookup found with the document *wanted*; *missing* is to blame for a 404.

    Where a redirect leads, it is enough that an answer is found: it is not ours.
    """
    is_found = trace.outcome is Outcome.FOUND
    if trace.redirect != wanted.redirect and (is_found or trace.redirect is not None):
        text = redirect_difference(trace.redirect, wanted.redirect)
        yield Finding(trace.participant, trace.document, Layer.CONTENT, text)
    elif not is_found:
        yield failure(trace, missing)
    elif (
        trace.redirect is None
        and isinstance(trace.said, ServiceMetadata)
        and unsigned_bytes(trace.said) != unsigned_bytes(wanted)
    ):
        text = document_difference(trace.said, wanted)
        yield Finding(trace.participant, trace.document, Layer.CONTENT, text)


def byte_findings(
    trace: Trace, served: Served, signers: tuple[str, ...], layer: Layer
) -> Iterator[Finding]:
    """Compare who signed what was found, and its bytes, with what is stored."""
    by, meant = trace.signer or "", served.signer
    if by not in signers:
        text = f"signed by {by[:_SHOWN]}…, a signer that nobody agreed to"
    elif by != meant:
        text = f"signed by {by[:_SHOWN]}…, what is stored by {meant[:_SHOWN]}…"
    elif not (trace.sha256 or "").startswith(served.digest):
        text = f"other bytes than are stored: SHA-256 {trace.sha256}"
        text += f" found, {served.digest}… expected"
    else:
        return
    yield Finding(trace.participant, trace.document, layer, text)


def group_findings(group: ServiceGroup, party: Party) -> Iterator[Finding]:
    """A group lists what is stored; what should not be stored is told already."""
    participant, listed = party.participant, set(group.documents)
    if group.base_url != party.base_url:
        text = f"links below {group.base_url}, expected {party.base_url}"
        yield Finding(participant, None, Layer.CONTENT, text)
    for document in sorted(party.stored - listed):
        yield Finding(participant, document, Layer.CONTENT, "not listed in its ServiceGroup")
    for document in sorted(listed - party.stored - party.wanted.keys()):
        text = "listed in its ServiceGroup, the register does not want it published"
        yield Finding(participant, document, Layer.CONTENT, text)


def failure(trace: Trace, missing: Layer = Layer.HTTP) -> Finding:
    """Tell where *trace* ended; *missing* is to blame when HTTP says that it is not there.

    What fails behind a redirect is another SMP's: nothing here mends it.
    """
    step = trace.steps[-1]
    layer = missing if is_missing(trace) else _LAYERS.get(step.name, Layer.CONTENT)
    there = ""
    if trace.redirect is not None:
        layer, there = Layer.TARGET, f"redirected to {trace.redirect.href}: "
    return Finding(
        trace.participant,
        trace.document,
        layer,
        f"{there}{step.name}: {step.found}",
        answered=trace.outcome is not Outcome.NO_ANSWER,
    )


def is_missing(trace: Trace) -> bool:
    """Whether the SMP that was asked says that it is not there: not one that it leads to."""
    step = trace.steps[-1]
    is_absent = step.name is StepName.STATUS and trace.outcome is Outcome.NOT_FOUND
    return is_absent and trace.redirect is None
