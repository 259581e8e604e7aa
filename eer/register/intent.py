"""What does somebody want done to the register, before it is known to which resources?

FHIR R4 http, sections 3.1.0.4 to 3.1.0.8: each write names its resource by id, or by criteria
that are a search.
"""

from collections.abc import Callable
from dataclasses import dataclass

from eer.domain.access import Interaction
from eer.fhir.element import Json

Criteria = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """What the resource has to be like for the write to happen: a version, or there, or not."""

    version: int | None = None
    exists: bool | None = None


ANYTHING = Expected()


@dataclass(frozen=True, slots=True)
class Create:
    """A new resource under an id of ours, unless one meets *criteria* already."""

    type: str
    json: Json
    criteria: Criteria | None = None
    full_url: str | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Update:
    """A resource to become *json*: the one of *id*, or the one that meets *criteria*."""

    type: str
    json: Json
    id: str | None = None
    criteria: Criteria | None = None
    expected: Expected = ANYTHING
    full_url: str | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Patch:
    """A resource to become what *apply* makes of it."""

    type: str
    apply: Callable[[Json], Json]
    id: str | None = None
    criteria: Criteria | None = None
    expected: Expected = ANYTHING
    full_url: str | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Remove:
    """A resource to be gone."""

    type: str
    id: str | None = None
    criteria: Criteria | None = None
    expected: Expected = ANYTHING
    full_url: str | None = None
    place: str = ""


Intent = Create | Update | Patch | Remove

LETTERS = {
    Create: Interaction.CREATE,
    Update: Interaction.UPDATE,
    Patch: Interaction.UPDATE,
    Remove: Interaction.DELETE,
}

ORDER = {Remove: 0, Create: 1, Update: 2, Patch: 2}
"""In which order a transaction is worked through (section 3.1.0.11.2)."""
