"""The names by which people know the messages of EHMI."""

from collections.abc import Mapping

from eer.fhir import canonicals, terminology


def by_display() -> Mapping[str, str]:
    """Return the payload type codes by their displays, such as HomeCareObservation 1.2."""
    return {
        display: code for code, display in terminology.shipped().codes(canonicals.PAYLOADS).items()
    }
