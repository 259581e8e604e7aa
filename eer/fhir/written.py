"""Which value does a search ask for, as it is written in a URL?

FHIR R4 search, sections 3.1.1.4.0.1 (escapes), 3.1.1.4.5 (prefixes) and 3.1.1.5 (each type).
"""

import math
import re
from collections.abc import Iterator
from decimal import Decimal

from eer.domain import moment
from eer.domain.errors import IssueCode, Malformed, error
from eer.domain.identifiers import is_resource_id
from eer.domain.search import Amount, Pointer, Prefix, Stretch, Token, canonical_system
from eer.domain.wording import say
from eer.fhir import index

_PREFIXED = re.compile(r"(eq|ne|gt|lt|ge|le|sa|eb|ap)?(.*)", re.DOTALL)
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_TENTH = Decimal("0.1")
_MOST_DIGITS = 64


def split(text: str, mark: str) -> Iterator[str]:
    """Cut at each *mark* that no backslash escapes."""
    end = re.escape(mark)
    yield from re.findall(rf"(?:^|{end})((?:\\.|[^\\{end}]|\\$)*)", text, re.DOTALL)


def unescaped(text: str) -> str:
    r"""Return *text* without the backslashes before `,`, `|`, `$` and `\`."""
    return re.sub(r"\\([,|$\\])", r"\1", text)


def token(written: str) -> Token:
    """Read `code`, `system|code`, `|code` or `system|` (section 3.1.1.5.10)."""
    system, *rest = split(written, "|")
    if not rest:
        return Token(None, unescaped(system))
    code = unescaped("|".join(rest))
    return Token(canonical_system(unescaped(system)), code or None)


def of_type(written: str) -> Token:
    """Read `system|code|value`, what `:of-type` takes."""
    parts = list(split(written, "|"))
    if len(parts) != 3 or not all(parts[1:]):  # noqa: PLR2004 - the three it has
        raise _bad(
            say("{found!r} found, expected :of-type=system|code|value", found=written),
        )
    system, code, value = map(unescaped, parts)
    return Token(f"{system}|{code}", value)


def stretch(written: str) -> Stretch:
    """Read a prefix and a date (section 3.1.1.5.6)."""
    prefix, date = _prefixed(written)
    try:
        low, high = moment.stretch(date)
    except Malformed as fault:
        raise _bad(fault.text) from None
    return Stretch(low, high, prefix)


def amount(written: str) -> Amount:
    """Read `[prefix]number|system|code` (section 3.1.1.5.11).

    Its last digit says how precise it is, but where less or more is asked for: then it is exact.
    """
    number, *unit = split(written, "|")
    prefix, digits = _prefixed(number)
    is_one = _NUMBER.fullmatch(digits) and len(digits) <= _MOST_DIGITS and len(unit) in (0, 2)
    exact = Decimal(digits) if is_one else Decimal("NaN")
    if exact.is_nan() or abs(exact.adjusted()) > _MOST_DIGITS:
        raise _bad(say("{found!r} found, expected a number, or number|system|code", found=written))
    half = _half(prefix, exact)
    # What is asked for is never less than what a number of the database can tell apart.
    high = max(float(exact + half), math.nextafter(float(exact), math.inf)) if half else exact
    system, code = (unescaped(each) for each in unit) if unit else ("", "")
    return Amount(float(exact - half), float(high), system or None, code or None, prefix)


def _half(prefix: Prefix, exact: Decimal) -> Decimal:
    """Return by how much an amount may be less, or more."""
    half = Decimal(5).scaleb(int(exact.as_tuple().exponent) - 1)
    if prefix is Prefix.APPROXIMATELY:
        return max(half, abs(exact) * _TENTH)
    return half if prefix in (Prefix.EQUAL, Prefix.NOT_EQUAL) else Decimal(0)


def pointer(written: str, base_url: str, types: tuple[str, ...]) -> tuple[Pointer, ...]:
    """Read `id`, `Type/id`, or an address, ours or another's (section 3.1.1.5.14).

    An id alone may be that of any of *types*. An address may carry the version of a canonical.
    """
    local = unescaped(written).removeprefix(f"{base_url}/")
    if ":" in local:
        uri, _, version = local.partition("|")
        return (Pointer("", uri, version or None),)
    if "/" not in local:
        if not is_resource_id(local):
            raise _bad(say("{found!r} found, expected an id, Type/id or a URL", found=written))
        return tuple(Pointer(each, local) for each in types) or (Pointer(None, local),)
    found = index.pointer(local)
    if found.type == "":
        raise _bad(say("{found!r} found, expected an id, Type/id or a URL", found=written))
    return (found,)


def _prefixed(written: str) -> tuple[Prefix, str]:
    found = _PREFIXED.fullmatch(unescaped(written))
    prefix, rest = (found[1], found[2]) if found else (None, written)
    return Prefix(prefix or "eq"), rest


def _bad(text: str) -> Malformed:
    return Malformed(text, (error(IssueCode.VALUE, "", text),))
