"""What is searched of a Location? FHIR R4, kept for mCSD's directory; EER has no rules for it."""

from eer.fhir import kind, plain

TYPE = "Location"

KIND = plain.kind(
    TYPE,
    {
        **kind.address(TYPE),
        "endpoint": kind.reference("Location-endpoint", "endpoint", "Endpoint"),
        "identifier": kind.token("Location-identifier", "identifier"),
        "name": kind.string("Location-name", "name", "alias"),
        "operational-status": kind.token("Location-operational-status", "operationalStatus"),
        "organization": kind.reference(
            "Location-organization", "managingOrganization", "Organization"
        ),
        "partof": kind.reference("Location-partof", "partOf", TYPE),
        "status": kind.token("Location-status", "status"),
        "type": kind.token("Location-type", "type"),
    },
)
