"""Which part of a resource does a client want to see?

FHIR R4 search, sections 3.1.1.5.8 (`_summary`) and 3.1.1.5.9 (`_elements`). What is not whole says
so by the tag SUBSETTED, so that nobody writes it back.
"""

from collections.abc import Callable
from typing import Any

from eer.fhir import codec_json, r4
from eer.fhir.codec_json import Json
from eer.fhir.results import Results, Summary

_ALWAYS = ("resourceType", "id", "meta")
_WHOLE = (r4.RESOURCE, "Extension")
_TAG = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
    "display": "subsetted",
}

Chosen = Callable[[r4.Element], bool]


def is_whole(results: Results) -> bool:
    """Whether all of each resource is wanted."""
    return results.summary is Summary.FALSE and not results.elements


def subset(body: bytes, results: Results) -> bytes:
    """Return what is wanted of a resource's JSON."""
    if is_whole(results):
        return body
    resource = codec_json.parse(body)
    kept = _kept(resource, results)
    return codec_json.printed(_tagged(kept))


def _kept(resource: Json, results: Results) -> Json:
    name = resource["resourceType"]
    if results.elements:
        wanted = set(results.elements)
        return _top(resource, name, lambda each: each.name in wanted or each.is_modifier)
    if results.summary is Summary.TEXT:
        return _top(resource, name, lambda each: each.name == "text")
    if results.summary is Summary.DATA:
        return {key: value for key, value in resource.items() if key != "text"}
    return _summary(resource, name)


def _top(resource: Json, name: str, chosen: Chosen) -> Json:
    """Keep the elements that are chosen or mandatory, each as it is."""
    members = r4.members(name)
    return {
        key: value
        for key, value in resource.items()
        if key in _ALWAYS
        or (
            (member := members.get(key.removeprefix("_"))) is not None
            and (member.element.min > 0 or chosen(member.element))
        )
    }


def _summary(value: Json, name: str) -> Json:
    """Keep the elements that R4 marks as summary, at every level, and what they cannot lack."""
    members = r4.members(name)
    found: Json = {}
    for key, each in value.items():
        member = members.get(key.removeprefix("_"))
        if key in _ALWAYS:
            found[key] = each
        elif member is not None and (member.element.is_summary or member.element.min > 0):
            found[key] = _inside(each, member)
    return found


def _inside(value: Any, member: r4.Member) -> Any:
    if isinstance(value, list):
        return [_inside(each, member) for each in value]
    is_object = isinstance(value, dict) and not member.is_primitive
    if not is_object or member.type in _WHOLE:
        return value
    found = _summary(value, member.type)
    # Where nothing of it is summary, it stays whole: no object is empty but for its id (ele-1).
    return found if found.keys() - {"id"} else value


def _tagged(resource: Json) -> Json:
    meta = dict(resource.get("meta", {}))
    meta["tag"] = [*meta.get("tag", []), _TAG]
    return resource | {"meta": meta}
