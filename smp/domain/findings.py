"""What differs between what the register wants published and what is stored and stands in DNS?

What is ours and not wanted differs as well; what is not ours is none of our business, unless it
stands at a name we want.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum

from smp.domain import naming as names_of
from smp.domain.identifiers import DocumentId, DocumentKey, ParticipantId, fold
from smp.domain.metadata import Endpoint, Redirect, ServiceMetadata
from smp.domain.naming import Address, Cname, DnsName, Naming, Naptr, Record
from smp.domain.ownership import leads_to_us, owners_of
from smp.domain.state import Agreed, Served, Stored, Withdrawn


class Layer(StrEnum):
    """Where a difference was seen, from the inside outwards; the last one is another SMP."""

    STORED = "stored"
    DNS = "dns"
    HTTP = "http"
    CONTENT = "content"
    TARGET = "target"


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference; *document* is None where it concerns the participant as a whole.

    *participant* is None where nobody knows whose it is. *answered* is false when nobody could
    say: then nothing is known to be wrong. *name* is the one that it is about, if it is about one,
    and *server* the name server that said so, where each was asked by itself.
    """

    participant: ParticipantId | None
    document: DocumentId | None
    layer: Layer
    evidence: str
    answered: bool = True
    name: DnsName | None = None
    server: str | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """All differences, and how many participants and documents were looked up.

    Of those *changing* nothing is told: they were just being published.
    """

    participants: int
    documents: int
    differences: tuple[Finding, ...]
    changing: frozenset[ParticipantId] = frozenset()


@dataclass(frozen=True, slots=True)
class Books:
    """What the publisher has written down.

    *names* are those of participants that are ours, *own* those of the publisher itself. *served*
    tells the bytes of what is stored, *withdrawn* what was stored not long ago.
    """

    stored: Mapping[DocumentKey, Stored]
    names: frozenset[DnsName]
    own: frozenset[DnsName]
    agreed: Agreed
    served: Mapping[DocumentKey, Served] = field(default_factory=dict)
    withdrawn: tuple[Withdrawn, ...] = ()

    @property
    def waiting(self) -> frozenset[ParticipantId]:
        """Who has left, and whose documents wait to retire."""
        return frozenset(
            key.participant
            for key, stored in self.stored.items()
            if stored.retire_after is not None
        )


def stored_differences(
    wanted: AbstractSet[DocumentKey], stored: Mapping[DocumentKey, Stored]
) -> Iterator[Finding]:
    """Compare which documents are *stored* with those *wanted*, without regard to case."""
    meant = {fold(str(key)): key for key in wanted}
    there = {fold(str(key)): key for key in stored}
    for folded in sorted(meant.keys() - there.keys()):
        yield _stored(meant[folded], "is not stored")
    for folded, key in sorted(there.items()):
        waits = stored[key].retire_after is not None
        if folded in meant and waits:
            yield _stored(key, "waits to retire, the register wants it published")
        if folded not in meant and not waits:
            yield _stored(key, "is stored, the register does not want it published")


def name_differences(
    participants: AbstractSet[ParticipantId],
    found: Mapping[DnsName, Record],
    books: Books,
    naming: Naming,
) -> Mapping[DnsName, Finding]:
    """Compare what is *found* in the zone with the names that *participants* should have.

    What is ours and not wanted may stay where documents wait to retire: it goes with them.
    """
    wanted = dict(names_of.names(sorted(participants), naming))
    if naming.cname and naming.publisher.endswith(f".{naming.zone}"):
        wanted[naming.publisher] = naming.publisher_record
    kept = books.own | {naming.publisher} | owners_of(books.waiting, naming).keys()
    lingering = {
        name: record
        for name, record in found.items()
        if name not in wanted and name not in kept
        if name in books.names or leads_to_us(record, books.agreed)
    }
    said = {
        name: f"{standing(found.get(name))} found, {standing(record)} expected"
        for name, record in wanted.items()
        if found.get(name) != record
    } | {name: f"{standing(record)} found, nothing expected" for name, record in lingering.items()}
    public = {key.participant for key in books.stored}
    gone = {each.participant for each in books.withdrawn}
    owners = owners_of(participants | public | gone, naming)
    return {
        name: Finding(owners.get(name), None, Layer.DNS, f"{name}: {text}", name=name)
        for name, text in said.items()
    }


def standing(record: Record | None) -> str:
    """Return what stands at a name for people."""
    match record:
        case None:
            return "nothing"
        case Naptr():
            return f"NAPTR {record.regexp}"
        case Cname(target):
            return f"CNAME {target}"
        case Address(ip):
            return f"address {ip}"
        case _:
            return "; ".join(record.text.splitlines())


def collapsed(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return *findings*, but those that nobody could answer once for each that was silent.

    A name server is silent whatever it is asked; else they are alike when they say the same.
    """
    alike: dict[object, list[Finding]] = {}
    for number, each in enumerate(findings):
        said = each.evidence if each.server is None else ""
        kind = number if each.answered else (each.layer, each.server, said)
        alike.setdefault(kind, []).append(each)
    return tuple(map(_as_one, alike.values()))


def _as_one(alike: Sequence[Finding]) -> Finding:
    first, *more = alike
    if not more:
        return first
    text = f"{first.evidence} (and {len(more)} more unanswered)"
    return replace(first, participant=None, document=None, name=None, evidence=text)


def document_difference(said: ServiceMetadata, wanted: ServiceMetadata) -> str:
    """Tell in what two documents differ that are not the same."""
    if said.addresses != wanted.addresses:
        return f"leads to {', '.join(said.addresses)}, expected {', '.join(wanted.addresses)}"
    if [process.id for process in said.processes] != [process.id for process in wanted.processes]:
        return "differs in its processes"
    names = [
        each.name
        for each in fields(Endpoint)
        if _values(said, each.name) != _values(wanted, each.name)
    ]
    return f"differs in {', '.join(names) or 'its spelling'}"


def redirect_difference(said: Redirect | None, wanted: Redirect | None) -> str:
    """Tell where a document leads and where it should."""
    return f"{_leads(said)} found, {_leads(wanted)} expected"


def _values(metadata: ServiceMetadata, name: str) -> list[object]:
    return [
        getattr(endpoint, name) for process in metadata.processes for endpoint in process.endpoints
    ]


def _leads(redirect: Redirect | None) -> str:
    if redirect is None:
        return "the document itself"
    return f"a redirect to {redirect.href} (signed there by {redirect.certificate_uid})"


def _stored(key: DocumentKey, text: str) -> Finding:
    return Finding(key.participant, key.document, Layer.STORED, text)
