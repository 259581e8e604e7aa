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
)
