"""What holds whatever a patch asks for: a resource or a failure of ours, and nothing shared."""

import copy
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import strategies
from builders_patch import Json, operation, parameters, part
from eer.domain.errors import Malformed, Refused
from eer.fhir import codec_json, nodes, patch, r4

DIV = '<div xmlns="http://www.w3.org/1999/xhtml">Lægehuset</div>'
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**53), 2**53),
        strategies.PRIMITIVES["decimal"],
        st.text(max_size=5),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["id", "text", "url", "x", "extension"]), inner, max_size=3
        ),
    ),
    max_leaves=6,
)
ODD = ("/-", "/0", "/x", "/~0", "//", "/extension")


def pointers(value: Any, here: str = "") -> list[str]:
    """Return pointers to everything in *value*."""
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [here, *(each for key, found in inner for each in pointers(found, f"{here}/{key}"))]


@st.composite
def json_operations(draw: st.DrawFn, resource: Json) -> list[Json]:
    places = st.sampled_from(pointers(resource))
    paths = st.one_of(places, st.tuples(places, st.sampled_from(ODD)).map("".join))
    made = st.fixed_dictionaries(
        {
            "op": st.sampled_from(["add", "copy", "move", "remove", "replace", "test"]),
            "path": paths,
        },
        optional={"from": paths, "value": VALUES},
    )
    return draw(st.lists(made, max_size=5))


@st.composite
def fhirpath_operations(draw: st.DrawFn, resource: Json) -> Json:
    """Draw operations whose paths and values mostly, not always, suit what the resource has."""
    made = [draw(fhirpath_operation(resource)) for _ in range(draw(st.integers(1, 4)))]
    return parameters(*made)


@st.composite
def fhirpath_operation(draw: st.DrawFn, resource: Json) -> Json:
    kind = draw(st.sampled_from(["add", "insert", "delete", "replace", "move"]))
    path, node = draw(paths(resource, 0 if kind == "add" else 1))
    is_list = node.item.member.element.repeats
    if kind in ("insert", "move") and not is_list and draw(st.integers(0, 7)):
        kind = "replace"
    low = st.integers(0, 2)
    match kind:
        case "add":
            elements = nodes.forms(node.inner_type)
            name = draw(st.sampled_from(sorted(elements)))
            inner = draw(st.sampled_from(elements[name])).type
            return operation(kind, path, name=name, value=draw(values(inner)))
        case "insert":
            path = path.rpartition("[")[0] or path
            return operation(kind, path, index=draw(low), value=draw(values(node.type)))
        case "move":
            path = path.rpartition("[")[0] or path
            return operation(kind, path, source=draw(low), destination=draw(low))
        case "replace":
            return operation(kind, path, value=draw(values(node.type)))
    return operation(kind, path)


@st.composite
def paths(draw: st.DrawFn, resource: Json, least: int) -> tuple[str, nodes.Node]:
    """Draw a path of at least as many steps, and what is or can be where it leads."""
    node = nodes.whole(resource, resource["resourceType"])
    text = node.type
    for step in range(draw(st.integers(least, 4))):
        elements = nodes.forms(node.inner_type)
        there = [name for name in elements if nodes.items(node, name)]
        if step >= least and not there:
            break
        name = draw(st.sampled_from(there if there and draw(st.integers(0, 7)) else [*elements]))
        found = nodes.children(node, name)
        odd = not found or not draw(st.integers(0, 7))
        index = len(found) if odd else draw(st.integers(0, len(found) - 1))
        text += f".`{name}`[{index}]"
        missing = nodes.Item(draw(st.sampled_from(elements[name])), None)
        node = found[index] if index < len(found) else nodes.Node(missing, missing.member.type)
    return text, node


@st.composite
def values(draw: st.DrawFn, type_name: str, depth: int = 2) -> Any:
    """Draw what a value part has: mostly for *type_name*."""
    named = {each.type: each.name for each in nodes.forms("Parameters.parameter")["value"]}
    if not depth or not draw(st.integers(0, 7)):
        type_name = draw(st.sampled_from(["string", "Coding", "Resource"]))
    if r4.is_resource(type_name) or type_name == r4.RESOURCE:
        return {"resource": {"resourceType": "Basic", "code": {"text": "x"}}}
    if type_name == r4.XHTML:
        return DIV
    if type_name in strategies.PRIMITIVES:
        return {named[type_name]: draw(strategies.PRIMITIVES[type_name])}
    if type_name in named:
        return {named[type_name]: strategies._object(draw, type_name, 1)}
    elements = nodes.forms(type_name)
    chosen = draw(st.lists(st.sampled_from(sorted(elements)), min_size=1, max_size=3, unique=True))
    inner = [(name, draw(st.sampled_from(elements[name])).type) for name in chosen]
    return [part(name, draw(values(each, depth - 1))) for name, each in inner]


def assert_good(change: Callable[[Json, Any], Json], resource: Json, body: Any) -> None:
    before = copy.deepcopy((resource, body))

    with suppress(Malformed, Refused):
        found = change(resource, body)
        assert identity(found) == identity(resource)
        assert codec_json.parse(codec_json.printed(found)) == found
    assert before == (resource, body)


def identity(resource: Json) -> list[Any]:
    meta = resource.get("meta")
    version = meta.get("versionId") if isinstance(meta, dict) else None
    return [resource["resourceType"], resource.get("id"), version]


@pytest.mark.fhir(64)
@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_json_patch_gives_a_resource_or_a_failure_of_ours(data: st.DataObject) -> None:
    resource = data.draw(strategies.resources())

    assert_good(patch.json_patch, resource, data.draw(json_operations(resource)))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_merge_patch_gives_a_resource_or_a_failure_of_ours(data: st.DataObject) -> None:
    resource = data.draw(strategies.resources())
    names = st.sampled_from([*resource, "x"])

    assert_good(patch.merge_patch, resource, data.draw(st.dictionaries(names, VALUES, max_size=3)))


@pytest.mark.fhir(63)
@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_fhirpath_patch_gives_a_resource_or_a_failure_of_ours(data: st.DataObject) -> None:
    resource = data.draw(strategies.resources())
    body = data.draw(fhirpath_operations(resource))

    assert_good(patch.fhirpath_patch, resource, body)
    with suppress(Malformed, Refused):
        assert_aligned(patch.fhirpath_patch(resource, body))


def assert_aligned(value: Any) -> None:
    """Nothing is empty in JSON, and what stands beside values is as long as they are."""
    assert value not in ({}, [])
    if isinstance(value, list):
        for each in value:
            assert_aligned(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            assert_aligned(each)
            if isinstance(each, list) and f"_{name}" in value:
                assert len(each) == len(value[f"_{name}"])


@settings(max_examples=200, deadline=None)
@given(strategies.resources(), st.text("Patient.[]()'`=$01 \\whereofTypand", max_size=40))
def test_a_path_is_read_or_refused(resource: Json, text: str) -> None:
    body = parameters(operation("delete", f"{resource['resourceType']}.{text}"))

    assert_good(patch.fhirpath_patch, resource, body)
