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
    Finding,
    Findings,
    Layer,
    collapsed,
    name_differences,
    stored_differences,
)
from smp.domain.identifiers import ParticipantId
from smp.domain.measure import Measure, parties, strays
from smp.domain.naming import DnsName, Record
from smp.looks import Asked, Eyes, Look, NameServer

_RENEWED = frozenset({Layer.STORED, Layer.CONTENT})


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


Take = Callable[[frozenset[ParticipantId] | None], Measure]
"""Takes the measure as of now: of some, or of all that an audit is about."""

Spread = Callable[
    [Callable[[Look], Sequence[Finding]], Iterable[Look]], Iterable[Sequence[Finding]]
]
"""Runs many looks: `map` one after the other, an executor's `map` several at a time."""

_Found = dict[ParticipantId | None, tuple[Finding, ...]]
"""What differs, by whom; None is for what is nobody's."""


def audit(take: Take, view: View, spread: Spread = map) -> Findings:
    """Compare what is wanted and written down with the zone, its servers, and what is served.

    Who has left is looked up as well, unless the documents wait to retire. Of whom something
    differs the measure is taken anew, and the look: what was just changing, or came broken once,
    is none. Silence is not asked again.
    """
    before, silent = _serials(view)
    zone = _read(view)  # first: so whoever is named there is known to the register
    measure = take(None)
    everybody = parties(measure)
    found = _differences(measure, zone, view, spread)
    doubts = {who: seen for who, seen in found.items() if any(each.answered for each in seen)}
    changing: frozenset[ParticipantId] = frozenset()
    if doubts:
        fresh = take(frozenset(who for who in doubts if who is not None))
        names = {each.name for each in chain.from_iterable(doubts.values()) if each.name}
        again = _differences(fresh, _read(view, names), view, spread, names)
        changing = fresh.wanted.changing & doubts.keys()
        for who in doubts:
            found[who] = [] if who in changing else again.get(who, [])
    after, _ = _serials(view, before)
    return Findings(
        participants=len(everybody),
        documents=len(measure.wanted.documents),
        differences=collapsed(
            (
                *chain.from_iterable(found.values()),
                *silent,
                *answers.behind(before, after, measure.wanted.naming.zone),
            )
        ),
        changing=changing,
    )


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


@dataclass(frozen=True, slots=True)
class _Zone:
    """The names of the zone, None where they are not known, and who was *silent* about them."""

    names: Mapping[DnsName, Record] | None = None
    silent: tuple[Finding, ...] = ()


def _read(view: View, among: AbstractSet[DnsName] | None = None) -> _Zone:
    """Return what stands in the zone, at the names *among* if not at all; of none nobody asks."""
    if view.names is None or (among is not None and not among):
        return _Zone()
    try:
        found = view.names()
    except (Refused, Unavailable) as fault:
        return _Zone(None, (Finding(None, None, Layer.DNS, fault.text, answered=False),))
    return _Zone(found if among is None else {n: found[n] for n in among & found.keys()})


def _differences(
    measure: Measure,
    zone: _Zone,
    view: View,
    spread: Spread,
    among: AbstractSet[DnsName] | None = None,
) -> dict[ParticipantId | None, list[Finding]]:
    """Return what differs, by whose it is; None is nobody, or somebody who is not known.

    Of the zone only the names *among* count, if not all do, and of strays none else is asked for.
    """
    wanted, books = measure.wanted, measure.books
    everybody = parties(measure)
    in_zone: Mapping[DnsName, Finding] = {}
    if zone.names is not None:
        participants = {key.participant for key in wanted.documents}
        in_zone = name_differences(participants, zone.names, books, wanted.naming)
        in_zone = {n: each for n, each in in_zone.items() if among is None or n in among}
    told = {name: (zone.names or {}).get(name) for name in in_zone}
    asked = Asked(view.servers, told, books.agreed, wanted.naming)
    lost = strays(measure, everybody.keys())
    lost = lost if among is None else tuple(name for name in lost if name in among)
    every: dict[ParticipantId | None, Look] = {None: lambda: asked.nobodys(lost)}
    for who, party in everybody.items():
        every[who] = looks.look(party, view.inside, asked, view.outside)
    found: dict[ParticipantId | None, list[Finding]] = {None: list(zone.silent)}
    for each in (*in_zone.values(), *stored_differences(wanted.documents.keys(), books.stored)):
        found.setdefault(each.participant, []).append(each)
    for whose, seen in zip(every, spread(_looked, every.values()), strict=True):
        found.setdefault(whose, []).extend(seen)
    return found


def _looked(look: Look) -> tuple[Finding, ...]:
    return tuple(look())


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
