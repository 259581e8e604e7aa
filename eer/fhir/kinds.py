"""Which resource types does the register keep, and what is wrong with a resource of one?"""

from collections.abc import Mapping

from eer.domain.errors import Issue, IssueCode, Refused, error
from eer.fhir import device, element, endpoint, message_definition, organization, structure
from eer.fhir.element import Json
from eer.fhir.kind import Kind

KINDS: Mapping[str, Kind] = {
    each.KIND.type: each.KIND for each in (organization, endpoint, device, message_definition)
}


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
    type_name = element.text(json, "resourceType") or ""
    broken = structure.issues(json)
    said = {issue.expression for issue in broken}
    rules = kind_of(type_name).issues(json)
    return (*broken, *(issue for issue in rules if issue.expression not in said))
