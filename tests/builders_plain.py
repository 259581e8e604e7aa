"""Plain R4 resources for tests: those mCSD has beside the register's own, and terminology."""

from typing import Any

from builders_fhir import Json, concept

PLACES = "https://places.example.dk"
ROLES = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
BED_STATUS = "http://terminology.hl7.org/CodeSystem/v2-0116"
SERVICES = "http://terminology.hl7.org/CodeSystem/service-type"
CATEGORIES = "http://terminology.hl7.org/CodeSystem/service-category"
SPECIALTIES = "http://snomed.info/sct"
PROGRAMS = "http://terminology.hl7.org/CodeSystem/program"
AFFILIATIONS = "http://terminology.hl7.org/CodeSystem/organization-role"
COLOURS = "https://codes.example.dk/CodeSystem/colours"
WARM = "https://codes.example.dk/ValueSet/warm"


def location(number: int = 1, **changes: Any) -> Json:
    """Return a place of the unit of the same number."""
    return _changed(
        {
            "resourceType": "Location",
            "id": f"location-{number}",
            "identifier": [{"system": PLACES, "value": f"sted-{number}"}],
            "status": "active",
            "operationalStatus": {"system": BED_STATUS, "code": "O"},
            "name": f"Havnehuset {number}",
            "alias": [f"Det gamle pakhus {number}"],
            "type": [concept(ROLES, "COMM")],
            "address": {
                "use": "work",
                "line": [f"Søndre Strandvej {number}"],
                "city": "Ærøskøbing",
                "district": "Ærø",
                "state": "Syddanmark",
                "postalCode": "5970",
                "country": "DK",
            },
            "managingOrganization": {"reference": f"Organization/unit-{number}"},
        },
        changes,
    )


def healthcare_service(number: int = 1, **changes: Any) -> Json:
    """Return a service that the unit of the same number gives at its place."""
    return _changed(
        {
            "resourceType": "HealthcareService",
            "id": f"service-{number}",
            "identifier": [{"system": PLACES, "value": f"ydelse-{number}"}],
            "active": True,
            "providedBy": {"reference": f"Organization/unit-{number}"},
            "category": [concept(CATEGORIES, "17")],
            "type": [concept(SERVICES, "57")],
            "specialty": [concept(SPECIALTIES, "394814009")],
            "location": [{"reference": f"Location/location-{number}"}],
            "name": f"Sårpleje {number}",
            "coverageArea": [{"reference": f"Location/location-{number}"}],
            "program": [concept(PROGRAMS, "1")],
            "characteristic": [concept(SPECIALTIES, "228158008")],
            "endpoint": [{"reference": f"Endpoint/endpoint-{number}"}],
        },
        changes,
    )


def affiliation(number: int = 1, **changes: Any) -> Json:
    """Return that unit 2 takes part in what the unit of *number* does."""
    return _changed(
        {
            "resourceType": "OrganizationAffiliation",
            "id": f"affiliation-{number}",
            "identifier": [{"system": PLACES, "value": f"aftale-{number}"}],
            "active": True,
            "period": {"start": "2026-02-01", "end": "2026-03-31"},
            "organization": {"reference": f"Organization/unit-{number}"},
            "participatingOrganization": {"reference": "Organization/unit-2"},
            "network": [{"reference": "Organization/unit-2"}],
            "code": [concept(AFFILIATIONS, "member")],
            "specialty": [concept(SPECIALTIES, "394814009")],
            "location": [{"reference": f"Location/location-{number}"}],
            "healthcareService": [{"reference": f"HealthcareService/service-{number}"}],
            "telecom": [
                {"system": "email", "value": "aftaler@example.dk"},
                {"system": "phone", "value": "+4512345678"},
            ],
            "endpoint": [{"reference": f"Endpoint/endpoint-{number}"}],
        },
        changes,
    )


def device_definition(number: int = 1, **changes: Any) -> Json:
    """Return a kind of device."""
    return _changed(
        {
            "resourceType": "DeviceDefinition",
            "id": f"definition-{number}",
            "identifier": [{"system": PLACES, "value": f"model-{number}"}],
            "manufacturerString": "Systemhuset",
            "type": concept(SPECIALTIES, "706689003"),
        },
        changes,
    )


def code_system(**changes: Any) -> Json:
    """Return a code system of three colours."""
    return _changed(
        {
            "resourceType": "CodeSystem",
            "id": "colours",
            "url": COLOURS,
            "identifier": [{"system": PLACES, "value": "farver"}],
            "version": "1.0",
            "name": "Colours",
            "title": "Farver på døre",
            "status": "active",
            "date": "2026-01-15",
            "publisher": "Malermesteren",
            "description": "Dørenes farver",
            "jurisdiction": [concept("urn:iso:std:iso:3166", "DK")],
            "content": "complete",
            "concept": [
                {
                    "code": "red",
                    "display": "Rød",
                    "designation": [{"language": "de", "value": "Rot"}],
                },
                {"code": "yellow", "display": "Gul"},
                {"code": "blue", "display": "Blå"},
            ],
        },
        changes,
    )


def value_set(*codes: str, **changes: Any) -> Json:
    """Return a value set of *codes* of the colours; all of them without one."""
    include: Json = {"system": COLOURS}
    if codes:
        include["concept"] = [{"code": each} for each in codes]
    return _changed(
        {
            "resourceType": "ValueSet",
            "id": "warm",
            "url": WARM,
            "identifier": [{"system": PLACES, "value": "varme"}],
            "version": "1.0",
            "name": "WarmColours",
            "title": "Varme farver",
            "status": "active",
            "date": "2026-01-15",
            "publisher": "Malermesteren",
            "description": "De varme af dørenes farver",
            "jurisdiction": [concept("urn:iso:std:iso:3166", "DK")],
            "compose": {"include": [include]},
        },
        changes,
    )


def _changed(json: Json, changes: Json) -> Json:
    found = json | changes
    return {name: value for name, value in found.items() if value is not None}
