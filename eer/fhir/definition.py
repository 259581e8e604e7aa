"""What have the definitions in common that the program offers of itself?

FHIR R4 conformance resources: they are read and found, and nobody writes them.
"""

import re
from collections.abc import Mapping

from eer.fhir import kind as kinds
from eer.fhir import plain
from eer.fhir.element import Json
from eer.fhir.kind import Fixed, Kind, Term
from eer.fhir.release import RELEASED

_HL7 = "http://hl7.org/"
_TERMS = {
    "description": kinds.string("conformance-description", "description"),
    "name": kinds.string("conformance-name", "name"),
    "status": kinds.token("conformance-status", "status"),
    "url": kinds.uri("conformance-url", "url"),
}


def kind(type_name: str, terms: Mapping[str, Term], fixed: Fixed) -> Kind:
    """Return the kind of a type of which there is what *fixed* makes of the kinds kept here.

    *terms* are its search parameters beside those that all of them have.
    """
    return Kind(
        type=type_name,
        profiles=(),
        terms=dict(sorted({**_TERMS, **terms}.items())),
        issues=plain.no_issues,
        reading=plain.reading,
        identity=plain.identity,
        fixed=fixed,
    )


def is_offered(url: str) -> bool:
    """Whether a definition is told here: HL7 tells its own."""
    return not url.startswith(_HL7)


def head(type_name: str, url: str, describes: str) -> Json:
    """Return the elements that every definition begins with; its id is the end of its URL."""
    own = url.rpartition("/")[2]
    words = re.split(r"[-.]", own.removeprefix(f"{type_name}-"))
    return {
        "resourceType": type_name,
        "id": own,
        "meta": {"lastUpdated": f"{RELEASED}T00:00:00Z"},
        "url": url,
        "name": "".join(f"{word[:1].upper()}{word[1:]}" for word in words),
        "status": "active",
        "description": describes,
    }
