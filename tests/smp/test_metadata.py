"""What a published document says."""

from builders_smp import endpoint, service_metadata


def test_addresses_are_told_once_and_sorted() -> None:
    meta = service_metadata(
        endpoint("one", uri="https://b.example.dk"),
        endpoint("two", uri="https://a.example.dk"),
        endpoint("three", uri="https://b.example.dk"),
    )

    assert meta.addresses == ("https://a.example.dk", "https://b.example.dk")
