"""Which changes of what is public may go on, and which wait until a person agrees?

Beyond the limits, all drops and moves are held. A changed base, zone, signer or address of the
publisher's own name is always held: until somebody agrees, the former one stays in force. Then
nothing is signed with the new key, and nothing is done in the new zone.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from eer.domain.plan import Limits, diff
from smp.domain.identifiers import DocumentKey, ParticipantId, fold
from smp.domain.naming import Naming, print_own
from smp.domain.ownership import (
    Names,
    judge_names,
    names_left_alone,
    names_publisher,
    owners_of,
)
from smp.domain.publication import Held, Switch
from smp.domain.split import Gauge, Split, split, without
from smp.domain.state import Found, Version, Wanted

SIGNER = "signer"
BASE_URL = "base_url"
ZONE = "zone"
PUBLISHER_ADDRESS = "publisher_address"


@dataclass(frozen=True, slots=True)
class Documents:
    """What has to change in the documents.

    *waiting* are those that a new signer keeps back. *served* are the participants with a wanted
    document that is public once the documents are stored; *named* those and the ones that still
    have another one. *halted* have nothing left because an operator stopped it.
    """

    change: Split[DocumentKey, Version]
    waiting: frozenset[DocumentKey]
    served: frozenset[ParticipantId]
    named: frozenset[ParticipantId]
    halted: frozenset[ParticipantId]


@dataclass(frozen=True, slots=True)
class Judged:
    """What may be done and what not; *naming* is the one in force."""

    documents: Documents
    names: Names
    naming: Naming
    held: Held


def judge(wanted: Wanted, found: Found, limits: Limits) -> Judged:
    """Return what may be done of all that would make *found* into what is *wanted*.

    A participant's last documents and its names are held together or not at all.
    """
    switches = _switches(wanted, found)
    naming = found.agreed.naming(wanted.naming)
    documents = judge_documents(wanted, found, limits)
    known = {key.participant for keys in (found.documents, wanted.versions) for key in keys}
    owners = owners_of(known | documents.halted, naming)
    names = (
        judge_names(documents.named, documents.halted, owners, found, naming, limits)
        if naming.zone == wanted.naming.zone
        else names_left_alone(owners)
    )
    emptied = known - {key.participant for key in wanted.versions} - documents.halted
    stuck = emptied & (
        {key.participant for key in documents.change.held.drop}
        | {owners[name] for name in names.change.held.drop if name in owners}
    )
    documents = replace(
        documents,
        change=documents.change.holding(
            {key for key in documents.change.go.drop if key.participant in stuck}
        ),
    )
    names = replace(
        names,
        change=names.change.holding(
            {name for name in names.change.go.drop if owners.get(name) in stuck}
        ),
    )
    held = Held(
        switches, documents.change.held, names.change.held, tuple(sorted(documents.waiting))
    )
    return Judged(documents, names, naming, held)


def judge_documents(wanted: Wanted, found: Found, limits: Limits) -> Documents:
    """Return how the documents come to be as wanted; those waiting to retire are not counted."""
    wanting = {key.participant for key in wanted.versions}
    halted = ({key.participant for key in wanted.stopped} | wanted.halted) - wanting
    change = diff(
        wanted=wanted.versions,
        found={
            key: stored.version
            for key, stored in found.documents.items()
            if stored.retire_after is None or key in wanted.versions
        },
    )
    parts = split(
        change,
        Gauge(
            limits,
            found.document_count,
            lambda old, new: old.addresses != new.addresses,
            found.documents_gone,
        ),
        sure={key for key in change.drop if key in wanted.stopped or key.participant in halted},
        agreed=found.agreed.marks,
    )
    unsigned: AbstractSet[DocumentKey] = frozenset()
    if wanted.signer != found.agreed.signers[-1]:
        unsigned = parts.go.add.keys() | parts.go.replace.keys()
    served = {key.participant for key in wanted.versions if key in found.documents}
    served |= {key.participant for key in parts.go.add.keys() - unsigned}
    only = {
        key
        for key in change.drop
        if key.participant in wanting - served and key not in wanted.stopped
    }
    waiting = unsigned | (only & parts.go.drop.keys())
    going = without(parts.go, waiting)
    renewed = {
        key: (meant, meant)
        for key, meant in wanted.versions.items()
        if key.participant in wanted.renew
        and found.documents.get(key) is not None
        and key not in change.replace
    }
    return Documents(
        change=Split(
            replace(going, replace={**going.replace, **renewed}),
            parts.held,
            parts.measured - waiting,
        ),
        waiting=frozenset(waiting),
        served=frozenset(served),
        named=frozenset(served | {key.participant for key in only}),
        halted=frozenset(halted),
    )


def respelled(found: Found, wanted: Wanted) -> Found:
    """Return *found* with its documents spelled as *wanted* has them where only case differs."""
    spelling = {
        fold(str(key)): key
        for keys in (wanted.stopped, wanted.versions)
        for key in keys
        if key not in found.documents
    }
    if not spelling:
        return found
    return replace(
        found,
        documents={
            key if key in wanted.versions else spelling.get(fold(str(key)), key): stored
            for key, stored in found.documents.items()
        },
    )


def _switches(wanted: Wanted, found: Found) -> tuple[Switch, ...]:
    """Return what has changed; an address of the publisher moves all who follow CNAMEs."""
    present, new = found.agreed.naming(wanted.naming), wanted.naming
    aliases = found.name_count // (2 if new.naptr else 1)
    before, after = print_own(present.publisher_record), print_own(new.publisher_record)
    switches = [
        Switch(BASE_URL, present.base_url, new.base_url, found.name_count),
        Switch(ZONE, present.zone, new.zone, found.name_count),
        Switch(SIGNER, found.agreed.signers[-1], wanted.signer, found.document_count),
    ]
    if names_publisher(new):
        switches.append(Switch(PUBLISHER_ADDRESS, before, after, aliases))
    return tuple(each for each in switches if each.found != each.wanted)
