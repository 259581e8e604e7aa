"""Which operations can be asked for, where, and with which parameters?

FHIR R4 OperationDefinition. Ours stand under our own root; `$validate` is HL7's.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation by name: its definition, the types it is asked of, and at which level."""

    name: str
    definition: str
    types: tuple[str, ...] = ()
    at_type: bool = False
    at_instance: bool = False
    affects_state: bool = False

    def is_asked_of(self, type_name: str, *, is_instance: bool) -> bool:
        """Whether it can be asked of a type, or of an instance of it; no types are all."""
        at_level = self.at_instance if is_instance else self.at_type
        return at_level and (not self.types or type_name in self.types)


OPERATIONS: Mapping[str, Operation] = {
    each.name: each
    for each in (
        Operation(
            "validate",
            "http://hl7.org/fhir/OperationDefinition/Resource-validate",
            at_type=True,
            at_instance=True,
        ),
    )
}
