"""What can this server do? FHIR R4 CapabilityStatement, from the tables the code runs on."""

from collections.abc import Mapping
from typing import Any

from eer.fhir.kind import Kind

_INTERACTIONS = ("read", "vread", "create", "update", "delete", "search-type")
_SECURITY = (
    "Bearer tokens (RFC 6750) with SMART App Launch 2 scopes; everything but this statement wants "
    "one. A write is allowed for resources of the token's CVR, for operators for all."
)


def statement(kinds: Mapping[str, Kind], base_url: str, version: str, date: str) -> dict[str, Any]:
    """Return the statement for a server at *base_url*, of software *version* released on *date*."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": date,
        "kind": "instance",
        "software": {"name": "EHMI Endpoint Register", "version": version},
        "implementation": {"description": "EHMI Endpoint Register", "url": base_url},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "application/fhir+xml"],
        "rest": [
            {
                "mode": "server",
                "security": {"description": _SECURITY},
                "resource": [_resource(kind) for kind in kinds.values()],
            }
        ],
    }


def _resource(kind: Kind) -> dict[str, Any]:
    search = [
        {
            "name": "_id",
            "definition": "http://hl7.org/fhir/SearchParameter/Resource-id",
            "type": "token",
        },
        *(
            {"name": name, "definition": term.definition, "type": term.kind}
            for name, term in kind.terms.items()
        ),
    ]
    supported = {"supportedProfile": list(kind.profiles)} if kind.profiles else {}
    return {
        "type": kind.type,
        **supported,
        "interaction": [{"code": code} for code in _INTERACTIONS],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": True,
        "referencePolicy": ["literal", "local", "enforced"],
        "searchParam": search,
    }
