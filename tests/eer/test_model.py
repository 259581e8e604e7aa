from builders import endpoint
from eer.domain.model import EndpointStatus


def test_an_active_edelivery_endpoint_claims_its_documents() -> None:
    assert endpoint().is_active_edelivery


def test_an_endpoint_that_is_not_active_claims_nothing() -> None:
    assert not endpoint(status=EndpointStatus.SUSPENDED).is_active_edelivery
