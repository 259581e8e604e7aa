"""What is searched of a HealthcareService? FHIR R4, kept for mCSD's directory; no rules of EER."""

from eer.fhir import kind, plain

TYPE = "HealthcareService"

KIND = plain.kind(
    TYPE,
    {
        "active": kind.token("HealthcareService-active", "active"),
        "characteristic": kind.token("HealthcareService-characteristic", "characteristic"),
        "coverage-area": kind.reference(
            "HealthcareService-coverage-area", "coverageArea", "Location"
        ),
        "endpoint": kind.reference("HealthcareService-endpoint", "endpoint", "Endpoint"),
        "identifier": kind.token("HealthcareService-identifier", "identifier"),
        "location": kind.reference("HealthcareService-location", "location", "Location"),
        "name": kind.string("HealthcareService-name", "name"),
        "organization": kind.reference(
            "HealthcareService-organization", "providedBy", "Organization"
        ),
        "program": kind.token("HealthcareService-program", "program"),
        "service-category": kind.token("HealthcareService-service-category", "category"),
        "service-type": kind.token("HealthcareService-service-type", "type"),
        "specialty": kind.token("HealthcareService-specialty", "specialty"),
    },
)
