"""What does a MessageDefinition say, and is it right by itself?

EER has no profile of its own since 2.0; MedComMessagingMessageDefinition (spec 2.9) is kept where
a resource claims it, and its identifier is the payload code that endpoints offer.
"""

from collections.abc import Iterator

from eer.domain.errors import Issue, IssueCode, error, warning
from eer.domain.identifiers import Reference
from eer.domain.model import Reading, Role
from eer.domain.search import Token, canonical_system
from eer.fhir import canonicals, element, kind, profile, terminology
from eer.fhir.element import Json

TYPE = "MessageDefinition"
_PUBLISHER = "MedCom"


def issues(json: Json) -> Iterator[Issue]:
    """Yield every fault of a MessageDefinition's own content."""
    if any(each.startswith(canonicals.MESSAGE_DEFINITION) for each in element.profiles(json)):
        yield from _medcom_issues(json)
    known = terminology.codes(canonicals.PAYLOADS)
    for place, _, value in element.identifiers(json):
        if value is not None and value not in known:
            text = f"{value!r} is no payload code, so no endpoint can offer this message"
            at = f"MessageDefinition.identifier[{place}].value"
            yield warning(IssueCode.CODE_INVALID, at, text)


def reading(reference: Reference, _json: Json) -> Reading:
    """Read a MessageDefinition that passed its rules: nothing else hangs on what it says."""
    return Reading(reference, frozenset({Role.ANY}), (), (), None)


def identity(json: Json) -> tuple[Token, ...]:
    """Return each identifier."""
    return tuple(
        Token(canonical_system(system or ""), value)
        for _, system, value in element.identifiers(json)
        if value is not None
    )


def _medcom_issues(json: Json) -> Iterator[Issue]:
    needed = ("identifier", "version", "title", "publisher", "jurisdiction", "responseRequired")
    yield from profile.required(json, TYPE, needed)
    identifiers = element.many(json, "identifier")
    if len(identifiers) > 1:
        text = f"{len(identifiers)} identifiers found, expected one"
        yield error(IssueCode.STRUCTURE, "MessageDefinition.identifier", text)
    for place, each in enumerate(identifiers):
        at = f"MessageDefinition.identifier[{place}]"
        yield from profile.required(each, at, ("type", "use", "value", "period"))
    publisher = element.text(json, "publisher")
    if publisher not in (None, _PUBLISHER):
        text = f"publisher {publisher!r} found, expected {_PUBLISHER}"
        yield error(IssueCode.VALUE, "MessageDefinition.publisher", text)
    category = element.text(json, "category")
    if category != "notification":
        text = f"category {category!r} found, expected notification"
        yield error(IssueCode.VALUE, "MessageDefinition.category", text)


KIND = kind.Kind(
    type=TYPE,
    profiles=(),
    terms={"identifier": kind.identifier(TYPE), "status": kind.code(TYPE, "status")},
    issues=issues,
    reading=reading,
    identity=identity,
)
