"""How is a number kept as it was written?

FHIR R4 datatypes, decimal: 1.10 says more than 1.1, and the precision has to be kept.
"""

import re
from typing import Self

import orjson

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)

_INTEGER = re.compile(r"-?[0-9]{1,20}", re.ASCII)
_RANGE = range(-(2**63), 2**64)


class Spelled(float):
    """A number that would be written otherwise than it came, with its *text*."""

    __slots__ = ("text",)

    text: str

    def __new__(cls, text: str) -> Self:
        """Read *text*, which has to match NUMBER."""
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __reduce__(self) -> tuple[type["Spelled"], tuple[str]]:
        return Spelled, (self.text,)

    def __repr__(self) -> str:
        return self.text


def parse(text: str) -> int | float:
    """Return the number that *text* (matching NUMBER) spells, so that `spelling` gives it back."""
    if _INTEGER.fullmatch(text) and text != "-0" and int(text) in _RANGE:
        return int(text)
    plain = float(text)
    return plain if spelling(plain) == text else Spelled(text)


def spelling(number: float) -> str:
    """Return the text of a number, as it came or as JSON writes it."""
    return number.text if isinstance(number, Spelled) else orjson.dumps(number).decode()
