"""Which extensions are our own, where do they stand, and what do they hold?

FHIR R4 extensibility; the definitions of each are printed from here
(eer/fhir/types/structure_definition.py). MedCom's are MedCom's to define.
"""

from dataclasses import dataclass

from eer.fhir import canonicals


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension by its URL: the elements it stands at, and the datatype of its value.

    *max* None is any number of them. *targets* are the types that a Reference leads to. One with
    *parts*, which are extensions themselves, has no value.
    """

    url: str
    contexts: tuple[str, ...]
    value: str
    max: int | None
    describes: str
    targets: tuple[str, ...] = ()
    parts: tuple["Part", ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an extension by its name: its datatype, and whether it has to be there."""

    name: str
    value: str
    min: int
    describes: str


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
    Extension(
        canonicals.SMP_REDIRECT,
        ("Endpoint",),
        "",
        1,
        "Another SMP that answers for this endpoint: senders are led there by a Redirect (OASIS "
        "SMP 1.0, section 2.3.4.1). Exactly one of certificate and certificateUid says who signs "
        "there.",
        parts=(
            Part("target", "url", 1, "The base URL of the other SMP."),
            Part("certificate", "base64Binary", 0, "The DER of the certificate that signs there."),
            Part(
                "certificateUid",
                "string",
                0,
                "The subject of that certificate, as the other SMP tells it; published verbatim.",
            ),
        ),
    ),
)
