"""A valid resource of any type, for tests that go over all of them; and a register of each."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import builders_fhir as build
from builders_fhir import Json
from builders_web import Api
from eer.fhir import canonicals
from exchanges import done

_CANONICAL: Mapping[str, Json] = {
    "CodeSystem": {"content": "complete", "concept": [{"code": "a"}]},
    "ValueSet": {},
    "SearchParameter": {
        "description": "x",
        "code": "x",
        "base": ["Device"],
        "type": "token",
        "expression": "Device.id",
    },
    "OperationDefinition": {
        "kind": "operation",
        "code": "x",
        "system": False,
        "type": True,
        "instance": False,
    },
    "StructureDefinition": {
        "kind": "complex-type",
        "abstract": False,
        "type": "Extension",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Extension",
        "derivation": "constraint",
    },
}
_PLAIN: Mapping[str, Callable[[int], Json]] = {
    "DeviceDefinition": lambda number: {"modelNumber": f"{number}"},
    "Location": lambda number: {"status": "active", "name": f"Sted {number}"},
    "HealthcareService": lambda number: {"active": True, "name": f"Ydelse {number}"},
    "OrganizationAffiliation": lambda _: {"active": True},
}

_EER = ("Organization", "Endpoint", "Device", "MessageDefinition")
TYPES = (*_EER, *_PLAIN, *_CANONICAL)


def example(type_name: str, number: int) -> Json:
    """Return the *number*th resource of a type; it points at the first unit or at nothing."""
    built: Mapping[str, Callable[[int], Json]] = {
        "Organization": build.organization,
        "Endpoint": _endpoint,
        "Device": build.device,
        "MessageDefinition": _message_definition,
    }
    if type_name in built:
        return built[type_name](number)
    name = f"{type_name.lower()}-{number}"
    if type_name in _CANONICAL:
        url = f"https://messages.example.dk/{type_name}/{number}"
        told = {"url": url, "name": f"X{number}", "status": "active"}
        return {"resourceType": type_name, "id": name, **told, **_CANONICAL[type_name]}
    identifier = [{"system": "https://messages.example.dk", "value": name}]
    some = _PLAIN[type_name](number) if type_name in _PLAIN else {}
    return {"resourceType": type_name, "id": name, "identifier": identifier, **some}


def linked() -> list[Json]:
    """Return resources of all types that lead to each other, none before what it points at."""
    unit = {"reference": "Organization/unit-1"}
    endpoint = {"reference": "Endpoint/endpoint-1"}
    place = {"reference": "Location/location-1"}
    service = {"reference": "HealthcareService/service-1"}
    above = build.organization(2)
    return [
        above,
        build.organization(1, partOf=build.reference(above)),
        build.owner(),
        build.access_point(),
        build.endpoint(1, extension=[build.linked(canonicals.AP_SYSTEM, "Device/ap-1")]),
        build.organization(1, partOf=build.reference(above), endpoint=[endpoint]),
        build.device(1, owner=unit),
        _of("Location", managingOrganization=unit, endpoint=[endpoint]),
        _of("HealthcareService", id="service-1", providedBy=unit, location=[place]),
        _of(
            "OrganizationAffiliation",
            organization=unit,
            participatingOrganization=build.reference(above),
            location=[place],
            healthcareService=[service],
            endpoint=[endpoint],
        ),
        _of("DeviceDefinition", manufacturerReference=unit),
        build.message_definition(),
    ]


def stated(fhir: Api) -> list[Json]:
    """Return what the CapabilityStatement says of each type."""
    found: list[Json] = done(fhir.get("metadata"))["rest"][0]["resource"]
    return found


def can(statement: Json, code: str) -> bool:
    """Return whether an interaction is claimed of a type."""
    return code in [each["code"] for each in statement["interaction"]]


def fill(fhir: Api, resources: Iterable[Json]) -> Api:
    """Put those of *resources* into the register that it says it takes."""
    kept = {each["type"] for each in stated(fhir) if can(each, "update")}
    for each in resources:
        if each["resourceType"] in kept:
            response = fhir.put(each)
            assert response.status_code in (200, 201), response.get_data(as_text=True)
    return fhir


def filled_with_each(fhir: Api) -> Api:
    """Put the first and the third example of each type into the register, units before all else."""
    types = [each["type"] for each in stated(fhir)]
    return fill(fhir, [example(each, n) for each in ("Organization", *types) for n in (1, 3)])


def _of(type_name: str, **changes: Any) -> Json:
    return example(type_name, 1) | changes


def _message_definition(number: int) -> Json:
    kind = build.message_definition()["identifier"][0]
    return build.message_definition(
        id=f"definition-{number}",
        url=f"https://messages.example.dk/MessageDefinition/{number}",
        identifier=[{**kind, "value": [build.HCO_1_1, build.HCO_1_2, build.ACK_2_0][number % 3]}],
        version=f"{number}.0",
    )


def _endpoint(number: int) -> Json:
    return build.endpoint(number, managingOrganization={"reference": "Organization/unit-1"})
