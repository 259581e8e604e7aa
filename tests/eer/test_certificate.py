from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

import builders_fhir as build
from eer.domain.model import Certificate, Unreadable
from eer.fhir import certificate

DER = build.certificate(company=build.cvr(90))
VERSION = DER.index(b"\xa0\x03\x02\x01\x02")


def text(der: bytes) -> str:
    return b64encode(der).decode()


def test_a_certificate_reads_as_what_it_says() -> None:
    found = certificate.read(text(DER))

    assert isinstance(found, Certificate)
    assert found.der == DER
    assert found.cvr == build.cvr(90)
    assert "CN=ap.example.dk" in found.subject
    assert found.not_before < build.NOW < found.not_after


def test_a_certificate_may_be_of_no_company() -> None:
    found = certificate.read(text(build.certificate()))

    assert isinstance(found, Certificate)
    assert found.cvr is None


def test_blanks_in_base64_say_nothing() -> None:
    written = text(DER)
    folded = "\n".join(written[start : start + 64] for start in range(0, len(written), 64))

    assert certificate.read(f" {folded}\n") == certificate.read(written)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "not a DER certificate"),
        ("AAAA", "not a DER certificate"),
        ("not base64!", "not base64"),
        ("æøå", "not a DER certificate"),
        (text(DER)[:-8], "not a DER certificate"),
        (text(DER + b"\0"), "not a DER certificate"),
    ],
)
def test_what_is_no_certificate_is_unreadable(written: str, why: str) -> None:
    found = certificate.read(written)

    assert isinstance(found, Unreadable)
    assert found.why.startswith(why)


@pytest.mark.parametrize("number", [1, 3, 9])
def test_a_certificate_of_a_version_that_does_not_exist_is_unreadable(number: int) -> None:
    der = bytearray(DER)
    der[VERSION + 4] = number

    assert isinstance(certificate.read(text(bytes(der))), Unreadable)


def test_a_certificate_whose_name_is_a_string_of_bits_is_unreadable() -> None:
    der = bytearray(DER)
    der[der.rindex(b"\x0c\x0dap.example.dk")] = 0x03

    assert isinstance(certificate.read(text(bytes(der))), Unreadable)


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
@given(st.integers(0, len(DER) - 1), st.integers(0, 255))
def test_a_certificate_with_a_wrong_byte_is_read_or_unreadable(place: int, byte: int) -> None:
    der = bytearray(DER)
    der[place] = byte

    assert isinstance(certificate.read(text(bytes(der))), Certificate | Unreadable)
