"""FHIRPath Patches for tests, what they are tried on, and how."""

import copy
from typing import Any

import pytest

from eer.domain.errors import IssueCode, Refused
from eer.fhir import patch

Json = dict[str, Any]

URL = "https://example.dk/x"
NOTE: Json = {"extension": [{"url": URL, "valueString": "n"}]}


def patient(**members: Any) -> Json:
    """Return a Patient with *members*."""
    return {"resourceType": "Patient", "id": "p"} | members


def named(**members: Any) -> Json:
    """Return a Patient with one name that has *members*."""
    return patient(name=[members])


def observation(**members: Any) -> Json:
    """Return an Observation with *members*."""
    return {"resourceType": "Observation", "status": "final", "code": {"text": "x"}} | members


def parameters(*operations: Json) -> Json:
    """Return the body of a patch."""
    found: Json = {"resourceType": "Parameters"}
    return found | ({"parameter": list(operations)} if operations else {})


def operation(kind: str, path: str, **parts: Any) -> Json:
    """Return an operation; a part is a text, a number, the members of a part, or parts in it."""
    texts = {"type": {"valueCode": kind}, "path": path}
    return {"name": "operation", "part": [part(*each) for each in (texts | parts).items()]}


def part(name: str, found: Any) -> Json:
    """Return a part with a text, a number, members, or parts."""
    if isinstance(found, str):
        found = {"valueString": found}
    elif isinstance(found, int):
        found = {"valueInteger": found}
    elif isinstance(found, list):
        found = {"part": found}
    return {"name": name} | found


def patched(resource: Json, *operations: Json) -> Json:
    """Patch, and look whether what was handed over stayed as it was."""
    body = parameters(*operations)
    before = copy.deepcopy((resource, body))

    found = patch.fhirpath_patch(resource, body)

    assert before == (resource, body)
    return found


def refused(resource: Json, *operations: Json) -> list[tuple[str, str]]:
    """Return place and text of each issue of a patch that does not apply."""
    with pytest.raises(Refused) as caught:
        patch.fhirpath_patch(resource, parameters(*operations))
    assert {IssueCode.PROCESSING} == {issue.code for issue in caught.value.issues}
    return [(issue.expression, issue.text) for issue in caught.value.issues]
