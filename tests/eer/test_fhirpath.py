"""What paths may say, where they lead, and what is told of those that are refused."""

from typing import Any

import pytest

from eer.domain.errors import IssueCode, Malformed, Refused
from eer.fhir import fhirpath
from eer.fhir.fhirpath import Child, Condition, Index, OfType, Path, Where
from eer.fhir.selection import select

PATIENT = {
    "resourceType": "Patient",
    "contained": [
        {"resourceType": "Organization", "id": "o", "name": "Lægehuset"},
        {"resourceType": "Basic", "id": "b", "code": {"text": "x"}},
    ],
    "extension": [
        {"url": "https://example.dk/a", "valueString": "A"},
        {"url": "https://example.dk/b", "valueQuantity": {"value": 1.5, "unit": "km"}},
    ],
    "identifier": [
        {"use": "usual", "system": "urn:oid:1.2", "value": "1"},
        {"use": "official", "system": "urn:oid:1.2", "value": "2"},
        {"use": "official", "system": "urn:oid:1.3", "value": "it's"},
    ],
    "active": True,
    "name": [
        {"given": ["Anne", None], "_given": [None, {"id": "g"}], "family": "Berg"},
        {"given": ["Åse"], "text": "Åse"},
    ],
    "birthDate": "1974-12-25",
    "_birthDate": {"extension": [{"url": "https://example.dk/t", "valueTime": "14:35:45"}]},
    "multipleBirthInteger": 2,
}


def found(path: str) -> list[Any]:
    nodes = select(PATIENT, fhirpath.parse(path))
    return [node.item.companion if node.item.value is None else node.item.value for node in nodes]


def refusal(path: str) -> str:
    with pytest.raises(Malformed) as caught:
        fhirpath.parse(path)
    return caught.value.text


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Patient", [PATIENT]),
        ("Patient.birthDate", ["1974-12-25"]),
        ("Patient.identifier[1].value", ["2"]),
        ("Patient.identifier.value", ["1", "2", "it's"]),
        ("Patient.identifier[7]", []),
        ("Patient.name.given[2]", ["Åse"]),
        ("Patient.name.given[1]", [{"id": "g"}]),
        ("Patient.name.given[1].id", ["g"]),
        ("Patient.name.first().family", ["Berg"]),
        ("Patient.name.last().text", ["Åse"]),
        ("Patient.photo.last().url", []),
        ("Patient.identifier.where(use = 'usual').value", ["1"]),
        ("Patient.identifier.where(use='official' and system='urn:oid:1.3').value", ["it's"]),
        (r"Patient.identifier.where(value = 'it\'s').use", ["official"]),
        (r"Patient.identifier.where(value = 'it\u0027s').use", ["official"]),
        ("Patient.identifier.where(use = 'old')", []),
        ("Patient.where(active = true).name[1].text", ["Åse"]),
        ("Patient.where(active = false)", []),
        ("Patient.where(active = 1)", []),
        ("Patient.where(multipleBirth = 2).birthDate", ["1974-12-25"]),
        ("Patient.where(multipleBirth = 2.0).birthDate", ["1974-12-25"]),
        ("Patient.where(name[1].given[0] = 'Åse').active", [True]),
        ("Patient.name.where(given = 'Anne')", []),
        ("Patient.name.given.where($this = 'Anne')", ["Anne"]),
        ("Patient.extension('https://example.dk/a').value", ["A"]),
        ("Patient.extension('https://example.dk/b').value.unit", ["km"]),
        ("Patient.extension('https://example.dk/a').value.ofType(Quantity).unit", []),
        ("Patient.extension.value.ofType(Quantity).unit", ["km"]),
        ("Patient.birthDate.extension('https://example.dk/t').value", ["14:35:45"]),
        ("Patient.multipleBirth", [2]),
        ("Patient.multipleBirth.ofType(integer)", [2]),
        ("Patient.multipleBirth.ofType(boolean)", []),
        ("Patient.deceased", []),
        ("Patient.contained.ofType(Organization).name", ["Lægehuset"]),
        ("Patient.contained.where(id = 'b').code.text", ["x"]),
        ("Patient.contained.nonsense", []),
        (" Patient . `name` [ 1 ] .text ", ["Åse"]),
    ],
)
def test_a_path_leads_to_what_it_names(path: str, expected: list[Any]) -> None:
    assert expected == found(path)


def test_a_path_keeps_its_steps() -> None:
    path = (
        "Patient.extension('u').value.ofType(Coding).where(code.id = 'x' and $this = 1)[3].last()"
    )

    assert fhirpath.parse(path) == Path(
        path,
        "Patient",
        (
            Child("extension"),
            Where((Condition((Child("url"),), "u"),)),
            Child("value"),
            OfType("Coding"),
            Where((Condition((Child("code"), Child("id")), "x"), Condition((), 1))),
            Index(3),
            Index(-1),
        ),
    )


def test_an_escaped_character_is_that_character() -> None:
    path = fhirpath.parse(r"Patient.name.where(text = 'a\\\'\"\`\/\n\r\t\fø\u00e6')")

    assert path.steps[-1] == Where((Condition((Child("text"),), "a\\'\"`/\n\r\t\føæ"),))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", " ends too early, expected name"),
        ("Patient.", "Patient. ends too early, expected name"),
        ("Patient..name", "Patient..name, character 9: . found, expected name"),
        ("Patient.name[", "Patient.name[ ends too early, expected 0, 1, 2, …"),
        ("Patient.name[-1]", "Patient.name[-1], character 14: -1 found, expected 0, 1, 2, …"),
        ("Patient.name[1.0]", "Patient.name[1.0], character 14: 1.0 found, expected 0, 1, 2, …"),
        ("Patient.name[1", "Patient.name[1 ends too early, expected ]"),
        ("Patient | Person", "Patient | Person, character 9: | found, expected ."),
        ("Patient name", "Patient name, character 9: name found, expected ."),
        ("1 + 1", "1 + 1, character 1: 1 found, expected name"),
        ("'Patient'", "'Patient', character 1: 'Patient' found, expected name"),
        (
            "Patient.name.exists()",
            "exists() found, expected one of extension, first, last, ofType, where",
        ),
        ("Patient.name.first(1)", "Patient.name.first(1), character 20: 1 found, expected )"),
        ("Patient.where()", "Patient.where(), character 15: ) found, expected name"),
        (
            "Patient.where(active or active)",
            "Patient.where(active or active), character 22: or found, expected =",
        ),
        (
            "Patient.where(active != 1)",
            "Patient.where(active != 1), character 22: ! found, expected =",
        ),
        (
            "Patient.where(birthDate = @1974)",
            "Patient.where(birthDate = @1974), character 27: @ found, expected 'text'",
        ),
        (
            "Patient.where(active = true or 1 = 1)",
            "Patient.where(active = true or 1 = 1), character 29: or found, expected )",
        ),
        (
            "Patient.name.where(given.first() = 'A')",
            "Patient.name.where(given.first() = 'A'), character 31: ( found, expected =",
        ),
        (
            "Patient.where(name.where(text = 'a') = 'a')",
            "Patient.where(name.where(text = 'a') = 'a'), character 25: ( found, expected =",
        ),
        (
            "Patient.extension(url)",
            "Patient.extension(url), character 19: url found, expected 'text'",
        ),
        ("Patient.extension('u)", "Patient.extension('u), character 19: ' found, expected 'text'"),
        (
            "Patient.ofType('Patient')",
            "Patient.ofType('Patient'), character 16: 'Patient' found, expected name",
        ),
    ],
)
def test_what_is_no_path_is_refused_where_it_goes_wrong(path: str, expected: str) -> None:
    assert expected == refusal(path)


def test_a_path_is_not_read_without_end() -> None:
    path = "Patient" + "[0]" * 400

    with pytest.raises(Malformed, match="1207 characters found, expected 1000 at most") as caught:
        fhirpath.parse(path)
    assert [issue.code for issue in caught.value.issues] == [IssueCode.TOO_LONG]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Person.name", "Person.name found, expected a path that starts with Patient"),
        ("name", "name found, expected a path that starts with Patient"),
        ("Patient.nmae", "Patient has no element nmae"),
        ("Patient.photo.nmae", "Attachment has no element nmae"),
        (
            "Patient.multipleBirthInteger",
            "multipleBirthInteger found, expected multipleBirth, without a type",
        ),
        ("Patient.birthDate.value", "date has no element value"),
        ("Patient.name.where(nmae = 'x')", "HumanName has no element nmae"),
        (
            "Patient.extension.value.nmae",
            "Address, Age, Annotation, Attachment, CodeableConcept, … has no element nmae",
        ),
        (
            "Patient.deceased.ofType(Quantity)",
            "ofType(Quantity) found, expected one of boolean, dateTime",
        ),
        ("Patient.contained.ofType(Foo)", "ofType(Foo) found, expected one of Resource"),
    ],
)
def test_what_r4_does_not_have_is_refused_even_where_nothing_is(path: str, expected: str) -> None:
    with pytest.raises(Refused) as caught:
        found(path)

    assert expected == caught.value.text
