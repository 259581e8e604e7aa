"""What is searched of a CodeSystem, and can its codes be used?

FHIR R4; one that is active and complete takes the place of what is shipped under its URL.
"""

from collections import Counter
from collections.abc import Iterator

from eer.domain.errors import Issue, IssueCode, error
from eer.domain.wording import say
from eer.fhir import element, kind, plain, terminology
from eer.fhir.element import Json
from eer.fhir.terminology import Vocabulary

TYPE = "CodeSystem"


def issues(json: Json, _: Vocabulary) -> Iterator[Issue]:
    """Yield why it is not used, and the codes that stand twice (csd-1)."""
    yield from terminology.unused(json, TYPE)
    times = Counter(code for code, _ in terminology.concepts(element.many(json, "concept")))
    twice = sorted(code for code, count in times.items() if count > 1)
    if twice:
        text = say(
            "{codes} found more than once, expected each code once (csd-1)", codes=", ".join(twice)
        )
        yield error(IssueCode.INVARIANT, "CodeSystem.concept", text)


KIND = plain.canonical(
    TYPE,
    {
        **kind.canonical(),
        "code": kind.token("CodeSystem-code", "concept.code"),
        "content-mode": kind.token("CodeSystem-content-mode", "content"),
        "identifier": kind.token("conformance-identifier", "identifier"),
        "language": kind.token("CodeSystem-language", "concept.designation.language"),
        "supplements": kind.reference("CodeSystem-supplements", "supplements", TYPE),
        "system": kind.uri("CodeSystem-system", "url"),
    },
    issues,
)
