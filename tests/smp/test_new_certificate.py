"""Which certificate may be announced to an SML, and for which day."""

from datetime import UTC, date, datetime

import pytest

from builders_smp import AUTHORITY, SIGNING_CERTIFICATE, SIGNING_KEY
from eer.domain.errors import Malformed, Refused
from eer.domain.model import Certificate
from smp.domain import new_certificate
from smp.pki import certificate

PEM = SIGNING_CERTIFICATE.read_text()
NEW = Certificate(b"", "CN=new", datetime(2026, 8, 1, tzinfo=UTC), datetime(2028, 8, 1, tzinfo=UTC))
TODAY = date(2026, 8, 3)


@pytest.mark.smp(120)
@pytest.mark.parametrize("text", [PEM, f"subject=CN=x\n{PEM}\n", PEM.replace("\n", "\r\n")])
def test_the_whole_certificate_is_sent_with_its_lines(text: str) -> None:
    found = new_certificate.pem(text)

    assert found == PEM
    assert found.startswith("-----BEGIN CERTIFICATE-----\n")
    assert found.endswith("\n-----END CERTIFICATE-----\n")
    assert certificate.read(new_certificate.der(found)).subject.startswith("CN=")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "0 certificates found"),
        (PEM + AUTHORITY.read_text(), "2 certificates found"),
        (PEM + SIGNING_KEY.read_text(), "1 certificates and a private key found"),
        (PEM.replace("-----END CERTIFICATE-----", ""), "0 certificates found"),
    ],
)
def test_anything_but_one_certificate_is_refused(text: str, said: str) -> None:
    with pytest.raises(Malformed, match=said):
        new_certificate.pem(text)


def test_what_is_no_base64_is_refused() -> None:
    half = "-----BEGIN CERTIFICATE-----\nMIIBA\n-----END CERTIFICATE-----"

    with pytest.raises(Malformed, match="expected base64"):
        new_certificate.der(new_certificate.pem(half))


@pytest.mark.smp(120)
@pytest.mark.parametrize("on", [TODAY, date(2028, 8, 1)])
def test_today_and_the_last_day_will_do(on: date) -> None:
    new_certificate.check(NEW, on, TODAY)


@pytest.mark.smp(120)
def test_a_day_that_is_over_is_refused() -> None:
    with pytest.raises(Refused, match="2026-08-02 is over: expected 2026-08-03"):
        new_certificate.check(NEW, date(2026, 8, 2), TODAY)


@pytest.mark.parametrize("on", [date(2026, 7, 31), date(2028, 8, 2)])
def test_a_day_on_which_it_is_not_valid_is_refused(on: date) -> None:
    with pytest.raises(Refused, match="CN=new is valid from 2026-08-01 to 2028-08-01"):
        new_certificate.check(NEW, on, date(2026, 7, 1))
