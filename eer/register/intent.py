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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What all have: the type, perhaps criteria, and where in a Bundle it stands, by which URL."""

    type: str
    criteria: Criteria | None = None
    full_url: str | None = None
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfOne(_Wish):
    """What is done to the resource of *id*, or to the one that meets the criteria."""

    id: str | None = None
    expected: Expected = ANYTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Create(_Wish):
    """A new resource under an id of ours, unless one meets the criteria already."""

    json: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Update(_OfOne):
    """A resource to become *json*."""

    json: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch(_OfOne):
    """A resource to become what *apply* makes of it."""

    apply: Callable[[Json], Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove(_OfOne):
    """A resource to be gone."""


Intent = Create | Update | Patch | Remove

LETTERS = {
    Create: Interaction.CREATE,
    Update: Interaction.UPDATE,
    Patch: Interaction.UPDATE,
    Remove: Interaction.DELETE,
}

ORDER = {Remove: 0, Create: 1, Update: 2, Patch: 2}
"""In which order a transaction is worked through (section 3.1.0.11.2)."""
