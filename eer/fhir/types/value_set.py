"""What is searched of a ValueSet, and can it be used?

FHIR R4; searches by `:in` look into those that are active.
"""

from collections.abc import Iterator

from eer.domain.errors import Issue, IssueCode, warning
from eer.domain.wording import say
from eer.fhir import element, kind, plain, terminology
from eer.fhir.element import Json
from eer.fhir.terminology import Vocabulary

TYPE = "ValueSet"


def issues(json: Json, _: Vocabulary) -> Iterator[Issue]:
    """Yield why it is not used, and what of it is not understood."""
    yield from terminology.unused(json, TYPE)
    if element.many(element.one(json, "expansion"), "contains"):
        return
    compose = element.one(json, "compose")
    for part in ("include", "exclude"):
        for place, each in enumerate(element.many(compose, part)):
            for name in terminology.NOT_UNDERSTOOD:
                if name in each:
                    text = say(
                        "{element} found, which is not understood here: expected the codes, or an "
                        "expansion",
                        element=name,
                    )
                    at = f"ValueSet.compose.{part}[{place}].{name}"
                    yield warning(IssueCode.NOT_SUPPORTED, at, text)


KIND = plain.canonical(
    TYPE,
    {
        **kind.canonical(),
        "code": kind.token(
            "ValueSet-code", "expansion.contains.code", "compose.include.concept.code"
        ),
        "expansion": kind.uri("ValueSet-expansion", "expansion.identifier"),
        "identifier": kind.token("conformance-identifier", "identifier"),
        "reference": kind.uri("ValueSet-reference", "compose.include.system"),
    },
    issues,
)
