"""What is a search, once its text has been understood?

FHIR R4 search, section 3.1.1. A condition holds for a resource; what it is compared with are
values, as they are indexed when a resource is written.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from eer.domain.folding import folded
from eer.domain.identifiers import GLN_SYSTEMS


class Prefix(StrEnum):
    """How a stretch of time or a number is compared (section 3.1.1.4.5)."""

    EQUAL = "eq"
    NOT_EQUAL = "ne"
    GREATER = "gt"
    LESS = "lt"
    GREATER_OR_EQUAL = "ge"
    LESS_OR_EQUAL = "le"
    STARTS_AFTER = "sa"
    ENDS_BEFORE = "eb"
    APPROXIMATELY = "ap"


class Match(StrEnum):
    """How much of a text has to agree."""

    PREFIX = "prefix"
    CONTAINS = "contains"
    EXACT = "exact"


@dataclass(frozen=True, slots=True)
class Token:
    """A code with its system: None leaves that half open, an empty system means none is there."""

    system: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class Text:
    """A text as it is written; a search says how much of it has to agree."""

    text: str
    match: Match = Match.PREFIX

    @property
    def folded(self) -> str:
        """The text as it is compared, but where all of it has to agree."""
        return folded(self.text)


@dataclass(frozen=True, slots=True)
class Stretch:
    """From *low* until before *high*; None is open. A search says how it is compared."""

    low: datetime | None
    high: datetime | None
    prefix: Prefix = Prefix.EQUAL


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where a reference leads: `type` and `id` of a resource here, or an address as *id* alone.

    A search leaves the type None where any will do; *version* is that of a canonical.
    """

    type: str | None
    id: str
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """A URI as it is written, or a search for those at, above or below it (`/` parts them)."""

    uri: str
    direction: str = ""


@dataclass(frozen=True, slots=True)
class Amount:
    """From *low* to *high* of a unit; a search says how it is compared."""

    low: float
    high: float
    system: str | None = None
    code: str | None = None
    prefix: Prefix = Prefix.EQUAL


Value = Token | Text | Stretch | Pointer | Address | Amount


@dataclass(frozen=True, slots=True)
class Clause:
    """One parameter; it holds where any of its values does."""

    parameter: str
    any_of: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A composite parameter: both values of a pair hold in one place of the resource."""

    parameter: str
    any_of: tuple[tuple[Value, Value], ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """A parameter that a resource has no value for, or has one; *values* is their kind."""

    parameter: str
    values: type[Value]
    is_missing: bool


@dataclass(frozen=True, slots=True)
class Ids:
    """The resource has one of these ids."""

    any_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Updated:
    """The present version of the resource was written in any of these stretches."""

    any_of: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """A reference leads to a resource of a type for which the inner condition holds."""

    parameter: str
    type: str
    inner: "Condition"


@dataclass(frozen=True, slots=True)
class Reverse:
    """A resource of a type, for which the inner condition holds, leads here by its parameter."""

    type: str
    parameter: str
    inner: "Condition"


@dataclass(frozen=True, slots=True)
class Either:
    """Any of these conditions holds; none of them is no condition that holds."""

    any_of: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """The inner condition does not hold."""

    inner: "Condition"


Condition = Clause | Pair | Missing | Ids | Updated | Chain | Reverse | Either | Not


@dataclass(frozen=True, slots=True)
class Key:
    """What a result is sorted by: a parameter, and which kind of value it has."""

    parameter: str
    values: type[Value] | None
    is_descending: bool = False


@dataclass(frozen=True, slots=True)
class Position:
    """Behind which resource a page begins: its sort keys, None for a missing one, and its id."""

    keys: tuple[str | int | None, ...]
    type: str
    id: str


@dataclass(frozen=True, slots=True)
class Query:
    """Types, the conditions that must all hold, and a page: *count* from behind *after*."""

    types: tuple[str, ...]
    conditions: tuple[Condition, ...]
    count: int
    sort: tuple[Key, ...] = ()
    after: Position | None = None


@dataclass(frozen=True, slots=True)
class Include:
    """What comes along: where *parameter* of *source* leads, or, reversed, what leads here by it.

    *target* is the type it has to lead to, if any; *iterate* follows what came along as well.
    """

    source: str
    parameter: str
    target: str | None
    is_reverse: bool
    iterate: bool


@dataclass(frozen=True, slots=True)
class Indexed:
    """A value under which a resource is found: *place* tells apart what stands together."""

    parameter: str
    value: Value
    place: int = field(default=0)


def canonical_system(system: str) -> str:
    """Return the one spelling under which *system* is compared: both of the GLN are one."""
    return GLN_SYSTEMS[0] if system in GLN_SYSTEMS else system


def ancestors(uri: str) -> Iterator[str]:
    """Yield *uri* and each address above it, cut at a `/`."""
    yield uri
    while "/" in uri:
        uri = uri.rpartition("/")[0]
        if uri.rstrip("/"):
            yield uri
