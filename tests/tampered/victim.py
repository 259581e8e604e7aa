"""What does somebody who changes a signed document have to work with?"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from lxml import etree

from smp.xml.render import NAMESPACE

DS = "{http://www.w3.org/2000/09/xmldsig#}"
SMP = f"{{{NAMESPACE}}}"


@dataclass(frozen=True)
class Victim:
    """A signed document, *another* of the same signer, and chance."""

    body: bytes
    another: bytes
    chance: Random

    def root(self) -> etree._Element:
        return etree.fromstring(self.body)

    def element(self, root: etree._Element, *, leaf: bool) -> etree._Element:
        """Return one of the signed elements, with text if it is a *leaf*, else with children."""
        return self.chance.choice(
            [
                each
                for each in root[0].iter(f"{SMP}*")
                if (leaf and each.text) or (not leaf and len(each))
            ]
        )


Kind = Callable[[Victim], bytes | None]
"""Returns a changed document, or None where this one has nothing to change in that way."""


def part(root: etree._Element, name: str) -> etree._Element:
    """Return the first element of the signature with that name."""
    return next(root.iter(f"{DS}{name}"))


def other_letter(text: str, at: int) -> str:
    """Return *text* with another letter in that place."""
    return f"{text[:at]}{'B' if text[at] == 'A' else 'A'}{text[at + 1 :]}"
