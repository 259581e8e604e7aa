"""Do two subjects of certificates, written as text, name the same?

RFC 2253, read and compared as Java's LdapName does, and clients with it: the parts in any order,
without regard to case; an attribute in hexadecimal equals no other spelling of it.
"""

import re

from eer.domain.errors import Malformed

Part = frozenset[tuple[str, str | bytes]]
"""One part of a name: its attributes, mostly a single one."""

_LONGEST = 4096
_HEX = len("\\41")
_BLANKS = " \r"
_QUOTED = r'"(?:[^"\\]|\\.)*"[ \r]*'
_ATTRIBUTE = re.compile(
    rf"[ \r]*(?P<type>[A-Za-z0-9.-]+)[ \r]*=[ \r]*"
    rf"(?P<value>{_QUOTED}|(?!\")(?:[^,;+\\]|\\.)*)(?P<end>[,;+]|\Z)",
    re.DOTALL,
)
_LETTER = re.compile(r"\\[0-9A-Fa-f]{2}|\\.|[^\\]", re.DOTALL)
_BYTES = re.compile(r"#((?:[0-9A-Fa-f]{2})+)")


def are_same(one: str, other: str) -> bool:
    """Whether two texts name the same; raises Malformed when one of them is no subject."""
    return parse(one) == parse(other)


def parse(text: str) -> frozenset[Part]:
    """Read the parts of a subject; raise Malformed when it is none."""
    if len(text) > _LONGEST:
        raise Malformed(f"subject of {len(text)} letters: expected at most {_LONGEST}")
    try:
        return frozenset(_parts(text))
    except ValueError:
        raise Malformed(f"subject {text!r}: expected a name as RFC 2253 writes it") from None


def _parts(text: str) -> list[Part]:
    parts: list[Part] = []
    attributes: list[tuple[str, str | bytes]] = []
    place, end = 0, ","
    while end:
        found = _ATTRIBUTE.match(text, place)
        if found is None:
            raise ValueError(text)
        attributes.append((found["type"].upper(), _value(found["value"])))
        place, end = found.end(), found["end"]
        if end != "+":
            parts.append(frozenset(attributes))
            attributes = []
    return parts


def _value(written: str) -> str | bytes:
    """Return what a value says, in capitals, or the bytes that it gives in hexadecimal."""
    if written.startswith("#"):
        found = _BYTES.fullmatch(written.rstrip(_BLANKS))
        if found is None:
            raise ValueError(written)
        return bytes.fromhex(found[1])
    if written.startswith('"'):
        return _letters(written.rstrip(_BLANKS)[1:-1])[0].decode().upper()
    letters, length = _letters(written)
    return letters[:length].decode().upper()


def _letters(written: str) -> tuple[bytes, int]:
    """Return *written* without escapes, and its length without the blanks that nothing escapes.

    An escape is a letter, or two hexadecimal digits for a byte of UTF-8.
    """
    found, length = bytearray(), 0
    for letter in _LETTER.findall(written):
        found += bytes.fromhex(letter[1:]) if len(letter) == _HEX else letter[-1].encode()
        if letter not in _BLANKS:
            length = len(found)
    return bytes(found), length
