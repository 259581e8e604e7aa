"""What does a MessageDefinition say, and is it right by itself?

EER has no profile of its own since 2.0; MedComMessagingMessageDefinition and what descends from it
(spec 2.9) are kept where a resource claims one, and its identifier is the payload code that
endpoints offer.
"""

import re
from collections.abc import Iterator

from eer.domain.errors import Issue, IssueCode, error, warning
from eer.domain.identifiers import Reference
from eer.domain.model import Message, Reading, Role
from eer.domain.search import Token, canonical_system
from eer.domain.wording import say
from eer.fhir import canonicals, element, kind, profile
from eer.fhir.element import Json
from eer.fhir.terminology import Vocabulary

TYPE = "MessageDefinition"
_BASE = "medcommessagingmessagedefinition"
_PUBLISHER = "MedCom"
_CONTACT = ("MedCom FHIR Team", "fhir@medcom.dk")
_COUNTRY = "DK"

# What an event answers to: whether a response is required, and how few responses it allows.
_RESPONSES = {
    "acknowledgement-message": ("never", 0),
    "care-communication-message": ("always", 2),
    "homecareobservation-message": ("always", 1),
}


def issues(json: Json, vocabulary: Vocabulary) -> Iterator[Issue]:
    """Yield every fault of a MessageDefinition's own content."""
    claimed = _medcom_profiles(json)
    if claimed:
        yield from _medcom_issues(json, vocabulary)
    if claimed - {_BASE}:
        yield from _fhir_issues(json)
        yield from _response_issues(json)
    yield from _focus_issues(json)
    known = vocabulary.codes(canonicals.PAYLOADS)
    for place, _, value in element.identifiers(json):
        if value is not None and value not in known:
            text = say(
                "{code!r} is no payload code, so no endpoint can offer this message", code=value
            )
            at = f"MessageDefinition.identifier[{place}].value"
            yield warning(IssueCode.CODE_INVALID, at, text)


def reading(reference: Reference, json: Json) -> Reading:
    """Read a MessageDefinition that passed its rules."""
    return Reading(
        reference=reference,
        roles=frozenset({Role.ANY, Role.MESSAGE_DEFINITION}),
        links=(),
        claims=(),
        says=Message(
            codes=tuple(dict.fromkeys(value for _, _, value in element.identifiers(json) if value)),
            status=element.text(json, "status") or "",
            date=profile.first_instant(element.text(json, "date")),
            url=element.text(json, "url"),
            version=element.text(json, "version"),
            replaces=element.texts(json, "replaces"),
        ),
    )


def identity(json: Json) -> tuple[Token, ...]:
    """Return each identifier."""
    return tuple(
        Token(canonical_system(system or ""), value)
        for _, system, value in element.identifiers(json)
        if value is not None
    )


def _medcom_profiles(json: Json) -> set[str]:
    """Return the names of MedCom's profiles it claims, as they read without case and hyphens."""
    return {
        each.rpartition("/")[2].replace("-", "").casefold()
        for each in element.profiles(json)
        if each.startswith(canonicals.MESSAGE_DEFINITION)
    }


def _medcom_issues(json: Json, vocabulary: Vocabulary) -> Iterator[Issue]:
    needed = ("identifier", "version", "title", "publisher", "jurisdiction", "responseRequired")
    yield from profile.required(json, TYPE, needed)
    identifiers = element.many(json, "identifier")
    if len(identifiers) > 1:
        text = say("{found} identifiers found, expected one", found=len(identifiers))
        yield error(IssueCode.STRUCTURE, "MessageDefinition.identifier", text)
    for place, each in enumerate(identifiers):
        at = f"MessageDefinition.identifier[{place}]"
        yield from profile.required(each, at, ("type", "use", "value", "period"))
        if "period" in each:
            yield from profile.required(element.one(each, "period"), f"{at}.period", ("start",))
        types = set(_codes(element.one(each, "type")))
        if "type" in each and not types & set(vocabulary.codes(canonicals.MESSAGE_TYPES)):
            text = say(
                "type {found} found, expected a code of {system}",
                found=", ".join(sorted(types)) or say("without a code"),
                system=canonicals.MESSAGE_TYPES,
            )
            yield error(IssueCode.CODE_INVALID, f"{at}.type", text)
    yield from profile.required(json, TYPE, ("category",))
    yield from _is(json, "publisher", _PUBLISHER)
    yield from _is(json, "category", "notification")
    places = [each for concept in element.many(json, "jurisdiction") for each in _codes(concept)]
    if "jurisdiction" in json and _COUNTRY not in places:
        text = say(
            "jurisdiction {found} found, expected {country}",
            found=", ".join(places) or say("without a code"),
            country=_COUNTRY,
        )
        yield error(IssueCode.VALUE, "MessageDefinition.jurisdiction", text)


def _fhir_issues(json: Json) -> Iterator[Issue]:
    """The profile of messages that are FHIR, which each single message's descends from."""
    yield from profile.required(json, TYPE, ("url", "description", "purpose", "contact"))
    for place, each in enumerate(element.many(json, "identifier")):
        if "FHIR" not in _codes(element.one(each, "type")):
            text = say("expected the type FHIR of a FHIR message")
            yield error(IssueCode.VALUE, f"MessageDefinition.identifier[{place}].type", text)
    contexts = element.many(json, "useContext")
    if "workflow" not in [element.text(element.one(each, "code"), "code") for each in contexts]:
        text = say("no use context with the code workflow: a FHIR message has one")
        yield error(IssueCode.REQUIRED, "MessageDefinition.useContext", text)
    name = element.text(json, "name")
    if name is not None and re.search(r"\s", name):
        text = say("{name!r} found, expected a name without blanks (NoSpacesRule)", name=name)
        yield error(IssueCode.INVARIANT, "MessageDefinition.name", text)
    contacts = element.many(json, "contact")
    told = {element.text(at, "value") for each in contacts for at in element.many(each, "telecom")}
    told |= {element.text(each, "name") for each in contacts}
    if contacts and (len(contacts) > 1 or not told >= set(_CONTACT)):
        contact, address = _CONTACT
        text = say("expected one contact: {name} at {address}", name=contact, address=address)
        yield error(IssueCode.VALUE, "MessageDefinition.contact", text)


def _response_issues(json: Json) -> Iterator[Issue]:
    event = element.text(element.one(json, "eventCoding"), "code") or ""
    if event not in _RESPONSES:
        return
    required, least = _RESPONSES[event]
    yield from _is(json, "responseRequired", required)
    found = len(element.many(json, "allowedResponse"))
    if found < least or (not least and found):
        text = (
            say(
                "{found} allowed responses found, expected at least {least} for {event}",
                found=found,
                least=least,
                event=event,
            )
            if least
            else say(
                "{found} allowed responses found, expected none for {event}",
                found=found,
                event=event,
            )
        )
        yield error(IssueCode.STRUCTURE, "MessageDefinition.allowedResponse", text)


def _focus_issues(json: Json) -> Iterator[Issue]:
    """FHIR R4 md-1: the most of a focus is a number above 0, or any number."""
    for place, each in enumerate(element.many(json, "focus")):
        most = element.text(each, "max")
        if most is not None and not re.fullmatch(r"\*|0*[1-9][0-9]*", most, re.ASCII):
            at = f"MessageDefinition.focus[{place}].max"
            text = say("max {most!r} found, expected * or a whole number above 0 (md-1)", most=most)
            yield error(IssueCode.INVARIANT, at, text)


def _is(json: Json, name: str, wanted: str) -> Iterator[Issue]:
    found = element.text(json, name)
    if found not in (None, wanted):
        text = say(
            "{element} {found!r} found, expected {wanted}",
            element=name,
            found=found,
            wanted=wanted,
        )
        yield error(IssueCode.VALUE, f"MessageDefinition.{name}", text)


def _codes(concept: Json) -> Iterator[str]:
    for each in element.many(concept, "coding"):
        if (code := element.text(each, "code")) is not None:
            yield code


_TERMS = {
    **kind.canonical(),
    "category": kind.token("MessageDefinition-category", "category"),
    "event": kind.token("MessageDefinition-event", "event"),
    "focus": kind.token("MessageDefinition-focus", "focus.code"),
    "identifier": kind.token("conformance-identifier", "identifier"),
    "parent": kind.reference(
        "MessageDefinition-parent", "parent", "PlanDefinition", "ActivityDefinition"
    ),
}

KIND = kind.Kind(
    type=TYPE,
    profiles=(),
    terms=_TERMS,
    issues=issues,
    reading=reading,
    identity=identity,
)
