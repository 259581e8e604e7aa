"""What a published document says."""

from dataclasses import replace

import pytest

from builders_smp import endpoint, service_metadata
from eer.domain.errors import Refused
from smp.domain.identifiers import document_path
from smp.domain.metadata import Redirect, ServiceMetadata


def test_addresses_are_told_once_and_sorted() -> None:
    meta = service_metadata(
        endpoint("one", uri="https://b.example.dk"),
        endpoint("two", uri="https://a.example.dk"),
        endpoint("three", uri="https://b.example.dk"),
    )

    assert meta.addresses == ("https://a.example.dk", "https://b.example.dk")


def leading_to(base_url: str, *, document: bool = True) -> ServiceMetadata:
    meta = service_metadata()
    path = document_path(meta.participant, meta.document) if document else ""
    return replace(meta, processes=(), redirect=Redirect(base_url + path, "CN=Other"))


@pytest.mark.parametrize(
    ("base_url", "target"),
    [
        ("https://smp.example.dk", "https://smp.example.dk"),
        ("https://smp.example.dk", "HTTPS://SMP.EXAMPLE.DK"),
        ("https://smp.example.dk", "https://smp.example.dk:443"),
        ("https://smp.example.dk", "https://smp.example.dk:"),
        ("https://smp.example.dk", "https://smp.example.dk./"),
        ("https://smp.example.dk", "http://smp.example.dk"),
        ("https://smp.example.dk", "http://smp.example.dk:80"),
        ("https://smp.example.dk", "https://someone@smp.example.dk"),
        ("https://smp.example.dk", "https://smp%2Eexample.dk"),
        ("https://smp.example.dk", "https://smp.example.dk/whatever"),
        ("https://smp.example.dk:443", "https://smp.example.dk"),
        ("https://smp.example.dk:8443", "http://smp.example.dk:8443"),
        ("https://smp.example.dk/smp", "https://smp.example.dk"),
        ("https://smp.example.dk/smp", "https://smp.example.dk/"),
        ("https://smp.example.dk/smp", "https://smp.example.dk/smp"),
        ("https://smp.example.dk/smp", "https://smp.example.dk/%73mp/"),
        ("https://smp.example.dk/smp", "https://smp.example.dk/x/../smp"),
        ("https://[2001:DB8::1]/", "https://[2001:db8::1]:443"),
    ],
)
def test_a_redirect_to_where_we_answer_leads_nowhere(base_url: str, target: str) -> None:
    with pytest.raises(Refused, match="which is this SMP itself"):
        leading_to(target).check_leads_away(["https://new.example.dk", base_url])


@pytest.mark.parametrize(
    ("base_url", "target"),
    [
        ("https://smp.example.dk", "https://smp.example.dk.other.example.dk"),
        ("https://smp.example.dk", "https://smp.example.dk:8443"),
        ("https://smp.example.dk:8443", "https://smp.example.dk"),
        ("https://smp.example.dk/smp", "https://smp.example.dk/smp2"),
        ("https://smp.example.dk/smp", "https://smp.example.dk/other"),
        ("https://smp.example.dk", "https://smp.example.dk:port"),
        ("https://smp.example.dk", "https://[smp.example.dk"),
        ("https://smp.example.dk", "urn:smp.example.dk"),
    ],
)
def test_a_redirect_to_another_place_leads_away(base_url: str, target: str) -> None:
    leading_to(target).check_leads_away([base_url])


@pytest.mark.parametrize("target", ["https://smp.example.dk", "https://smp.example.dk/smp/x"])
def test_a_redirect_to_no_document_of_ours_leads_nowhere_either(target: str) -> None:
    with pytest.raises(Refused):
        leading_to(target, document=False).check_leads_away(["https://smp.example.dk/smp"])


def test_what_is_no_redirect_leads_nowhere_else() -> None:
    service_metadata().check_leads_away(["https://smp.example.dk"])
