"""Does every access point find what the register wants published, and nothing else?

The lookup of each participant and document, compared with what should be there. A difference is
told by the layer it was seen in; mending is publishing again, and looking again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from itertools import chain

from smp.domain.identifiers import DocumentId, DocumentKey, ParticipantId
from smp.domain.metadata import Endpoint, ServiceGroup, ServiceMetadata
from smp.lookup.told import Outcome, StepName, Trace
from smp.xml.render import unsigned_bytes


class Layer(StrEnum):
    """Where a difference was seen, from the register outwards."""

    REGISTER = "register"
    STORED = "stored"
    DNS = "dns"
    HTTP = "http"
    CONTENT = "content"


_LAYERS = {
    StepName.NAME: Layer.DNS,
    StepName.NAPTR: Layer.DNS,
    StepName.URL: Layer.HTTP,
    StepName.STATUS: Layer.HTTP,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference; *document* is None where it concerns the participant as a whole.

    *answered* is false when nobody could say: then nothing is known to be wrong.
    """

    participant: ParticipantId
    document: DocumentId | None
    layer: Layer
    evidence: str
    answered: bool = True


@dataclass(frozen=True, slots=True)
class Findings:
    """All differences, and how many participants and documents were looked up."""

    participants: int
    documents: int
    differences: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class View:
    """How the audit sees the world: as an access point does, and into what is stored."""

    base_url: str
    group: Callable[[ParticipantId], Trace]
    document: Callable[[DocumentKey], Trace]
    is_stored: Callable[[DocumentKey], bool]


_Look = Callable[[], Sequence[Finding]]
Spread = Callable[
    [Callable[[_Look], Sequence[Finding]], Iterable[_Look]], Iterable[Sequence[Finding]]
]
"""Runs many looks: `map` one after the other, an executor's `map` several at a time."""


def audit(
    wanted: Mapping[DocumentKey, ServiceMetadata],
    withdrawn: Iterable[ParticipantId],
    view: View,
    spread: Spread = map,
) -> Findings:
    """Look up everything *wanted*, and that the names of those *withdrawn* are gone.

    Those withdrawn that are wanted again are not asked about.
    """
    documents: dict[ParticipantId, dict[DocumentKey, ServiceMetadata]] = {}
    for key, metadata in wanted.items():
        documents.setdefault(key.participant, {})[key] = metadata
    gone = sorted(set(withdrawn) - documents.keys())
    looks = chain(
        (_wanted_look(participant, each, view) for participant, each in documents.items()),
        (_withdrawn_look(participant, view) for participant in gone),
    )
    found = spread(lambda look: look(), looks)
    return Findings(len(documents) + len(gone), len(wanted), tuple(chain.from_iterable(found)))


def repair(
    look: Callable[[], Findings], publish: Callable[[], object]
) -> tuple[Findings, Findings]:
    """Return what *look* finds before and after *publish*, which runs only if it is needed."""
    before = look()
    if not before.differences:
        return before, before
    publish()
    return before, look()


def lines(findings: Findings) -> list[str]:
    """Return *findings* for people, a line each and one for the whole."""
    said = [
        f"{each.layer if each.answered else 'no answer':<9}  {each.participant}"
        f"{'' if each.document is None else f'  {each.document}'}: {each.evidence}"
        for each in findings.differences
    ]
    looked_up = f"{findings.participants} participants and {findings.documents} documents looked up"
    return [*said, f"{looked_up}, {len(said)} differences"]


def _wanted_look(
    participant: ParticipantId, documents: Mapping[DocumentKey, ServiceMetadata], view: View
) -> _Look:
    def look() -> list[Finding]:
        trace = view.group(participant)
        if not isinstance(trace.said, ServiceGroup):
            return [_failure(trace, None if any(map(view.is_stored, documents)) else Layer.STORED)]
        return [
            *_group_differences(trace.said, documents, view),
            *chain.from_iterable(
                _document_differences(key, metadata, view) for key, metadata in documents.items()
            ),
        ]

    return look


def _withdrawn_look(participant: ParticipantId, view: View) -> _Look:
    """An access point that finds no name asks no further, and so does this."""

    def look() -> list[Finding]:
        trace = view.group(participant)
        if trace.failed is not None and trace.failed.name is StepName.NAPTR:
            gone = trace.outcome is Outcome.NOT_FOUND
            return [] if gone else [_failure(trace)]
        name = next(step for step in trace.steps if step.name is StepName.NAPTR)
        return [Finding(participant, None, Layer.DNS, f"its name is still there: {name.found}")]

    return look


def _group_differences(
    group: ServiceGroup, documents: Mapping[DocumentKey, ServiceMetadata], view: View
) -> Iterable[Finding]:
    participant, listed = group.participant, set(group.documents)
    if group.base_url != view.base_url:
        text = f"leads to {group.base_url}, expected {view.base_url}"
        yield Finding(participant, None, Layer.DNS, text)
    for document in sorted({key.document for key in documents} - listed):
        yield Finding(participant, document, Layer.CONTENT, "not listed in its ServiceGroup")
    for document in sorted(listed - {key.document for key in documents}):
        text = "listed in its ServiceGroup, the register does not want it published"
        yield Finding(participant, document, Layer.REGISTER, text)


def _document_differences(
    key: DocumentKey, wanted: ServiceMetadata, view: View
) -> Iterable[Finding]:
    trace = view.document(key)
    if not isinstance(trace.said, ServiceMetadata):
        yield _failure(trace, None if view.is_stored(key) else Layer.STORED)
    elif unsigned_bytes(trace.said) != unsigned_bytes(wanted):
        text = _difference(trace.said, wanted)
        yield Finding(key.participant, key.document, Layer.CONTENT, text)


def _failure(trace: Trace, behind: Layer | None = None) -> Finding:
    """Tell where *trace* ended; *behind* is the layer to blame when HTTP says it is not there."""
    step = trace.steps[-1]
    layer = _LAYERS.get(step.name, Layer.CONTENT)
    if layer is Layer.HTTP and trace.outcome is Outcome.NOT_FOUND and behind is not None:
        layer = behind
    return Finding(
        trace.participant,
        trace.document,
        layer,
        f"{step.name}: {step.found}",
        answered=trace.outcome is not Outcome.NO_ANSWER,
    )


def _difference(said: ServiceMetadata, wanted: ServiceMetadata) -> str:
    if said.addresses != wanted.addresses:
        return f"leads to {', '.join(said.addresses)}, expected {', '.join(wanted.addresses)}"
    if [process.id for process in said.processes] != [process.id for process in wanted.processes]:
        return "differs in its processes"
    names = [
        field.name
        for field in fields(Endpoint)
        if _values(said, field.name) != _values(wanted, field.name)
    ]
    return f"differs in {', '.join(names) or 'its spelling'}"


def _values(metadata: ServiceMetadata, name: str) -> list[object]:
    return [
        getattr(endpoint, name) for process in metadata.processes for endpoint in process.endpoints
    ]
