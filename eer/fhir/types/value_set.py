"""What is searched of a ValueSet? FHIR R4; searches by `:in` look into those that are active."""

from eer.fhir import kind, plain

TYPE = "ValueSet"

KIND = plain.canonical(
    TYPE,
    {
        **kind.canonical(),
        "code": kind.token(
            "ValueSet-code", "expansion.contains.code", "compose.include.concept.code"
        ),
        "expansion": kind.uri("ValueSet-expansion", "expansion.identifier"),
        "identifier": kind.token("conformance-identifier", "identifier"),
        "reference": kind.uri("ValueSet-reference", "compose.include.system"),
    },
)
