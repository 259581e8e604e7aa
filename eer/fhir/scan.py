"""Does a search hold for a resource, going by the values under which it is found?

FHIR R4 search, section 3.1.1.5, over the few resources that no database holds. Of the conditions
there are those that codes, texts and addresses can be asked by; any other is refused.
"""

from collections.abc import Iterable, Sequence

from eer.domain.errors import IssueCode, Malformed, error
from eer.domain.search import (
    Address,
    Clause,
    Condition,
    Ids,
    Indexed,
    Match,
    Missing,
    Not,
    Text,
    Token,
    Value,
    ancestors,
)
from eer.domain.wording import say


def holds(condition: Condition, resource_id: str, values: Sequence[Indexed]) -> bool:
    """Whether *condition* holds; raise Malformed when it is none that is understood here."""
    if isinstance(condition, Ids):
        return resource_id in condition.any_of
    if isinstance(condition, Not):
        return not holds(condition.inner, resource_id, values)
    if isinstance(condition, Clause):
        found = tuple(_of(condition.parameter, values))
        return any(_agrees(wanted, each) for wanted in condition.any_of for each in found)
    if isinstance(condition, Missing):
        return condition.is_missing is not any(_of(condition.parameter, values))
    text = say("a search found that definitions are not searched by, expected their parameters")
    raise Malformed(text, (error(IssueCode.NOT_SUPPORTED, "", text),))


def _of(parameter: str, values: Iterable[Indexed]) -> Iterable[Value]:
    return (each.value for each in values if each.parameter == parameter)


def _agrees(wanted: Value, found: Value) -> bool:
    if isinstance(wanted, Token) and isinstance(found, Token):
        return wanted.system in (None, found.system) and wanted.code in (None, "", found.code)
    if isinstance(wanted, Text) and isinstance(found, Text):
        return _reads(wanted, found)
    if isinstance(wanted, Address) and isinstance(found, Address):
        return _stands(wanted, found)
    return False


def _reads(wanted: Text, found: Text) -> bool:
    if wanted.match is Match.EXACT:
        return found.text == wanted.text
    if wanted.match is Match.CONTAINS:
        return wanted.folded in found.folded
    return found.folded.startswith(wanted.folded)


def _stands(wanted: Address, found: Address) -> bool:
    if wanted.direction == "above":
        return found.uri in ancestors(wanted.uri)
    if wanted.direction == "below":
        return found.uri == wanted.uri or found.uri.startswith(f"{wanted.uri.rstrip('/')}/")
    return found.uri == wanted.uri
