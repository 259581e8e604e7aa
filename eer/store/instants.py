"""How does an instant stand in a column? As microseconds since 1970, UTC."""

from datetime import UTC, datetime, timedelta

FIRST, LAST = -(2**62), 2**62
"""Before and behind every instant: where a stretch of time is open."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(at: datetime) -> int:
    """Return an aware instant as microseconds since 1970, UTC."""
    return (at - _EPOCH) // _MICROSECOND


def instant(microseconds: int) -> datetime:
    """Return microseconds since 1970 as an aware instant, UTC."""
    return _EPOCH + microseconds * _MICROSECOND
