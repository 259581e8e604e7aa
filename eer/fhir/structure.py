"""Is a resource structurally what FHIR R4 says it is?

FHIR R4 json.html, datatypes.html and the element table of r4.py. Everything wrong is said at
once, each fault with its FHIRPath. Whether it obeys a profile, and the invariants of one
resource type, stand in that type's file.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from eer.domain.errors import Issue, IssueCode, Malformed, error
from eer.domain.wording import Sentence, all_of, say
from eer.fhir import invariants, judge, primitives, r4, xhtml
from eer.fhir.codec_json import check_depth, kind
from eer.fhir.primitives import shown

MOST_ISSUES = 100
"""More are not listed: an answer to a hostile body must not be larger than the body."""

_MOST_CODES_SHOWN = 12


def issues(resource: Mapping[str, Any]) -> list[Issue]:
    """Return everything structurally wrong with *resource*, at most MOST_ISSUES.

    fhir.resources is asked only when nothing was found here, since it takes longer and says less.
    """
    try:
        check_depth(dict(resource))
    except Malformed as fault:
        return list(fault.issues)
    found = islice(_resource(dict(resource), "Resource", None), MOST_ISSUES)
    return list(found) or list(islice(judge.issues(resource), MOST_ISSUES))


def _resource(value: Any, path: str, local: frozenset[str] | None) -> Iterator[Issue]:
    """Yield the faults of a resource.

    *local* are the ids of what is contained beside it, None when it is not contained itself.
    """
    if not isinstance(value, dict):
        yield _fault(path, say("{found} found, expected a resource", found=kind(value)))
        return
    name = value.get("resourceType")
    if "resourceType" not in value:
        yield _fault(path, say("no resourceType found, expected one"), IssueCode.REQUIRED)
    elif not isinstance(name, str) or not r4.is_resource(name):
        text = say(
            "resourceType {found} found, expected a resource type of FHIR R4", found=shown(name)
        )
        yield _fault(path, text, IssueCode.VALUE)
    elif local is None:
        here = name if path == "Resource" else path
        yield from _object(value, name, here, _contained_ids(value))
    else:
        if "contained" in value:
            text = say("contained resources found in a contained resource, expected none (dom-2)")
            yield _fault(f"{path}.contained", text, IssueCode.INVARIANT)
        yield from _object(value, name, path, local)


def _contained_ids(value: Mapping[str, Any]) -> frozenset[str]:
    contained = value.get("contained")
    inner = contained if isinstance(contained, list) else []
    ids = (each.get("id") for each in inner if isinstance(each, dict))
    return frozenset(each for each in ids if isinstance(each, str))


def _object(value: Any, name: str, path: str, local: frozenset[str]) -> Iterator[Issue]:
    """Yield the faults of an object of the type *name*."""
    if not isinstance(value, dict):
        text = say(
            "{kind} ({found}) found, expected an object ({type})",
            kind=kind(value),
            found=shown(value),
            type=name,
        )
        yield _fault(path, text)
        return
    if value.keys() <= {"id"}:
        text = say("an empty object found, expected members or no element (ele-1)")
        yield _fault(path, text)
        return
    yield from _members(value, name, path, local)
    if name == "Extension":
        yield from invariants.extension(value, path)
    elif name == "Period":
        yield from invariants.period(value, path)


def _members(
    value: Mapping[str, Any], name: str, path: str, local: frozenset[str]
) -> Iterator[Issue]:
    """Yield what *value* has that its type has not, then the faults of each element."""
    present: dict[str, dict[str, r4.Member]] = {}
    for key in value:
        member = _member_named(key, name)
        if member is not None:
            present.setdefault(member.element.name, {})[member.name] = member
        elif key != "resourceType" or not r4.is_resource(name):
            text = say("{found} found, which {type} does not have", found=shown(key), type=name)
            yield _fault(path, text)
    for element in r4.elements(name):
        forms = present.get(element.name, {})
        here = f"{path}.{element.name}"
        if not forms and element.min:
            text = say("no {element} found, expected one", element=element.name)
            yield _fault(here, text, IssueCode.REQUIRED)
        if len(forms) > 1:
            text = say("{elements} found, expected one of them", elements=all_of(forms))
            yield _fault(here, text)
        for member in forms.values():
            yield from _member(value, member, here, local)


def _member_named(key: str, name: str) -> r4.Member | None:
    member = r4.members(name).get(key.removeprefix("_"))
    if member is None or (key.startswith("_") and not member.may_be_extended):
        return None
    return member


def _member(
    value: Mapping[str, Any], member: r4.Member, path: str, local: frozenset[str]
) -> Iterator[Issue]:
    """Yield the faults of what *value* has for *member*, its `_name` included."""
    if member.element.repeats:
        yield from _array(value, member, path, local)
        return
    pair = value.get(member.name), value.get(f"_{member.name}")
    if any(isinstance(each, list) for each in pair):
        yield _fault(path, say("an array found, expected a single value"))
        return
    if any(value.get(side, ...) is None for side in (member.name, f"_{member.name}")):
        yield _fault(path, say("null found, expected a value or no element"))
    if pair != (None, None):
        yield from _item(member, *pair, path, local)


def _array(
    value: Mapping[str, Any], member: r4.Member, path: str, local: frozenset[str]
) -> Iterator[Issue]:
    lists: list[list[Any]] = []
    for side in (member.name, f"_{member.name}"):
        found = value.get(side, ...)
        if isinstance(found, list) and found:
            lists.append(found)
        elif found is not ...:
            text = say(
                "{found} found in {member}, expected an array with values",
                found=say("an empty array") if found == [] else kind(found),
                member=side,
            )
            yield _fault(path, text)
            return
        else:
            lists.append([])
    plain, extended = lists
    if plain and extended and len(plain) != len(extended):
        text = say(
            "{values} values and {others} in {member} found, expected as many",
            values=len(plain),
            others=len(extended),
            member=f"_{member.name}",
        )
        yield _fault(path, text)
        return
    for index in range(max(len(plain), len(extended))):
        here = f"{path}[{index}]"
        value_here = plain[index] if plain else None
        companion = extended[index] if extended else None
        if value_here is None and companion is None:
            yield _fault(here, say("null found, expected a value"))
        else:
            yield from _item(member, value_here, companion, here, local)


def _item(
    member: r4.Member, value: Any, companion: Any, path: str, local: frozenset[str]
) -> Iterator[Issue]:
    """Yield the faults of one value with its companion; at least one of both is not null."""
    if member.type == r4.RESOURCE:
        inside = local if member.name == "contained" else None
        yield from _resource(value, path, inside)
    elif not member.is_primitive:
        yield from _object(value, member.type, path, local)
        if member.type == "Reference" and isinstance(value, dict):
            targets = member.element.targets
            yield from invariants.reference(value, path, targets, local)
    else:
        if value is not None:
            yield from _primitive(member, value, path)
        if value is not None and isinstance(companion, dict) and companion.keys() == {"id"}:
            yield from _primitive(r4.members("Element")["id"], companion["id"], f"{path}.id")
        elif companion is not None:
            yield from _object(companion, "Element", path, local)


def _primitive(member: r4.Member, value: Any, path: str) -> Iterator[Issue]:
    fault = primitives.fault(member.type, value)
    if fault is not None:
        yield _fault(path, fault[1], fault[0])
    elif member.type == r4.XHTML:
        for text in xhtml.faults(value):
            yield _fault(path, text, IssueCode.INVARIANT)
    elif member.element.codes and value not in member.element.codes:
        expected = ", ".join(member.element.codes[:_MOST_CODES_SHOWN])
        more = ", …" if len(member.element.codes) > _MOST_CODES_SHOWN else ""
        text = say(
            "{found} found, expected one of {codes}", found=shown(value), codes=expected + more
        )
        yield _fault(path, text, IssueCode.CODE_INVALID)


def _fault(path: str, text: Sentence, code: IssueCode = IssueCode.STRUCTURE) -> Issue:
    return error(code, path, text)
