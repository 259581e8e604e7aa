"""Which stretch of time does a date of some precision stand for?

FHIR R4 search, section 3.1.1.5.6: a date is the stretch from its first instant to the first one
behind it. What names no zone is Danish time.
"""

import re
from datetime import UTC, datetime, timedelta

from eer.domain.errors import Malformed
from eer.domain.period import DENMARK, bounds
from eer.domain.wording import say

_TIMED = re.compile(
    r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(?::(\d{2})(?:\.(\d+))?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII
)
_MICROSECOND = timedelta(microseconds=1)
_DIGITS = 6


def stretch(text: str) -> tuple[datetime, datetime]:
    """Return the first instant of a FHIR date, dateTime or instant, and the first one behind it.

    Raises Malformed when *text* is none; seconds and zone may be left out.
    """
    if "T" not in text:
        return bounds(text)
    found = _TIMED.fullmatch(text)
    if found is None:
        raise _none(text)
    minute, second, fraction, zone = found.groups()
    digits = (fraction or "")[:_DIGITS]
    # A leap second is the second before it: Python's calendar has none.
    seconds = 59 if second == "60" else int(second or 0)
    try:
        first = datetime.fromisoformat(f"{minute}:{seconds:02}.{digits:0<6}{zone or ''}")
        first = (first if zone else first.replace(tzinfo=DENMARK)).astimezone(UTC)
        return first, first + _width(second, digits)
    except (ValueError, OverflowError):
        raise _none(text) from None


def _width(second: str | None, digits: str) -> timedelta:
    if second is None:
        return timedelta(minutes=1)
    return timedelta(seconds=1) if not digits else 10 ** (_DIGITS - len(digits)) * _MICROSECOND


def _none(text: str) -> Malformed:
    return Malformed(
        say(
            "{text!r} found, expected a date, or a date and time such as 2026-05-05T12:00Z",
            text=text,
        )
    )
