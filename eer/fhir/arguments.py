"""With what is an operation asked?

FHIR R4 operations, section 3.2.0.1: as parameters of the URL, or in a Parameters resource. What an
operation does not take is refused by its name: passed over, it would change what is meant.
"""

from collections.abc import Iterable, Iterator, Mapping

from eer.domain.errors import Issue, IssueCode, Malformed, error
from eer.domain.wording import say
from eer.fhir import element
from eer.fhir.element import Json
from eer.fhir.operations import Operation, Use

Pair = tuple[str, str]
Arguments = Mapping[str, tuple[str, ...]]

_VALUE = "value"
_OF_PAIR = {"valueIdentifier": "value", "valueCoding": "code"}


def of_body(body: Json) -> tuple[Pair, ...]:
    """Return names and values of a Parameters resource; raise Malformed when it is none.

    An Identifier is told as `system|value`, a Coding as `system|code`.
    """
    found = element.text(body, "resourceType")
    if found != "Parameters":
        text = say("resourceType {found!r} found, expected Parameters", found=found)
        raise Malformed(text, (error(IssueCode.INVALID, "resourceType", text),))
    return tuple(_pairs(body))


def checked(operation: Operation, pairs: Iterable[Pair], spellings: Mapping[str, str]) -> Arguments:
    """Return the values of every parameter that *operation* takes, by its name.

    *spellings* are other names of them, in small letters. Raises Malformed for a name that is
    none, and for too few or too many values.
    """
    takes = {each.name: each for each in operation.parameters if each.use is Use.IN}
    found: dict[str, tuple[str, ...]] = dict.fromkeys(takes, ())
    issues: list[Issue] = []
    for name, value in pairs:
        meant = name if name in takes else spellings.get(name.lower(), name)
        if meant not in takes:
            text = say(
                "parameter {name} found, expected {expected}", name=name, expected=", ".join(takes)
            )
            issues.append(error(IssueCode.NOT_SUPPORTED, "", text))
        elif not value:
            text = say("{name} found without a value, expected one", name=name)
            issues.append(error(IssueCode.VALUE, "", text))
        else:
            found[meant] = (*found[meant], value)
    for name, each in takes.items():
        count = len(found[name])
        if count < each.min or (each.max is not None and count > each.max):
            text = (
                say("{name} is missing: the operation needs it", name=name)
                if not count
                else say("{name} found {times} times, expected it once", name=name, times=count)
            )
            issues.append(error(IssueCode.REQUIRED, "", text))
    if issues:
        raise Malformed(issues[0].text, issues)
    return found


def _pairs(body: Json) -> Iterator[Pair]:
    for place, each in enumerate(element.many(body, "parameter")):
        name = element.text(each, "name") or ""
        yield name, _text(each, f"Parameters.parameter[{place}]")


def _text(given: Json, at: str) -> str:
    values = [(name, each) for name, each in given.items() if name.startswith(_VALUE)]
    if len(values) == 1:
        kind, value = values[0]
        if kind in _OF_PAIR and isinstance(value, Mapping):
            system, code = element.text(value, "system"), element.text(value, _OF_PAIR[kind])
            return code or "" if system is None else f"{system}|{code or ''}"
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str | int):
            return str(value)
    text = say("no value found that can be read, expected valueString or the like")
    raise Malformed(text, (error(IssueCode.VALUE, at, text),))
