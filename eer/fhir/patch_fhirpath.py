"""Which steps does a FHIRPath Patch ask for?

FHIR R4 fhirpatch.html: a Parameters resource with a parameter `operation` for each.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from eer.domain.errors import Issue, IssueCode, Malformed, error, errors_of
from eer.domain.wording import Sentence, say
from eer.fhir import fhirpath, patch_operations, patch_value, structure
from eer.fhir.codec_json import Json
from eer.fhir.fhirpath import Child, Path
from eer.fhir.patch_step import Step, unreadable
from eer.fhir.primitives import shown

Parts = Mapping[str, Json]

_PARTS: Mapping[str, frozenset[str]] = {
    "add": frozenset({"type", "path", "name", "value"}),
    "insert": frozenset({"type", "path", "index", "value"}),
    "delete": frozenset({"type", "path"}),
    "replace": frozenset({"type", "path", "value"}),
    "move": frozenset({"type", "path", "source", "destination"}),
}


def steps(parameters: Any) -> list[Step]:
    """Read the body of a FHIRPath Patch.

    Raises Malformed with all that is wrong with it as Parameters, or else with the first fault
    of each operation.
    """
    if not isinstance(parameters, dict) or parameters.get("resourceType") != "Parameters":
        name = parameters.get("resourceType") if isinstance(parameters, dict) else parameters
        raise Malformed(say("{found} found, expected Parameters", found=shown(name)))
    issues = list(errors_of(structure.issues(parameters)))
    if issues:
        raise unreadable(issues)
    found: list[Step] = []
    for index, parameter in enumerate(parameters.get("parameter", ())):
        place = f"Parameters.parameter[{index}]"
        try:
            found.append(_step(place, parameter))
        except Malformed as fault:
            issues += [Issue(each.severity, each.code, place, each.text) for each in fault.issues]
    if issues:
        raise unreadable(issues)
    return found


def _step(place: str, parameter: Json) -> Step:
    parts = _parts(parameter)
    path = fhirpath.parse(_text(parts, "path"))
    is_add_of_text = not path.steps and "name" in parts and _text(parts, "name") == "text"
    is_about_text = path.steps[:1] == (Child("text"),)
    return Step(place, is_about_text or is_add_of_text, _change(path, parts))


def _parts(parameter: Json) -> Parts:
    """Return the parts of an operation by name: all that its type wants, and no other."""
    if parameter["name"] != "operation":
        text = say("parameter {found} found, expected operation", found=shown(parameter["name"]))
        raise _malformed(IssueCode.VALUE, text)
    parts: dict[str, Json] = {}
    for part in parameter.get("part", ()):
        name = part["name"]
        if name in parts:
            text = say("part {found} found twice, expected once", found=name)
            raise _malformed(IssueCode.STRUCTURE, text)
        if not patch_value.is_single(part):
            text = say("part {found}: expected one of value[x], resource and part", found=name)
            raise _malformed(IssueCode.STRUCTURE, text)
        parts[name] = part
    _check_names(parts)
    return parts


def _check_names(parts: Parts) -> None:
    if "type" not in parts:
        raise _missing("operation", "type")
    kind = _text(parts, "type")
    if kind not in _PARTS:
        text = say(
            "type {found} found, expected one of {expected}",
            found=shown(kind),
            expected=", ".join(_PARTS),
        )
        raise _malformed(IssueCode.VALUE, text)
    for name in sorted(_PARTS[kind] - parts.keys()):
        raise _missing(kind, name)
    for name in sorted(parts.keys() - _PARTS[kind]):
        text = say("part {found} found, which {type} does not have", found=name, type=kind)
        raise _malformed(IssueCode.STRUCTURE, text)


def _change(path: Path, parts: Parts) -> Callable[[Json], Json]:
    match _text(parts, "type"):
        case "add":
            return partial(patch_operations.add, path, _text(parts, "name"), parts["value"])
        case "insert":
            return partial(patch_operations.insert, path, _number(parts, "index"), parts["value"])
        case "delete":
            return partial(patch_operations.delete, path)
        case "replace":
            return partial(patch_operations.replace, path, parts["value"])
        case _:
            numbers = _number(parts, "source"), _number(parts, "destination")
            return partial(patch_operations.move, path, *numbers)


def _text(parts: Parts, name: str) -> str:
    found = _value(parts, name)
    if not isinstance(found, str):
        text = say("part {name}: {found} found, expected a text", name=name, found=shown(found))
        raise _malformed(IssueCode.VALUE, text)
    return found


def _number(parts: Parts, name: str) -> int:
    found = _value(parts, name)
    if not isinstance(found, int) or isinstance(found, bool):
        text = say(
            "part {name}: {found} found, expected a whole number", name=name, found=shown(found)
        )
        raise _malformed(IssueCode.VALUE, text)
    return found


def _value(parts: Parts, name: str) -> Any:
    written = patch_value.written(parts.get(name, {}))
    return written[0].value if written else None


def _missing(kind: str, name: str) -> Malformed:
    return _malformed(IssueCode.REQUIRED, say("{type} without part {name}", type=kind, name=name))


def _malformed(code: IssueCode, text: Sentence) -> Malformed:
    return Malformed(text, (error(code, "", text),))
