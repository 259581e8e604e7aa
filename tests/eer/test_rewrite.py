"""What a name of a bundle stands for is put in its place everywhere it means a resource.

FHIR R4 http, section 3.1.0.11.2.
"""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import strategies
from builders_fhir import Json
from eer.fhir import rewrite

URN = "urn:uuid:00000000-0000-4000-8000-000000000001"
IDS = {URN: "Organization/kept", "Device/x": "Device/kept"}


def all_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [each for inner in value.values() for each in all_in(inner)]
    if isinstance(value, list):
        return [each for inner in value for each in all_in(inner)]
    return [value] if isinstance(value, str) else []


@pytest.mark.fhir(111)
@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ({"partOf": {"reference": URN}}, "Organization/kept"),
        ({"partOf": {"reference": f"{URN}/_history/3"}}, "Organization/kept/_history/3"),
        ({"endpoint": [{"reference": "Device/x"}]}, "Device/kept"),
        ({"extension": [{"url": "u", "valueReference": {"reference": URN}}]}, "Organization/kept"),
        ({"extension": [{"url": "u", "valueUri": URN}]}, "Organization/kept"),
        ({"extension": [{"url": "u", "valueUrl": URN}]}, "Organization/kept"),
        ({"extension": [{"url": "u", "valueUuid": URN}]}, "Organization/kept"),
        ({"identifier": [{"assigner": {"reference": URN}}]}, "Organization/kept"),
        ({"_name": {"extension": [{"url": "u", "valueUri": URN}]}}, "Organization/kept"),
        (
            {"contained": [{"resourceType": "Location", "partOf": {"reference": URN}}]},
            "Organization/kept",
        ),
    ],
)
def test_a_name_is_replaced_where_it_means_a_resource(element: Json, expected: str) -> None:
    found = rewrite.rewritten({"resourceType": "Organization"} | element, IDS)

    assert expected in all_in(found)
    assert URN not in all_in(found)


@pytest.mark.fhir(111)
@pytest.mark.parametrize(
    "element",
    [
        {"extension": [{"url": "u", "valueCanonical": URN}]},
        {"extension": [{"url": "u", "valueString": URN}]},
        {"extension": [{"url": "u", "valueCode": URN}]},
        {"meta": {"profile": [URN]}},
        {"name": URN},
        {"identifier": [{"value": URN}]},
        {"unknown": {"reference": URN}},
        {"unknown": URN},
    ],
)
def test_a_name_stays_where_it_means_something_else(element: Json) -> None:
    resource = {"resourceType": "Organization"} | element

    assert rewrite.rewritten(resource, IDS) == resource


@pytest.mark.fhir(111)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f'<a href="{URN}">', '<a href="Organization/kept">'),
        (f"<a href='{URN}'>", "<a href='Organization/kept'>"),
        (f'<img src = "{URN}"/>', '<img src = "Organization/kept"/>'),
        (f'<a href="{URN}/_history/2">', '<a href="Organization/kept/_history/2">'),
        (f"<p>{URN}</p>", f"<p>{URN}</p>"),
        (f'<a title="{URN}">', f'<a title="{URN}">'),
        (f'<a href="{URN}x">', f'<a href="{URN}x">'),
    ],
)
def test_links_of_the_narrative_follow(before: str, after: str) -> None:
    resource = {"resourceType": "Device", "text": {"status": "generated", "div": before}}

    assert rewrite.rewritten(resource, IDS)["text"]["div"] == after


@settings(deadline=None)
@given(resource=strategies.resources())
def test_what_names_nothing_of_a_bundle_stays_as_it_is(resource: Json) -> None:
    assert rewrite.rewritten(resource, {"urn:uuid:nothing": "Device/x"}) == resource
    assert rewrite.rewritten(resource, {}) is resource


@settings(deadline=None)
@given(resource=strategies.resources(), data=st.data())
def test_every_reference_is_told_and_can_be_replaced(resource: Json, data: st.DataObject) -> None:
    told = list(rewrite.references(resource))
    chosen = data.draw(st.sampled_from(told)) if told else "urn:uuid:x"

    found = rewrite.rewritten(resource, {chosen.partition("/_history/")[0]: "Device/kept"})

    assert chosen not in list(rewrite.references(found))
    assert len(list(rewrite.references(found))) == len(told)


@pytest.mark.parametrize("junk", [None, 1, "x", [], [[{"reference": 1}]], {"reference": None}])
def test_what_is_no_resource_is_left_alone(junk: Any) -> None:
    assert list(rewrite.references(junk)) == []
    resource = {"resourceType": "Organization", "partOf": junk, "text": junk, "contained": [junk]}

    assert rewrite.rewritten(resource, IDS) == resource


def test_a_narrative_without_end_is_rewritten_soon() -> None:
    for each in ("href='", 'src="', "href=", "href ", 'href="x"', "href='\""):
        text = {"status": "generated", "div": each * 100_000}
        resource = {"resourceType": "Device", "text": text}
        assert rewrite.rewritten(resource, IDS) == resource
