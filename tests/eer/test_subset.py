"""What is told of a part of a resource is still a resource, and says that it is a part."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import builders_fhir as build
import strategies
from builders_fhir import Json
from eer.fhir import codec_json, kinds, structure, subset
from eer.fhir.results import Results, Summary

TAG = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "SUBSETTED"
PARTS = [Results(summary=each) for each in (Summary.TRUE, Summary.TEXT, Summary.DATA)]


def told(resource: Json, results: Results) -> Json:
    return codec_json.parse(subset.subset(codec_json.printed(resource), results))


def tags(resource: Json) -> list[tuple[str, str]]:
    return [(each.get("system"), each.get("code")) for each in resource["meta"]["tag"]]


def is_within(part: Any, whole: Any) -> bool:
    """Whether everything in *part* stands in the same place of *whole*."""
    if isinstance(part, dict):
        return all(key in whole and is_within(part[key], whole[key]) for key in part)
    if isinstance(part, list):
        return len(part) == len(whole) and all(map(is_within, part, whole))
    return bool(part == whole)


@pytest.mark.fhir(92, 93)
@settings(max_examples=60, deadline=None)
@given(
    resource=strategies.resources(*sorted(kinds.KINDS)),
    names=st.lists(st.sampled_from(["name", "status", "identifier", "text", "contact", "x"])),
    part=st.sampled_from(PARTS),
)
def test_a_part_is_a_resource_and_says_that_it_is_one(
    resource: Json, names: list[str], part: Results
) -> None:
    for results in (part, Results(elements=("id", *names))):
        found = told(resource, results)

        assert list(structure.issues(found)) == []
        assert tags(found)[-1] == TAG
        assert is_within({k: v for k, v in found.items() if k != "meta"}, resource)


@given(resource=strategies.resources(*sorted(kinds.KINDS)))
def test_all_of_a_resource_is_told_as_it_is_stored(resource: Json) -> None:
    body = codec_json.printed(resource)

    assert subset.subset(body, Results()) == body


@pytest.mark.fhir(92)
def test_each_summary_has_its_elements() -> None:
    narrative = {"status": "generated", "div": strategies.DIVS[0]}
    unit = build.organization(text=narrative, language="da", contact=[{"name": {"text": "Ann"}}])

    assert "contact" not in told(unit, PARTS[0])
    assert {"identifier", "name", "active", "type"} <= told(unit, PARTS[0]).keys()
    assert told(unit, PARTS[1]).keys() == {"resourceType", "id", "meta", "text"}
    assert told(unit, PARTS[2]).keys() == unit.keys() - {"text"}


@pytest.mark.fhir(93)
def test_elements_keep_what_a_resource_cannot_lack_or_must_not_hide() -> None:
    found = told(build.endpoint(), Results(elements=("name",)))

    assert found.keys() == {
        *("resourceType", "id", "meta", "name", "status", "connectionType", "payloadType"),
        "address",
    }


@pytest.mark.parametrize("name", ["name", "status"])
def test_what_is_kept_keeps_its_extensions(name: str) -> None:
    extended = {f"_{name}": {"extension": [{"url": "urn:x", "valueString": "x"}]}}
    resource = build.device() | extended if name == "status" else build.endpoint() | extended

    assert f"_{name}" in told(resource, Results(elements=(name,)))


def test_tags_that_were_there_stay() -> None:
    mine = {"system": "urn:x", "code": "mine"}

    found = told(build.device(meta={"tag": [mine]}), PARTS[0])

    assert tags(found) == [("urn:x", "mine"), TAG]
