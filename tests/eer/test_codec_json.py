"""What the JSON codec promises: FHIR R4 json.html, and traps 6 and 8 of what must not get in."""

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given, settings

from eer.domain.errors import IssueCode, Malformed
from eer.fhir import codec_json
from eer.fhir.codec_json import Json
from strategies import resources

SPELLINGS = (
    "1.10",
    "1e2",
    "1E+2",
    "-0",
    "-0.0",
    "0.00",
    "1e999",
    "100000000000000000000000",
    "9" * 30,
)


def refusal(body: bytes) -> Malformed:
    with pytest.raises(Malformed) as caught:
        codec_json.parse(body)
    return caught.value


@settings(max_examples=60, deadline=None)
@given(resources())
def test_what_is_printed_parses_to_the_same(resource: Json) -> None:
    body = codec_json.printed(resource)

    assert codec_json.parse(body) == resource
    assert codec_json.printed(codec_json.parse(body)) == body


@pytest.mark.parametrize(
    "spelling", [*SPELLINGS, "0", "7", "-1.5", "18446744073709551615", "9" * 5000]
)
def test_a_number_keeps_its_spelling(spelling: str) -> None:
    body = f'{{"n":{spelling}}}'.encode()

    assert codec_json.printed(codec_json.parse(body)) == body


def test_a_spelled_number_is_a_number_and_can_be_copied() -> None:
    found = codec_json.parse(b'{"n":1.10}')
    copied = copy.deepcopy(found)

    assert copied["n"] == 1.1
    assert codec_json.printed(copied) == b'{"n":1.10}'
    assert repr(found["n"]) == "1.10"


def test_members_keep_their_order() -> None:
    body = b'{"status":"active","id":"b","resourceType":"Endpoint","extension":[{"z":1,"a":2}]}'

    assert codec_json.printed(codec_json.parse(body)) == body


def test_printed_is_compact_and_keeps_letters_as_they_are() -> None:
    found = codec_json.parse(b'{ "name" : "L\\u00e6gehuset \\ud83d\\ude00" ,\n "a":[ 1 , null ] }')

    assert '{"name":"Lægehuset 😀","a":[1,null]}'.encode() == codec_json.printed(found)


def test_a_byte_order_mark_is_tolerated() -> None:
    assert codec_json.parse(b'\xef\xbb\xbf{"a":1}') == {"a": 1}


def test_a_duplicate_member_is_refused_by_name() -> None:
    fault = refusal(b'{"a":{"status":"active","x":1,"status":"off"}}')

    assert "'status' is given twice" in fault.text
    assert [issue.code for issue in fault.issues] == [IssueCode.STRUCTURE]


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_json_number_is_refused(constant: str) -> None:
    assert constant in refusal(f'{{"a":{constant}}}'.encode()).text


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"[]", "an array found"),
        (b"null", "null found"),
        (b'"text"', "a string found"),
        (b'{"a":1}{', "line 1, column 8: extra data"),
        (b"<Endpoint/>", "line 1, column 1"),
        (b'{"a":01}', "line 1, column 7"),
        (b'{"a":"\x01"}', "line 1, column 7: invalid control character"),
        (b'{"a":"\xff"}', "byte 7"),
        ('{"a":1}'.encode("utf-16"), "byte 1"),
        (b'{"a":"\xed\xa0\x80"}', "byte 7"),
        (b'{"a":["\\udc00"]}', "surrogate"),
        (b'{"\\uD800":1}', "surrogate"),
    ],
)
def test_what_is_no_json_object_in_utf8_is_refused(body: bytes, said: str) -> None:
    assert said in refusal(body).text


def test_a_body_cut_anywhere_is_refused_with_line_and_column() -> None:
    body = b'{"resourceType":"Endpoint",\n "period":{"start":"2024"},"n":[1.5,true,null]}'

    for length in range(1, len(body)):
        assert "line " in refusal(body[:length]).text
    assert "line 2, column 11: the text ends too early" in refusal(body[:38]).text


def test_nesting_ends_at_the_limit() -> None:
    def nested(levels: int) -> bytes:
        return b'{"a":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"

    codec_json.parse(nested(codec_json.DEPTH))

    assert "deeper than 100" in refusal(nested(codec_json.DEPTH + 1)).text
    assert "deeper than 100" in refusal(b"[" * 200_000).text


def test_what_is_no_json_value_is_not_printed() -> None:
    with pytest.raises(TypeError):
        codec_json.printed({"a": object()})


def test_hl7s_examples_come_back_as_they_are(shared: Path) -> None:
    examples = sorted((shared / "data" / "hl7" / "examples").glob("*.json"))

    assert examples
    for example in examples:
        body = example.read_bytes()
        printed = codec_json.printed(codec_json.parse(body))
        assert as_written(body) == as_written(printed), example.name


def as_written(body: bytes) -> object:
    """Return a JSON text as Python reads it: pairs in order, numbers as text."""
    return json.loads(body, parse_float=str, parse_int=str, object_pairs_hook=list)
