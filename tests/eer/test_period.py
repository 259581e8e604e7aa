from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eer.domain.errors import Malformed
from eer.domain.period import Period

INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001 - made UTC
    lambda at: at.replace(tzinfo=UTC)
)
EDGES = st.one_of(st.none(), INSTANTS)


@st.composite
def periods(draw: st.DrawFn) -> Period:
    one, other = draw(EDGES), draw(EDGES)
    if one is not None and other is not None:
        one, other = sorted((one, other))
        other = other + timedelta(seconds=1)
    return Period(one, other)


@given(periods(), periods())
def test_overlap_is_mutual(one: Period, other: Period) -> None:
    assert one.overlaps(other) == other.overlaps(one)


@given(periods(), periods(), INSTANTS)
def test_periods_that_share_an_instant_overlap(one: Period, other: Period, at: datetime) -> None:
    if one.includes(at) and other.includes(at):
        assert one.overlaps(other)


@given(periods(), periods())
def test_periods_that_overlap_share_an_instant(one: Period, other: Period) -> None:
    starts = [each.start for each in (one, other) if each.start is not None]
    ends = [each.end for each in (one, other) if each.end is not None]
    latest = max(starts) if starts else min(ends, default=datetime(2026, 1, 1, tzinfo=UTC))
    at = latest if starts else latest - timedelta(microseconds=1)

    assert one.overlaps(other) == (one.includes(at) and other.includes(at))


@given(INSTANTS, EDGES, EDGES)
def test_adjoining_periods_do_not_overlap(
    edge: datetime, start: datetime | None, end: datetime | None
) -> None:
    earlier = Period(None if start is None else min(start, edge - timedelta(days=1)), edge)
    later = Period(edge, None if end is None else max(end, edge + timedelta(days=1)))

    assert not earlier.overlaps(later)
    assert not later.overlaps(earlier)


@given(INSTANTS)
def test_an_instant_reads_as_it_is_written(at: datetime) -> None:
    assert Period.parse(at.isoformat(), None).start == at


def test_a_start_is_in_the_period_and_an_end_is_not() -> None:
    period = Period.parse("2026-05-05T00:00:00+02:00", "2026-05-06T00:00:00Z")

    assert period.includes(datetime(2026, 5, 4, 22, tzinfo=UTC))
    assert period.begins_after(datetime(2026, 5, 4, 21, 59, tzinfo=UTC))
    assert period.is_over(datetime(2026, 5, 6, tzinfo=UTC))


@pytest.mark.smp(51)
@pytest.mark.parametrize(
    ("written", "first", "behind"),
    [
        ("2026", datetime(2025, 12, 31, 23, tzinfo=UTC), datetime(2026, 12, 31, 23, tzinfo=UTC)),
        ("2026-02", datetime(2026, 1, 31, 23, tzinfo=UTC), datetime(2026, 2, 28, 23, tzinfo=UTC)),
        ("2026-12", datetime(2026, 11, 30, 23, tzinfo=UTC), datetime(2026, 12, 31, 23, tzinfo=UTC)),
        ("9999", datetime(9998, 12, 31, 23, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC)),
        ("9999-12", datetime(9999, 11, 30, 23, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC)),
        (
            "9999-12-31",
            datetime(9999, 12, 30, 23, tzinfo=UTC),
            datetime(9999, 12, 31, 23, tzinfo=UTC),
        ),
        (
            "2026-07-31",
            datetime(2026, 7, 30, 22, tzinfo=UTC),
            datetime(2026, 7, 31, 22, tzinfo=UTC),
        ),
        (
            "2026-03-29",
            datetime(2026, 3, 28, 23, tzinfo=UTC),
            datetime(2026, 3, 29, 22, tzinfo=UTC),
        ),
    ],
)
def test_a_date_covers_its_time_in_denmark(written: str, first: datetime, behind: datetime) -> None:
    assert Period.parse(written, written) == Period(first, behind)


@pytest.mark.parametrize(
    ("day", "begins", "ends", "hours"),
    [
        ("2026-03-28", (2026, 3, 27, 23), (2026, 3, 28, 23), 24),
        ("2026-03-29", (2026, 3, 28, 23), (2026, 3, 29, 22), 23),
        ("2026-03-30", (2026, 3, 29, 22), (2026, 3, 30, 22), 24),
        ("2026-10-24", (2026, 10, 23, 22), (2026, 10, 24, 22), 24),
        ("2026-10-25", (2026, 10, 24, 22), (2026, 10, 25, 23), 25),
        ("2026-10-26", (2026, 10, 25, 23), (2026, 10, 26, 23), 24),
    ],
)
def test_a_day_on_which_the_clock_changes_is_covered_from_midnight_to_midnight(
    day: str, begins: tuple[int, int, int, int], ends: tuple[int, int, int, int], hours: int
) -> None:
    first, behind = (datetime(*each, tzinfo=UTC) for each in (begins, ends))
    last = behind - timedelta(microseconds=1)

    period = Period.parse(day, day)

    assert period == Period(first, behind)
    assert behind - first == timedelta(hours=hours)
    assert period.begins_after(first - timedelta(microseconds=1))
    assert period.includes(first)
    assert period.includes(last)
    assert period.is_over(behind)


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_days_adjoin_where_the_clock_changes(day: date) -> None:
    before, after = day - timedelta(days=1), day + timedelta(days=1)
    for one, other in ((before, day), (day, after)):
        earlier = Period.parse(None, one.isoformat())
        later = Period.parse(other.isoformat(), None)

        assert earlier.end == later.start
        assert not earlier.overlaps(later)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-10-25T02:30:00+02:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("2026-10-25T02:30:00+01:00", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        ("2026-03-29T02:30:00+01:00", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
    ],
)
def test_an_hour_that_comes_twice_or_not_at_all_is_the_instant_that_its_zone_says(
    written: str, expected: datetime
) -> None:
    assert Period.parse(written, None).start == expected


def test_a_fraction_is_cut_to_microseconds() -> None:
    found = Period.parse("2026-05-05T00:00:00.123456789Z", None).start

    assert found == datetime(2026, 5, 5, microsecond=123456, tzinfo=UTC)


def test_an_open_period_includes_every_instant() -> None:
    assert Period.parse(None, None).includes(datetime(2026, 5, 5, tzinfo=UTC))


@pytest.mark.parametrize(
    "written",
    [
        *("", "26", "2026-13", "2026-02-30", "2026-05-05T00:00:00", "2026-05-05T25:00:00Z"),
        *(
            "0000-01-01",
            "0001-01-01",
            "2026-05-05 00:00:00Z",
            "2026-05-05\n",
            "\N{FULLWIDTH DIGIT TWO}026",
        ),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"),
    ],
)
def test_what_is_no_time_is_malformed(written: str) -> None:
    with pytest.raises(Malformed, match="dateTime"):
        Period.parse(None, written)


@pytest.mark.smp(50)
def test_a_period_that_ends_before_it_begins_is_malformed() -> None:
    with pytest.raises(Malformed, match="before the end"):
        Period.parse("2026-05-06", "2026-05-05")
