"""Whom does a change leave with something wrong, though nobody touched them?

They are not looked at again until somebody writes them, so whoever makes the change is told: a
warning that names them. What nobody may do to others is refused in judgement.py.
"""

from collections.abc import Iterable, Iterator, Mapping

from eer.domain import certification, participation
from eer.domain.errors import Issue, IssueCode, warning
from eer.domain.identifiers import Reference
from eer.domain.model import Device, Mailbox, Message, Organization, Reading, Role
from eer.domain.policy import Level
from eer.domain.rules import named
from eer.domain.search import Token
from eer.domain.wording import say
from eer.fhir import canonicals
from eer.register import vocabulary
from eer.register.judgement import Found, Grounds
from eer.register.state import State

Changed = Mapping[Reference, Reading | None]

_OFFERED = ("Endpoint", "payload-type")

# Under which search parameter the codes of a system are found with those that use them.
_USED = {
    canonicals.PAYLOADS: _OFFERED,
    canonicals.CONNECTION_TYPES: ("Endpoint", "connection-type"),
    canonicals.DEVICE_TYPES: ("Device", "type"),
    canonicals.HIERARCHY: ("Organization", "type"),
    canonicals.UNIT_TYPES: ("Organization", "type"),
}


def told(
    changed: Changed,
    before: State,
    after: State,
    grounds: Grounds,
    known: vocabulary.Change,
) -> Found:
    """Return what each change leaves behind, by the resource that is changed."""
    return {
        reference: [
            *_uncertified(reference, changed, before, after, grounds),
            *_retired(reading, after, grounds),
            *_unacknowledged(reference, changed, before, after, grounds),
            *_unknown(reference, after, known),
        ]
        for reference, reading in changed.items()
    }


def _uncertified(
    reference: Reference, changed: Changed, before: State, after: State, grounds: Grounds
) -> Iterator[Issue]:
    """Endpoints that offer what their systems were certified for, and are no longer."""
    if grounds.policy.certification is Level.OFF:
        return
    endpoints = dict.fromkeys(_served(reference, before, after))
    worse = [
        each
        for each in endpoints
        if each not in changed and not _gaps(each, after, grounds) <= _gaps(each, before, grounds)
    ]
    if worse:
        text = say(
            "by this, {endpoints} would offer what the systems behind are not certified for",
            endpoints=named([*map(str, worse)]),
        )
        yield warning(IssueCode.BUSINESS_RULE, reference.type, text)


def _served(reference: Reference, before: State, after: State) -> Iterator[Reference]:
    """Yield the endpoints for which what counts as certified may have changed."""
    earlier, later = before.reading(reference), after.reading(reference)
    says = earlier.says if earlier is not None else None  # what is new has nobody behind it yet
    if isinstance(says, Organization) and _systems(earlier) != _systems(later):
        yield from (each.reference for each in after.managed_by(reference))
    elif isinstance(says, Device):
        yield from _behind([reference], before, after)
    elif isinstance(says, Message):
        yield from _behind(after.pointing(reference, "Device"), before, after)


def _behind(devices: Iterable[Reference], before: State, after: State) -> Iterator[Reference]:
    """Yield the endpoints at *devices*, of those whose certification is another one now."""
    for device in devices:
        earlier = certification.certified(before.reading(device), before.reading)
        if earlier == certification.certified(after.reading(device), after.reading):
            continue
        for pointing in after.pointing(device):
            if pointing.type == "Endpoint":
                yield pointing
            elif pointing.type == "Organization":
                yield from (each.reference for each in after.managed_by(pointing))


def _gaps(endpoint: Reference, state: State, grounds: Grounds) -> set[tuple[Role, str]]:
    reading = state.reading(endpoint)
    found = certification.gaps(reading, state.reading, grounds.at) if reading is not None else ()
    return {(gap.part, document) for gap in found for document in gap.documents}


def _systems(reading: Reading | None) -> set[Reference]:
    links = reading.links if reading is not None else ()
    return {link.target for link in links if link.role in certification.PARTS}


def _retired(reading: Reading | None, after: State, grounds: Grounds) -> Iterator[Issue]:
    """Endpoints that still offer what this definition retires."""
    says = reading.says if reading is not None else None
    for code in says.codes if isinstance(says, Message) else ():
        if code not in grounds.retired:
            continue
        active = {*after.using("Endpoint", "status", Token(None, "active"))}
        offering = after.using(*_OFFERED, Token(canonicals.PAYLOADS, code))
        endpoints = [str(each) for each in offering if each in active]
        if endpoints:
            text = say(
                "{code} is still offered by {endpoints}", code=code, endpoints=named(endpoints)
            )
            yield warning(IssueCode.BUSINESS_RULE, "MessageDefinition.status", text)


def _unacknowledged(
    reference: Reference, changed: Changed, before: State, after: State, grounds: Grounds
) -> Iterator[Issue]:
    """A participant whose other endpoints no longer have one that acknowledges beside them."""
    earlier, later = before.reading(reference), changed[reference]
    says = earlier.says if earlier is not None else None
    if not isinstance(says, Mailbox):
        return
    if later is not None and isinstance(later.says, Mailbox):
        stays = later.says.gln == says.gln and later.says.delivers_at(grounds.at)
        if stays:  # then it is told of itself
            return
    had, has = _mailboxes(says.gln, before), _mailboxes(says.gln, after)
    lacked = participation.lacks_acknowledgement(had, grounds.at)
    if participation.lacks_acknowledgement(has, grounds.at) and not lacked:
        text = participation.unacknowledged(says.gln)
        yield warning(IssueCode.BUSINESS_RULE, reference.type, text)


def _mailboxes(gln: str, state: State) -> list[Mailbox]:
    return [each.says for each in state.mailboxes(gln) if isinstance(each.says, Mailbox)]


def _unknown(reference: Reference, after: State, known: vocabulary.Change) -> Iterator[Issue]:
    """Resources with a code that their code system no longer has."""
    for system, code in known.dropped(reference):
        if system not in _USED:
            continue
        using = after.using(*_USED[system], Token(system, code))
        if using:
            text = say(
                "{code} is no code of {system} any more, but {users} have it: they cannot be "
                "written before they let go of it",
                code=code,
                system=system,
                users=named([*map(str, using)]),
            )
            yield warning(IssueCode.CODE_INVALID, "CodeSystem.concept", text)
