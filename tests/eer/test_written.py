"""What a search asks for is read from a URL as it was meant, whatever stands in it."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eer.domain.errors import Issue, IssueCode, Malformed
from eer.domain.search import Pointer, Prefix, Stretch, Token
from eer.fhir import written

BASE = "https://eer.example.dk/fhir"
TEXTS = st.text(max_size=12)
CODES = st.text(min_size=1, max_size=12)


def escaped(text: str) -> str:
    """Write *text* as FHIR R4 search, section 3.1.1.4.0.1, has it."""
    return "".join(f"\\{each}" if each in "\\,|$" else each for each in text)


@given(st.lists(TEXTS, min_size=1, max_size=5), st.sampled_from(",|$"))
def test_what_is_joined_is_cut_at_the_same_places(values: list[str], mark: str) -> None:
    text = mark.join(map(escaped, values))

    assert [written.unescaped(each) for each in written.split(text, mark)] == values


@given(TEXTS, st.sampled_from(",|$"))
def test_cutting_loses_nothing(text: str, mark: str) -> None:
    assert mark.join(written.split(text, mark)) == text


@given(TEXTS)
def test_what_needs_no_escape_stands_for_itself(text: str) -> None:
    plain = text.replace("\\", "")

    assert written.unescaped(plain) == plain
    assert written.unescaped(escaped(text)) == text


@pytest.mark.fhir(77, 79)
@given(st.none() | st.just("") | CODES, CODES)
def test_a_token_is_read_as_it_was_meant(system: str | None, code: str) -> None:
    start = "" if system is None else f"{escaped(system)}|"

    found = written.token(start + escaped(code))

    assert found == Token(system, code)


@given(CODES)
def test_a_system_alone_is_read_as_one(system: str) -> None:
    assert written.token(f"{escaped(system)}|") == Token(system, None)


@given(CODES, CODES, CODES)
def test_an_identifier_of_a_type_is_read_as_it_was_meant(
    system: str, code: str, value: str
) -> None:
    found = written.of_type("|".join(map(escaped, (system, code, value))))

    assert found == Token(f"{system}|{code}", value)


@pytest.mark.fhir(83)
@given(st.sampled_from(Prefix), st.dates())
def test_a_prefix_stands_before_a_date(prefix: Prefix, day: object) -> None:
    plain = written.stretch(str(day))

    assert written.stretch(f"{prefix}{day}") == Stretch(plain.low, plain.high, prefix)
    assert plain.prefix is Prefix.EQUAL


@pytest.mark.fhir(81)
@pytest.mark.parametrize(
    ("text", "types", "expected"),
    [
        ("unit-1", ("Organization",), [Pointer("Organization", "unit-1")]),
        ("x", ("Device", "Location"), [Pointer("Device", "x"), Pointer("Location", "x")]),
        ("x", (), [Pointer(None, "x")]),
        ("Device/x", ("Organization",), [Pointer("Device", "x")]),
        ("Device/x/_history/3", ("Device",), [Pointer("Device", "x")]),
        (f"{BASE}/Device/x", ("Device",), [Pointer("Device", "x")]),
        (f"{BASE}/Device/x/_history/3", ("Device",), [Pointer("Device", "x")]),
        ("https://other.dk/Device/x", ("Device",), [Pointer("", "https://other.dk/Device/x")]),
        ("urn:x|1.0", ("CodeSystem",), [Pointer("", "urn:x", "1.0")]),
        (r"urn:x\|1.0", ("CodeSystem",), [Pointer("", "urn:x", "1.0")]),
        ("urn:x|", ("CodeSystem",), [Pointer("", "urn:x")]),
    ],
)
def test_a_reference_is_read_as_it_was_meant(
    text: str, types: tuple[str, ...], expected: list[Pointer]
) -> None:
    assert list(written.pointer(text, BASE, types)) == expected


@pytest.mark.parametrize(
    "read",
    [
        *(written.stretch, written.amount, written.of_type),
        lambda text: written.pointer(text, BASE, ("Device",)),
    ],
)
@given(text=TEXTS)
def test_any_text_is_a_value_or_a_bad_one(read: Callable[[str], object], text: str) -> None:
    issues: tuple[Issue, ...] = ()
    try:
        read(text)
    except Malformed as fault:
        issues = fault.issues

    assert {each.code for each in issues} <= {IssueCode.VALUE}


@pytest.mark.parametrize("mark", [",", "|", "$"])
def test_a_text_without_end_is_cut_soon(mark: str) -> None:
    for each in ("\\", mark, f"\\{mark}", f"{mark}\\", "a"):
        text = each * 300_000
        assert mark.join(written.split(text, mark)) == text
