"""What differs for one participant: in what is stored, at each name server, at the public URL?

Each of them is looked at by itself, so that what is wrong in one hides nothing in another.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from eer.domain.errors import Unavailable
from smp.domain import answers
from smp.domain.answers import Expected
from smp.domain.findings import (
    Finding,
    Layer,
    document_difference,
    redirect_difference,
)
from smp.domain.identifiers import DocumentId, DocumentKey, ParticipantId
from smp.domain.metadata import ServiceGroup, ServiceMetadata
from smp.domain.naming import DnsName, Naming, Record
from smp.domain.state import Agreed
from smp.lookup.told import Outcome, StepName, Trace
from smp.xml.render import unsigned_bytes

_LAYERS = {
    StepName.NAME: Layer.DNS,
    StepName.NAPTR: Layer.DNS,
    StepName.URL: Layer.HTTP,
    StepName.STATUS: Layer.HTTP,
}

Look = Callable[[], Iterable[Finding]]
"""Something that can be looked at, by itself."""


@dataclass(frozen=True, slots=True)
class Eyes:
    """A way to look at what is published.

    *document* of outside follows a redirect; inside there is no other SMP.
    """

    group: Callable[[ParticipantId], Trace]
    document: Callable[[DocumentKey], Trace]


@dataclass(frozen=True, slots=True)
class NameServer:
    """One name server at its address: what it has at a name, asked for one kind of record.

    It raises Unavailable when it does not answer with authority.
    """

    address: str
    said: Callable[[DnsName, str], Record | None]


@dataclass(frozen=True, slots=True)
class Asked:
    """The name servers, and what is known of names before they are asked.

    *told* is what stands in the zone wrongly: a server that follows it is not told again.
    """

    servers: Sequence[NameServer]
    told: Mapping[DnsName, Record | None]
    agreed: Agreed
    naming: Naming

    def look(self, participant: ParticipantId, *, is_wanted: bool) -> Iterator[Finding]:
        """Ask every server for the names of *participant*."""
        for each in answers.expected(participant, self.naming, is_wanted=is_wanted):
            yield from self._ask(each, participant)

    def own(self) -> Iterator[Finding]:
        """Ask every server for the name of the publisher."""
        for each in answers.expected_own(self.naming):
            yield from self._ask(each, None)

    def _ask(self, expected: Expected, participant: ParticipantId | None) -> Iterator[Finding]:
        name = expected.name
        for server in self.servers:
            try:
                said = server.said(name, expected.kind)
            except Unavailable as fault:
                yield Finding(
                    *(participant, None, Layer.DNS, fault.text),
                    answered=False,
                    name=name,
                    server=server.address,
                )
                continue
            is_told = name in self.told and self.told[name] == said
            if not is_told and not answers.is_right(said, expected.record, self.agreed):
                yield answers.wrong_answer(participant, expected, said, server.address)


@dataclass(frozen=True, slots=True)
class Party:
    """A participant, its documents as they should be, and which of any are stored."""

    participant: ParticipantId
    wanted: Mapping[DocumentId, ServiceMetadata]
    stored: AbstractSet[DocumentId]
    base_url: str


def wanted(party: Party, inside: Eyes | None, asked: Asked, outside: Eyes) -> Look:
    """What is seen inside is seen by others as well, and told once."""

    def look() -> Iterator[Finding]:
        own = () if inside is None else tuple(_seen(party, inside, Layer.STORED))
        yield from own
        yield from asked.look(party.participant, is_wanted=True)
        told = {each.document for each in own}
        for each in _seen(party, outside, Layer.HTTP):
            if each.document not in told:
                yield each

    return look


def unwanted(participant: ParticipantId, asked: Asked, outside: Eyes, *, is_stored: bool) -> Look:
    """Who has left is found at no name server; nor is what is not stored served."""

    def look() -> Iterator[Finding]:
        yield from asked.look(participant, is_wanted=False)
        if is_stored:
            return
        trace = outside.group(participant)
        if trace.outcome is Outcome.NO_ANSWER:
            yield _failure(trace)
        elif not _is_missing(trace):
            text = f"still served ({trace.outcome}), the register does not want it published"
            yield Finding(participant, None, Layer.HTTP, text)

    return look


def document_findings(trace: Trace, wanted: ServiceMetadata, missing: Layer) -> Iterator[Finding]:
    """Compare what a lookup found with the document *wanted*; *missing* is to blame for a 404.

    Where a redirect leads, it is enough that an answer is found: it is not ours.
    """
    is_found = trace.outcome is Outcome.FOUND
    if trace.redirect != wanted.redirect and (is_found or trace.redirect is not None):
        text = redirect_difference(trace.redirect, wanted.redirect)
        yield Finding(trace.participant, trace.document, Layer.CONTENT, text)
    elif not is_found:
        yield _failure(trace, missing)
    elif (
        trace.redirect is None
        and isinstance(trace.said, ServiceMetadata)
        and unsigned_bytes(trace.said) != unsigned_bytes(wanted)
    ):
        text = document_difference(trace.said, wanted)
        yield Finding(trace.participant, trace.document, Layer.CONTENT, text)


def _seen(party: Party, eyes: Eyes, missing: Layer) -> Iterator[Finding]:
    """What is not stored is told already: it is neither fetched nor missed in the group."""
    there = {document.folded for document in party.stored}
    stored = {each: meant for each, meant in party.wanted.items() if each.folded in there}
    trace = eyes.group(party.participant)
    if isinstance(trace.said, ServiceGroup):
        yield from _group_differences(trace.said, party)
        for document, meant in stored.items():
            seen = eyes.document(DocumentKey(party.participant, document))
            yield from document_findings(seen, meant, missing)
    elif stored or not _is_missing(trace):
        yield _failure(trace, missing)


def _group_differences(group: ServiceGroup, party: Party) -> Iterator[Finding]:
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


def _failure(trace: Trace, missing: Layer = Layer.HTTP) -> Finding:
    """Tell where *trace* ended; *missing* is to blame when HTTP says that it is not there.

    What fails behind a redirect is another SMP's: nothing here mends it.
    """
    step = trace.steps[-1]
    layer = missing if _is_missing(trace) else _LAYERS.get(step.name, Layer.CONTENT)
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


def _is_missing(trace: Trace) -> bool:
    step = trace.steps[-1]
    return step.name is StepName.STATUS and trace.outcome is Outcome.NOT_FOUND
