"""What differs for one participant: in what is stored, at each name server, at the public URL?

Each of them is looked at by itself, so that what is wrong in one hides nothing in another.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from eer.domain.errors import Unavailable
from smp import seen
from smp.domain import answers
from smp.domain.answers import Expected
from smp.domain.findings import Finding, Layer
from smp.domain.identifiers import DocumentId, DocumentKey, ParticipantId
from smp.domain.measure import Party
from smp.domain.metadata import ServiceGroup, ServiceMetadata
from smp.domain.naming import DnsName, Naming, Record
from smp.domain.state import Agreed
from smp.lookup.told import Outcome, Trace

Look = Callable[[], Iterable[Finding]]
"""Something that can be looked at, by itself."""


@dataclass(frozen=True, slots=True)
class Eyes:
    """A way to look at what is published.

    *document* of outside follows a redirect; inside there is no other SMP. What changed after
    *as_of* may be seen as it was: caches in between have leave to keep it for so long.
    """

    group: Callable[[ParticipantId], Trace]
    document: Callable[[DocumentKey], Trace]
    as_of: datetime | None = None

    def may_lag(self, changed: datetime | None) -> bool:
        """Whether what *changed* then may still be seen as it was."""
        return self.as_of is not None and changed is not None and changed > self.as_of


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

    def nobodys(self, strays: Iterable[DnsName]) -> Iterator[Finding]:
        """Ask every server for the name of the publisher, and for *strays*, which are nobody's."""
        for each in (*answers.expected_own(self.naming), *map(answers.unexpected, strays)):
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


def look(party: Party, inside: Eyes | None, asked: Asked, outside: Eyes) -> Look:
    """What is seen inside is seen by others as well, and told once.

    Who has left is found at no name server, and what was withdrawn at no URL.
    """

    def look() -> Iterator[Finding]:
        own = () if inside is None else tuple(_found(party, inside, Layer.STORED))
        yield from own
        yield from asked.look(party.participant, is_wanted=bool(party.wanted))
        told = {each.document for each in own}
        for each in _found(party, outside, Layer.HTTP):
            if each.document not in told:
                yield each
        yield from _still_served(party, outside)

    return look


def _found(party: Party, eyes: Eyes, missing: Layer) -> Iterator[Finding]:
    """What is not stored is told already: it is neither fetched nor missed in the group."""
    if not party.wanted:
        return
    there = {document.folded for document in party.stored}
    stored = {each: meant for each, meant in party.wanted.items() if each.folded in there}
    trace = eyes.group(party.participant)
    if isinstance(trace.said, ServiceGroup):
        if not eyes.may_lag(party.changed):
            yield from seen.group_findings(trace.said, party)
        for document, meant in stored.items():
            yield from _document(party, (document, meant), eyes, missing)
    elif stored or not seen.is_missing(trace):
        yield seen.failure(trace, missing)


def _document(
    party: Party, meant: tuple[DocumentId, ServiceMetadata], eyes: Eyes, missing: Layer
) -> Iterator[Finding]:
    """The bytes are looked at where nothing else of ours differs."""
    document, wanted = meant
    trace = eyes.document(DocumentKey(party.participant, document))
    served = party.served.get(document.folded)
    is_old = served is not None and eyes.may_lag(served.changed)
    found = tuple(seen.document_findings(trace, wanted, missing))
    if is_old and trace.outcome is Outcome.FOUND:
        return
    yield from found
    if served is not None and all(each.layer is Layer.TARGET for each in found):
        layer = Layer.CONTENT if missing is Layer.STORED else missing
        yield from seen.byte_findings(trace, served, party.signers, layer)


def _still_served(party: Party, outside: Eyes) -> Iterator[Finding]:
    """What is stored and should not be is told already."""
    if not party.wanted and not party.stored:
        yield from _served(outside.group(party.participant), party, outside)
    for document in party.withdrawn:
        if document is not None and not outside.may_lag(party.withdrawn[document]):
            key = DocumentKey(party.participant, document)
            yield from _served(outside.document(key), party, outside)


def _served(trace: Trace, party: Party, outside: Eyes) -> Iterator[Finding]:
    at = party.withdrawn.get(trace.document)
    if trace.outcome is Outcome.NO_ANSWER:
        yield seen.failure(trace)
    elif not seen.is_missing(trace) and not outside.may_lag(at):
        since = "" if at is None else f", withdrawn {at.isoformat(timespec='seconds')}"
        text = f"still served ({trace.outcome}){since}: the register does not want it published"
        yield Finding(trace.participant, trace.document, Layer.HTTP, text)
