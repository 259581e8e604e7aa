"""Which extensions are our own, where do they stand, and what do they hold?

FHIR R4 extensibility; the definitions of each are printed from here
(eer/fhir/types/structure_definition.py). MedCom's are MedCom's to define.
"""

from dataclasses import dataclass

from eer.fhir import canonicals


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension by its URL: the elements it stands at, and the datatype of its value.

    *max* None is any number of them. *targets* are the types that a Reference leads to.
    """

    url: str
    contexts: tuple[str, ...]
    value: str
    max: int | None
    describes: str
    targets: tuple[str, ...] = ()


EXTENSIONS = (
    Extension(
        canonicals.TRANSPORT_PROFILE,
        ("Device",),
        "string",
        None,
        "A transport profile under which this access point is published, in place of those that "
        "the publisher is configured with.",
    ),
    Extension(
        canonicals.CERTIFIED_FOR,
        ("Device",),
        "Reference",
        None,
        "A message that this device is certified for. What an endpoint offers is held against the "
        "messages of the devices that receive for it; a device without any says nothing.",
        ("MessageDefinition",),
    ),
    Extension(
        canonicals.EU_CONFORMANCE,
        ("Device",),
        "date",
        1,
        "The day on which this access point passed the EU's conformance test of eDelivery AS4. A "
        "test counts for three years.",
    ),
)
