"""What is one step of a patch, and what may no step do?

FHIR R4 http.html#patch: the identity of a resource and what the server keeps of it stay; a
narrative that was generated from what the patch changed may not stay.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eer.domain.errors import Issue, IssueCode, Malformed, Refused, error
from eer.domain.wording import say
from eer.fhir import codec_json
from eer.fhir.codec_json import Json
from eer.fhir.primitives import shown

MOST_ISSUES = 100
"""More are not listed: an answer to a hostile body must not be larger than the body."""

MOST_WORK = 20_000_000
"""In operations times bytes: each may go through all of the resource, while others wait."""


@dataclass(frozen=True, slots=True)
class Step:
    """An operation that changes the resource handed to it, and where in the patch it stands.

    *sets_text* is whether it is about the narrative. *apply* returns what the resource has
    become, and raises Refused when the operation does not apply.
    """

    place: str
    sets_text: bool
    apply: Callable[[Json], Any]


def patched(resource: Json, steps: Sequence[Step]) -> Json:
    """Return what *resource*, which stays as it is, becomes by *steps*.

    Raises Refused, with the place of the step that does not apply, or that may not.
    """
    size = len(codec_json.printed(resource))
    if len(steps) > 1 and len(steps) * size > MOST_WORK:
        text = say(
            "{count} operations on a resource of {size} bytes found, expected {most} at most",
            count=len(steps),
            size=size,
            most=max(1, MOST_WORK // size),
        )
        raise Refused(text, (error(IssueCode.TOO_COSTLY, "", text),))
    found = copy.deepcopy(resource)
    for step in steps:
        found = _applied(step, found, _kept(resource))
    for step in steps[-1:]:
        _check_depth(step, found)
    if any(step.sets_text for step in steps):
        return found
    return _without_stale_narrative(resource, found)


def unreadable(issues: Sequence[Issue]) -> Malformed:
    """Return the failure of a patch with *issues*, of which MOST_ISSUES are told."""
    return Malformed(issues[0].text, issues[:MOST_ISSUES])


def _applied(step: Step, resource: Json, kept: Mapping[str, Any]) -> Json:
    try:
        found = step.apply(resource)
    except Refused as fault:
        raise _refused(step, fault.text) from None
    if not isinstance(found, dict):
        text = say("{found} found, expected a resource", found=codec_json.kind(found))
        raise _refused(step, text)
    for name, value in _kept(found).items():
        if value != kept[name]:
            text = say(
                "{name}: {found} found, expected {expected}: no patch may change it",
                name=name,
                found=shown(value),
                expected=shown(kept[name]),
            )
            place = step.place or f"{resource.get('resourceType')}.{name}"
            raise Refused(text, (error(IssueCode.PROCESSING, place, text),))
    return found


def _kept(resource: Json) -> dict[str, Any]:
    """Return what is not the patch's to change, by name; None is absent."""
    meta = resource.get("meta")
    held = meta if isinstance(meta, dict) else {}
    return {
        "resourceType": resource.get("resourceType"),
        "id": resource.get("id"),
        "meta.versionId": held.get("versionId"),
        "meta.lastUpdated": held.get("lastUpdated"),
    }


def _check_depth(step: Step, resource: Json) -> None:
    try:
        codec_json.check_depth(resource)
    except Malformed as fault:
        raise _refused(step, fault.text) from None


def _without_stale_narrative(before: Json, after: Json) -> Json:
    text = after.get("text")
    rest = _without_text(after)
    if not isinstance(text, dict) or text.get("status") != "generated":
        return after
    if codec_json.printed(rest) == codec_json.printed(_without_text(before)):
        return after
    return rest


def _without_text(resource: Json) -> Json:
    return {name: value for name, value in resource.items() if name != "text"}


def _refused(step: Step, text: str) -> Refused:
    return Refused(text, (error(IssueCode.PROCESSING, step.place, text),))
