"""What is to become of one resource, and does what is there agree with what that expects?

RFC 9110, sections 13.1.1 and 13.1.2: If-Match and If-None-Match.
"""

from dataclasses import dataclass
from enum import StrEnum

from eer.domain.errors import Absent, Conflict, Issue, IssueCode, error
from eer.domain.identifiers import Reference
from eer.domain.wording import say
from eer.fhir import codec_json, meta
from eer.fhir.element import Json
from eer.store.records import Records
from eer.store.rows import Version


class Effect(StrEnum):
    """What a change came to."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Put:
    """Make *json* what *reference* says; *expected* is the version it must have now, if any.

    *exists* is whether it has to be there. *method* is what history tells: POST where the register
    chose the id.
    """

    reference: Reference
    json: Json
    expected: int | None = None
    method: str = "PUT"
    exists: bool | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Let *reference* be gone; *expected* is the version it must have now, if any."""

    reference: Reference
    expected: int | None = None
    exists: bool | None = None


Change = Put | Delete


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change came to, the version that now holds, and what is worth a warning."""

    reference: Reference
    effect: Effect
    version: Version
    issues: tuple[Issue, ...] = ()


def check_version(change: Change, found: Version | None, records: Records) -> None:
    """Raise unless the version that a change expects is the one *found*, in *records*.

    Absent when what goes never was here; Conflict when the version is another, or the id is.
    """
    reference = change.reference
    if found is None or found.body is None:
        check_kept(reference, records)
    if found is None and isinstance(change, Delete):
        raise Absent(say("{reference} is not in the register", reference=reference))
    number = found.number if found is not None and found.body is not None else None
    if change.exists is not None and change.exists is not (number is not None):
        raise _unexpected(change, number)
    if change.expected is not None and change.expected != number:
        raise _unexpected(change, number)


def _unexpected(change: Change, number: int | None) -> Conflict:
    """A statement about the version is not met: RFC 9110, sections 13.1.1 and 13.1.2."""
    reference = change.reference
    if number is None and change.expected is None:
        text = say("{reference} is not there, expected it: read it again", reference=reference)
    elif number is None:
        text = say(
            "{reference} is not there, expected version {expected}: read it again",
            reference=reference,
            expected=change.expected,
        )
    elif change.exists is False:
        text = say("{reference} is there, expected a new one", reference=reference)
    else:
        text = say(
            "{reference} is version {found}, expected version {expected}: read it again",
            reference=reference,
            found=number,
            expected=change.expected,
        )
    return Conflict(text, (error(IssueCode.CONFLICT, f"{reference.type}.meta.versionId", text),))


def check_kept(reference: Reference, records: Records) -> None:
    """Raise Conflict when *reference* is another id of a resource that is kept under its own."""
    kept = records.kept(reference)
    if kept is not None:
        text = say(
            "{reference} is another id of {kept}: write to that one", reference=reference, kept=kept
        )
        raise Conflict(text, (error(IssueCode.DUPLICATE, f"{reference.type}.id", text),))


def says_the_same(change: Change, found: Version | None) -> bool:
    """Whether a resource says after *change* what the version *found* says."""
    if found is None:
        return False
    if isinstance(change, Delete) or found.body is None:
        return isinstance(change, Delete) and found.body is None
    return meta.content(codec_json.parse(found.body)) == meta.content(change.json)


def effect_of(change: Change, found: Version | None) -> Effect:
    """Return what a change comes to where *found* was the newest version, and said otherwise."""
    if isinstance(change, Delete):
        return Effect.DELETED
    return Effect.CREATED if found is None or found.body is None else Effect.UPDATED
