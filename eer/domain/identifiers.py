"""Which business identifiers are well formed, and what do they identify?

GLN: GS1 General Specifications, check digit modulo 10. SOR: dk-core SORIdentifier. CVR: dk-core
CVRIdentifier, modulus 11. Docs: docs/interfaces/eer-rules.md.
"""

import re
from dataclasses import dataclass

from eer.domain.errors import Malformed
from eer.domain.wording import say

GLN_SYSTEMS = ("https://www.gs1.org/gln", "http://www.gs1.org/gln")
SOR_SYSTEM = "urn:oid:1.2.208.176.1.1"
CVR_SYSTEM = "http://cvr.dk"
PARTICIPANT_SCHEME = "iso6523-actorid-upis"
GLN_AGENCY = "0088"

_CVR_WEIGHTS = (2, 7, 6, 5, 4, 3, 2, 1)
_RESOURCE_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")

# The Verhoeff scheme: multiplication in the dihedral group D5 and a permutation of order 8.
_D5 = (
    *("0123456789", "1234067895", "2340178956", "3401289567", "4012395678"),
    *("5987604321", "6598710432", "7659821043", "8765932104", "9876543210"),
)
_PERMUTED = (
    *("0123456789", "1576283094", "5803796142", "8916043527"),
    *("9453126870", "4286573901", "2793806415", "7046913258"),
)


@dataclass(frozen=True, slots=True, order=True)
class Gln:
    """A Global Location Number: thirteen digits, the last one the GS1 check digit."""

    text: str

    @classmethod
    def parse(cls, text: str) -> "Gln":
        """Read *text*; raise Malformed when it is not thirteen digits or the check digit is off."""
        if not re.fullmatch(r"[0-9]{13}", text, re.ASCII):
            raise Malformed(
                say(
                    "GLN {gln!r}: expected 13 digits, found {length} characters",
                    gln=text,
                    length=len(text),
                )
            )
        expected = gln_check_digit(text[:12])
        if text[12] != expected:
            raise Malformed(
                say(
                    "GLN {gln}: check digit {found} found, {expected} expected",
                    gln=text,
                    found=text[12],
                    expected=expected,
                )
            )
        return cls(text)

    def __str__(self) -> str:
        return self.text


def gln_check_digit(first_twelve: str) -> str:
    """Return the GS1 check digit of twelve digits: weights 1, 3, 1, 3 …, up to the next ten."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(first_twelve))
    return str(-total % 10)


@dataclass(frozen=True, slots=True, order=True)
class SorId:
    """The id of a unit in SOR: eleven digits or more."""

    text: str

    @classmethod
    def parse(cls, text: str) -> "SorId":
        """Read *text*; raise Malformed when it is not eleven digits or more."""
        if not re.fullmatch(r"[0-9]{11,}", text, re.ASCII):
            raise Malformed(say("SOR id {sor!r}: expected 11 digits or more", sor=text))
        return cls(text)

    @property
    def has_check_digit(self) -> bool:
        """Whether the Verhoeff check digit is right; placeholders in use lack it."""
        state = "0"
        for place, digit in enumerate(reversed(self.text)):
            state = _D5[int(state)][int(_PERMUTED[place % 8][int(digit)])]
        return state == "0"

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, order=True)
class Cvr:
    """The number of a legal unit in the Danish business register: eight digits, modulus 11."""

    text: str

    @classmethod
    def parse(cls, text: str) -> "Cvr":
        """Read *text*; raise Malformed when it is not eight digits or fails modulus 11."""
        if not re.fullmatch(r"[0-9]{8}", text, re.ASCII):
            raise Malformed(say("CVR {cvr!r}: expected 8 digits", cvr=text))
        total = sum(int(digit) * weight for digit, weight in zip(text, _CVR_WEIGHTS, strict=True))
        if total % 11:
            raise Malformed(say("CVR {cvr}: fails modulus 11, so no company has it", cvr=text))
        return cls(text)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """A resource of this register by type and id, as FHIR writes it: `Type/id`."""

    type: str
    id: str

    @classmethod
    def parse(cls, text: str) -> "Reference":
        """Read `Type/id`, or `Type/id/_history/n` as the resource itself.

        Raises Malformed for anything else: a URL names a resource of some other register, a URN or
        a fragment none that has an id here.
        """
        path = text.partition("/_history/")[0]
        name, mark, identifier = path.partition("/")
        if not (mark and name.isalpha() and is_resource_id(identifier)):
            raise Malformed(
                say("reference {written!r}: expected Type/id of this register", written=text)
            )
        return cls(name, identifier)

    def __str__(self) -> str:
        return f"{self.type}/{self.id}"


def is_resource_id(text: str) -> bool:
    """Whether *text* may be the id of a FHIR resource (R4 datatypes, id)."""
    return _RESOURCE_ID.fullmatch(text) is not None
