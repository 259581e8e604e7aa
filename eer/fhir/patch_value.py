"""What does a part of a FHIRPath Patch operation put into an element?

FHIR R4 fhirpatch.html: a value[x]; a resource; or, where the element's type is no type of
value[x], one part for each of its elements.
"""

import copy

from eer.domain.errors import Refused
from eer.domain.wording import say
from eer.fhir import nodes, r4
from eer.fhir.codec_json import Json
from eer.fhir.nodes import Item, Node

_PART = "Parameters.parameter"
_MOST_EXPECTED = 12


def written(part: Json) -> list[Item]:
    """Return the value[x] and the resource of a part: one of both where it is right."""
    node = nodes.whole(part, _PART)
    return [*nodes.items(node, "value"), *nodes.items(node, "resource")]


def is_single(part: Json) -> bool:
    """Whether a part, and each part in it, has one of value[x], resource and parts (inv-1)."""
    inner = part.get("part", [])
    return len(written(part)) + bool(inner) == 1 and all(is_single(each) for each in inner)


def element(type_name: str, name: str) -> tuple[r4.Member, ...]:
    """Return the JSON names of an element; raise Refused when the type has no such element."""
    found = nodes.forms(type_name).get(name)
    if found is None:
        raise nodes.missing({type_name}, name)
    return found


def item(members: tuple[r4.Member, ...], part: Json) -> Item:
    """Return what *part*, which is single, puts into an element with these JSON names.

    Raises Refused when the types do not agree. But in a choice, one primitive type is as good as
    another: whether the value is right is what the structure check says of the result.
    """
    given = written(part)
    if not given:
        return _built(members, part)
    value, companion = copy.deepcopy((given[0].value, given[0].companion))
    for member in members:
        if member.type == given[0].member.type or _is_alike(member, given[0].member):
            return Item(member, value, companion)
    raise _unexpected(given[0].member.name, members)


def _built(members: tuple[r4.Member, ...], part: Json) -> Item:
    """Return the object that has one element for each part in *part*."""
    member = members[0]
    if member.element.is_choice or member.is_primitive or member.type == r4.RESOURCE:
        raise _unexpected("part", members)
    elements: dict[str, list[Item]] = {}
    for each in part["part"]:
        inner = element(member.type, each["name"])
        beside = elements.setdefault(each["name"], [])
        if beside and not inner[0].element.repeats:
            raise Refused(say("part {found} found twice, expected once", found=each["name"]))
        beside.append(item(inner, each))
    built = Item(member, {})
    for name, wanted in elements.items():
        nodes.put(Node(built, member.type), name, wanted)
    return built


def _is_alike(member: r4.Member, given: r4.Member) -> bool:
    return member.is_primitive and given.is_primitive and not member.element.is_choice


def _unexpected(found: str, members: tuple[r4.Member, ...]) -> Refused:
    """Return the refusal of *found*, which names what Parameters would have to say."""
    forms = nodes.forms(_PART)
    in_parts = {each.type: each.name for each in (*forms["value"], *forms["resource"])}
    expected = [in_parts.get(each.type, "part") for each in members]
    more = ["…"] if len(expected) > _MOST_EXPECTED else []
    return Refused(
        say(
            "{found} found, expected {expected}",
            found=found,
            expected=", ".join(expected[:_MOST_EXPECTED] + more),
        )
    )
