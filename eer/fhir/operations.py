"""Which operations can be asked for, where, and with which parameters?

FHIR R4 OperationDefinition. Ours stand under our own root; `$validate` is HL7's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from eer.fhir import canonicals

RECEIVERS, ADDRESSABILITY = "getEerReceiverDataBySORId", "addressability"
PUBLICATION = "publication"


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


def _takes(name: str, least: int, most: int | None, type_name: str, says: str) -> Parameter:
    return Parameter(name, Use.IN, least, most, type_name, says)


def _gives(name: str, least: int, most: int | None, type_name: str, says: str) -> Parameter:
    return Parameter(name, Use.OUT, least, most, type_name, says)


def _group(name: str, says: str, *parts: Parameter) -> Parameter:
    """Any number of what consists of *parts*."""
    return Parameter(name, Use.OUT, 0, None, "", says, parts)


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
        Operation(
            RECEIVERS,
            canonicals.operation(RECEIVERS),
            types=("Organization",),
            at_type=True,
            parameters=(
                _takes("sorId", 1, None, "string", "A unit by its SOR id."),
                _takes(
                    "messageType", 0, None, "string", "A code or system|code; any of several does."
                ),
                _takes(
                    "activeOnly",
                    0,
                    1,
                    "boolean",
                    "Whether closed units, and endpoints that are not active or outside their "
                    "period, are left out; true unless it says false.",
                ),
                _gives(
                    "return",
                    1,
                    1,
                    "Bundle",
                    "A searchset: the units are matches, the endpoints that receive for them are "
                    "included, and an outcome says why a unit has none.",
                ),
            ),
            describes="Tell which endpoints receive for units of SOR.",
        ),
        Operation(
            ADDRESSABILITY,
            canonicals.operation(ADDRESSABILITY),
            types=("Organization",),
            at_type=True,
            parameters=(
                _takes("sorId", 0, 1, "string", "The unit by its SOR id,"),
                _takes("gln", 0, 1, "string", "or its endpoint by the GLN,"),
                _takes("identifier", 0, 1, "string", "or either as system|value."),
                _takes("messageType", 1, 1, "string", "A payload code, or system|code."),
                _gives("addressable", 1, 1, "boolean", "Whether it can be sent now."),
                _gives("reason", 1, 1, "Coding", "Why, or why not."),
                _gives("text", 1, 1, "string", "The same in a sentence."),
                _gives("organization", 0, 1, "Reference", "The unit."),
                _gives("payload", 0, 1, "Coding", "The message type as it is registered."),
                _gives("published", 0, 1, "boolean", "Whether the best endpoint is published."),
                _gives("publishedAt", 0, 1, "instant", "When the publisher reported that it is."),
                _gives("where", 0, 1, "uri", "At which SMP."),
                _gives("validUntil", 0, 1, "instant", "When time alone may change the answer."),
                _group(
                    "endpoint",
                    "Each endpoint of the unit, the best one first.",
                    _gives("reference", 1, 1, "Reference", "The endpoint."),
                    _gives("gln", 1, 1, "Identifier", "Its GLN."),
                    _gives("reason", 1, 1, "Coding", "What it comes to."),
                    _gives("obstacle", 0, None, "Coding", "What is against publishing it."),
                    _gives("redirect", 0, 1, "uri", "The other SMP that a sender is led to."),
                ),
                _group(
                    "deprecated",
                    "That the message type is on its way out.",
                    _gives("since", 0, 1, "instant", "Since when, or from when on."),
                    _gives("replacedBy", 0, None, "Coding", "What to send instead."),
                ),
            ),
            describes="Tell whether a unit can be sent a message, and why or why not.",
        ),
        Operation(
            PUBLICATION,
            canonicals.operation(PUBLICATION),
            types=("Endpoint",),
            at_instance=True,
            parameters=(
                _takes("version", 0, 1, "integer", "Which version; the newest when left out."),
                _gives("version", 1, 1, "integer", "The version it is about."),
                _gives("sequence", 1, 1, "integer", "The version's place in the register."),
                _gives("reached", 1, 1, "boolean", "Whether publication has come as far."),
                _group(
                    "participant",
                    "Each participant that the version touched.",
                    _gives("identifier", 1, 1, "string", "The participant as scheme::value."),
                    _gives("reached", 1, 1, "boolean", "Whether publication has come as far."),
                    _group(
                        "receipt",
                        "What the publisher reported, oldest first.",
                        _gives("sequence", 1, 1, "integer", "How far it had read the register."),
                        _gives("step", 1, 1, "code", "What was done."),
                        _gives("time", 1, 1, "instant", "When."),
                        _gives("where", 1, 1, "uri", "The SMP, or the zone."),
                    ),
                ),
            ),
            describes="Tell how far publication has come with a version of an endpoint.",
        ),
    )
}
