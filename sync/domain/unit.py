"""What does SOR say of one unit?

A SOR unit is an institution owner (IE), a healthcare institution (SI) or an organisational unit
(OE); each but the first hangs on another one. Docs: docs/glossary.md.
"""

from dataclasses import dataclass
from enum import StrEnum

from eer.domain.identifiers import Cvr, Gln, SorId
from eer.domain.period import Period


class Hierarchy(StrEnum):
    """The place of a unit in SOR's tree, by its Danish code."""

    INSTITUTION_OWNER = "IE"
    HEALTHCARE_INSTITUTION = "SI"
    ORGANIZATIONAL_UNIT = "OE"

    @classmethod
    def parse(cls, text: str) -> "Hierarchy":
        """Read a code in Danish or English: IO, HI and OU are the same as IE, SI and OE."""
        return cls(_ENGLISH.get(text, text))


_ENGLISH = {"IO": "IE", "HI": "SI", "OU": "OE"}


@dataclass(frozen=True, slots=True)
class SorUnit:
    """A unit as SOR has it: open while *period* lasts, found below *part_of*."""

    id: SorId
    name: str
    hierarchy: Hierarchy
    period: Period
    part_of: SorId | None = None
    cvr: Cvr | None = None
    gln: Gln | None = None
