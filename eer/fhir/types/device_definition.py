"""What is searched of a DeviceDefinition? FHIR R4; EER has no rules for it yet."""

from eer.fhir import kind, plain

TYPE = "DeviceDefinition"

KIND = plain.kind(
    TYPE,
    {
        "identifier": kind.token("DeviceDefinition-identifier", "identifier"),
        "parent": kind.reference("DeviceDefinition-parent", "parentDevice", TYPE),
        "type": kind.token("DeviceDefinition-type", "type"),
    },
)
