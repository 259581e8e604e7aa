"""How do changes get into the register: all of them, or none?

The one path every write takes: lock, look, judge, write. FHIR R4 http, section 3.1.0.11.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import MappingProxyType

from eer.domain import access
from eer.domain.access import Principal
from eer.domain.errors import (
    Conflict,
    Issue,
    IssueCode,
    Malformed,
    Refused,
    errors_of,
    placed,
)
from eer.domain.identifiers import Cvr, Reference
from eer.domain.model import Mailbox, Reading
from eer.domain.search import Indexed, Pointer
from eer.domain.wording import row_of
from eer.fhir import kinds, meta, rewrite, structure
from eer.fhir.element import Json
from eer.register import aftermath, judgement
from eer.register.change import (
    Change,
    Delete,
    Effect,
    Outcome,
    Put,
    check_version,
    effect_of,
    says_the_same,
)
from eer.register.counter import Counter
from eer.register.judgement import Grounds
from eer.register.state import State
from eer.store.records import Records
from eer.store.rows import Entry, Version

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Draft:
    """Changes laid over what is stored, judged and not yet written.

    *places* are where they stand in a Bundle; what is wrong with one is told from there.
    """

    changes: tuple[Change, ...]
    current: Mapping[Reference, Version | None]
    after: State
    issues: Mapping[Reference, tuple[Issue, ...]]
    readings: Mapping[Reference, Reading | None] = field(default_factory=dict)
    places: Mapping[Reference, str] = field(default_factory=dict)

    @property
    def errors(self) -> tuple[Issue, ...]:
        """Everything that refuses, of all changes."""
        return tuple(issue for each in self.issues.values() for issue in errors_of(each))


def commit(counter: Counter, changes: Sequence[Change], by: Principal) -> tuple[Outcome, ...]:
    """Write *changes* as one, in the name of *by*, and return what each came to.

    Raises Malformed when a resource's structure is wrong, Refused when it or *by* breaks a rule,
    Conflict when a version, an identifier or a reference is not as expected; nothing is written
    then.
    """
    with counter.store.writing() as connection:
        records = Records(connection)
        made = draft(counter, records, changes, {})
        authorize(made, State(records), by)
        refuse(made)
        return write(counter, records, made, by)


def draft(
    counter: Counter,
    records: Records,
    changes: Sequence[Change],
    aliases: Mapping[Reference, Reference],
    places: Mapping[Reference, str] = MappingProxyType({}),
) -> Draft:
    """Lay *changes* over what is stored and judge them, each by itself and all together."""
    changes = tuple(_localized(each, counter) for each in changes)
    current = {each.reference: records.current(each.reference) for each in changes}
    for each in changes:
        with placed(places.get(each.reference, "")):
            check_version(each, current[each.reference], records)
    readings = {each.reference: _reading(each) for each in changes}
    before, after = State(records), State(records, readings, aliases)
    retired = counter.definitions.retired(records, readings)
    grounds = Grounds(counter.now(), counter.policy, retired, counter.trust)
    together = judgement.judge(readings, before, after, grounds)
    bodies = {each.reference: each.json if isinstance(each, Put) else None for each in changes}
    known = counter.vocabularies.after(records, bodies)
    left = aftermath.told(readings, before, after, grounds, known)
    own = {
        each.reference: kinds.issues(each.json, known.after) if isinstance(each, Put) else ()
        for each in changes
    }
    issues = {each: (*own[each], *together[each], *left[each]) for each in own}
    return Draft(changes, current, after, issues, readings, places)


def authorize(made: Draft, before: State, by: Principal) -> None:
    """Raise Refused unless *by* may make every change, seen from before and from after.

    What was deleted still belongs to whom it belonged to, and the GLN of an endpoint to whom
    another endpoint of it belongs, or belonged when it was let go: else one company could receive
    what is meant for another.
    """
    for change in made.changes:
        earlier, later = before.last_said(change.reference), made.readings[change.reference]
        owners = [before.owner(earlier)] if earlier is not None else []
        owners += [made.after.owner(later)] if later is not None else []
        if later is not None and isinstance(later.says, Mailbox):
            owners += _owners_of_gln(before, later.says.gln, by)
        with placed(made.places.get(change.reference, "")):
            access.check_ownership(by, change.reference, owners)


def _owners_of_gln(before: State, gln: str, by: Principal) -> list[Cvr | None]:
    """Return whose a GLN is; of one that nobody holds the history tells, which operators need not.

    That reads every version of an endpoint: taking a GLN that is free is rare.
    """
    holding = list(before.mailboxes(gln))
    if not holding and not by.is_operator:
        last = before.last_holder(gln)
        holding = [last] if last is not None else []
    return [before.owner(each) for each in holding]


def write(counter: Counter, records: Records, made: Draft, by: Principal) -> tuple[Outcome, ...]:
    """Write what *made* changes; a resource that says what it said keeps its version."""
    sequence, last = records.last()
    author = _author(by)
    at = max(counter.now(), last + _TICK)
    outcomes: list[Outcome] = []
    entries: list[Entry] = []
    for change in made.changes:
        found = made.current[change.reference]
        issues = made.issues[change.reference]
        if says_the_same(change, found):
            assert found is not None  # noqa: S101 - for the type checker: the same as nothing
            effect = Effect.UNCHANGED if isinstance(change, Put) else Effect.DELETED
            outcomes.append(Outcome(change.reference, effect, found, issues))
            continue
        sequence += 1
        number = found.number + 1 if found is not None else 1
        entry = _entry(
            change, Version(sequence, change.reference, number, at, "", None, author), made
        )
        at += _TICK
        entries.append(entry)
        outcomes.append(Outcome(change.reference, effect_of(change, found), entry.version, issues))
    records.put(entries)
    return tuple(outcomes)


def refuse(made: Draft) -> None:
    """Raise the failure of a draft that has errors, with its warnings behind them."""
    faults = made.errors
    if not faults:
        return
    told = [
        issue.under(f"{made.places[reference]}.resource") if reference in made.places else issue
        for reference, issues in made.issues.items()
        for issue in issues
    ]
    told.sort(key=lambda issue: not issue.is_error)
    text = row_of(issue.text for issue in faults[:3])
    raise _kind(made, faults)(text, told)


def _kind(made: Draft, faults: Sequence[Issue]) -> type[Malformed | Conflict | Refused]:
    """Malformed when a structure is wrong; Conflict when all that is wrong lies with others."""
    puts = [change for change in made.changes if isinstance(change, Put)]
    broken = (issue for put in puts for issue in errors_of(structure.issues(put.json)))
    if any(issue.code is not IssueCode.INVARIANT for issue in broken):
        return Malformed
    clash = {IssueCode.DUPLICATE, IssueCode.CONFLICT}
    return Conflict if all(issue.code in clash for issue in faults) else Refused


def _localized(change: Change, counter: Counter) -> Change:
    """Let a reference by our own URL be one to a resource of this register."""
    if isinstance(change, Delete):
        return change
    return replace(change, json=rewrite.localized(change.json, counter.base_url))


def _reading(change: Change) -> Reading | None:
    if isinstance(change, Delete):
        return None
    return kinds.reading(change.reference, change.json)


def _entry(change: Change, bare: Version, made: Draft) -> Entry:
    reading = made.readings[change.reference]
    if isinstance(change, Delete) or reading is None:
        return Entry(_version(bare, "DELETE", None))
    body = meta.stamped(change.json, change.reference.id, bare.number, bare.at)
    return Entry(
        version=_version(bare, change.method, body),
        indexed=tuple(indexed(change.json, made.after)),
        links=made.after.kept_links(reading),
        claims=reading.claims,
    )


def _version(bare: Version, method: str, body: bytes | None) -> Version:
    return Version(bare.sequence, bare.reference, bare.number, bare.at, method, body, bare.author)


def indexed(json: Json, after: State) -> Iterator[Indexed]:
    """Yield what a resource is found under; a reference by another id leads to the kept one."""
    for each in kinds.indexed(json):
        value = each.value
        if isinstance(value, Pointer) and value.type:
            kept = after.kept(Reference(value.type, value.id))
            yield replace(each, value=Pointer(kept.type, kept.id))
        else:
            yield each


def _author(by: Principal) -> str:
    said = {"subject": by.subject, "client": by.client, "cvr": str(by.cvr) if by.cvr else None}
    return json.dumps({**said, "roles": sorted(by.roles)}, ensure_ascii=False)
