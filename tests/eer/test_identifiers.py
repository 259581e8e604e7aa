from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

import builders_fhir as build
from eer.domain.errors import Malformed
from eer.domain.identifiers import (
    Cvr,
    Gln,
    Reference,
    SorId,
    gln_check_digit,
    is_resource_id,
)

DIGITS = st.text("0123456789", min_size=12, max_size=12)


@given(DIGITS)
def test_a_gln_with_its_check_digit_reads_as_it_is_written(twelve: str) -> None:
    text = twelve + gln_check_digit(twelve)

    assert str(Gln.parse(text)) == text


@given(DIGITS, st.integers(1, 9))
def test_a_gln_with_another_check_digit_is_refused(twelve: str, away: int) -> None:
    wrong = (int(gln_check_digit(twelve)) + away) % 10

    with pytest.raises(Malformed, match="check digit"):
        Gln.parse(f"{twelve}{wrong}")


def test_a_gln_may_end_in_0() -> None:
    ending_in_0 = next(build.gln(n) for n in range(100) if build.gln(n).endswith("0"))

    assert Gln.parse(ending_in_0).text == ending_in_0


@pytest.mark.parametrize(
    "text",
    ["", "579000900001", "57900090000133", "579000900001x", " 5790009000013", "5790009000013\n"],
)
def test_a_gln_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="13 digits"):
        Gln.parse(text)


def test_digits_of_other_scripts_are_no_digits() -> None:
    for parse in (Gln.parse, SorId.parse, Cvr.parse):
        with pytest.raises(Malformed):
            parse("٥٧٩٠٠٠٩٠٠٠٠١٣"[: 8 if parse == Cvr.parse else 13])


@given(st.text("0123456789", min_size=11, max_size=18))
def test_a_sor_id_reads_as_it_is_written(text: str) -> None:
    assert str(SorId.parse(text)) == text


@pytest.mark.parametrize("text", ["", "5000011000", "50000110000160x", "50000110000\n"])
def test_a_sor_id_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="11 digits or more"):
        SorId.parse(text)


@given(st.text("0123456789", min_size=10, max_size=17))
def test_one_digit_alone_makes_the_verhoeff_check_right(stem: str) -> None:
    right = [digit for digit in "0123456789" if SorId.parse(stem + digit).has_check_digit]

    assert len(right) == 1


def test_a_placeholder_has_no_verhoeff_check_digit() -> None:
    assert SorId.parse(build.sor()).has_check_digit
    assert not SorId.parse("99999999999").has_check_digit


@given(st.text("0123456789", min_size=8, max_size=8))
def test_a_cvr_reads_as_it_is_written_or_fails_modulus_11(text: str) -> None:
    weights = (2, 7, 6, 5, 4, 3, 2, 1)
    if sum(int(d) * w for d, w in zip(text, weights, strict=True)) % 11:
        with pytest.raises(Malformed, match="modulus 11"):
            Cvr.parse(text)
    else:
        assert str(Cvr.parse(text)) == text


@pytest.mark.parametrize("text", ["", "1234567", "123456789", "1234567x", "DK99000000"])
def test_a_cvr_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="8 digits"):
        Cvr.parse(text)


@given(st.text(max_size=20), st.sampled_from([Gln.parse, SorId.parse, Cvr.parse, Reference.parse]))
def test_any_text_is_an_identifier_or_malformed(text: str, parse: Callable[[str], object]) -> None:
    try:
        found = parse(text)
    except Malformed:
        return
    assert str(found) == text.partition("/_history/")[0]


@given(
    st.from_regex(r"[A-Z][a-z]{1,20}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9.\-]{1,64}", fullmatch=True),
)
def test_a_reference_reads_as_it_is_printed(type_name: str, identifier: str) -> None:
    reference = Reference(type_name, identifier)

    assert Reference.parse(str(reference)) == reference


def test_a_reference_to_a_version_is_one_to_the_resource() -> None:
    assert Reference.parse("Device/ap/_history/3") == Reference("Device", "ap")


@pytest.mark.parametrize(
    "text",
    [
        "https://other.example.dk/fhir/Organization/1",
        "urn:uuid:0b5f0e2a-8a2b-4f6e-8a1e-2f6f1d2b3c4d",
        "#contained",
        "Organization",
        "Organization/",
        "/1",
        "Organization/1/2",
        "Organization/æ",
        f"Organization/{'x' * 65}",
    ],
)
def test_what_leads_out_of_the_register_is_no_reference(text: str) -> None:
    with pytest.raises(Malformed, match="Type/id"):
        Reference.parse(text)


def test_an_id_has_1_to_64_letters_digits_hyphens_and_dots() -> None:
    assert is_resource_id("a-B.9" + "x" * 59)
    assert not is_resource_id("x" * 65)
    assert not is_resource_id("")
    assert not is_resource_id("a_b")
