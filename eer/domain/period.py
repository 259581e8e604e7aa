"""When does something hold, and do two such times overlap?

FHIR R4 datatypes, Period and dateTime. Inside, a period is half open: it begins with its start
and ends before its end. A date without a time covers its day in Danish time, so an end on a day
is the midnight after it; an end with a time is that instant, so that one supplier may end where
the next begins.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from eer.domain.errors import Malformed
from eer.domain.wording import say

DENMARK = ZoneInfo("Europe/Copenhagen")

_MICROSECOND = timedelta(microseconds=1)
_YEAR, _MONTH, _DAY = 4, 7, 10
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Period:
    """From *start* until before *end*, both aware and UTC; None is open."""

    start: datetime | None = None
    end: datetime | None = None

    @classmethod
    def parse(cls, start: str | None, end: str | None) -> "Period":
        """Read the FHIR dateTimes of a Period; raise Malformed when one is none or they cross."""
        period = cls(
            None if start is None else bounds(start)[0],
            None if end is None else bounds(end)[1],
        )
        if period.start is not None and period.end is not None and period.start >= period.end:
            raise Malformed(
                say(
                    "period: start {start} found, expected it before the end {end}",
                    start=start,
                    end=end,
                )
            )
        return period

    def includes(self, at: datetime) -> bool:
        """Whether *at* lies inside."""
        return not self.begins_after(at) and not self.is_over(at)

    def begins_after(self, at: datetime) -> bool:
        """Whether it has not begun at *at*."""
        return self.start is not None and at < self.start

    def is_over(self, at: datetime) -> bool:
        """Whether it has ended at *at*."""
        return self.end is not None and self.end <= at

    def overlaps(self, other: "Period") -> bool:
        """Whether some instant lies in both; periods that only adjoin do not overlap."""
        begins_in_time = self.start is None or other.end is None or self.start < other.end
        return begins_in_time and (
            other.start is None or self.end is None or other.start < self.end
        )


def bounds(text: str) -> tuple[datetime, datetime]:
    """Return the first instant of a FHIR dateTime and the first one that is no longer of it.

    Both are aware and UTC, and the same for an instant. Raises Malformed when *text* is none.
    """
    try:
        if _INSTANT.fullmatch(text):
            instant = datetime.fromisoformat(_microseconds(text)).astimezone(UTC)
            return instant, instant
        if _DATE.fullmatch(text):
            first = date.fromisoformat((text + "-01-01")[:_DAY])
            return _midnight(first), _midnight_after(_last_day(first, len(text)))
    except (ValueError, OverflowError) as fault:
        raise Malformed(
            say("dateTime {written!r}: {fault}", written=text, fault=str(fault))
        ) from None
    raise Malformed(
        say("dateTime {written!r}: expected a date, or a date and time with its zone", written=text)
    )


def _microseconds(text: str) -> str:
    """Cut a fraction to the six digits a datetime can hold."""
    return re.sub(r"(\.\d{6})\d+", r"\1", text)


def _last_day(first: date, length: int) -> date:
    if length == _YEAR:
        return first.replace(month=12, day=31)
    if length == _MONTH:
        return first.replace(day=monthrange(first.year, first.month)[1])
    return first


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), DENMARK).astimezone(UTC)


def _midnight_after(day: date) -> datetime:
    """The calendar ends in 9999, which is how people write that something has no end."""
    return datetime.combine(day, time.max, DENMARK).astimezone(UTC) + _MICROSECOND
