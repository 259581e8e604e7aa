"""What a FHIRPath Patch does to a resource, operation by operation."""

from typing import Any

import pytest

from builders_patch import NOTE, URL, Json, named, observation, operation, part, patched, patient
from eer.fhir import codec_json, number


@pytest.mark.fhir(63)
def test_adding_makes_a_missing_list() -> None:
    found = patched(
        patient(), operation("add", "Patient", name="name", value={"valueHumanName": {"text": "A"}})
    )

    assert patient(name=[{"text": "A"}]) == found


@pytest.mark.fhir(63)
def test_adding_puts_an_element_at_its_place_in_r4() -> None:
    before = patient(name=[{"text": "A"}], gender="female")

    found = patched(
        before, operation("add", "Patient", name="active", value={"valueBoolean": True})
    )

    assert list(found) == ["resourceType", "id", "active", "name", "gender"]


def test_replacing_a_primitive_replaces_what_was_said_of_it() -> None:
    change = operation("replace", "Patient.birthDate", value={"valueDate": "1930-01-01"})

    found = patched(patient(birthDate="1920-01-01", _birthDate=NOTE), change)

    assert patient(birthDate="1930-01-01") == found


def test_a_primitive_is_put_with_what_is_said_of_it() -> None:
    change = operation(
        "replace", "Patient.birthDate", value={"valueDate": "1930", "_valueDate": NOTE}
    )

    assert patient(birthDate="1930", _birthDate=NOTE) == patched(patient(birthDate="1920"), change)


def test_a_primitive_may_have_no_value() -> None:
    change = operation("replace", "Patient.birthDate", value={"_valueDate": NOTE})

    assert patient(_birthDate=NOTE) == patched(patient(birthDate="1920"), change)


# Choice elements


@pytest.mark.fhir(63)
def test_a_choice_is_found_by_its_name_without_the_type() -> None:
    before = observation(valueQuantity={"value": 1, "unit": "kg"})
    value = {"valueQuantity": {"value": 2, "unit": "kg"}}

    assert observation(**value) == patched(
        before, operation("replace", "Observation.value", value=value)
    )
    assert observation() == patched(before, operation("delete", "Observation.value"))
    assert observation(valueQuantity={"value": 1}) == patched(
        before, operation("delete", "Observation.value.unit")
    )


@pytest.mark.fhir(63)
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"valueBoolean": True}, {"deceasedBoolean": True}),
        (
            {"valueDateTime": "2026", "_valueDateTime": NOTE},
            {"deceasedDateTime": "2026", "_deceasedDateTime": NOTE},
        ),
    ],
)
def test_adding_to_a_choice_writes_the_name_of_its_type(given: Json, expected: Json) -> None:
    found = patched(patient(), operation("add", "Patient", name="deceased", value=given))

    assert patient(**expected) == found


def test_a_choice_may_change_its_type_and_keeps_its_place() -> None:
    before = patient(deceasedDateTime="2026", _deceasedDateTime=NOTE, multipleBirthInteger=2)

    found = patched(before, operation("replace", "Patient.deceased", value={"valueBoolean": False}))

    assert patient(deceasedBoolean=False, multipleBirthInteger=2) == found
    assert list(found) == ["resourceType", "id", "deceasedBoolean", "multipleBirthInteger"]


# Anonymous elements


@pytest.mark.fhir(63)
def test_an_element_without_a_type_of_its_own_is_given_in_parts() -> None:
    value = [
        part("telecom", {"valueContactPoint": {"value": "1"}}),
        part("gender", {"valueCode": "male", "_valueCode": NOTE}),
        part("telecom", {"valueContactPoint": {"value": "2"}}),
        part("relationship", {"valueCodeableConcept": {"text": "far"}}),
    ]

    found = patched(patient(), operation("add", "Patient", name="contact", value=value))

    contact = {
        "relationship": [{"text": "far"}],
        "telecom": [{"value": "1"}, {"value": "2"}],
        "gender": "male",
        "_gender": NOTE,
    }
    assert patient(contact=[contact]) == found
    assert list(contact) == list(found["contact"][0])


@pytest.mark.fhir(63)
def test_parts_may_have_parts() -> None:
    before = {"resourceType": "CapabilityStatement"}
    interaction = part("interaction", [part("code", {"valueCode": "read"})])
    resource = part("resource", [part("type", {"valueCode": "Endpoint"}), interaction])
    value = [part("mode", {"valueCode": "server"}), resource]

    found = patched(before, operation("add", "CapabilityStatement", name="rest", value=value))

    kept = {"type": "Endpoint", "interaction": [{"code": "read"}]}
    assert before | {"rest": [{"mode": "server", "resource": [kept]}]} == found


@pytest.mark.fhir(63)
def test_an_extension_is_given_in_parts() -> None:
    value = [part("url", {"valueUri": URL}), part("value", {"valueCoding": {"code": "c"}})]

    found = patched(patient(), operation("add", "Patient", name="extension", value=value))

    assert patient(extension=[{"url": URL, "valueCoding": {"code": "c"}}]) == found


def test_a_resource_is_contained_as_it_is_given() -> None:
    inner = {"resourceType": "Organization", "id": "o", "name": "Lægehuset"}

    found = patched(
        patient(), operation("add", "Patient", name="contained", value={"resource": inner})
    )
    renamed = patched(found, operation("replace", "Patient.contained[0].name", value="Klinikken"))

    assert patient(contained=[inner]) == found
    assert patient(contained=[inner | {"name": "Klinikken"}]) == renamed


# What is said of a primitive


def test_an_extension_of_a_primitive_is_added_beside_it() -> None:
    value = [part("url", {"valueUri": URL}), part("value", "n")]

    found = patched(
        named(given=["A", "B"]),
        operation("add", "Patient.name.given[1]", name="extension", value=value),
    )

    assert named(given=["A", "B"], _given=[None, NOTE]) == found


def test_the_last_extension_of_a_primitive_takes_what_is_beside_it_away() -> None:
    deletion = operation("delete", f"Patient.name.given[1].extension('{URL}')")

    assert named(given=["A", "B"]) == patched(
        named(given=["A", "B"], _given=[None, NOTE]), deletion
    )


def test_a_primitive_with_nothing_but_an_extension_goes_with_it() -> None:
    before = named(family="F", given=["A", None], _given=[{"id": "a"}, NOTE])
    deletion = operation("delete", f"Patient.name.given[1].extension('{URL}')")

    assert named(family="F", given=["A"], _given=[{"id": "a"}]) == patched(before, deletion)


@pytest.mark.fhir(63)
@pytest.mark.parametrize(
    ("change", "given", "beside"),
    [
        (
            operation("insert", "Patient.name.given", index=0, value="N"),
            ["N", "A", "B", None],
            [None, None, NOTE, {"id": "c"}],
        ),
        (
            operation("insert", "Patient.name.given", index=3, value="N"),
            ["A", "B", None, "N"],
            [None, NOTE, {"id": "c"}, None],
        ),
        (
            operation(
                "insert",
                "Patient.name.given",
                index=1,
                value={"valueString": "N", "_valueString": {"id": "n"}},
            ),
            ["A", "N", "B", None],
            [None, {"id": "n"}, NOTE, {"id": "c"}],
        ),
        (
            operation("add", "Patient.name", name="given", value="N"),
            ["A", "B", None, "N"],
            [None, NOTE, {"id": "c"}, None],
        ),
        (operation("delete", "Patient.name.given[0]"), ["B", None], [NOTE, {"id": "c"}]),
        (operation("delete", "Patient.name.given[1]"), ["A", None], [None, {"id": "c"}]),
        (operation("delete", "Patient.name.given.last()"), ["A", "B"], [None, NOTE]),
        (
            operation("move", "Patient.name.given", source=1, destination=0),
            ["B", "A", None],
            [NOTE, None, {"id": "c"}],
        ),
        (
            operation("move", "Patient.name.given", source=0, destination=2),
            ["B", None, "A"],
            [NOTE, {"id": "c"}, None],
        ),
        (
            operation("replace", "Patient.name.given[2]", value="C"),
            ["A", "B", "C"],
            [None, NOTE, None],
        ),
    ],
)
def test_values_and_what_is_beside_them_stay_together(
    change: Json, given: list[Any], beside: list[Any]
) -> None:
    before = named(given=["A", "B", None], _given=[None, NOTE, {"id": "c"}])

    assert named(given=given, _given=beside) == patched(before, change)


def test_what_is_beside_nothing_more_goes() -> None:
    before = named(given=["A", "B"], _given=[None, NOTE])

    assert named(given=["A"]) == patched(before, operation("delete", "Patient.name.given[1]"))


def test_a_new_value_is_the_first_one_with_something_beside_it() -> None:
    value = {"valueString": "B", "_valueString": NOTE}

    found = patched(
        named(given=["A"]), operation("insert", "Patient.name.given", index=1, value=value)
    )

    assert named(given=["A", "B"], _given=[None, NOTE]) == found


# Deleting


@pytest.mark.fhir(63)
@pytest.mark.parametrize(
    "path",
    [
        "Patient.gender",
        "Patient.name[1]",
        "Patient.name.where(use = 'old')",
        "Patient.contact.name.text",
        "Patient.deceased",
        "Patient.photo",
    ],
)
def test_deleting_nothing_is_fine(path: str) -> None:
    assert named(text="A") == patched(named(text="A"), operation("delete", path))


@pytest.mark.fhir(63)
@pytest.mark.parametrize(
    ("before", "path"),
    [
        (named(text="A"), "Patient.name"),
        (named(given=["A"], _given=[NOTE]), "Patient.name.given"),
        (named(given=["A"], _given=[NOTE]), "Patient.name.given[0]"),
        (named(period={"start": "2026"}), "Patient.name.period.start"),
        (patient(contact=[{"name": {"text": "A"}}]), "Patient.contact.name.text"),
        (patient(_gender=NOTE), "Patient.gender.extension[0]"),
    ],
)
def test_the_last_item_takes_its_element_and_what_held_nothing_else_away(
    before: Json, path: str
) -> None:
    assert patient() == patched(before, operation("delete", path))


def test_inserting_makes_a_missing_list() -> None:
    value = {"valueAttachment": {"url": "https://example.dk/p.png"}}

    found = patched(patient(), operation("insert", "Patient.photo", index=0, value=value))

    assert patient(photo=[{"url": "https://example.dk/p.png"}]) == found


@pytest.mark.fhir(63)
def test_operations_follow_each_other() -> None:
    adding = operation("add", "Patient", name="name", value={"valueHumanName": {"text": "A"}})
    amending = operation("add", "Patient.name[0]", name="use", value={"valueCode": "old"})
    deletion = operation("delete", "Patient.name.text")

    assert named(use="old") == patched(patient(), adding, amending, deletion)


def test_a_number_keeps_its_spelling() -> None:
    before = observation(
        valueQuantity={"value": number.parse("1.10")},
        component=[{"code": {"text": "y"}, "valueQuantity": {"value": number.parse("2.0")}}],
    )
    change = operation(
        "add",
        "Observation",
        name="component",
        value=[part("value", {"valueQuantity": {"value": number.parse("3.00")}})],
    )

    found = codec_json.printed(patched(before, change)).decode()

    assert '"valueQuantity":{"value":1.10}' in found
    assert '"valueQuantity":{"value":2.0}' in found
    assert '"valueQuantity":{"value":3.00}' in found
