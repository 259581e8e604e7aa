"""What the register takes as an address can be published."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from builders_smp import endpoint, service_metadata, signed
from eer.domain import uri
from eer.domain.errors import Malformed
from smp.xml import parse, validate


def _is_published(address: str, contact: str) -> bool:
    whole = service_metadata(replace(endpoint(uri=address), contact_url=contact))
    try:
        validate.check(parse.document(signed(whole)))
    except Malformed:
        return False
    return True


@given(st.from_regex(uri._HTTP, fullmatch=True))
def test_every_address_that_is_taken_fits_the_schema(address: str) -> None:
    try:
        taken = uri.http_url(address)
    except Malformed:
        return

    assert _is_published(taken, "")


@given(st.sampled_from(["email", "phone", "url"]), st.text(min_size=1, max_size=30))
def test_every_contact_that_makes_a_uri_fits_the_schema(system: str, value: str) -> None:
    contact = uri.contact_uri(system, value)

    assert contact is None or _is_published("https://ap.example.dk", contact)


def test_what_is_not_taken_would_not_fit() -> None:
    assert not _is_published("https://[::1", "")
    assert not _is_published("https://ap.example.dk", "http://[bad")
