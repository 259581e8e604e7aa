"""What a FHIRPath Patch may not ask for, with what is told and of which operation."""

from typing import Any

import pytest

from builders_patch import (
    NOTE,
    URL,
    Json,
    operation,
    parameters,
    part,
    patient,
    refused,
)
from eer.domain.errors import Failure, IssueCode, Malformed
from eer.fhir import patch


def sentence(resource: Json, *operations: Json) -> str:
    return refused(resource, *operations)[0][1]


def malformed(body: Any) -> Failure:
    with pytest.raises(Malformed) as caught:
        patch.fhirpath_patch(patient(), body)
    return caught.value


@pytest.mark.parametrize("held", [{"gender": "male"}, {"_gender": NOTE}])
def test_an_element_that_is_there_is_replaced_not_added(held: Json) -> None:
    again = operation("add", "Patient", name="gender", value={"valueCode": "male"})

    assert sentence(patient(**held), again) == "Patient has gender already: replace it instead"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            operation("add", "Patient", name="deceased", value={"valueDate": "2026"}),
            "valueDate found, expected valueBoolean, valueDateTime",
        ),
        (
            operation("add", "Patient", name="deceased", value={"valueCoding": {"code": "x"}}),
            "valueCoding found, expected valueBoolean, valueDateTime",
        ),
        (
            operation("add", "Patient", name="deceased", value=[part("x", "y")]),
            "part found, expected valueBoolean, valueDateTime",
        ),
        (
            operation("add", "Patient", name="deceasedBoolean", value={"valueBoolean": True}),
            "deceasedBoolean found, expected deceased, without a type",
        ),
        (
            operation("add", "Patient", name="gender", value=[part("x", "y")]),
            "part found, expected valueCode",
        ),
        (
            operation("add", "Patient", name="name", value={"valueAddress": {"city": "x"}}),
            "valueAddress found, expected valueHumanName",
        ),
        (
            operation("add", "Patient", name="contact", value={"valueHumanName": {"text": "x"}}),
            "valueHumanName found, expected part",
        ),
        (
            operation("add", "Patient", name="extension", value="x"),
            "valueString found, expected part",
        ),
        (
            operation("add", "Patient", name="contained", value={"valueCoding": {"code": "x"}}),
            "valueCoding found, expected resource",
        ),
        (
            operation("add", "Patient", name="contained", value=[part("id", "x")]),
            "part found, expected resource",
        ),
        (
            operation("add", "Patient", name="resourceType", value="Person"),
            "Patient has no element resourceType",
        ),
        (
            operation("add", "Patient", name="contact", value=[part("nmae", "x")]),
            "Patient.contact has no element nmae",
        ),
        (
            operation("add", "Patient", name="contact", value=[part("gender", "male")] * 2),
            "part gender found twice, expected once",
        ),
    ],
)
def test_what_has_another_type_is_refused(change: Json, expected: str) -> None:
    assert expected == sentence(patient(), change)


def test_a_long_list_of_types_is_cut() -> None:
    before = patient(extension=[{"url": URL, "valueString": "x"}])

    found = sentence(
        before, operation("replace", "Patient.extension.value", value=[part("x", "y")])
    )

    assert found.startswith("part found, expected valueBase64Binary, valueBoolean, ")
    assert found.endswith(", …")


@pytest.mark.parametrize("path", ["Patient.id", "Patient.text.div"])
def test_what_cannot_be_extended_is_not(path: str) -> None:
    div = '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'
    before = patient(text={"status": "additional", "div": div})
    value = [part("url", {"valueUri": URL}), part("value", "n")]

    assert "has no element extension" in sentence(
        before, operation("add", path, name="extension", value=value)
    )


@pytest.mark.fhir(63)
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (operation("delete", "Patient.name"), "2 elements found at Patient.name, expected one"),
        (
            operation("replace", "Patient.name.text", value="C"),
            "2 elements found at Patient.name.text, expected one",
        ),
        (
            operation("add", "Patient.name", name="use", value={"valueCode": "old"}),
            "2 elements found at Patient.name, expected one",
        ),
        (
            operation("insert", "Patient.name.given", index=0, value="C"),
            "2 elements found at Patient.name, expected one",
        ),
        (
            operation("move", "Patient.name.given", source=0, destination=0),
            "2 elements found at Patient.name, expected one",
        ),
        (
            operation("replace", "Patient.gender", value={"valueCode": "male"}),
            "nothing found at Patient.gender, expected one element",
        ),
        (
            operation("add", "Patient.contact", name="gender", value={"valueCode": "male"}),
            "nothing found at Patient.contact, expected one element",
        ),
        (
            operation("insert", "Patient.name[7].given", index=0, value="C"),
            "nothing found at Patient.name[7], expected one element",
        ),
        (
            operation("move", "Patient.photo", source=0, destination=0),
            "nothing found at Patient.photo, expected one element",
        ),
        (
            operation("insert", "Patient.name", index=3, value={"valueHumanName": {"text": "C"}}),
            "index 3 found, expected 0 to 2",
        ),
        (
            operation("insert", "Patient.name", index=-1, value={"valueHumanName": {"text": "C"}}),
            "index -1 found, expected 0 to 2",
        ),
        (
            operation("insert", "Patient.photo", index=1, value={"valueAttachment": {"url": "c"}}),
            "index 1 found, expected 0 to 0",
        ),
        (
            operation("move", "Patient.name", source=2, destination=0),
            "source 2 found, expected 0 to 1",
        ),
        (
            operation("move", "Patient.name", source=0, destination=2),
            "destination 2 found, expected 0 to 1",
        ),
        (
            operation("insert", "Patient.gender", index=0, value={"valueCode": "male"}),
            "Patient.gender found, which is no list, expected one",
        ),
        (
            operation(
                "insert", "Patient.name[0]", index=0, value={"valueHumanName": {"text": "C"}}
            ),
            "Patient.name[0] found, expected a path to a whole list",
        ),
        (
            operation("move", "Patient", source=0, destination=0),
            "Patient found, expected a path to a whole list",
        ),
        (operation("delete", "Patient"), "Patient itself found, expected an element of it"),
        (
            operation("replace", "Patient", value={"resource": patient()}),
            "Patient itself found, expected an element of it",
        ),
        (
            operation("delete", "Endpoint.name"),
            "Endpoint.name found, expected a path that starts with Patient",
        ),
        (operation("delete", "Patient.nmae"), "Patient has no element nmae"),
    ],
)
def test_what_does_not_apply_is_refused(change: Json, expected: str) -> None:
    before = patient(name=[{"text": "A", "given": ["A"]}, {"text": "B"}])

    assert [("Parameters.parameter[0]", expected)] == refused(before, change)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ([], "[] found, expected Parameters"),
        (None, "None found, expected Parameters"),
        ({}, "None found, expected Parameters"),
        ({"resourceType": "Patient"}, "'Patient' found, expected Parameters"),
    ],
)
def test_what_are_no_parameters_is_no_patch(body: Any, expected: str) -> None:
    assert expected == malformed(body).text


def test_parameters_are_judged_as_a_resource_first() -> None:
    fault = malformed(
        parameters(operation("add", "Patient", name="gender", value={"valueCode": 1}))
    )

    assert [each.expression for each in fault.issues] == ["Parameters.parameter[0].part[3].value"]


@pytest.mark.parametrize(
    ("change", "code", "expected"),
    [
        ({"name": "operation"}, IssueCode.REQUIRED, "operation without part type"),
        (
            {"name": "change", "part": [part("type", "add")]},
            IssueCode.VALUE,
            "parameter 'change' found, expected operation",
        ),
        (
            operation("upsert", "Patient"),
            IssueCode.VALUE,
            "type 'upsert' found, expected one of add, insert, delete, replace, move",
        ),
        (operation("add", "Patient", name="gender"), IssueCode.REQUIRED, "add without part value"),
        (operation("add", "Patient", value="x"), IssueCode.REQUIRED, "add without part name"),
        (
            operation("insert", "Patient.name", value="x"),
            IssueCode.REQUIRED,
            "insert without part index",
        ),
        (
            operation("move", "Patient.name", source=1),
            IssueCode.REQUIRED,
            "move without part destination",
        ),
        (
            operation("delete", "Patient.name", index=1),
            IssueCode.STRUCTURE,
            "part index found, which delete does not have",
        ),
        (
            {"name": "operation", "part": [part("type", "delete"), part("type", "delete")]},
            IssueCode.STRUCTURE,
            "part type found twice, expected once",
        ),
        (
            {"name": "operation", "part": [part("type", "delete")]},
            IssueCode.REQUIRED,
            "delete without part path",
        ),
        (
            operation("replace", "Patient.name", value={}),
            IssueCode.STRUCTURE,
            "part value: expected one of value[x], resource and part",
        ),
        (
            operation("replace", "Patient.name", value=[{"name": "text"}]),
            IssueCode.STRUCTURE,
            "part value: expected one of value[x], resource and part",
        ),
        (
            operation("replace", "Patient.name", value={"valueString": "x", "resource": patient()}),
            IssueCode.STRUCTURE,
            "part value: expected one of value[x], resource and part",
        ),
        (
            operation(
                "replace", "Patient.name", value={"valueString": "x", "part": [part("x", "y")]}
            ),
            IssueCode.STRUCTURE,
            "part value: expected one of value[x], resource and part",
        ),
        (
            operation("insert", "Patient.name", index="1", value="x"),
            IssueCode.VALUE,
            "part index: '1' found, expected a whole number",
        ),
        (
            operation("insert", "Patient.name", index={"valueBoolean": True}, value="x"),
            IssueCode.VALUE,
            "part index: True found, expected a whole number",
        ),
        (
            operation("insert", "Patient.name", index={"valueDecimal": 1.5}, value="x"),
            IssueCode.VALUE,
            "part index: 1.5 found, expected a whole number",
        ),
        (
            operation("add", "Patient", name=1, value="x"),
            IssueCode.VALUE,
            "part name: 1 found, expected a text",
        ),
        (
            operation("add", "Patient", name=[part("x", "y")], value="x"),
            IssueCode.VALUE,
            "part name: None found, expected a text",
        ),
        (
            operation("delete", "Patient.name["),
            IssueCode.VALUE,
            "Patient.name[ ends too early, expected 0, 1, 2, …",
        ),
    ],
)
def test_what_cannot_be_read_as_an_operation_is_malformed(
    change: Json, code: IssueCode, expected: str
) -> None:
    fault = malformed(parameters(operation("delete", "Patient.photo"), change))

    assert [("Parameters.parameter[1]", code, expected)] == [
        (each.expression, each.code, each.text) for each in fault.issues
    ]


def test_every_operation_that_cannot_be_read_is_told() -> None:
    fault = malformed(parameters(*(operation(kind, "Patient") for kind in ("x", "delete", "y"))))

    assert [each.expression for each in fault.issues] == [
        "Parameters.parameter[0]",
        "Parameters.parameter[2]",
    ]


@pytest.mark.fhir(63)
def test_the_operation_at_fault_is_named() -> None:
    adding = operation("add", "Patient", name="name", value={"valueHumanName": {"text": "A"}})
    again = operation("add", "Patient.name", name="text", value="B")

    assert (refused(patient(), adding, again, adding)) == [
        ("Parameters.parameter[1]", "Patient.name has text already: replace it instead")
    ]
