"""Does every access point find what the register wants published, and nothing else?

What is wanted is compared with what is stored, with what stands in the zone, and with what an
access point finds; a difference is told by the layer it was seen in, and once. Mending is
publishing again, and looking again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import chain

from eer.domain.errors import Refused, Unavailable
from smp.domain.findings import (
    Books,
    Finding,
    Layer,
    document_difference,
    name_differences,
    redirect_difference,
    stored_differences,
)
from smp.domain.identifiers import DocumentId, DocumentKey, ParticipantId
from smp.domain.metadata import ServiceGroup, ServiceMetadata
from smp.domain.naming import DnsName, Naming, Record, cname_name, naptr_name
from smp.lookup.locate import Located
from smp.lookup.told import Outcome, StepName, Trace, printable
from smp.xml.render import unsigned_bytes

_LAYERS = {
    StepName.NAME: Layer.DNS,
    StepName.NAPTR: Layer.DNS,
    StepName.URL: Layer.HTTP,
    StepName.STATUS: Layer.HTTP,
}
_RENEWED = frozenset({Layer.STORED, Layer.CONTENT})


@dataclass(frozen=True, slots=True)
class Findings:
    """All differences, and how many participants and documents were looked up."""

    participants: int
    documents: int
    differences: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the register wants published, and how names are made."""

    documents: Mapping[DocumentKey, ServiceMetadata]
    naming: Naming


@dataclass(frozen=True, slots=True)
class Eyes:
    """A way to look at what is published.

    *document* of outside follows a redirect; inside there is no other SMP.
    """

    group: Callable[[ParticipantId], Trace]
    document: Callable[[DocumentKey], Trace]


@dataclass(frozen=True, slots=True)
class View:
    """How the audit sees the world.

    *names* are those of the zone, as its primary gives them to us; it raises Refused and
    Unavailable. *outside* sees as an access point does, but one that goes only where it is
    expected to (`expected`); *inside* sees what is stored, whatever a server has in its cache.
    """

    names: Callable[[], Mapping[DnsName, Record]]
    outside: Eyes
    inside: Eyes


@dataclass(frozen=True, slots=True)
class _Party:
    """A participant, its documents as they should be, and which of any are stored."""

    participant: ParticipantId
    wanted: Mapping[DocumentId, ServiceMetadata]
    stored: AbstractSet[DocumentId]
    base_url: str


_Look = Callable[[], Iterable[Finding]]
Spread = Callable[
    [Callable[[_Look], Sequence[Finding]], Iterable[_Look]], Iterable[Sequence[Finding]]
]
"""Runs many looks: `map` one after the other, an executor's `map` several at a time."""


def audit(wanted: Wanted, books: Books, view: View, spread: Spread = map) -> Findings:
    """Compare what is *wanted* with the *books*, the zone and what access points find.

    Who has left is looked up as well, unless the documents wait to retire. Who stands wrongly in
    the zone is not looked up: an access point has nothing more to find.
    """
    documents: dict[ParticipantId, dict[DocumentId, ServiceMetadata]] = {}
    for key, metadata in wanted.documents.items():
        documents.setdefault(key.participant, {})[key.document] = metadata
    stored: dict[ParticipantId, set[DocumentId]] = {}
    for key in books.stored:
        stored.setdefault(key.participant, set()).add(key.document)
    gone = sorted(stored.keys() - documents.keys() - books.waiting)
    in_zone = _zone_differences(documents.keys(), books, wanted.naming, view)
    astray = {who for who in (*documents, *gone) if _asked(who, wanted.naming) in in_zone}
    looks: list[_Look] = []
    for who, each in documents.items():
        party = _Party(who, each, stored.get(who, set()), wanted.naming.base_url)
        looks.append(_wanted_look(party, view.inside, None if who in astray else view.outside))
    looks += [_withdrawn_look(who, view.outside) for who in gone if who not in astray]
    seen = spread(lambda look: tuple(look()), looks)
    return Findings(
        participants=len(documents) + len(gone),
        documents=len(wanted.documents),
        differences=(
            *in_zone.values(),
            *stored_differences(wanted.documents.keys(), books.stored),
            *chain.from_iterable(seen),
        ),
    )


def expected(base_url: str, located: Located) -> Located:
    """Return *located* if it leads to *base_url*; raises Refused: nothing is fetched elsewhere."""
    if located.base_url != base_url:
        raise Refused(
            f"{located.name}: leads to {located.base_url} ({located.kind} {located.record}), "
            f"expected {base_url}"
        )
    return located


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


def repair(
    look: Callable[[], Findings], publish: Callable[[frozenset[ParticipantId]], object]
) -> tuple[Findings, Findings]:
    """Return what *look* finds before and after *publish*, which runs only if it is needed.

    It is given those whose documents are to be signed anew, whatever the books say of them.
    """
    before = look()
    if not before.differences:
        return before, before
    publish(
        frozenset(
            each.participant
            for each in before.differences
            if each.participant is not None and each.layer in _RENEWED
        )
    )
    return before, look()


def code(findings: Findings) -> int:
    """Return the exit code: 1 when something differs, else 3 when somebody did not answer."""
    answers = {each.answered for each in findings.differences}
    if True in answers:
        return 1
    return 3 if answers else 0


def lines(findings: Findings) -> list[str]:
    """Return *findings* for people, a line each and one for the whole, fit for a terminal."""
    said = [
        f"{each.layer if each.answered else 'no answer':<9}  {each.participant or 'the zone'}"
        f"{'' if each.document is None else f'  {each.document}'}: {each.evidence}"
        for each in findings.differences
    ]
    looked_up = f"{findings.participants} participants and {findings.documents} documents looked up"
    return [printable(line) for line in (*said, f"{looked_up}, {len(said)} differences")]


def _zone_differences(
    participants: AbstractSet[ParticipantId], books: Books, naming: Naming, view: View
) -> Mapping[DnsName, Finding]:
    try:
        found = view.names()
    except (Refused, Unavailable) as fault:
        unheard = Finding(None, None, Layer.DNS, fault.text, answered=False)
        return {naming.zone: unheard}
    return name_differences(participants, found, books, naming)


def _asked(participant: ParticipantId, naming: Naming) -> DnsName:
    """Return the name that the lookup begins with."""
    return (naptr_name if naming.naptr else cname_name)(participant, naming.zone)


def _wanted_look(party: _Party, inside: Eyes, outside: Eyes | None) -> _Look:
    """What is seen inside is seen by others as well, and told once."""

    def look() -> Iterator[Finding]:
        own = tuple(_seen(party, inside, Layer.STORED))
        yield from own
        told = {each.document for each in own}
        for each in () if outside is None else _seen(party, outside, Layer.HTTP):
            if each.layer is Layer.DNS or each.document not in told:
                yield each

    return look


def _seen(party: _Party, eyes: Eyes, missing: Layer) -> Iterator[Finding]:
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


def _withdrawn_look(participant: ParticipantId, outside: Eyes) -> _Look:
    """An access point that finds no name asks no further, and so does this.

    A name that leads elsewhere is another publisher's; if not, the zone has told of it.
    """

    def look() -> Iterator[Finding]:
        trace = outside.group(participant)
        if trace.failed is None or trace.failed.name is not StepName.NAPTR:
            name = next(step for step in trace.steps if step.name is StepName.NAPTR)
            text = f"its name is still there: {name.found}"
            yield Finding(participant, None, Layer.DNS, text)
        elif trace.outcome is Outcome.NO_ANSWER:
            yield _failure(trace)

    return look


def _group_differences(group: ServiceGroup, party: _Party) -> Iterator[Finding]:
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
