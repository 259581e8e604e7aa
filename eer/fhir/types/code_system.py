"""What is searched of a CodeSystem? FHIR R4; an active one takes the place of what is shipped."""

from eer.fhir import kind, plain

TYPE = "CodeSystem"

KIND = plain.canonical(
    TYPE,
    {
        **kind.canonical(),
        "code": kind.token("CodeSystem-code", "concept.code"),
        "content-mode": kind.token("CodeSystem-content-mode", "content"),
        "identifier": kind.token("conformance-identifier", "identifier"),
        "language": kind.token("CodeSystem-language", "concept.designation.language"),
        "supplements": kind.reference("CodeSystem-supplements", "supplements", TYPE),
        "system": kind.uri("CodeSystem-system", "url"),
    },
)
