"""Does every access point find what the register wants published, and nothing else?

What is wanted is compared with what is stored, with what stands in the zone, with what each name
server answers, and with what the public URL returns; a difference is told by the layer it was seen
in, and once. Mending is publishing again, and looking again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import chain

from eer.domain.errors import Refused, Unavailable
from smp import looks
from smp.domain import answers
from smp.domain.findings import (
    Books,
    Finding,
    Findings,
    Layer,
    collapsed,
    name_differences,
    stored_differences,
)
from smp.domain.identifiers import DocumentId, DocumentKey, ParticipantId
from smp.domain.metadata import ServiceMetadata
from smp.domain.naming import DnsName, Naming, Record
from smp.looks import Asked, Eyes, Look, NameServer, Party

_RENEWED = frozenset({Layer.STORED, Layer.CONTENT})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the register wants published, and how names are made.

    *others* are participants of whom nothing should be found, besides those who are stored.
    """

    documents: Mapping[DocumentKey, ServiceMetadata]
    naming: Naming
    others: frozenset[ParticipantId] = frozenset()


@dataclass(frozen=True, slots=True)
class View:
    """How the audit sees the world.

    *names* are those of the zone, as its primary gives them to us; it raises Refused and
    Unavailable, and is None where the zone is not read as a whole. *outside* sees what the public
    URL returns, *inside* what is stored, whatever a server has in its cache; it is None where that
    is known to be right. *servers* are the
    name servers that the public asks, *serials* tells how far each of any is, by its address.
    """

    names: Callable[[], Mapping[DnsName, Record]] | None
    outside: Eyes
    inside: Eyes | None
    servers: Sequence[NameServer] = ()
    serials: Mapping[str, Callable[[], int]] = field(default_factory=dict)


Spread = Callable[
    [Callable[[Look], Sequence[Finding]], Iterable[Look]], Iterable[Sequence[Finding]]
]
"""Runs many looks: `map` one after the other, an executor's `map` several at a time."""


def audit(wanted: Wanted, books: Books, view: View, spread: Spread = map) -> Findings:
    """Compare what is *wanted* with the *books*, the zone, its servers, and what is served.

    Who has left is looked up as well, unless the documents wait to retire.
    """
    documents: dict[ParticipantId, dict[DocumentId, ServiceMetadata]] = {}
    for key, metadata in wanted.documents.items():
        documents.setdefault(key.participant, {})[key.document] = metadata
    stored: dict[ParticipantId, set[DocumentId]] = {}
    for key in books.stored:
        stored.setdefault(key.participant, set()).add(key.document)
    gone = sorted((stored.keys() | wanted.others) - documents.keys() - books.waiting)
    before, silent = _serials(view)
    in_zone, told = _zone_differences(documents.keys(), books, wanted.naming, view)
    asked = Asked(view.servers, told, books.agreed, wanted.naming)
    every: list[Look] = [asked.own]
    for who, each in documents.items():
        party = Party(who, each, stored.get(who, set()), wanted.naming.base_url)
        every.append(looks.wanted(party, view.inside, asked, view.outside))
    every += [looks.unwanted(who, asked, view.outside, is_stored=who in stored) for who in gone]
    seen = tuple(spread(_confirmed, every))
    after, _ = _serials(view, before)
    return Findings(
        participants=len(documents) + len(gone),
        documents=len(wanted.documents),
        differences=collapsed(
            (
                *in_zone,
                *stored_differences(wanted.documents.keys(), books.stored),
                *chain.from_iterable(seen),
                *silent,
                *answers.behind(before, after, wanted.naming.zone),
            )
        ),
    )


def _confirmed(look: Look) -> tuple[Finding, ...]:
    """Look again where something differs: what was just changing, or came broken once, is none.

    Silence is not asked again.
    """
    first = tuple(look())
    return tuple(look()) if any(each.answered for each in first) else first


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


def _zone_differences(
    participants: AbstractSet[ParticipantId], books: Books, naming: Naming, view: View
) -> tuple[Iterable[Finding], Mapping[DnsName, Record | None]]:
    """Return what differs in the zone, and what stands at each name where something does."""
    if view.names is None:
        return (), {}
    try:
        found = view.names()
    except (Refused, Unavailable) as fault:
        return (Finding(None, None, Layer.DNS, fault.text, answered=False),), {}
    differences = name_differences(participants, found, books, naming)
    return differences.values(), {name: found.get(name) for name in differences}


def _serials(
    view: View, among: Iterable[str] | None = None
) -> tuple[Mapping[str, int], tuple[Finding, ...]]:
    """Return how far each server is, *among* some or of all, and which are silent."""
    found: dict[str, int] = {}
    silent: list[Finding] = []
    for server in view.serials if among is None else among:
        try:
            found[server] = view.serials[server]()
        except Unavailable as fault:
            silent.append(Finding(None, None, Layer.DNS, fault.text, answered=False, server=server))
    return found, tuple(silent)
