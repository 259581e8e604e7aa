"""To which changes do intents come, given what is in the register now?

FHIR R4 http, sections 3.1.0.4.3, 3.1.0.8.1 (conditional writes) and 3.1.0.11.2 (transactions). All
criteria are looked up as the register was before; it is called under the one writer's lock, so
that what is looked up here still holds when it is written.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from eer.domain.access import Principal
from eer.domain.errors import Absent, Conflict, IssueCode, Malformed, Refused, error
from eer.domain.identifiers import Reference, is_resource_id
from eer.domain.wording import Sentence, say
from eer.fhir import codec_json, element, params
from eer.fhir.clauses import Terms
from eer.fhir.element import Json
from eer.register.change import Change, Delete, Put, check_kept
from eer.register.intent import Create, Criteria, Intent, Patch, Remove, Update
from eer.register.search import with_kept_ids
from eer.store import search_sql
from eer.store.records import Records
from eer.store.rows import Version

_MANY = 2


@dataclass(frozen=True, slots=True)
class Found:
    """Nothing to do: a resource that meets the criteria of a create is here already."""

    version: Version

    @property
    def reference(self) -> Reference:
        """Which it is."""
        return self.version.reference


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing to do: what was to be deleted is not here."""

    text: Sentence


Resolved = Change | Found | Nothing


@dataclass(frozen=True, slots=True)
class Desk:
    """What intents are resolved with."""

    records: Records
    terms: Terms
    new_id: Callable[[], str]
    by: Principal

    def matching(self, type_name: str, criteria: Criteria) -> list[Version]:
        """Return two resources at most that meet *criteria*; raise Malformed when they say nothing.

        A parameter that is not known is never passed over here: what is left would match more.
        """
        search = params.search(self.terms, (type_name,), criteria)
        is_empty = any(not value.strip(",") for _, value in criteria)
        if is_empty or not 0 < len(criteria) == len(search.query.conditions):
            wrong = [name for name, _ in search.ignored] or [name for name, _ in criteria]
            text = say(
                "criteria {found!r} found, expected search parameters of {type} with values",
                found=", ".join(wrong),
                type=type_name,
            )
            raise Malformed(text, (error(IssueCode.INVALID, "", text),))
        query = replace(with_kept_ids(search.query, self.records), count=_MANY)
        # The connection is the records' own: the same state, under the same lock.
        return [row.version for row in search_sql.page(self.records.connection, query)]

    def one(self, type_name: str, criteria: Criteria) -> Version | None:
        """Return the resource that meets *criteria*, None when none does; raise when many do."""
        found = self.matching(type_name, criteria)
        if len(found) == _MANY:
            text = say(
                "more than one {type} meets {criteria}: expected one at most",
                type=type_name,
                criteria=_shown(criteria),
            )
            raise Conflict(text, (error(IssueCode.MULTIPLE_MATCHES, "", text),))
        return found[0] if found else None


def resolved(desk: Desk, intent: Intent) -> Resolved:
    """Return what *intent* comes to by itself."""
    if isinstance(intent, Create):
        return _create(desk, intent)
    if isinstance(intent, Update):
        return _update(desk, intent)
    if isinstance(intent, Patch):
        return _patch(desk, intent)
    return _remove(desk, intent)


def _create(desk: Desk, intent: Create) -> Resolved:
    check_type(intent.type, intent.json)
    if intent.criteria is not None:
        found = desk.one(intent.type, intent.criteria)
        if found is not None:
            return Found(found)
    return Put(Reference(intent.type, desk.new_id()), intent.json, method="POST")


def _update(desk: Desk, intent: Update) -> Resolved:
    check_type(intent.type, intent.json)
    own = element.text(intent.json, "id")
    if intent.criteria is None:
        check_id(intent.type, intent.id, own)
        return _put(desk, intent, Reference(intent.type, intent.id or ""))
    found = desk.one(intent.type, intent.criteria)
    if found is None and own is None:
        return Put(Reference(intent.type, desk.new_id()), intent.json, method="POST")
    if found is not None and own not in (None, found.reference.id):
        text = say(
            "id {found!r} found in the resource, but {kept} meets the criteria",
            found=own,
            kept=found.reference,
        )
        raise Malformed(text, (error(IssueCode.VALUE, f"{intent.type}.id", text),))
    if found is None:
        check_id(intent.type, own, own)
    reference = found.reference if found is not None else Reference(intent.type, own or "")
    return _put(desk, intent, reference)


def _put(desk: Desk, intent: Update, reference: Reference) -> Put:
    is_new = (desk.records.current(reference) or desk.records.kept(reference)) is None
    if is_new and not desk.by.is_operator and intent.expected.version is None:
        text = say(
            "{reference} is not here, and only operators choose ids: create it by POST",
            reference=reference,
        )
        raise Refused(text, (error(IssueCode.FORBIDDEN, "", text),))
    return Put(reference, intent.json, intent.expected.version, exists=intent.expected.exists)


def _patch(desk: Desk, intent: Patch) -> Put:
    current = _target(desk, intent)
    if current is None:
        raise Absent(say("no {type} meets the criteria", type=intent.type))
    if current.body is None:
        text = say("{reference} was deleted", reference=current.reference)
        raise Absent(text, (error(IssueCode.DELETED, "", text),))
    json = intent.apply(codec_json.parse(current.body))
    expected = intent.expected
    return Put(current.reference, json, expected.version, exists=expected.exists)


def _remove(desk: Desk, intent: Remove) -> Resolved:
    if intent.criteria is not None:
        found = desk.one(intent.type, intent.criteria)
        if found is None:
            return Nothing(say("no {type} meets the criteria", type=intent.type))
        reference = found.reference
    else:
        reference = Reference(intent.type, intent.id or "")
        is_known = desk.records.current(reference) or desk.records.kept(reference)
        if not is_known and intent.expected.version is None and not intent.expected.exists:
            return Nothing(say("{reference} is not in the register", reference=reference))
    return Delete(reference, intent.expected.version, exists=intent.expected.exists)


def _target(desk: Desk, intent: Patch) -> Version | None:
    if intent.criteria is not None:
        return desk.one(intent.type, intent.criteria)
    reference = Reference(intent.type, intent.id or "")
    current = desk.records.current(reference)
    if current is None:
        check_kept(reference, desk.records)
        raise Absent(say("{reference} is not in the register", reference=reference))
    return current


def check_type(type_name: str, json: Json) -> None:
    """Raise Malformed when a resource is not of the type that the URL names."""
    found = element.text(json, "resourceType")
    if found != type_name:
        text = say(
            "resourceType {found!r} found, expected {type!r} as in the URL",
            found=found,
            type=type_name,
        )
        raise Malformed(text, (error(IssueCode.INVALID, "resourceType", text),))


def check_id(type_name: str, wanted: str | None, found: str | None) -> None:
    """Raise Malformed when the id *found* in a resource is not the one *wanted*, or none at all."""
    if wanted is None or found != wanted or not is_resource_id(wanted):
        text = say(
            "id {found!r} found in the resource, expected {id!r} as in the URL",
            found=found,
            id=wanted,
        )
        raise Malformed(text, (error(IssueCode.INVALID, f"{type_name}.id", text),))


def _shown(criteria: Criteria) -> str:
    return "&".join(f"{name}={value}" for name, value in criteria)
