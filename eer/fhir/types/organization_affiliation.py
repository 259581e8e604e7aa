"""What is searched of an OrganizationAffiliation? FHIR R4, kept for mCSD's directory."""

from eer.fhir import kind, plain

TYPE = "OrganizationAffiliation"

KIND = plain.kind(
    TYPE,
    {
        "active": kind.token("OrganizationAffiliation-active", "active"),
        "date": kind.date("OrganizationAffiliation-date", "period"),
        "email": kind.contact("OrganizationAffiliation-email", "telecom", "email"),
        "endpoint": kind.reference("OrganizationAffiliation-endpoint", "endpoint", "Endpoint"),
        "identifier": kind.token("OrganizationAffiliation-identifier", "identifier"),
        "location": kind.reference("OrganizationAffiliation-location", "location", "Location"),
        "network": kind.reference("OrganizationAffiliation-network", "network", "Organization"),
        "participating-organization": kind.reference(
            "OrganizationAffiliation-participating-organization",
            "participatingOrganization",
            "Organization",
        ),
        "phone": kind.contact("OrganizationAffiliation-phone", "telecom", "phone"),
        "primary-organization": kind.reference(
            "OrganizationAffiliation-primary-organization", "organization", "Organization"
        ),
        "role": kind.token("OrganizationAffiliation-role", "code"),
        "service": kind.reference(
            "OrganizationAffiliation-service", "healthcareService", "HealthcareService"
        ),
        "specialty": kind.token("OrganizationAffiliation-specialty", "specialty"),
        "telecom": kind.token("OrganizationAffiliation-telecom", "telecom"),
    },
)
