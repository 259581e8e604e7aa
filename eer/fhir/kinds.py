"""Which resource types does the register keep, and what is wrong with a resource of one?"""

from collections.abc import Iterator, Mapping

from eer.domain.errors import Issue, IssueCode, Malformed, Refused, error
from eer.domain.search import Token
from eer.fhir import (
    codec_json,
    device,
    element,
    endpoint,
    message_definition,
    organization,
    structure,
)
from eer.fhir.element import Json
from eer.fhir.kind import Kind

KINDS: Mapping[str, Kind] = {
    each.KIND.type: each.KIND for each in (organization, endpoint, device, message_definition)
}


LONGEST_TERM = 512
"""A row of a PostgreSQL index holds 2704 bytes, and a character takes four at most."""


def kind_of(type_name: str) -> Kind:
    """Return the kind of *type_name*; raise Refused when the register does not keep it."""
    found = KINDS.get(type_name)
    if found is None:
        text = f"{type_name!r} is not kept here: expected {', '.join(KINDS)}"
        raise Refused(text, (error(IssueCode.NOT_SUPPORTED, "", text),))
    return found


def issues(json: Json) -> tuple[Issue, ...]:
    """Return everything wrong with a resource by itself: its structure, and then its rules.

    A resource whose structure is wrong is judged by its rules as well, so that all is said at
    once; what the structure check already said of a place is not said again.
    """
    kind = kind_of(element.text(json, "resourceType") or "")
    try:
        codec_json.check_depth({"entry": [{"resource": json}]})
    except Malformed as fault:  # then no Bundle could hold it
        return fault.issues
    broken = structure.issues(json)
    said = {issue.expression for issue in broken}
    rules = (*kind.issues(json), *_too_long(kind, json))
    return (*broken, *(issue for issue in rules if issue.expression not in said))


def _too_long(kind: Kind, json: Json) -> Iterator[Issue]:
    """Yield an issue for each term that the databases' indexes cannot hold."""
    for parameter, term in kind.terms.items():
        for value in term.values(json):
            if not isinstance(value, Token):
                continue
            length = len(value.system or "") + len(value.code or "")
            if length > LONGEST_TERM:
                text = f"{length} characters in system and value, expected {LONGEST_TERM} at most"
                yield error(IssueCode.TOO_LONG, f"{kind.type}.{parameter}", text)
