"""Which steps does a JSON Patch ask for?

RFC 6902, with RFC 6901 for its pointers. How an operation changes a document is jsonpatch's
business; here is what it leaves open: shape, sentences, and how much a patch may copy.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from jsonpatch import (
    JsonPatch,
    JsonPatchException,
    JsonPatchTestFailed,
    JsonPointer,
    JsonPointerException,
    PatchOperation,
)

from eer.domain.errors import IssueCode, Malformed, Refused, error
from eer.domain.wording import Sentence, say
from eer.fhir import codec_json
from eer.fhir.codec_json import DEPTH, Json, kind
from eer.fhir.patch_step import Step, unreadable
from eer.fhir.primitives import shown

# Copies of copies double: without limits, 30 operations could fill the memory.
MOST_COPIES = 100
LARGEST_COPY = 100_000

_MEMBERS: Mapping[str, tuple[str, ...]] = {
    "add": ("path", "value"),
    "copy": ("path", "from"),
    "move": ("path", "from"),
    "remove": ("path",),
    "replace": ("path", "value"),
    "test": ("path", "value"),
}
_NAMES = ", ".join(_MEMBERS)
_POINTERS = ("path", "from")
_JSON = (dict, list, str, int, float)
_NOTHING = object()


def steps(operations: Any) -> list[Step]:
    """Read the body of a JSON Patch; raise Malformed with an issue for each operation at fault."""
    if not isinstance(operations, list):
        text = say("{found} found, expected an array of operations", found=kind(operations))
        raise Malformed(text)
    faults = [(place, _fault(each)) for place, each in enumerate(operations)]
    issues = [error(fault[0], f"[{place}]", fault[1]) for place, fault in faults if fault]
    if issues:
        raise unreadable(issues)
    if [each["op"] for each in operations].count("copy") > MOST_COPIES:
        text = say("more than {most} copy operations found", most=MOST_COPIES)
        raise Malformed(text, (error(IssueCode.TOO_LONG, "", text),))
    return [
        Step(f"[{place}]", _sets_text(each), partial(_applied, _operation(each)))
        for place, each in enumerate(operations)
    ]


def _fault(operation: Any) -> tuple[IssueCode, Sentence] | None:
    """Return what is wrong with the first thing that is in an operation, or None."""
    if not isinstance(operation, dict):
        text = say("{found} found, expected an operation", found=kind(operation))
        return IssueCode.STRUCTURE, text
    if "op" not in operation:
        text = say("operation without op found, expected one of {expected}", expected=_NAMES)
        return IssueCode.REQUIRED, text
    name = operation["op"]
    if not isinstance(name, str) or name not in _MEMBERS:
        text = say(
            "op {found} found, expected one of {expected}",
            found=shown(name),
            expected=_NAMES,
        )
        return IssueCode.VALUE, text
    for member in _MEMBERS[name]:
        if member not in operation:
            return IssueCode.REQUIRED, say("{op} without {member} found", op=name, member=member)
        if member in _POINTERS and not _is_pointer(operation[member]):
            text = say(
                "{member} {found} found, expected a JSON Pointer",
                member=member,
                found=shown(operation[member]),
            )
            return IssueCode.VALUE, text
    return None


def _is_pointer(found: Any) -> bool:
    if not isinstance(found, str):
        return False
    try:
        JsonPointer(found)
    except JsonPointerException:
        return False
    return True


def _operation(found: Json) -> PatchOperation:
    return JsonPatch.operations[found["op"]](found)


def _sets_text(operation: Json) -> bool:
    """Whether an operation is about the narrative."""
    if operation["op"] == "test":
        return False
    changed = ["path", "from"] if operation["op"] == "move" else ["path"]
    firsts = [JsonPointer(operation[each]).parts[:1] for each in changed]
    value = operation.get("value")
    is_in_whole = [] in firsts and isinstance(value, dict) and "text" in value
    return ["text"] in firsts or is_in_whole


def _applied(operation: PatchOperation, resource: Json) -> Any:
    """Return what *resource*, which is changed, becomes; it may be no object any more."""
    try:
        _check_source(operation.operation, resource)
        return _carried_out(operation, resource)
    except RecursionError:
        raise Refused(_too_deep()) from None


def _carried_out(operation: PatchOperation, resource: Json) -> Any:
    try:
        return operation.apply(resource)
    except JsonPatchTestFailed:
        raise Refused(_unequal(operation, resource)) from None
    except (JsonPatchException, JsonPointerException):
        raise Refused(
            say(
                "{op}: {path} does not lead to a place where this can be done",
                op=operation.operation["op"],
                path=shown(operation.location),
            )
        ) from None


def _check_source(operation: Json, resource: Json) -> None:
    """Raise Refused when what is moved or copied is not there, or too large to be copied."""
    if operation["op"] not in ("copy", "move"):
        return
    source = _at(JsonPointer(operation["from"]), resource)
    if source is _NOTHING:
        text = say(
            "{op}: nothing found at {path}", op=operation["op"], path=shown(operation["from"])
        )
        raise Refused(text)
    if operation["op"] == "copy":
        _check_size(source)


def _at(pointer: JsonPointer, resource: Json) -> Any:
    """Return what *pointer* leads to, or _NOTHING, as behind the end of an array."""
    found = pointer.resolve(resource, _NOTHING)
    return found if found is None or isinstance(found, _JSON) else _NOTHING


def _check_size(source: Any) -> None:
    try:
        codec_json.check_depth({"": source})
    except Malformed:
        raise Refused(_too_deep()) from None
    size = len(codec_json.printed(source))
    if size > LARGEST_COPY:
        raise Refused(
            say("copy: {found} bytes found, expected {most} at most", found=size, most=LARGEST_COPY)
        )


def _unequal(operation: PatchOperation, resource: Json) -> Sentence:
    found = _at(operation.pointer, resource)
    path = shown(operation.location)
    wanted = shown(operation.operation["value"])
    if found is _NOTHING:
        return say("test: nothing found at {path}, expected {expected}", path=path, expected=wanted)
    return say(
        "test: {found} found at {path}, expected {expected}",
        found=shown(found),
        path=path,
        expected=wanted,
    )


def _too_deep() -> Sentence:
    return say("objects and arrays would be nested deeper than {most} levels", most=DEPTH)
