"""Which resources match a search? Found by looking at each of them: FHIR R4 search, read plainly.

An oracle for tests. It shares nothing with the index and the SQL that the register searches by.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from builders_fhir import Json
from scan_values import Parameter, agrees, at, counts, keys

Register = Mapping[str, Json]
"""What is there, by `Type/id`."""


@dataclass(frozen=True)
class Ask:
    """A parameter with a modifier and the values of which one has to agree.

    A token is a (system, code), a date a (prefix, date), an amount a (prefix, number, system,
    code), a composite a pair of values; all else is text.
    """

    name: str
    modifier: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Chain:
    """A reference leads to what meets *inner*; *type* is what the search says of the target."""

    name: str
    type: str | None
    inner: "Condition"


@dataclass(frozen=True)
class Has:
    """A resource of *type* that meets *inner* leads here by *name*."""

    type: str
    name: str
    inner: "Condition"


@dataclass(frozen=True)
class Include:
    """What comes along: where *name* of a *source* leads, or the sources that lead here by it."""

    source: str
    name: str
    target: str | None
    is_reverse: bool
    iterate: bool


Condition = Ask | Chain | Has
Sort = tuple[tuple[str, bool], ...]
"""Names of parameters, each with whether the greatest comes first."""

_COMMON = {
    "_id": Parameter("code", ("id",)),
    "_lastUpdated": Parameter("date", ("meta.lastUpdated",)),
    "_profile": Parameter("uri", ("meta.profile",)),
    "_source": Parameter("uri", ("meta.source",)),
    "_tag": Parameter("coding", ("meta.tag",)),
}
_ADDRESS = {
    "address": Parameter("address", ("address",)),
    "address-city": Parameter("string", ("address.city",)),
    "address-use": Parameter("code", ("address.use",)),
}
_IDENTIFIER = {"identifier": Parameter("identifier", ("identifier",))}
_TO_ENDPOINT = {"endpoint": Parameter("reference", ("endpoint",), ("Endpoint",))}
PARAMETERS: Mapping[str, Mapping[str, Parameter]] = {
    "Organization": {
        **_COMMON,
        **_IDENTIFIER,
        **_ADDRESS,
        **_TO_ENDPOINT,
        "active": Parameter("code", ("active",)),
        "name": Parameter("string", ("name", "alias")),
        "partof": Parameter("reference", ("partOf",), ("Organization",)),
        "type": Parameter("concept", ("type",)),
        "messageType": Parameter("concept", ()),
    },
    "Endpoint": {
        **_COMMON,
        **_IDENTIFIER,
        "connection-type": Parameter("coding", ("connectionType",)),
        "name": Parameter("string", ("name",)),
        "organization": Parameter("reference", ("managingOrganization",), ("Organization",)),
        "payload-type": Parameter("concept", ("payloadType",)),
        "status": Parameter("code", ("status",)),
    },
    "Location": {
        **_COMMON,
        **_IDENTIFIER,
        **_ADDRESS,
        **_TO_ENDPOINT,
        "name": Parameter("string", ("name", "alias")),
        "operational-status": Parameter("coding", ("operationalStatus",)),
        "organization": Parameter("reference", ("managingOrganization",), ("Organization",)),
        "partof": Parameter("reference", ("partOf",), ("Location",)),
        "status": Parameter("code", ("status",)),
        "type": Parameter("concept", ("type",)),
    },
    "OrganizationAffiliation": {
        **_COMMON,
        **_IDENTIFIER,
        **_TO_ENDPOINT,
        "active": Parameter("code", ("active",)),
        "date": Parameter("date", ("period",)),
        "email": Parameter("email", ("telecom",)),
        "location": Parameter("reference", ("location",), ("Location",)),
        "participating-organization": Parameter(
            "reference", ("participatingOrganization",), ("Organization",)
        ),
        "primary-organization": Parameter("reference", ("organization",), ("Organization",)),
        "role": Parameter("concept", ("code",)),
        "telecom": Parameter("contact", ("telecom",)),
    },
    "CodeSystem": {
        **_COMMON,
        **_IDENTIFIER,
        "code": Parameter("code", ("concept.code",)),
        "context": Parameter("concept", ("useContext.valueCodeableConcept",)),
        "context-quantity": Parameter(
            "amount", ("useContext.valueQuantity", "useContext.valueRange")
        ),
        "context-type": Parameter("coding", ("useContext.code",)),
        "context-type-quantity": Parameter("context:amount", ("useContext",)),
        "context-type-value": Parameter("context:concept", ("useContext",)),
        "date": Parameter("date", ("date",)),
        "name": Parameter("string", ("name",)),
        "status": Parameter("code", ("status",)),
        "supplements": Parameter("canonical", ("supplements",)),
        "url": Parameter("uri", ("url",)),
        "version": Parameter("code", ("version",)),
    },
}


def matching(
    register: Register, types: Iterable[str], asked: Iterable[Condition], sort: Sort = ()
) -> list[str]:
    """Return the `Type/id` of what meets every condition, in the order of *sort*, then of ids."""
    conditions, kept = list(asked), set(types)
    found = [
        each
        for each in register.values()
        if each["resourceType"] in kept
        and all(meets(register, each, condition) for condition in conditions)
    ]
    found.sort(key=lambda each: (each["id"], each["resourceType"]))
    for name, is_descending in reversed(sort):
        keyed = [(_sorted_by(each, name, is_descending=is_descending), each) for each in found]
        there = [pair for pair in keyed if pair[0] is not None]
        there.sort(key=lambda pair: pair[0], reverse=is_descending)
        found = [pair[1] for pair in there] + [pair[1] for pair in keyed if pair[0] is None]
    return [name_of(each) for each in found]


def along(register: Register, matches: list[str], includes: Iterable[Include]) -> set[str]:
    """Return what comes along with *matches*, and with that, as often as is asked for."""
    wanted, found, newest = list(includes), set[str](), set(matches)
    while newest:
        led = {
            other
            for include in wanted
            for one, other in _links(register, include)
            if one in newest and other in register
        }
        newest = led - found - set(matches)
        found |= newest
        wanted = [each for each in wanted if each.iterate]
    return found


def _links(register: Register, include: Include) -> Iterator[tuple[str, str]]:
    for name, each in register.items():
        if each["resourceType"] == include.source:
            for target in _led_to(each, include.name):
                if include.target in (None, target.partition("/")[0]):
                    yield (target, name) if include.is_reverse else (name, target)


def name_of(resource: Json) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def meets(register: Register, resource: Json, condition: Condition) -> bool:
    """Whether a resource of *register* meets *condition*."""
    if isinstance(condition, Chain):
        return any(
            meets(register, register[target], condition.inner)
            for target in _led_to(resource, condition.name)
            if target in register and condition.type in (None, target.partition("/")[0])
        )
    if isinstance(condition, Has):
        return any(
            name_of(resource) in _led_to(other, condition.name)
            and meets(register, other, condition.inner)
            for other in register.values()
            if other["resourceType"] == condition.type
        )
    if condition.name == "messageType":
        asked = Ask("payload-type", condition.modifier, condition.values)
        return _receives(register, resource, asked)
    if condition.modifier in ("in", "not-in"):
        held = [token for url in condition.values for token in _members(register, url)]
        modifier = "" if condition.modifier == "in" else "not"
        return _says(resource, Ask(condition.name, modifier, tuple(held)))
    return _says(resource, condition)


def _members(register: Register, url: str) -> Iterator[tuple[str, str]]:
    """Yield what a value set of the register lists."""
    for each in register.values():
        if each["resourceType"] == "ValueSet" and each["url"] == url:
            for include in each["compose"]["include"]:
                yield from ((include["system"], one["code"]) for one in include["concept"])


def _receives(register: Register, resource: Json, asked: Ask) -> bool:
    """EER: an endpoint that it names, or that it manages, offers the message type."""
    is_negated = asked.modifier == "not" or asked.values == ("true",)
    plain = Ask(asked.name, "" if asked.modifier == "not" else asked.modifier, asked.values)
    if asked.modifier == "missing":
        plain = Ask(asked.name, "missing", ("false",))
    ways = (Chain("endpoint", None, plain), Has("Endpoint", "organization", plain))
    return any(meets(register, resource, way) for way in ways) is not is_negated


def _says(resource: Json, asked: Ask) -> bool:
    parameter = PARAMETERS[resource["resourceType"]][asked.name]
    found = [each for path in parameter.paths for each in at(resource, path)]
    found = [each for each in found if counts(parameter, each)]
    if asked.modifier == "missing":
        return (not found) is (asked.values == ("true",))
    if asked.modifier == "not":
        return not any(agrees(parameter, "", each, v) for each in found for v in asked.values)
    return any(
        agrees(parameter, asked.modifier, each, value) for each in found for value in asked.values
    )


def _sorted_by(resource: Json, name: str, *, is_descending: bool) -> Any:
    parameter = PARAMETERS[resource["resourceType"]][name]
    found = [each for path in parameter.paths for each in at(resource, path)]
    known = [
        key for each in found for key in keys(parameter.kind, each, is_descending=is_descending)
    ]
    return (max(known) if is_descending else min(known)) if known else None


def _led_to(resource: Json, name: str) -> set[str]:
    parameter = PARAMETERS[resource["resourceType"]][name]
    found = [each for path in parameter.paths for each in at(resource, path)]
    return {each["reference"].partition("/_history/")[0] for each in found if "reference" in each}
