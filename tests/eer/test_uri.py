"""Which addresses can be published."""

import pytest

from eer.domain import uri
from eer.domain.errors import Malformed


@pytest.mark.parametrize(
    "text",
    [
        "https://ap.example.dk/as4",
        "http://ap.example.dk",
        "https://ap.example.dk:8443/a%20b/c?d=e?f",
        "https://192.0.2.1/as4",
        "https://[2001:db8::1]:8443/as4",
    ],
)
def test_an_address_that_everyone_understands_is_taken(text: str) -> None:
    assert text == uri.http_url(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "ap.example.dk", "ftp://ap.example.dk", "https://", "https:///as4"),
        *("https://[::1", "https://[1.2]/", "https://ap.example.dk:abc/"),
        *("https://ap.example.dk:99999", "https://ap.example.dk:0/", "https://ap.example.dk/%zz"),
        *("https://ap.example.dk/a b", "http://x<y", "https://ap.example.dk/#part", "https://-/"),
        *("https://ap.example.dk/æ", "https://a:b@example.dk/", "https://ap.example.dk\n"),
    ],
)
def test_an_address_that_somebody_might_not_understand_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        uri.http_url(text)


@pytest.mark.parametrize(
    ("system", "value", "expected"),
    [
        ("email", "drift@example.dk", "mailto:drift@example.dk"),
        ("email", "%zz@x", "mailto:%25zz@x"),
        ("phone", "+45 12 34 56 78", "tel:+4512345678"),
        ("phone", "+45 12 34 56 78 ##", "tel:+4512345678"),
        ("url", "https://drift.example.dk/", "https://drift.example.dk/"),
    ],
)
def test_a_contact_becomes_a_uri(system: str, value: str, expected: str) -> None:
    assert expected == uri.contact_uri(system, value)


@pytest.mark.parametrize(
    ("system", "value"),
    [
        *(("email", "nobody"), ("phone", "##"), ("phone", "45+12"), ("url", "http://[bad")),
        ("fax", "+4512345678"),
    ],
)
def test_a_contact_that_makes_no_uri_is_left_out(system: str, value: str) -> None:
    assert uri.contact_uri(system, value) is None
