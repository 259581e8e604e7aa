"""How is the answer of an operation told? FHIR R4 Parameters."""

from collections.abc import Iterable
from typing import Any

from eer.fhir.element import Json

_VALUE = {
    "boolean": "valueBoolean",
    "code": "valueCode",
    "Coding": "valueCoding",
    "Identifier": "valueIdentifier",
    "instant": "valueInstant",
    "integer": "valueInteger",
    "Reference": "valueReference",
    "string": "valueString",
    "uri": "valueUri",
}


def one(name: str, kind: str, value: Any) -> Json:
    """Return a parameter with a value of the data type *kind*."""
    return {"name": name, _VALUE[kind]: value}


def group(name: str, parts: Iterable[Json]) -> Json:
    """Return a parameter that consists of *parts*."""
    return {"name": name, "part": list(parts)}


def printed(parameters: Iterable[Json]) -> dict[str, Any]:
    """Return the resource."""
    return {"resourceType": "Parameters", "parameter": list(parameters)}
