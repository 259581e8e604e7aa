"""Each datatype is found under what R4 says it is searched by (search, section 3.1.1.5)."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import strategies
from builders_fhir import Json
from eer.domain.folding import sound
from eer.domain.identifiers import Reference
from eer.domain.search import Address, Amount, Indexed, Pointer, Text, Token
from eer.fhir import index, kind, kinds, path, terminology
from eer.fhir.kind import TermKind
from eer.fhir.path import Found

KEPT = sorted(kinds.KINDS)
GLN = "https://www.gs1.org/gln"
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


def found(convert: index.Converter, type_name: str, value: Any) -> list[tuple[str, Any]]:
    """Return the ending of each parameter that a value is found by, and what it is found as."""
    values = convert("p", Found(type_name, value, 0))
    return [(each.parameter.removeprefix("p"), each.value) for each in values]


@pytest.mark.fhir(79)
@pytest.mark.parametrize(
    ("type_name", "value", "expected"),
    [
        ("code", "active", [("", Token("", "active"))]),
        ("boolean", True, [("", Token("", "true"))]),
        ("boolean", False, [("", Token("", "false"))]),
        ("Coding", {"system": "s", "code": "c"}, [("", Token("s", "c"))]),
        ("Coding", {"code": "c", "display": "D"}, [("", Token("", "c")), (":text", Text("D"))]),
        ("Coding", {"system": "s"}, [("", Token("s", ""))]),
        ("Coding", {"display": "D"}, [(":text", Text("D"))]),
        ("CodeableConcept", {"text": "T"}, [(":text", Text("T"))]),
        (
            "CodeableConcept",
            {"coding": [{"code": "c"}, {"system": "s", "code": "d"}], "text": "T"},
            [("", Token("", "c")), ("", Token("s", "d")), (":text", Text("T"))],
        ),
        ("Identifier", {"system": "s", "value": "v"}, [("", Token("s", "v"))]),
        ("Identifier", {"system": "http://www.gs1.org/gln", "value": "v"}, [("", Token(GLN, "v"))]),
        ("Identifier", {"system": "s"}, []),
        (
            "Identifier",
            {"value": "v", "type": {"coding": [{"system": "t", "code": "c"}], "text": "T"}},
            [("", Token("", "v")), (":of-type", Token("t|c", "v")), (":text", Text("T"))],
        ),
        ("ContactPoint", {"value": "v", "use": "work"}, [("", Token("work", "v"))]),
        ("ContactPoint", {"value": "v"}, [("", Token("", "v"))]),
        ("ContactPoint", {"use": "work"}, []),
    ],
)
def test_a_token_is_found_by_system_code_and_text(
    type_name: str, value: Any, expected: list[tuple[str, Any]]
) -> None:
    assert found(index.tokens, type_name, value) == expected


@pytest.mark.fhir(81, 82)
@pytest.mark.parametrize(
    ("type_name", "value", "expected"),
    [
        ("Reference", {"reference": "Device/x"}, [("", Pointer("Device", "x"))]),
        ("Reference", {"reference": "Device/x/_history/2"}, [("", Pointer("Device", "x"))]),
        ("Reference", {"reference": "https://o.dk/x"}, [("", Pointer("", "https://o.dk/x"))]),
        ("Reference", {"reference": "#inside"}, [("", Pointer("", "#inside"))]),
        ("Reference", {"display": "D"}, []),
        (
            "Reference",
            {"identifier": {"system": "s", "value": "v", "type": {"text": "T"}}},
            [(":identifier", Token("s", "v"))],
        ),
        ("canonical", "urn:x", [("", Pointer("", "urn:x", ""))]),
        ("canonical", "urn:x|1.0", [("", Pointer("", "urn:x", "1.0"))]),
    ],
)
def test_a_reference_is_found_by_where_it_leads(
    type_name: str, value: Any, expected: list[tuple[str, Any]]
) -> None:
    assert found(index.references, type_name, value) == expected


@pytest.mark.parametrize(
    ("type_name", "value", "expected"),
    [
        ("string", "T", [Text("T")]),
        ("string", "  ", []),
        ("markdown", "*T*", [Text("*T*")]),
        ("HumanName", {"family": "F", "given": ["G", "H"]}, [Text("F"), Text("G"), Text("H")]),
        (
            "Address",
            {"line": ["L", "M"], "city": "C", "use": "home", "country": "DK"},
            [Text("L"), Text("M"), Text("C"), Text("DK")],
        ),
    ],
)
def test_a_text_is_found_by_each_of_its_parts(
    type_name: str, value: Any, expected: list[Text]
) -> None:
    assert [each for _, each in found(index.strings, type_name, value)] == expected


@pytest.mark.parametrize(
    ("type_name", "value", "expected"),
    [
        ("uri", "urn:x", ["urn:x"]),
        ("uri", "urn:x|1", ["urn:x|1"]),
        ("canonical", "urn:x|1", ["urn:x|1", "urn:x"]),
        ("url", "https://x", ["https://x"]),
    ],
)
def test_an_address_is_found_as_it_is_and_without_a_version(
    type_name: str, value: str, expected: list[str]
) -> None:
    assert [each for _, each in found(index.uris, type_name, value)] == [
        Address(each) for each in expected
    ]


@pytest.mark.parametrize(
    ("type_name", "value", "expected"),
    [
        ("Quantity", {"value": 5}, [Amount(5, 5, "", "")]),
        ("Quantity", {"value": 5, "unit": "u"}, [Amount(5, 5, "", "u")]),
        (
            "Quantity",
            {"value": 5, "unit": "u", "system": "s", "code": "c"},
            [Amount(5, 5, "s", "c"), Amount(5, 5, "", "u")],
        ),
        ("Quantity", {"unit": "u"}, []),
        ("Range", {"low": {"value": 1}, "high": {"value": 2}}, [Amount(1, 2, "", "")]),
        ("Range", {"low": {"value": 1}}, [Amount(1, 1, "", "")]),
        ("Range", {"high": {"value": 2}}, [Amount(2, 2, "", "")]),
        ("Range", {}, []),
    ],
)
def test_an_amount_is_found_by_its_units(
    type_name: str, value: Json, expected: list[Amount]
) -> None:
    assert [each for _, each in found(index.quantities, type_name, value)] == expected


@pytest.mark.parametrize(
    ("type_name", "value", "count"),
    [
        *(("date", "2026", 1), ("dateTime", "2026-05-05T12:00:00Z", 1), ("instant", "x", 0)),
        *(("Period", {}, 1), ("Period", {"start": "2026", "end": "2027"}, 1)),
        *(("Period", {"start": "x"}, 0), ("Period", {"end": "2026-05-05T12:00"}, 0)),
    ],
)
def test_a_date_is_found_where_it_is_one(type_name: str, value: Any, count: int) -> None:
    assert len(found(index.dates, type_name, value)) == count


@given(resource=strategies.resources(*KEPT))
def test_whatever_is_valid_has_values_of_its_own_parameters(resource: Json) -> None:
    kind = kinds.KINDS[resource["resourceType"]]

    for each in kinds.indexed(resource):
        name = each.parameter.partition(":")[0]
        assert name in kind.all_terms, each
        assert isinstance(each, Indexed)


@settings(max_examples=100)
@given(
    name=st.sampled_from(KEPT), elements=st.dictionaries(st.text(max_size=6), JUNK), data=st.data()
)
def test_whatever_is_not_valid_is_judged_and_read_all_the_same(
    name: str, elements: Json, data: st.DataObject
) -> None:
    known = sorted(
        {each.split(".")[0] for t in kinds.KINDS[name].all_terms.values() for each in t.paths}
    )
    junk = data.draw(st.dictionaries(st.sampled_from(known), JUNK, max_size=4))
    resource = {"resourceType": name, **elements, **junk}

    kinds.issues(resource, terminology.shipped())
    kinds.reading(Reference(name, "x"), resource)
    list(kinds.indexed(resource))


def test_what_stands_together_has_one_place() -> None:
    json = {"useContext": [{"code": {"code": "a"}}, {"code": {"code": "b"}}]}

    codes = list(path.found(json, "CodeSystem", "useContext.code"))

    assert [(each.type, each.value["code"], each.place) for each in codes] == [
        ("Coding", "a", 0),
        ("Coding", "b", 1),
    ]


def test_an_extension_is_found_by_its_url_alone() -> None:
    inner = {"url": "https://x/inner", "valueString": "found"}
    json = {
        "extension": [
            {"url": "https://x/outer", "extension": [inner, inner | {"url": "https://x/other"}]},
            {"url": "https://x/another", "extension": [inner]},
        ]
    }
    steps = "extension('https://x/outer').extension('https://x/inner').value"

    assert [each.value for each in path.found(json, "Organization", steps)] == ["found"]


@pytest.mark.parametrize("value", [Token("äö", "ü"), Pointer("Device", "äöü"), Address("äöü")])
def test_what_an_index_has_to_hold_is_counted(value: Any) -> None:
    assert index.length(value) == 3


def test_what_no_index_holds_whole_has_no_length() -> None:
    assert index.length(Text("x" * 9_999)) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"paths": ("alias",)},
        {"kind": TermKind.TOKEN},
        {"only": ("string",)},
        {"system": "email"},
        {"respelled": sound},
        {"parts": (kind.token("x", "active"),)},
    ],
)
def test_an_index_of_other_parameters_is_another(
    change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = kinds.fingerprint()
    unit = kinds.KINDS["Organization"]
    terms = {**unit.terms, "name": replace(unit.terms["name"], **change)}

    monkeypatch.setattr(kinds, "KINDS", {**kinds.KINDS, "Organization": replace(unit, terms=terms)})

    assert kinds.fingerprint() != before
