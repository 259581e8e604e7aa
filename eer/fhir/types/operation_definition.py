"""Which operations can be asked for that are not HL7's? FHIR R4 OperationDefinition."""

from collections.abc import Iterator, Mapping

from eer.fhir import definition, kind
from eer.fhir.element import Json
from eer.fhir.kind import Kind
from eer.fhir.operations import OPERATIONS, Operation, Parameter

TYPE = "OperationDefinition"


def operation_definitions(_: Mapping[str, Kind]) -> Iterator[Json]:
    """Yield a definition for each operation that has one to be told."""
    for each in OPERATIONS.values():
        if definition.is_offered(each.definition):
            yield printed(each)


def printed(operation: Operation) -> Json:
    """Return the definition of an operation."""
    parameters = [_parameter(each) for each in operation.parameters]
    return {
        **definition.head(TYPE, operation.definition, operation.describes),
        "kind": "operation",
        "affectsState": operation.affects_state,
        "code": operation.name,
        "resource": list(operation.types) or ["Resource"],
        "system": False,
        "type": operation.at_type,
        "instance": operation.at_instance,
        **({"parameter": parameters} if parameters else {}),
    }


def _parameter(each: Parameter) -> Json:
    parts = [_parameter(part) for part in each.parts]
    return {
        "name": each.name,
        "use": each.use,
        "min": each.min,
        "max": "*" if each.max is None else str(each.max),
        "documentation": each.documentation,
        **({"part": parts} if parts else {"type": each.type}),
    }


KIND = definition.kind(
    TYPE,
    {
        "code": kind.token("OperationDefinition-code", "code"),
        "instance": kind.token("OperationDefinition-instance", "instance"),
        "kind": kind.token("OperationDefinition-kind", "kind"),
        "system": kind.token("OperationDefinition-system", "system"),
        "type": kind.token("OperationDefinition-type", "type"),
    },
    operation_definitions,
)
