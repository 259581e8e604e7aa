"""How do files of resources get into the register?

A resource that is here under another id is found by its business identifier and changed there;
the id it came with becomes another id of it (decision 9, docs/interfaces/eer-rules.md).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from eer.domain.access import Principal
from eer.domain.errors import Failure, Issue, IssueCode, error, errors_of
from eer.domain.identifiers import Reference, is_resource_id
from eer.domain.wording import say
from eer.fhir import bundle, codec_json, element, kinds
from eer.fhir.bundle import Item, Unit
from eer.register import transaction
from eer.register.change import Change, Effect, Outcome, Put
from eer.register.counter import Counter
from eer.register.transaction import Draft
from eer.store.records import Records

_BY_GLN = "Endpoint"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A resource that was not taken: the file, its place and name there, and every reason."""

    file: str
    place: str
    name: str
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True)
class Remark:
    """A warning about a resource that was taken."""

    file: str
    name: str
    issue: Issue


@dataclass(frozen=True, slots=True)
class Report:
    """What loading came to."""

    created: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    refused: tuple[Refusal, ...] = ()
    warnings: tuple[Remark, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    sequence: int = 0

    def __add__(self, other: "Report") -> "Report":
        return Report(
            created=self.created + other.created,
            updated=self.updated + other.updated,
            unchanged=self.unchanged + other.unchanged,
            refused=self.refused + other.refused,
            warnings=self.warnings + other.warnings,
            aliases=self.aliases + other.aliases,
            sequence=max(self.sequence, other.sequence),
        )


@dataclass(frozen=True, slots=True)
class _Matched:
    """A unit's items by the resource each will be, and which of its ids become other ids."""

    items: dict[Reference, Item] = field(default_factory=dict)
    puts: tuple[Put, ...] = ()
    aliases: dict[Reference, Reference] = field(default_factory=dict)
    refused: tuple[Refusal, ...] = ()


def load(
    counter: Counter,
    files: Sequence[tuple[str, bytes]],
    by: Principal,
    progress: Callable[[int], None],
) -> Report:
    """Load *files* (name, content) in the name of *by* and report what each resource came to.

    A transaction that is refused changes nothing; of anything else, what is right is taken and
    the rest refused. *progress* is told how many resources a unit had when it is through. Raises
    Malformed, before anything is changed, when a file cannot be read.
    """
    units = [bundle.unit(name, body) for name, body in files]
    report = Report()
    for unit in bundle.gathered(units):
        report += _load(counter, unit, by)
        progress(len(unit.items))
    return report


def _load(counter: Counter, unit: Unit, by: Principal) -> Report:
    with counter.store.writing() as connection:
        records = Records(connection)
        matched = _match(counter, unit, records)
        draft, refused = _fitting(counter, unit, matched, records)
        if unit.is_atomic and (refused or matched.refused):
            return Report(refused=(*matched.refused, *refused), sequence=records.last()[0])
        aliases = _aliases(matched, draft.changes)
        for other, kept in aliases.items():
            records.put_alias(other, kept)
        outcomes = transaction.write(counter, records, draft, by)
        report = _report(unit, aliases, outcomes)
        return report + Report(refused=(*matched.refused, *refused), sequence=records.last()[0])


def _fitting(
    counter: Counter, unit: Unit, matched: _Matched, records: Records
) -> tuple[Draft, tuple[Refusal, ...]]:
    """Judge until what is left has no error: without one, another may lack what it points at."""
    puts = list(matched.puts)
    refused: list[Refusal] = []
    while True:
        draft = transaction.draft(counter, records, puts, _aliases(matched, puts))
        wrong = {ref: issues for ref, issues in draft.issues.items() if errors_of(issues)}
        if not wrong:
            return draft, tuple(refused)
        refused += [_refusal(unit, matched.items[ref], issues) for ref, issues in wrong.items()]
        if unit.is_atomic:
            return draft, tuple(refused)
        puts = [put for put in puts if put.reference not in wrong]


def _aliases(matched: _Matched, changes: Sequence[Change]) -> dict[Reference, Reference]:
    """Return the other ids of those that are taken."""
    taken = {change.reference for change in changes}
    return {other: kept for other, kept in matched.aliases.items() if kept in taken}


def _match(counter: Counter, unit: Unit, records: Records) -> _Matched:
    """Find for each item the resource it will be, new or known."""
    items: dict[Reference, Item] = {}
    refused: list[Refusal] = []
    for item in unit.items:
        try:
            reference = _reference(counter, item, records)
        except Failure as fault:
            refused.append(_refusal(unit, item, fault.issues))
            continue
        if reference in items:
            text = say(
                "{place} is {reference} too: expected it once",
                place=items[reference].place,
                reference=reference,
            )
            twice = error(IssueCode.DUPLICATE, f"{reference.type}.identifier", text)
            refused.append(_refusal(unit, item, (twice,)))
        else:
            items[reference] = item
    urns = {item.urn: str(reference) for reference, item in items.items() if item.urn}
    return _Matched(
        items=items,
        puts=tuple(
            Put(
                reference,
                bundle.resolved(item.json, urns) if urns else item.json,
                method="PUT" if item.id else "POST",
            )
            for reference, item in items.items()
        ),
        aliases={
            Reference(reference.type, item.id): reference
            for reference, item in items.items()
            if item.id is not None and item.id != reference.id
        },
        refused=tuple(refused),
    )


def _reference(counter: Counter, item: Item, records: Records) -> Reference:
    type_name = element.text(item.json, "resourceType") or ""
    kinds.kind_of(type_name)
    if item.id is not None:
        own = Reference(type_name, item.id)
        current = records.current(own)
        if current is not None and current.body is not None:
            return own
        kept = records.kept(own)
        if kept is not None:
            return kept
    held = list(_holders(type_name, item, records))
    if len(held) == 1:
        return held[0]
    is_usable = item.id is not None and is_resource_id(item.id)
    return Reference(type_name, item.id if item.id and is_usable else counter.new_id())


def _holders(type_name: str, item: Item, records: Records) -> Iterator[Reference]:
    """Yield the resources that are this one under another id.

    Two endpoints may share a GLN when one follows the other, so an endpoint is another's only
    where one of the two ids is the GLN itself, as SOR's endpoints have it.
    """
    kind = kinds.kind_of(type_name)
    seen: set[Reference] = set()
    for token in kind.identity(item.json):
        for reference in records.with_token(type_name, kind.identified_by, token):
            current = records.current(reference)
            if current is None or current.body is None or reference in seen:
                continue
            is_same = token in kind.identity(codec_json.parse(current.body))
            if type_name == _BY_GLN and token.code not in (reference.id, item.id):
                is_same = False
            if is_same:
                seen.add(reference)
                yield reference


def _report(unit: Unit, aliases: dict[Reference, Reference], outcomes: Sequence[Outcome]) -> Report:
    by_effect: dict[Effect, list[str]] = {effect: [] for effect in Effect}
    for outcome in outcomes:
        by_effect[outcome.effect].append(str(outcome.reference))
    return Report(
        created=tuple(by_effect[Effect.CREATED]),
        updated=tuple(by_effect[Effect.UPDATED]),
        unchanged=tuple(by_effect[Effect.UNCHANGED]),
        warnings=tuple(
            Remark(unit.name, str(outcome.reference), issue)
            for outcome in outcomes
            for issue in outcome.issues
        ),
        aliases=tuple((str(other), str(kept)) for other, kept in aliases.items()),
    )


def _refusal(unit: Unit, item: Item, issues: Sequence[Issue]) -> Refusal:
    name = f"{element.text(item.json, 'resourceType') or 'Resource'}/{item.id or '(new)'}"
    placed = tuple(issue.under(item.place) for issue in issues)
    return Refusal(unit.name, item.place, name, placed)
