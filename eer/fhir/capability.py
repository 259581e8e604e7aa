"""What can this server do? FHIR R4 CapabilityStatement, from the tables the code runs on."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from eer.fhir.kind import Kind, TermKind
from eer.fhir.operations import Operation

_OF_TYPE = (
    *("read", "vread", "update", "patch", "delete", "history-instance", "history-type"),
    *("create", "search-type"),
)
_OF_SYSTEM = ("transaction", "batch", "search-system", "history-system")
PATCH_FORMATS = (
    "application/json-patch+json",
    "application/fhir+json",
    "application/fhir+xml",
    "application/merge-patch+json",
)
_SECURITY = (
    "Bearer tokens (RFC 6750) with SMART App Launch 2 scopes; everything but this statement and "
    "the OpenAPI description wants one. A write is allowed for resources of the token's CVR, for "
    "operators for all."
)
_MCSD = "https://profiles.ihe.net/ITI/mCSD/CapabilityStatement"
_ACTORS = ("IHE.mCSD.Directory", "IHE.mCSD.Directory.Update", "IHE.mCSD.Directory.Feed")
_SMART = {
    "coding": [
        {
            "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
            "code": "SMART-on-FHIR",
            "display": "SMART-on-FHIR",
        }
    ]
}
_TABLE = (
    ("_id", "token", "http://hl7.org/fhir/SearchParameter/Resource-id"),
    ("_lastUpdated", "date", "http://hl7.org/fhir/SearchParameter/Resource-lastUpdated"),
)


def statement(
    kinds: Mapping[str, Kind],
    codes: Collection[str],
    of_definitions: Collection[str],
    operations: Iterable[Operation],
    base_url: str,
    release: tuple[str, str],
) -> dict[str, Any]:
    """Return the statement for a server at *base_url* that answers the interactions *codes*.

    For the types that the program defines itself it answers those of *of_definitions* alone.
    *release* is the software's version and its date.
    """
    version, date = release
    every = tuple(operations)
    return {
        "resourceType": "CapabilityStatement",
        "url": f"{base_url}/metadata",
        "version": version,
        "name": "EhmiEndpointRegister",
        "status": "active",
        "date": date,
        "kind": "instance",
        "instantiates": [f"{_MCSD}/{actor}" for actor in _ACTORS],
        "software": {"name": "EHMI Endpoint Register", "version": version},
        "implementation": {"description": "EHMI Endpoint Register", "url": base_url},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "application/fhir+xml", "json", "xml"],
        "patchFormat": list(PATCH_FORMATS),
        "rest": [
            {
                "mode": "server",
                "security": {"cors": True, "service": [_SMART], "description": _SECURITY},
                "resource": [
                    _resource(kind, kinds, codes, every)
                    if kind.fixed is None
                    else _definitions(kind, of_definitions)
                    for kind in kinds.values()
                ],
                "interaction": [{"code": each} for each in _OF_SYSTEM if each in codes],
            }
        ],
    }


def _resource(
    kind: Kind, kinds: Mapping[str, Kind], codes: Collection[str], operations: Iterable[Operation]
) -> dict[str, Any]:
    known = codes
    found: dict[str, Any] = {
        "type": kind.type,
        "supportedProfile": list(kind.profiles),
        "interaction": [{"code": each} for each in _OF_TYPE if each in known],
        "versioning": "versioned-update",
        "readHistory": "vread" in known,
        "updateCreate": "update" in known,
        "conditionalCreate": "create" in known,
        "conditionalRead": "full-support",
        "conditionalUpdate": "update" in known,
        "conditionalDelete": "single" if "delete" in known else "not-supported",
        "referencePolicy": ["literal", "enforced"],
        "searchInclude": list(_includes(kind)),
        "searchRevInclude": list(_reverse_includes(kind, kinds)),
        "searchParam": list(_parameters(kind)),
        "operation": [
            {"name": each.name, "definition": each.definition}
            for each in operations
            if not each.types or kind.type in each.types
        ],
    }
    return {name: value for name, value in found.items() if value != []}


def _definitions(kind: Kind, codes: Collection[str]) -> dict[str, Any]:
    """Say of a type that is read only that it is."""
    return {
        "type": kind.type,
        "interaction": [{"code": each} for each in _OF_TYPE if each in codes],
        "versioning": "no-version",
        "readHistory": False,
        "updateCreate": False,
        "conditionalCreate": False,
        "conditionalRead": "not-match",
        "conditionalUpdate": False,
        "conditionalDelete": "not-supported",
        "searchParam": list(_parameters(kind)),
    }


def _parameters(kind: Kind) -> Iterator[dict[str, str]]:
    for name, type_name, definition in _TABLE:
        yield {"name": name, "definition": definition, "type": type_name}
    for name, term in kind.all_terms.items():
        yield {"name": name, "definition": term.definition, "type": term.kind}


def _includes(kind: Kind) -> Iterator[str]:
    for name, term in kind.terms.items():
        if term.kind is TermKind.REFERENCE:
            yield f"{kind.type}:{name}"


def _reverse_includes(kind: Kind, kinds: Mapping[str, Kind]) -> Iterator[str]:
    for other in kinds.values():
        for name, term in other.terms.items():
            if kind.type in term.targets:
                yield f"{other.type}:{name}"
