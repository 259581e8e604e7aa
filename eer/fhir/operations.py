"""Which operations can be asked for, where, and with which parameters?

FHIR R4 OperationDefinition. Ours stand under our own root; `$validate` is HL7's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Use(StrEnum):
    """Which way a parameter goes (value set operation-parameter-use)."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Parameter:
    """What an operation takes or gives: *max* None is any number of them.

    *type* is a data type or a resource type of R4; what consists of *parts* has none.
    """

    name: str
    use: Use
    min: int
    max: int | None
    type: str
    documentation: str
    parts: "tuple[Parameter, ...]" = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation by name: its definition, the types it is asked of, and at which level.

    *describes* says what it is for. An only `out` parameter called `return` is the answer itself;
    any others stand in a Parameters resource.
    """

    name: str
    definition: str
    types: tuple[str, ...] = ()
    at_type: bool = False
    at_instance: bool = False
    affects_state: bool = False
    parameters: tuple[Parameter, ...] = ()
    describes: str = ""

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
            parameters=(
                Parameter("resource", Use.IN, 0, 1, "Resource", "What is to be judged."),
                Parameter("mode", Use.IN, 0, 1, "code", "create, update, delete or profile."),
                Parameter("profile", Use.IN, 0, 1, "uri", "The profile it is to keep."),
                Parameter("return", Use.OUT, 1, 1, "OperationOutcome", "What is wrong with it."),
            ),
            describes="Judge a resource as a write would, and change nothing.",
        ),
    )
}
