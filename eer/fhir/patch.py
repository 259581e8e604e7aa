"""What does a resource become by a patch?

FHIR R4 http.html#patch, by JSON Patch (RFC 6902), merge patch (RFC 7396) and FHIRPath Patch
(fhirpatch.html). A resource is never changed in place; whether what comes out is a valid one,
is for the structure check and the rules to say.
"""

import copy
from typing import Any

from eer.domain.errors import IssueCode, Malformed, error
from eer.domain.wording import say
from eer.fhir import patch_fhirpath, patch_json
from eer.fhir.codec_json import Json, check_depth, kind
from eer.fhir.patch_step import Step, patched

MOST_OPERATIONS = 1_000


def check_size(patch: Any) -> None:
    """Raise Malformed for a patch of so many operations that it would keep others waiting.

    Each operation may go through all of the resource, under the one writer's lock.
    """
    found = patch.get("parameter") if isinstance(patch, dict) else patch
    if isinstance(found, list) and len(found) > MOST_OPERATIONS:
        text = say(
            "{found} operations found, expected {most} at most",
            found=len(found),
            most=MOST_OPERATIONS,
        )
        raise Malformed(text, (error(IssueCode.TOO_COSTLY, "", text),))


def json_patch(resource: Json, operations: Any) -> Json:
    """Return what *resource* becomes by a JSON Patch.

    Raises Malformed when *operations* are none, and Refused, with the first operation that does
    not apply or may not.
    """
    return patched(resource, patch_json.steps(operations))


def merge_patch(resource: Json, patch: Any) -> Json:
    """Return what *resource* becomes by a merge patch; raise Malformed or Refused likewise."""
    if not isinstance(patch, dict):
        raise Malformed(say("{found} found, expected an object", found=kind(patch)))
    check_depth(patch)
    return patched(resource, [Step("", "text" in patch, lambda found: merged(found, patch))])


def fhirpath_patch(resource: Json, parameters: Any) -> Json:
    """Return what *resource* becomes by a FHIRPath Patch; raise Malformed or Refused likewise."""
    return patched(resource, patch_fhirpath.steps(parameters))


def merged(target: Any, patch: Any) -> Any:
    """Return what *target* becomes by *patch* (RFC 7396, section 2); nothing is shared."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    found = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = merged(found.get(name), value)
    return found
