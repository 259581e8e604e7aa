"""Amounts are compared by their digits where they are equal, and exactly where they are not.

FHIR R4 search, sections 3.1.1.5.2 (number) and 3.1.1.5.11 (quantity).
"""

import pytest

import builders_plain as plain
import searches
from builders_fhir import Json
from builders_web import Api


def used(number: int, **value: Json) -> Json:
    """Return a code system for whom an amount is true of."""
    context = {"code": {"code": "age"}, **value}
    url = f"https://codes.example.dk/{number}"
    return plain.code_system(id=f"of-{number}", url=url, useContext=[context])


@pytest.fixture
def filled(fhir: Api) -> Api:
    years = {"system": "http://unitsofmeasure.org", "code": "a", "unit": "years"}
    return searches.registered(
        fhir,
        used(1, valueQuantity={"value": 5.4, **years}),
        used(2, valueQuantity={"value": 5.5, "unit": "years"}),
        used(3, valueQuantity={"value": 100}),
        used(4, valueRange={"low": {"value": 5}, "high": {"value": 10}}),
        used(5, valueQuantity={"value": 12345678901234567890}),
        used(6, valueRange={"low": {"value": 200}}),
    )


@pytest.mark.fhir(83)
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        *(("5", [1]), ("5.4", [1]), ("5.40", [1]), ("5.45", []), ("5.5", [2]), ("6", [2])),
        *(("1e2", [3]), ("100", [3]), ("100.0", [3]), ("99.6", []), ("eq100", [3]), ("0.1e3", [3])),
        *(("12345678901234567890", [5]), ("ne100", [1, 2, 4, 5, 6]), ("ne5", [2, 3, 4, 5, 6])),
        *(("gt5", [1, 2, 3, 4, 5, 6]), ("gt5.4", [2, 3, 4, 5, 6]), ("gt100", [5, 6])),
        *(
            ("ge5.5", [2, 3, 4, 5, 6]),
            ("ge10", [3, 4, 5, 6]),
            ("ge100.4", [5, 6]),
            ("gt10", [3, 5, 6]),
        ),
        *(("lt5.5", [1, 4]), ("lt5", []), ("le5", [4]), ("le5.4", [1, 4]), ("lt5.41", [1, 4])),
        *(("sa5", [1, 2, 3, 5, 6]), ("sa100", [5, 6]), ("eb10", [1, 2]), ("eb10.1", [1, 2, 4])),
        *(("ap5", [1, 2, 4]), ("ap105", [3]), ("ap120", []), ("ap190", [6])),
        *(("5.4||a", [1]), ("5.4|http://unitsofmeasure.org|a", [1]), ("5.4|urn:x|a", [])),
        *(("gt5||years", [1, 2]), ("gt5|http://unitsofmeasure.org|years", [])),
        *(("-5", []), ("gt-5", [1, 2, 3, 4, 5, 6]), ("lt-5", []), ("+5", [1])),
    ],
)
def test_an_amount_is_compared_as_its_prefix_says(
    filled: Api, asked: str, expected: list[int]
) -> None:
    found = searches.found(filled, f"CodeSystem?context-quantity={searches.quoted(asked)}")

    assert found == [f"of-{number}" for number in expected]


@pytest.mark.fhir(76)
@pytest.mark.parametrize(
    "asked",
    [
        *(
            "x",
            "gt",
            "5x",
            "5,x",
            "gtx5",
            "NaN",
            "inf",
            "-inf",
            "1e99999",
            "1_0",
            "\N{ARABIC-INDIC DIGIT FIVE}",
            "5 ",
            "0x10",
        ),
        *("1" * 70, "gt gt5", "--5", "5|", "|"),
    ],
)
def test_what_is_no_number_is_refused(filled: Api, asked: str) -> None:
    response = filled.get(f"CodeSystem?context-quantity={searches.quoted(asked)}")

    assert response.status_code == 400, asked
