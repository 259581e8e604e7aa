"""What a JSON Patch does and may not ask for: RFC 6902, and the limits we set."""

from typing import Any

import pytest

from builders_patch import Json, patient
from eer.domain.errors import IssueCode, Malformed, Refused
from eer.fhir import codec_json, number, patch, patch_json
from eer.fhir.patch_step import MOST_ISSUES

DEEP = 60


def add(path: str, value: Any) -> Json:
    return {"op": "add", "path": path, "value": value}


def copied(source: str, path: str) -> Json:
    return {"op": "copy", "from": source, "path": path}


def moved(source: str, path: str) -> Json:
    return {"op": "move", "from": source, "path": path}


def nested(depth: int) -> Json:
    found: Json = {}
    for _ in range(depth - 1):
        found = {"x": found}
    return found


def refused(resource: Json, *operations: Json) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        patch.json_patch(resource, list(operations))
    (issue,) = caught.value.issues
    assert issue.code is IssueCode.PROCESSING
    return issue.expression, issue.text


@pytest.mark.fhir(64)
def test_operations_follow_each_other() -> None:
    found = patch.json_patch(
        patient(name=[{"text": "A"}]),
        [
            {"op": "test", "path": "/name/0/text", "value": "A"},
            add("/name/-", {"text": "C"}),
            add("/name/1", {"text": "B"}),
            copied("/name/0", "/name/3"),
            {"op": "replace", "path": "/name/3/text", "value": "D"},
            moved("/name/0", "/name/1"),
            {"op": "remove", "path": "/name/0"},
        ],
    )

    assert found == patient(name=[{"text": "A"}, {"text": "C"}, {"text": "D"}])


def test_a_patch_of_nothing_changes_nothing() -> None:
    assert patch.json_patch(patient(), []) == patient()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, "an object found, expected an array of operations"),
        ({"op": "add"}, "an object found, expected an array of operations"),
        ("[]", "a string found, expected an array of operations"),
        (None, "null found, expected an array of operations"),
    ],
)
def test_what_is_no_array_is_no_patch(body: Any, expected: str) -> None:
    with pytest.raises(Malformed) as caught:
        patch.json_patch(patient(), body)

    assert caught.value.text == expected


@pytest.mark.parametrize(
    ("operation", "code", "expected"),
    [
        ("add", IssueCode.STRUCTURE, "a string found, expected an operation"),
        (None, IssueCode.STRUCTURE, "null found, expected an operation"),
        (
            {},
            IssueCode.REQUIRED,
            "operation without op found, expected one of add, copy, move, remove, replace, test",
        ),
        (
            {"op": "append", "path": "/x", "value": "y"},
            IssueCode.VALUE,
            "op 'append' found, expected one of add, copy, move, remove, replace, test",
        ),
        (
            {"op": ["add"], "path": "/x", "value": "y"},
            IssueCode.VALUE,
            "op ['add'] found, expected one of add, copy, move, remove, replace, test",
        ),
        ({"op": "remove"}, IssueCode.REQUIRED, "remove without path found"),
        ({"op": "add", "path": "/x"}, IssueCode.REQUIRED, "add without value found"),
        ({"op": "replace", "path": "/x"}, IssueCode.REQUIRED, "replace without value found"),
        ({"op": "test", "path": "/x"}, IssueCode.REQUIRED, "test without value found"),
        ({"op": "move", "path": "/x"}, IssueCode.REQUIRED, "move without from found"),
        ({"op": "copy", "path": "/x"}, IssueCode.REQUIRED, "copy without from found"),
        (
            {"op": "remove", "path": "x"},
            IssueCode.VALUE,
            "path 'x' found, expected a JSON Pointer",
        ),
        (
            {"op": "remove", "path": "/x~2"},
            IssueCode.VALUE,
            "path '/x~2' found, expected a JSON Pointer",
        ),
        (
            {"op": "remove", "path": 7},
            IssueCode.VALUE,
            "path 7 found, expected a JSON Pointer",
        ),
        (
            {"op": "copy", "path": "/x", "from": ["y"]},
            IssueCode.VALUE,
            "from ['y'] found, expected a JSON Pointer",
        ),
    ],
)
def test_what_cannot_be_read_as_an_operation_is_malformed(
    operation: Any, code: IssueCode, expected: str
) -> None:
    with pytest.raises(Malformed) as caught:
        patch.json_patch(patient(), [add("/x", 1), operation])

    assert [("[1]", code, expected)] == [
        (each.expression, each.code, each.text) for each in caught.value.issues
    ]


def test_every_operation_that_cannot_be_read_is_told() -> None:
    with pytest.raises(Malformed) as caught:
        patch.json_patch(patient(), [{}, add("/x", 1), {"op": "remove"}])

    assert [each.expression for each in caught.value.issues] == ["[0]", "[2]"]


def test_an_answer_is_not_longer_than_a_hostile_patch() -> None:
    with pytest.raises(Malformed) as caught:
        patch.json_patch(patient(), [{}] * 1000)

    assert len(caught.value.issues) == MOST_ISSUES


@pytest.mark.fhir(64)
@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (
            {"op": "test", "path": "/gender", "value": "male"},
            "test: 'female' found at '/gender', expected 'male'",
        ),
        (
            {"op": "test", "path": "/gender/x", "value": "male"},
            "test: nothing found at '/gender/x', expected 'male'",
        ),
        (
            {"op": "test", "path": "/active", "value": 1},
            "test: True found at '/active', expected 1",
        ),
        (
            {"op": "test", "path": "/given/-", "value": 1},
            "test: nothing found at '/given/-', expected 1",
        ),
        (
            {"op": "remove", "path": "/photo"},
            "remove: '/photo' does not lead to a place where this can be done",
        ),
        (
            {"op": "remove", "path": "/given/2"},
            "remove: '/given/2' does not lead to a place where this can be done",
        ),
        (
            {"op": "remove", "path": "/given/-"},
            "remove: '/given/-' does not lead to a place where this can be done",
        ),
        (
            {"op": "remove", "path": ""},
            "remove: '' does not lead to a place where this can be done",
        ),
        (
            {"op": "replace", "path": "/photo", "value": []},
            "replace: '/photo' does not lead to a place where this can be done",
        ),
        (
            {"op": "replace", "path": "/given/-", "value": "x"},
            "replace: '/given/-' does not lead to a place where this can be done",
        ),
        (
            add("/photo/0", {}),
            "add: '/photo/0' does not lead to a place where this can be done",
        ),
        (
            add("/given/3", "x"),
            "add: '/given/3' does not lead to a place where this can be done",
        ),
        (
            add("/given/01", "x"),
            "add: '/given/01' does not lead to a place where this can be done",
        ),
        (
            add("/given/" + "9" * 5000, "x"),
            f"add: '/given/{'9' * 51}… does not lead to a place where this can be done",
        ),
        (
            add("/gender/0", "x"),
            "add: '/gender/0' does not lead to a place where this can be done",
        ),
        (
            add("/active/x", "x"),
            "add: '/active/x' does not lead to a place where this can be done",
        ),
        (moved("/photo", "/x"), "move: nothing found at '/photo'"),
        (moved("/given/2", "/x"), "move: nothing found at '/given/2'"),
        (
            moved("/given/-", "/x"),
            "move: nothing found at '/given/-'",
        ),
        (
            moved("/given", "/given/0"),
            "move: '/given/0' does not lead to a place where this can be done",
        ),
        (
            moved("/given/0", "/photo/x"),
            "move: '/photo/x' does not lead to a place where this can be done",
        ),
        (copied("/photo", "/x"), "copy: nothing found at '/photo'"),
        (add("", "x"), "a string found, expected a resource"),
        (copied("/given", ""), "an array found, expected a resource"),
    ],
)
def test_what_does_not_apply_is_refused(operation: Json, expected: str) -> None:
    before = patient(gender="female", active=True, given=["A", "B"])

    assert refused(before, add("/x", 1), operation) == ("[1]", expected)


def test_a_value_of_the_patch_is_not_shared_with_the_resource() -> None:
    operations = [add("/name", [{}]), add("/name/0/text", "A"), copied("/name", "/more")]

    found = patch.json_patch(patient(), [*operations, add("/more/0/use", "old")])

    assert found == patient(name=[{"text": "A"}], more=[{"text": "A", "use": "old"}])
    assert operations[0] == add("/name", [{}])


def test_a_number_keeps_its_spelling() -> None:
    before = {"a": number.parse("1.10"), "b": number.parse("2.0")}
    test = {"op": "test", "path": "/a", "value": number.parse("1.1")}

    found = patch.json_patch(
        before, [test, copied("/a", "/c"), moved("/b", "/d"), add("/e", number.parse("3.00"))]
    )

    assert codec_json.printed(found) == b'{"a":1.10,"c":1.10,"d":2.0,"e":3.00}'


def test_copies_of_copies_do_not_fill_the_memory() -> None:
    before = patient(name=[{"text": "A" * 1000}])
    doubling = [copied("/name", "/name/-")] * 30

    assert refused(before, *doubling)[1].endswith("bytes found, expected 100000 at most")


def test_a_long_string_is_not_copied_again_and_again() -> None:
    before = patient(name=[{"text": "A" * patch_json.LARGEST_COPY}])

    assert refused(before, copied("/name/0/text", "/x")) == (
        "[0]",
        "copy: 100002 bytes found, expected 100000 at most",
    )


def test_more_copies_than_anybody_needs_are_no_patch() -> None:
    most = [copied("/id", "/x")] * patch_json.MOST_COPIES

    assert patch.json_patch(patient(), most) == patient(x="p")
    with pytest.raises(Malformed, match="more than 100 copy operations found") as caught:
        patch.json_patch(patient(), [*most, *most[:1]])
    assert [each.code for each in caught.value.issues] == [IssueCode.TOO_LONG]


@pytest.mark.parametrize(
    "operations",
    [
        [add("/x", nested(DEEP)), add("/x" * DEEP, nested(DEEP))],
        [add("/x", nested(DEEP)), add("/y", nested(DEEP)), moved("/y", "/x" * DEEP)],
        [add("/x", nested(DEEP)), copied("/x", "/x" * DEEP), copied("/x", "/y")],
        [add("/x", nested(5000))],
        [
            add("/x0", nested(90)),
            *(
                each
                for n in range(1, 15)
                for each in (
                    add(f"/x{n}", nested(90)),
                    moved(f"/x{n - 1}", f"/x{n}" + "/x" * 89 + "/x"),
                )
            ),
        ],
    ],
)
def test_a_resource_does_not_become_deeper_than_it_may_be_sent(operations: list[Json]) -> None:
    _, text = refused(patient(), *operations)

    assert text.endswith("nested deeper than 100 levels")
