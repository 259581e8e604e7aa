"""What has fhir.resources against a resource in which our own walk found nothing?

A second opinion on the structure, and no more: it knows FHIR R4B and not R4, rejects some of
what R4 allows, and its texts are not for our callers. So what R4B changed is not put before it,
and what it is known to reject wrongly is put before it in another form.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from eer.domain.errors import Issue, IssueCode, error
from eer.domain.wording import Sentence, say
from eer.fhir import number, r4

_CHANGED_IN_R4B = frozenset({"Evidence", "EvidenceVariable"})

# What stands for a value that is only extended, or that it would wrongly reject.
_STAND_INS: Mapping[str, Any] = {
    "base64Binary": "AAAA",
    "boolean": True,
    "date": "2026-01-01",
    "dateTime": "2026-01-01",
    "decimal": 1,
    "instant": "2026-01-01T00:00:00Z",
    "integer": 1,
    "oid": "urn:oid:1.2",
    "positiveInt": 1,
    "time": "00:00:00",
    "unsignedInt": 1,
    "uuid": "urn:uuid:00000000-0000-4000-8000-000000000000",
}

_MISSING = (IssueCode.REQUIRED, say("nothing found, expected a value"))
_SENTENCES: Mapping[str, tuple[IssueCode, Sentence]] = {
    "extra_forbidden": (IssueCode.STRUCTURE, say("an element found that does not belong here")),
    "missing": _MISSING,
    "model_field_validation.missing": _MISSING,
}
_OTHERWISE = (IssueCode.VALUE, say("a value found that does not have the form of its type"))


def issues(resource: Mapping[str, Any]) -> Iterator[Issue]:
    """Yield what it refuses, in our own words, each with its FHIRPath."""
    name = str(resource["resourceType"])
    from pydantic import ValidationError  # noqa: PLC0415  # comes with fhir.resources, see _model

    try:
        if all(_has_model(each) for each in _types_in(resource)):
            _model(name).model_validate(_plain(resource, name))
    except ValidationError as refused:
        for fault in refused.errors(include_url=False, include_context=False, include_input=False):
            path = _path(name, fault["loc"])
            code, text = _SENTENCES.get(fault["type"], _OTHERWISE)
            yield error(code, path, text)
    except (AttributeError, KeyError, RecursionError, ValueError):
        return  # it stumbled, as over a required array that has extensions only: no verdict


@cache
def _model(name: str) -> Any:
    """Return the model of a resource type; raise ValueError when R4B has none."""
    from fhir.resources.R4B import get_fhir_model_class  # noqa: PLC0415  # takes 0.7 s to import

    return get_fhir_model_class(name)


@cache
def _has_model(name: str) -> bool:
    try:
        _model(name)
    except (KeyError, ValueError):
        return False
    return name not in _CHANGED_IN_R4B


def _types_in(value: Any) -> Iterator[str]:
    """Yield the type of each resource in *value*, itself included."""
    if isinstance(value, Mapping):
        if "resourceType" in value:
            yield value["resourceType"]
        value = value.values()
    elif not isinstance(value, list):
        return
    for each in value:
        yield from _types_in(each)


def _plain(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return an object of the type *name* as it is put before the judge, no primitive extended."""
    found: dict[str, Any] = {}
    for key, each in value.items():
        member = r4.members(name).get(key.removeprefix("_"))
        if member is None:
            found[key] = each
        elif key != member.name:
            nothing = [None] * len(each) if member.element.repeats else None
            found.setdefault(member.name, _form(member, value.get(member.name, nothing)))
        elif member.type == "Meta" and member.element.is_choice:
            found[f"{member.element.name}String"] = "stands for a Meta, which R4B has not"
        else:
            found[key] = _form(member, each)
    return found


def _form(member: r4.Member, value: Any) -> Any:
    if isinstance(value, list):
        return [_form(member, each) for each in value]
    if isinstance(value, Mapping):
        return _plain(value, value.get("resourceType", member.type))
    # A uuid of R4 need not be of version 4, and a number may be larger than a float can be.
    if value is None or member.type == "uuid" or isinstance(value, number.Spelled):
        return _STAND_INS.get(member.type, "extended")
    return value


def _path(name: str, location: tuple[int | str, ...]) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return name + "".join(steps)
